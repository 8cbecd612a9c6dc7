"""Two ideas that are one: merged, and taken apart again exactly.

Votes, insights and whatever else belongs to an idea keep naming it; `ideas.root` says where it counts. So a merge moves
what is counted and no record, and what is said of a merged idea later on counts for the one that it went into until it
is unmerged, and for itself from then on. A merged idea takes along those that were merged into it before.

A merge changes what is counted by: it holds its workspace alone (see `demand.hold`), so whoever votes or links at the
same moment does so before it or after it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.boards import domain as boards
from services.feedback.demand import domain as demand
from services.feedback.ideas import domain as ideas
from services.feedback.merges import store
from services.feedback.needs import domain as needs
from services.feedback.subjects import domain as subjects
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound

MEASURES = ("votes", "insights", "contacts", "accounts", "mrr")
MOST_MERGED = 1_000
"""Ideas that can be merged into one: each vote for that one looks whether its contact asked for another of them."""
Counts = dict[str, int]
Work = Callable[[], Awaitable[None]]


class Shift(NamedTuple):
    """What an idea's demand was and what it is."""

    before: Counts
    after: Counts


class Effect(NamedTuple):
    """What merging or unmerging did. `overlap` is what both ideas had by themselves: united, it counts once."""

    idea_id: UUID
    survivor_id: UUID
    idea: Shift
    survivor: Shift
    overlap: Counts


class _TakenBack(Exception):
    """Ends the savepoint of a dry run."""


async def merge(
    tx: Tx, workspace_id: UUID, merged_by: str, source_id: UUID, into: str, *, dry_run: bool = False
) -> Effect:
    """Merge an idea into another, named by id or key. Merged there already: nothing changes.

    `into` may have been merged itself: the idea then counts where that one does. NotFound, Invalid on an `into` that is
    none or the idea itself; Conflict when the idea is merged elsewhere, or `into` was merged into it.
    """
    await demand.hold(tx, (), [workspace_id])
    source = await tx.one(store.SOUGHT, workspace_id, source_id)
    if source is None:
        raise NotFound("No idea by that id.")
    into_id = (await ideas.find(tx, [(workspace_id, into)])).get((workspace_id, into))
    target = await tx.one(store.SOUGHT, workspace_id, into_id) if into_id is not None else None
    if target is None:
        raise Invalid(errors=[FieldError("/body/into", "no idea by that id or key")])
    if target["id"] == source_id:
        raise Invalid(errors=[FieldError("/body/into", "is the idea itself")])
    if source["merged_into"] == target["id"]:
        known = await unmerge(tx, workspace_id, source_id, dry_run=True)
        return known._replace(idea=_same(known.idea.before), survivor=_same(known.survivor.before))
    if source["merged_into"] is not None:
        raise Conflict(f"It is merged into {source['merged_into']}: unmerge it first.", code="already_merged")
    if target["root"] == source_id:
        raise Conflict("The other idea was merged into this one: unmerge that first.", code="merge_cycle")
    root = target["root"]
    tree, others = await _trees(tx, workspace_id, source_id, root)
    if len(tree) + len(others) > MOST_MERGED:
        raise Conflict(f"At most {MOST_MERGED} ideas can be merged into one.", code="too_many_merged")

    async def work() -> None:
        # Told first: nobody takes what the idea loses for what became of it.
        rows = await tx.all(store.MERGE, workspace_id, source_id, target["id"], root, tree, merged_by)
        await ideas.settle(tx, rows, [root])
        await demand.unite(tx, workspace_id, source_id, tree, (), -1)
        await demand.unite(tx, workspace_id, root, tree, others, 1)
        await boards.unite(tx, workspace_id, [root])
        await subjects.unite(tx, workspace_id, [source_id, root])
        await needs.unite(tx, workspace_id, tree)

    before, after = await _watched(tx, workspace_id, (source_id, root), work, dry_run=dry_run)
    return _effect(source_id, root, before, after, apart=before, together=after)


