"""The records of the feedback schema, a module for each noun."""

from services.feedback.tables import (
    customers,
    demand,
    ideas,
    imports,
    inbox,
    intake,
    needs,
    privacy,
    products,
    surveys,
    triage,
)
from services.feedback.tables.schema import metadata

__all__ = [
    "customers",
    "demand",
    "ideas",
    "imports",
    "inbox",
    "intake",
    "metadata",
    "needs",
    "privacy",
    "products",
    "surveys",
    "triage",
]
