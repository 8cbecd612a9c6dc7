"""Evidence: told, withdrawn, and lapsed when it is too old. Each moves the scores of the capability's ideas."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg

from services.scoring.competition import domain as competition
from services.scoring.evidence import store
from services.scoring.facts import domain as facts
from services.scoring.frameworks.parity import Standing
from shared.database import Read, Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.ids import new_id


async def tell(
    tx: Tx,
    workspace_id: UUID,
    *,
    capability_id: UUID,
    competitor_id: UUID,
    theirs: Standing,
    observed_on: date | None,
    url: str,
    note: str | None,
    said_by: str,
) -> asyncpg.Record:
    """Keep what was seen. Invalid for a day to come, and for what is not there or archived.

    Tomorrow is taken: it is today already in the east.
    """
    today = facts.today()
    if observed_on is not None and observed_on > today + timedelta(days=1):
        raise Invalid(errors=[FieldError("/body/observed_on", "lies in the future")])
    await competition.hold(tx, workspace_id)
    known = await tx.one(store.KNOWN, workspace_id, capability_id, competitor_id)
    assert known is not None, "it is a row of its own"
    wrong = [FieldError(f"/body/{name}_id", f"no {name} by that id") for name, found in known.items() if found is None]
    wrong += [FieldError(f"/body/{name}_id", f"the {name} is archived") for name, found in known.items() if found]
    if wrong:
        raise Invalid(errors=wrong)
    day, cell = observed_on or today, (capability_id, competitor_id)
    row = await tx.one(store.ADD, workspace_id, new_id(), *cell, theirs, day, url, note, said_by)
    assert row is not None, "it was inserted just now"
    await _settle(tx, workspace_id, row)
    return row


async def withdraw(tx: Tx, workspace_id: UUID, evidence_id: UUID) -> None:
    """Let evidence count no more; once is as good as twice. What was seen before it counts again. NotFound."""
    await competition.hold(tx, workspace_id)
    row = await get(tx, workspace_id, evidence_id)
    if await tx.run(store.WITHDRAW, workspace_id, evidence_id):
        await _settle(tx, workspace_id, row)


async def get(read: Read, workspace_id: UUID, evidence_id: UUID) -> asyncpg.Record:
    """One piece of evidence, or NotFound."""
    row = await read.one(store.GET, workspace_id, evidence_id)
    if row is None:
        raise NotFound("No evidence by that id.")
    return row


async def lapse_one(tx: Tx, today: date) -> bool:
    """Let scores follow the lapse of one piece of evidence; False when none is too old that counted."""
    due = await tx.one(store.DUE, today)
    if due is None:
        return False
    workspace_id, cell = due["workspace_id"], (due["capability_id"], due["competitor_id"])
    await competition.hold(tx, workspace_id)
    # Another worker may have done it, or newer evidence come, while this one waited.
    evidence_id = await tx.value(store.LAPSE, workspace_id, *cell, today)
    if evidence_id is not None:
        await competition.move_capabilities(tx, workspace_id, [cell[0]], evidence_id)
    return True


async def _settle(tx: Tx, workspace_id: UUID, row: asyncpg.Record) -> None:
    decay = await facts.decay(tx, workspace_id)
    cell = row["capability_id"], row["competitor_id"]
    await tx.run(store.SETTLE, workspace_id, *cell, decay.max_age, facts.today())
    await competition.move_capabilities(tx, workspace_id, [cell[0]], row["id"])
