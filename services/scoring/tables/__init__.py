"""The records of the scoring schema."""

from services.scoring.tables import (
    balance,
    calibration,
    competition,
    needs,
    plans,
    rescorings,
    scores,
    strategy,
    weights,
)
from services.scoring.tables.schema import metadata

__all__ = [
    "balance",
    "calibration",
    "competition",
    "metadata",
    "needs",
    "plans",
    "rescorings",
    "scores",
    "strategy",
    "weights",
]
