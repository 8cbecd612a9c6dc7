"""The records of the feedback schema, a module for each noun."""

from services.feedback.tables import (
    boards,
    comments,
    customers,
    demand,
    ideas,
    inbox,
    intake,
    languages,
    products,
)
from services.feedback.tables.schema import metadata

__all__ = [
    "boards",
    "comments",
    "customers",
    "demand",
    "ideas",
    "inbox",
    "intake",
    "languages",
    "metadata",
    "products",
]
