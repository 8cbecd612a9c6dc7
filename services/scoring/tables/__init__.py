"""The records of the scoring schema."""

from services.scoring.tables import needs, scores
from services.scoring.tables.schema import metadata

__all__ = ["metadata", "needs", "scores"]
