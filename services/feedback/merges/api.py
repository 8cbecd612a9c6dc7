"""Merging ideas over HTTP."""

from datetime import datetime
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic import Field

from services.feedback.ideas import domain as ideas
from services.feedback.merges import domain, store
from services.feedback.merges.domain import Effect, Shift
from shared.errors import Moved, NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Key, Wire

router = APIRouter(prefix="/v1/ideas", tags=["ideas"], route_class=Route)
DRY_RUN = "only show what it would do"


class MergeIn(Wire):
    """Where an idea is to be merged into."""

    into: Key = Field(description="id or key of the idea that stays", examples=["csv-export"])
    dry_run: bool = Field(default=False, description=DRY_RUN, examples=[True])


class UnmergeIn(Wire):
    """How an idea is to be unmerged."""

    dry_run: bool = Field(default=False, description=DRY_RUN, examples=[True])


class MergeCounts(Wire):
    """Demand at each level: what is asked twice by the same one counts once."""

    votes: int = Field(description="distinct contacts that voted")
    insights: int = Field(description="distinct statements linked")
    contacts: int
    accounts: int
    mrr: int = Field(description="minor units")


class MergeShift(Wire):
    """An idea's demand before and after."""

    before: MergeCounts
    after: MergeCounts


class MergeEffect(Wire):
    """What merging or unmerging does to the demand for both ideas."""

    idea_id: UUID
    survivor_id: UUID = Field(description="the idea that everything counts for while the other is merged")
    dry_run: bool
    idea: MergeShift
    survivor: MergeShift
    overlap: MergeCounts = Field(description="what both have by themselves; united it counts once")


class MergedIdea(Wire):
    """An idea that counts for another."""

    id: UUID
    key: str
    title: str
    merged_into: UUID = Field(description="the idea that it was merged into, which may have been merged since")
    merged_at: datetime
    merged_by: str = Field(description="`key:<id>`")


def _shift(shift: Shift) -> MergeShift:
    return MergeShift(before=MergeCounts(**shift.before), after=MergeCounts(**shift.after))


def _effect(effect: Effect, *, dry_run: bool) -> MergeEffect:
    return MergeEffect(
        idea_id=effect.idea_id,
        survivor_id=effect.survivor_id,
        dry_run=dry_run,
        idea=_shift(effect.idea),
        survivor=_shift(effect.survivor),
        overlap=MergeCounts(**effect.overlap),
    )


def _merged(row: asyncpg.Record) -> MergedIdea:
    return MergedIdea(**row)


@router.post("/{idea_id}:merge", responses=EDITING, dependencies=[allow("ideas:write")])
async def merge_idea(idea_id: UUID, body: MergeIn, caller: CallerDep, tx: TxDep) -> MergeEffect:
    """Merge an idea into another. Votes, links and followers count for that one, each contact's vote once.

    The merged idea is no longer listed or ranked, and its id answers 308. Votes and feedback that name it, by id or
    key, go on to count for the other. Nothing is lost: unmerging gives it back all that was said of it, before and
    since. What it would do to ranks: `POST /v1/what-ifs/merges` of scoring, with what `dry_run` answers.
    """
    effect = await domain.merge(tx, caller.workspace_id, caller.actor, idea_id, body.into, dry_run=body.dry_run)
    return _effect(effect, dry_run=body.dry_run)


@router.post("/{idea_id}:unmerge", responses=EDITING, dependencies=[allow("ideas:write")])
async def unmerge_idea(idea_id: UUID, caller: CallerDep, tx: TxDep, body: UnmergeIn | None = None) -> MergeEffect:
    """Take an idea out of the one that it was merged into, with those that were merged into it.

    Both then have what they would have, had they never been merged: what named this idea meanwhile counts for it.
    """
    dry_run = body is not None and body.dry_run
    return _effect(await domain.unmerge(tx, caller.workspace_id, idea_id, dry_run=dry_run), dry_run=dry_run)


@router.get("/{idea_id}/merged", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("ideas:read")])
async def list_merged_ideas(
    idea_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[MergedIdea]:
    """List the ideas that count for this one, in order of making."""
    await ideas.get(read, caller.workspace_id, idea_id, "/merged")
    rows = await read.all(store.LIST, caller.workspace_id, idea_id, after(cursor), limit + 1)
    return page(rows, limit, _merged, lambda idea: (idea.id,))
