"""The records of the feedback schema, a module for each noun."""

from services.feedback.tables import (
    arrivals,
    boards,
    comments,
    customers,
    demand,
    ideas,
    imports,
    inbox,
    intake,
    languages,
    needs,
    privacy,
    products,
    similar,
    subjects,
    surveys,
    triage,
)
from services.feedback.tables.schema import metadata

__all__ = [
    "arrivals",
    "boards",
    "comments",
    "customers",
    "demand",
    "ideas",
    "imports",
    "inbox",
    "intake",
    "languages",
    "metadata",
    "needs",
    "privacy",
    "products",
    "similar",
    "subjects",
    "surveys",
    "triage",
]
