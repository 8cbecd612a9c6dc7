"""What feedback is about, lately."""

import asyncio
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.themes import grouping, store
from services.feedback.themes.grouping import Theme
from shared.database import Read
from shared.ids import earliest_id

MOST_TEXTS = 2_000
"""Read at most, the newest: some second's work."""


async def find(read: Read, workspace_id: UUID, since: datetime, most: int) -> tuple[list[Theme], list[asyncpg.Record]]:
    """The themes of what was received since then, and the feedback that their members are places in."""
    rows = await read.all(store.NEWEST, workspace_id, earliest_id(since), MOST_TEXTS)
    return await asyncio.to_thread(grouping.group, [row["text"] for row in rows], most), rows