async def unmerge(tx: Tx, workspace_id: UUID, idea_id: UUID, *, dry_run: bool = False) -> Effect:
    """Take an idea out of the one that it was merged into, with all that was ever said of it.

    NotFound, or Conflict when it is not merged.
    """
    await demand.hold(tx, (), [workspace_id])
    idea = await tx.one(store.SOUGHT, workspace_id, idea_id)
    if idea is None:
        raise NotFound("No idea by that id.")
    root = idea["root"]
    if root == idea_id:
        raise Conflict("It is not merged into another.", code="not_merged")
    rows = await tx.all(store.LOCK, workspace_id, [root])
    tree = _below(idea_id, rows)
    others = [row["id"] for row in rows if row["id"] not in tree]
    await demand.lock(tx, [root])

    async def work() -> None:
        await demand.unite(tx, workspace_id, root, tree, others, -1)
        await demand.unite(tx, workspace_id, idea_id, tree, (), 1)
        changed = await tx.all(store.UNMERGE, workspace_id, idea_id, list(tree))
        await ideas.settle(tx, changed, [root, idea_id])
        await boards.unite(tx, workspace_id, [root, idea_id])
        await subjects.unite(tx, workspace_id, [root, idea_id])
        await needs.unite(tx, workspace_id, tree)

    before, after = await _watched(tx, workspace_id, (idea_id, root), work, dry_run=dry_run)
    return _effect(idea_id, root, before, after, apart=after, together=before)


async def _trees(tx: Tx, workspace_id: UUID, source_id: UUID, root: UUID) -> tuple[list[UUID], list[UUID]]:
    rows = await tx.all(store.LOCK, workspace_id, [source_id, root])
    await demand.lock(tx, [source_id, root])
    tree = [row["id"] for row in rows if row["root"] == source_id]
    return tree, [row["id"] for row in rows if row["root"] == root]


def _below(idea_id: UUID, rows: Sequence[asyncpg.Record]) -> set[UUID]:
    """An idea and all that was merged into it, among the members of one root."""
    under: dict[UUID, list[UUID]] = {}
    for row in rows:
        under.setdefault(row["merged_into"], []).append(row["id"])
    tree, waiting = {idea_id}, [idea_id]
    while waiting:
        found = under.get(waiting.pop(), [])
        tree.update(found)
        waiting += found
    return tree


async def _watched(
    tx: Tx, workspace_id: UUID, idea_ids: tuple[UUID, UUID], work: Work, *, dry_run: bool
) -> tuple[dict[UUID, Counts], dict[UUID, Counts]]:
    """Do it and see what it does; a dry run is the same, taken back."""
    before = await _counts(tx, workspace_id, idea_ids)
    if not dry_run:
        await work()
        return before, await _counts(tx, workspace_id, idea_ids)
    after: dict[UUID, Counts] = {}
    try:
        async with tx.savepoint():
            await work()
            after = await _counts(tx, workspace_id, idea_ids)
            raise _TakenBack
    except _TakenBack:
        return before, after


async def _counts(read: Read, workspace_id: UUID, idea_ids: tuple[UUID, UUID]) -> dict[UUID, Counts]:
    rows = await demand.counts(read, workspace_id, idea_ids)
    return {idea_id: {name: row[name] for name in MEASURES} for idea_id, row in rows.items()}


def _same(counts: Counts) -> Shift:
    return Shift(counts, counts)


def _effect(
    idea_id: UUID,
    root: UUID,
    before: dict[UUID, Counts],
    after: dict[UUID, Counts],
    *,
    apart: dict[UUID, Counts],
    together: dict[UUID, Counts],
) -> Effect:
    overlap = {name: apart[idea_id][name] + apart[root][name] - together[root][name] for name in MEASURES}
    return Effect(idea_id, root, Shift(before[idea_id], after[idea_id]), Shift(before[root], after[root]), overlap)
