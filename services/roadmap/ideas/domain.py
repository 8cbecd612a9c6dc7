"""What is known of ideas at the moment. It may lag behind the services that say it, by milliseconds as a rule.

Events are snapshots with versions: of a batch the newest of each aggregate counts, and only where it is newer than what
is held. So duplicates, disorder and the borders of batches change nothing.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.roadmap.ideas import store
from shared.database import Read, Tx
from shared.events.base import Delivered, latest
from shared.events.feedback import DemandChanged, IdeaChanged
from shared.events.scoring import ScoreChanged


async def project_ideas(tx: Tx, delivered: Sequence[Delivered[IdeaChanged]]) -> None:
    """Keep what an idea is called."""
    events = [each.event for each in latest(delivered)]
    await tx.run(
        store.PROJECT_IDEAS,
        [event.idea_id for event in events],
        [event.workspace_id for event in events],
        [event.title for event in events],
        [event.kind for event in events],
        [event.archived for event in events],
        [event.version for event in events],
        [event.merged_into for event in events],
    )


async def project_demand(tx: Tx, delivered: Sequence[Delivered[DemandChanged]]) -> None:
    """Keep how many ask for an idea."""
    events = [each.event for each in latest(delivered)]
    await tx.run(
        store.PROJECT_DEMAND,
        [event.idea_id for event in events],
        [event.workspace_id for event in events],
        [event.votes for event in events],
        [event.contacts for event in events],
        [event.accounts for event in events],
        [event.version for event in events],
    )


async def project_scores(tx: Tx, delivered: Sequence[Delivered[ScoreChanged]]) -> None:
    """Keep what an idea scores under each model."""
    events = [each.event for each in latest(delivered)]
    await tx.run(
        store.PROJECT_SCORES,
        [event.score_id for event in events],
        [event.workspace_id for event in events],
        [event.idea_id for event in events],
        [event.model_id for event in events],
        [event.model_version for event in events],
        [event.state for event in events],
        [event.value for event in events],
        [event.version for event in events],
    )


async def known(read: Read, workspace_id: UUID, idea_id: UUID) -> asyncpg.Record | None:
    """An idea's `title` and what it was `merged_into`; None while roadmap has not heard of the idea."""
    return await read.one(store.IDEA, workspace_id, idea_id)


async def title_of(read: Read, workspace_id: UUID, idea_id: UUID) -> str | None:
    """An idea's title, or None while roadmap has not heard of the idea."""
    row = await known(read, workspace_id, idea_id)
    return None if row is None else row["title"]


async def evidence(
    read: Read, workspace_id: UUID, idea_ids: Sequence[UUID]
) -> list[tuple[asyncpg.Record, list[asyncpg.Record]]]:
    """Each idea with the demand for it, beside its scores by model; in the order asked. Two statements.

    Both are those of the idea that it was merged into, where it was.
    """
    known = await read.all(store.KNOWN, workspace_id, idea_ids)
    scores: dict[UUID, list[asyncpg.Record]] = {}
    for row in await read.all(store.SCORES, workspace_id, idea_ids):
        scores.setdefault(row["idea_id"], []).append(row)
    return [(row, scores.get(row["idea_id"], [])) for row in known]
