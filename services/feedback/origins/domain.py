"""What ideas were elsewhere: made once for each external id, merged as they were there, found by their old ids."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.feedback.ideas import domain as ideas
from services.feedback.ideas.domain import Sketch
from services.feedback.merges import domain as merges
from services.feedback.origins import store
from shared.database import Tx
from shared.errors import Conflict
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


async def find_originals(tx: Tx, workspace_id: UUID, source: str, external_ids: Sequence[str]) -> dict[str, UUID]:
    """The ideas that were made of these, merged or not, as many as came."""
    rows = await tx.all(store.FIND_ORIGINALS, workspace_id, source, list(set(external_ids)))
    return {row["external_id"]: row["idea_id"] for row in rows}


async def find_here(tx: Tx, workspace_id: UUID, names: Sequence[str]) -> dict[str, UUID]:
    """Ideas by the id or key that they have here, as many as there are."""
    found = await ideas.find(tx, [(workspace_id, name) for name in sorted(set(names))]) if names else {}
    return {name: id for (_, name), id in found.items()}


async def names_of(tx: Tx, workspace_id: UUID, source: str, idea_ids: Sequence[UUID]) -> dict[UUID, str]:
    """For ideas that came from this source the first of the external ids that they answer for."""
    rows = await tx.all(store.NAMES_OF, workspace_id, source, idea_ids)
    return {row["idea_id"]: row["external_id"] for row in rows}


async def merge_some(tx: Tx, workspace_id: UUID, merged_by: str, source: str) -> bool:
    """Merge ideas that were merged at their source and whose survivor has come; tell whether there may be more.

    What cannot be merged, since people here have put the two together otherwise by now, stands as it is.
    """
    await tx.all(store.HOLD, workspace_id, source)
    rows = await tx.all(store.ENDS, workspace_id, source, MERGES_AT_ONCE)
    for row in rows:
        try:
            await merges.merge(tx, workspace_id, merged_by, row["merged_id"], str(row["into_id"]))
        except Conflict:
            await tx.run(store.APART, workspace_id, row["id"])
            continue
        await tx.run(store.MERGED, workspace_id, row["id"], row["into_id"])
        await tx.run(store.FOLLOW, workspace_id, row["merged_id"], row["into_id"])
    return len(rows) == MERGES_AT_ONCE


async def unmerged(tx: Tx, workspace_id: UUID, source: str) -> int:
    """How many ideas still wait for the one that they were merged into; at most 1,000 are counted."""
    return await tx.value(store.UNMERGED, workspace_id, source)
