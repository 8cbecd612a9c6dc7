"""Deals: told, withdrawn, counted over a period."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg

from services.scoring.deals import store
from services.scoring.facts.domain import today
from shared.database import Read, Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.ids import new_id

Outcome = Literal["won", "lost"]
LONGEST = 366
"""Days that are counted at once."""
MOST_CAPABILITIES = 100
"""Capabilities that are counted, those of most lost deals first."""


class Tally(NamedTuple):
    """Deals of a period, counted."""

    since: date
    until: date
    competitors: Sequence[asyncpg.Record]
    capabilities: Sequence[asyncpg.Record]


async def tell(
    tx: Tx,
    workspace_id: UUID,
    *,
    competitor_id: UUID,
    outcome: Outcome,
    amount: int | None,
    closed_on: date | None,
    capability_ids: Sequence[UUID],
    note: str | None,
    said_by: str,
) -> asyncpg.Record:
    """Keep a deal. Invalid for a day to come (but tomorrow), and for what is not there."""
    wrong: list[FieldError] = []
    if closed_on is not None and closed_on > today() + timedelta(days=1):
        wrong.append(FieldError("/body/closed_on", "lies in the future"))
    known = await tx.one(store.KNOWN, workspace_id, competitor_id, capability_ids)
    assert known is not None, "it is a row of its own"
    if not known["competitor"]:
        wrong.append(FieldError("/body/competitor_id", "no competitor by that id"))
    if known["capabilities"] < len(capability_ids):
        wrong.append(FieldError("/body/capability_ids", "names a capability that is not there"))
    if wrong:
        raise Invalid(errors=wrong)
    day = closed_on or today()
    row = await tx.one(
        store.ADD, workspace_id, new_id(), competitor_id, outcome, amount, day, sorted(capability_ids), note, said_by
    )
    assert row is not None, "it was inserted just now"
    return row


async def withdraw(tx: Tx, workspace_id: UUID, deal_id: UUID) -> None:
    """Let a deal count no more; once is as good as twice. NotFound."""
    await get(tx, workspace_id, deal_id)
    await tx.run(store.WITHDRAW, workspace_id, deal_id)


async def get(read: Read, workspace_id: UUID, deal_id: UUID) -> asyncpg.Record:
    """A deal, or NotFound."""
    row = await read.one(store.GET, workspace_id, deal_id)
    if row is None:
        raise NotFound("No deal by that id.")
    return row


async def tally(read: Read, workspace_id: UUID, since: date | None, until: date | None) -> Tally:
    """Count the deals of a period, by default the year up to today. Invalid for one that is too long or ends first."""
    last = until or today()
    first = since or last - timedelta(days=LONGEST - 1)
    if not 0 <= (last - first).days < LONGEST:
        raise Invalid(errors=[FieldError("/query/since", f"must lie within the {LONGEST} days up to {last}")])
    period = workspace_id, first, last
    return Tally(
        first,
        last,
        await read.all(store.BY_COMPETITOR, *period),
        await read.all(store.BY_CAPABILITY, *period, MOST_CAPABILITIES),
    )
