"""Projections of what the roadmap publishes of the strategy.

They write their own table and nothing else, so a rebuild can replay them.
"""

from collections.abc import Iterable, Sequence

import asyncpg

from services.scoring.alignment import store
from shared.database import Tx
from shared.events.base import Delivered, latest
from shared.events.roadmap import ContributionsChanged, ObjectiveChanged


async def project_objectives(
    tx: Tx, delivered: Sequence[Delivered[ObjectiveChanged]]
) -> list[Delivered[ObjectiveChanged]]:
    """Keep each objective's newest state; return the events that make another strategy, the last of each."""
    newest = latest(delivered)
    events = [each.event for each in newest]
    ids = [event.objective_id for event in events]
    held = {row["objective_id"]: row for row in await tx.all(store.HELD, ids)}
    rows = await tx.all(
        store.PROJECT_OBJECTIVES,
        ids,
        [event.workspace_id for event in events],
        [event.weight for event in events],
        [event.progress for event in events],
        [event.counts for event in events],
        [event.strategy_version for event in events],
        [event.version for event in events],
    )
    changed = {row["objective_id"] for row in rows}
    return [
        each
        for each in newest
        if each.event.objective_id in changed and _turned(held.get(each.event.objective_id), each)
    ]


def _turned(held: asyncpg.Record | None, told: Delivered[ObjectiveChanged]) -> bool:
    event = told.event
    if held is None or not held["counts"]:
        return event.counts
    return (held["weight"], held["progress"], True) != (event.weight, event.progress, event.counts)


async def project_contributions(
    tx: Tx, delivered: Sequence[Delivered[ContributionsChanged]]
) -> list[Delivered[ContributionsChanged]]:
    """Keep what each idea contributes to; return the events that told something new, one for an idea at most."""
    newest = latest(delivered)
    events = [each.event for each in newest]
    rows = await tx.all(
        store.PROJECT_CONTRIBUTIONS,
        [event.idea_id for event in events],
        [event.workspace_id for event in events],
        [_array(str(each.objective_id) for each in event.contributions) for event in events],
        [_array(repr(each.weight) for each in event.contributions) for event in events],
        [event.version for event in events],
    )
    changed = {row["idea_id"] for row in rows}
    return [each for each in newest if each.event.idea_id in changed]


def _array(values: Iterable[str]) -> str:
    return f"{{{','.join(values)}}}"
