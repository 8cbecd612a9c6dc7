"""The moderators' queue over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field

from services.feedback.moderation import domain, store
from services.feedback.trust.levels import State
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Line, Wire

router = APIRouter(prefix="/v1/moderation", tags=["moderation"], route_class=Route)

MOST = 100
"""Entries that one call decides."""
DECISIONS: dict[str, State] = {"approve": "shown", "reject": "rejected", "spam": "spam"}


class Decision(Wire):
    """What to do with entries."""

    entry_ids: list[UUID] = Field(min_length=1, max_length=MOST)
    decision: Literal["approve", "reject", "spam"]
    reason: Line | None = Field(default=None, description="for those who ask later", examples=["off topic"])


class ModerationEntry(Wire):
    """A comment or an idea that a contact brought for others to see, in their own words."""

    id: UUID
    kind: Literal["comment", "submission"]
    subject_id: UUID = Field(description="the comment's or the submission's id")
    idea_id: UUID | None = Field(description="what is commented on, or what the submission became")
    contact_id: UUID
    source: str = Field(description="`board:<key>` or `channel:<name>`")
    title: str | None = Field(description="a submission's")
    text: str | None
    state: State
    decided_by: str | None = Field(
        description="`key:<id>`, or `trust:<why>` when nobody had to look; null while it waits"
    )
    created_at: datetime


class Decided(Wire):
    """The entries as they are now, in the order asked."""

    data: list[ModerationEntry]


class PastDecision(Wire):
    """One thing that was decided of an entry."""

    id: UUID
    state: State
    decided_by: str = Field(description="`key:<id>`, or `trust:<why>`")
    reason: str | None
    created_at: datetime


def _entry(row: asyncpg.Record) -> ModerationEntry:
    return ModerationEntry(**row)


@router.get("", responses=GUARDED, dependencies=[allow("moderation:read")])
async def list_moderation(
    caller: CallerDep,
    read: ReadDep,
    state: Annotated[State, Query(description="pending: what waits; shown, rejected, spam: what was decided")] = (
        "pending"
    ),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ModerationEntry]:
    """List what contacts brought for others to see, the oldest first. What waits, unless you ask for another state."""
    rows = await read.all(store.LIST, caller.workspace_id, state, after(cursor), limit + 1)
    return page(rows, limit, _entry, lambda entry: (entry.id,))


@router.post("/decisions", responses=EDITING, dependencies=[allow("moderation:write")])
async def decide_moderation(body: Decision, caller: CallerDep, tx: TxDep) -> Decided:
    """Approve or refuse up to 100 entries, all or none. What was decided before can be decided otherwise."""
    rows = await domain.decide(tx, caller, body.entry_ids, DECISIONS[body.decision], body.reason)
    return Decided(data=[_entry(row) for row in rows])


@router.get("/{entry_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("moderation:read")])
async def get_moderation_entry(entry_id: UUID, caller: CallerDep, read: ReadDep) -> ModerationEntry:
    """Show one entry."""
    row = await read.one(store.GET, caller.workspace_id, entry_id)
    if row is None:
        raise NotFound("No entry by that id.")
    return _entry(row)


@router.get("/{entry_id}/history", responses=GUARDED | responses(NotFound), dependencies=[allow("moderation:read")])
async def list_moderation_history(
    entry_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[PastDecision]:
    """List what was decided of an entry, by whom and why, in order."""
    rows = await domain.history(read, caller.workspace_id, entry_id, after(cursor), limit + 1)
    return page(rows, limit, lambda row: PastDecision(**row), lambda each: (each.id,))
