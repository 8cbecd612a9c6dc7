"""Contributions: for each idea all of them together, said, numbered and told.

Whoever changes them holds the idea's row and then the objectives, by id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from services.roadmap.contributions import store
from services.roadmap.ideas import domain as ideas
from services.roadmap.objectives import domain as objectives
from shared.database import Read, Tx
from shared.errors import FieldError, Invalid, Moved, NotFound
from shared.events.roadmap import Contribution, ContributionsChanged
from shared.outbox import emit
from shared.routes import require_version

MOST = 50
"""Objectives that one idea may contribute to."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an idea."""

    idea_id: UUID
    title: str
    version: int
    """0: nothing was ever said."""
    contributions: Sequence[asyncpg.Record]


async def say(
    tx: Tx,
    workspace_id: UUID,
    idea_id: UUID,
    expected: int | None,
    weights: Sequence[tuple[UUID, float]],
    by: str,
) -> Said:
    """Set all that an idea contributes to. What is so already changes nothing.

    NotFound, Moved when the idea was merged, PreconditionFailed, Invalid when an objective is named twice, is not there
    or is archived and new, or Conflict when one has too many ideas.
    """
    wanted = _once(weights)
    title = await _title(tx, workspace_id, idea_id)
    version = await tx.value(store.HOLD, workspace_id, idea_id)
    require_version(expected, version)
    held: Mapping[UUID, float] = {
        row["objective_id"]: row["weight"] for row in await tx.all(store.HELD, workspace_id, idea_id)
    }
    if wanted != held or not version:
        lost = sorted(held.keys() - wanted.keys())
        if wanted.keys() != held.keys():
            await objectives.count_ideas(tx, workspace_id, sorted(wanted.keys() - held.keys()), lost)
        await tx.run(store.TAKE_BACK, workspace_id, idea_id, lost)
        ids = sorted(wanted)
        await tx.run(store.SAY, workspace_id, idea_id, ids, [wanted[id] for id in ids], [by] * len(ids))
        version = await tx.value(store.RAISE, workspace_id, idea_id)
        told = [Contribution(objective_id=id, weight=wanted[id]) for id in ids]
        event = ContributionsChanged(workspace_id=workspace_id, version=version, idea_id=idea_id, contributions=told)
        await emit(tx, [event])
    return Said(idea_id, title, version, await tx.all(store.OF_IDEA, workspace_id, idea_id))


async def said(read: Read, workspace_id: UUID, idea_id: UUID) -> Said:
    """What is said of an idea and of those that were merged into it. NotFound, or Moved when it was merged itself."""
    title = await _title(read, workspace_id, idea_id)
    version = await read.value(store.VERSION, workspace_id, idea_id) or 0
    return Said(idea_id, title, version, await read.all(store.OF_IDEA, workspace_id, idea_id))


async def _title(read: Read, workspace_id: UUID, idea_id: UUID) -> str:
    known = await ideas.known(read, workspace_id, idea_id)
    if known is None:
        raise NotFound("No idea by that id, or none that the roadmap has heard of yet: try again in a moment.")
    if known["merged_into"] is not None:
        raise Moved(f"/v1/contributions/{known['merged_into']}")
    return known["title"]


def _once(weights: Sequence[tuple[UUID, float]]) -> dict[UUID, float]:
    wanted: dict[UUID, float] = {}
    for place, (objective_id, weight) in enumerate(weights):
        if objective_id in wanted:
            raise Invalid(
                errors=[FieldError(f"/body/contributions/{place}/objective_id", "is there further up already")]
            )
        wanted[objective_id] = weight
    return wanted
