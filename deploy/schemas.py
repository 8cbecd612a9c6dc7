"""The schemas of a Cairn database, in the order they are made."""

from collections.abc import Mapping
from pathlib import Path

import services.feedback.tables
import services.roadmap.tables
import services.scoring.tables
import shared.access.tables
from shared.migrate import Schema, migrate

ROOT = Path(__file__).parent.parent
SCHEMAS = (
    Schema("access", shared.access.tables.metadata, ROOT / "shared/access/migrations", None),
    Schema("feedback", services.feedback.tables.metadata, ROOT / "services/feedback/migrations", "cairn_feedback"),
    Schema("scoring", services.scoring.tables.metadata, ROOT / "services/scoring/migrations", "cairn_scoring"),
    Schema("roadmap", services.roadmap.tables.metadata, ROOT / "services/roadmap/migrations", "cairn_roadmap"),
)


async def migrate_all(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Bring the whole database to today's shape; `passwords` by role name. Safe to run twice, and by rivals."""
    await migrate(admin_url, SCHEMAS, passwords)
