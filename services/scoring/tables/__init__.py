"""The records of the scoring schema."""

from services.scoring.tables import competition, strategy
from services.scoring.tables.schema import metadata

__all__ = ["competition", "metadata", "strategy"]
