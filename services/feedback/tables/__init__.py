"""The records of the feedback schema, a module for each noun."""

from services.feedback.tables import (
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
    shares,
    similar,
    surveys,
    triage,
)
from services.feedback.tables.schema import metadata

__all__ = [
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
    "shares",
    "similar",
    "surveys",
    "triage",
]
