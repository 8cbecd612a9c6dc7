"""The records of the scoring schema."""

from services.scoring.tables import balance, calibration, needs, scores
from services.scoring.tables.schema import metadata

__all__ = ["balance", "calibration", "metadata", "needs", "scores"]
