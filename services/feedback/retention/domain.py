"""Raw deliveries are kept as long as the workspace says; then their bytes go, and their hashes and verdicts stay."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.feedback.intake import domain as intake
from services.feedback.retention import store
from shared.database import Tx
from shared.ids import earliest_id
from shared.routes import require_version

AGAIN = timedelta(hours=1)
"""How often a workspace is gone through."""
WAITING = frozenset(("received", "fetching"))


async def choose(tx: Tx, workspace_id: UUID, expected: int | None, deliveries_days: int | None) -> asyncpg.Record:
    """Say how long raw deliveries are kept; None for good. PreconditionFailed when another version is current."""
    old = await tx.one(store.LOCK, workspace_id)
    require_version(expected, 0 if old is None else old["version"])
    row = await tx.one(store.SET, workspace_id, deliveries_days)
    assert row is not None  # an upsert returns its row
    return row


async def sweep_some(tx: Tx, now: datetime, limit: int) -> bool:
    """Empty up to `limit` deliveries that are too old, of the workspace that is due; tell whether there may be more.

    One that has not been read yet is not too old, however long it waits, nor is what came behind it.
    """
    due = await tx.one(store.DUE, now)
    if due is None:
        return False
    before = earliest_id(now - timedelta(days=due["deliveries_days"]))
    rows = await tx.all(store.OLD, due["workspace_id"], due["place"], before, limit)
    ids = [row["id"] for row in rows]
    waiting = next((place for place, row in enumerate(rows) if row["state"] in WAITING), None)
    emptied = await intake.empty(tx, due["workspace_id"], ids[:waiting])
    place = ids[:waiting][-1] if ids[:waiting] else due["place"]
    more = waiting is None and len(rows) == limit
    await tx.run(store.SWEPT, due["workspace_id"], place, emptied, now, now if more else now + AGAIN)
    return True
