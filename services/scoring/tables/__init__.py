"""The records of the scoring schema."""

from services.scoring.tables import balance, calibration, ranking
from services.scoring.tables.schema import metadata

__all__ = ["balance", "calibration", "metadata", "ranking"]
