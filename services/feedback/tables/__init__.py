"""The records of the feedback schema, a module for each noun."""

from services.feedback.tables import customers, demand, ideas, inbox, intake, products, similar
from services.feedback.tables.schema import metadata

__all__ = ["customers", "demand", "ideas", "inbox", "intake", "metadata", "products", "similar"]
