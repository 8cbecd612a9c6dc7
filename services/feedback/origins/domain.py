"""What ideas were elsewhere: made once for each external id, merged as they were there, found by their old ids."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.feedback.demand import domain as demand
from services.feedback.demand.domain import Ask
from services.feedback.ideas import domain as ideas
from services.feedback.ideas.domain import Sketch
from services.feedback.origins import store
from shared.database import Tx
from shared.ids import new_id

MERGES_AT_ONCE = 50


class Arrival(NamedTuple):
    """An idea from elsewhere."""

    external_id: str
    sketch: Sketch
    merged_into: str | None = None
    """External id of the idea that it was merged into there."""


async def add(tx: Tx, workspace_id: UUID, currency: str, source: str, arrivals: Sequence[Arrival]) -> list[str]:
    """Make ideas of those that did not come before: `created`, `duplicate`, or `key_taken` for each."""
    await tx.all(store.HOLD, workspace_id, source)
    known = await find(tx, workspace_id, source, [each.external_id for each in arrivals])
    fresh: dict[str, Arrival] = {}
    for each in arrivals:
        if each.external_id not in known:
            fresh.setdefault(each.external_id, each)
    made = await ideas.add(tx, workspace_id, currency, [each.sketch for each in fresh.values()])
    stored = [(each, idea_id) for each, idea_id in zip(fresh.values(), made, strict=True) if idea_id is not None]
    await tx.run(
        store.ADD,
        workspace_id,
        source,
        [new_id() for _ in stored],
        [each.external_id for each, _ in stored],
        [idea_id for _, idea_id in stored],
        [each.sketch.title for each, _ in stored],
        [each.merged_into for each, _ in stored],
    )
    created = {id(each) for each, _ in stored}
    refused = {id(each) for each in fresh.values()} - created
    return [
        "created" if id(each) in created else "key_taken" if id(each) in refused else "duplicate" for each in arrivals
    ]


async def find(tx: Tx, workspace_id: UUID, source: str, external_ids: Sequence[str]) -> dict[str, UUID]:
    """The ideas that answer for these external ids, as many as came: of a merged one, the survivor."""
    if not external_ids:
        return {}
    rows = await tx.all(store.FIND, workspace_id, source, list(set(external_ids)))
    return {row["external_id"]: row["idea_id"] for row in rows}


async def merge_some(tx: Tx, workspace_id: UUID, source: str) -> bool:
    """Merge ideas that were merged at their source and whose survivor has come; tell whether there may be more."""
    await tx.all(store.HOLD, workspace_id, source)
    rows = await tx.all(store.ENDS, workspace_id, source, MERGES_AT_ONCE)
    for row in rows:
        await _merge(tx, workspace_id, row["merged_id"], row["into_id"])
        await tx.run(store.MERGED, workspace_id, row["id"], row["into_id"])
        await tx.run(store.FOLLOW, workspace_id, row["merged_id"], row["into_id"])
    return len(rows) == MERGES_AT_ONCE


async def unmerged(tx: Tx, workspace_id: UUID, source: str) -> int:
    """How many ideas still wait for the one that they were merged into; at most 1,000 are counted."""
    return await tx.value(store.UNMERGED, workspace_id, source)


async def _merge(tx: Tx, workspace_id: UUID, idea_id: UUID, into_id: UUID) -> None:
    """Unite the voters and the words on the survivor, each contact and each statement once; archive the other."""
    await demand.hold(tx, [workspace_id])
    await demand.lock(tx, [idea_id, into_id])
    votes = [row["contact_id"] for row in await tx.all(store.MOVE_VOTES, workspace_id, idea_id, into_id)]
    twice = [row["contact_id"] for row in await tx.all(store.DROP_VOTES, workspace_id, idea_id)]
    words = [row["contact_id"] for row in await tx.all(store.MOVE_INSIGHTS, workspace_id, idea_id, into_id)]
    words_twice = [row["contact_id"] for row in await tx.all(store.DROP_INSIGHTS, workspace_id, idea_id)]
    await demand.count(
        tx,
        [
            *(Ask(workspace_id, into_id, contact, votes=1) for contact in votes),
            *(Ask(workspace_id, idea_id, contact, votes=-1) for contact in (*votes, *twice)),
            *(Ask(workspace_id, into_id, contact, insights=1) for contact in words),
            *(Ask(workspace_id, idea_id, contact, insights=-1) for contact in (*words, *words_twice)),
        ],
    )
    await ideas.update(
        tx, workspace_id, idea_id, None, title=None, description=None, kind=None, status=None, archived=True
    )
