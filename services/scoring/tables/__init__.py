"""The records of the scoring schema."""

from services.scoring.tables import scores, weights
from services.scoring.tables.schema import metadata

__all__ = ["metadata", "scores", "weights"]
