"""Projections of what feedback publishes. They write their own table and nothing else, so a rebuild can replay them."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from services.scoring.demand import store
from shared.database import Tx
from shared.events.base import Delivered, latest
from shared.events.feedback import DemandChanged, IdeaChanged


async def project_ideas(tx: Tx, delivered: Sequence[Delivered[IdeaChanged]]) -> list[Delivered[IdeaChanged]]:
    """Keep each idea's newest state; return the events that told something new, one for an idea at most.

    One that was merged is kept like an archived one: scored, and not ranked.
    """
    newest = latest(delivered)
    return _told(newest, await tx.all(store.PROJECT_IDEAS, *_columns(newest)))


async def follow_ideas(tx: Tx, delivered: Sequence[Delivered[IdeaChanged]]) -> list[Delivered[IdeaChanged]]:
    """The same, and what days ended with is kept of the ideas that change.

    That is history and no projection: the stream cannot give it again, since it may hold an idea's newest state alone.
    """
    newest = latest(delivered)
    return _told(newest, await tx.all(store.FOLLOW_IDEAS, *_columns(newest)))


def _columns(newest: Sequence[Delivered[IdeaChanged]]) -> list[list[Any]]:
    events = [each.event for each in newest]
    return [
        [event.idea_id for event in events],
        [event.workspace_id for event in events],
        [event.title for event in events],
        [event.kind for event in events],
        [event.status for event in events],
        [event.archived or event.merged_into is not None for event in events],
        [event.version for event in events],
    ]


def _told(newest: Sequence[Delivered[IdeaChanged]], rows: Sequence[asyncpg.Record]) -> list[Delivered[IdeaChanged]]:
    changed = {row["idea_id"] for row in rows}
    return [each for each in newest if each.event.idea_id in changed]


async def project_demand(tx: Tx, delivered: Sequence[Delivered[DemandChanged]]) -> list[Delivered[DemandChanged]]:
    """Keep each idea's newest demand; return the events that told something new, one for an idea at most."""
    newest = latest(delivered)
    events = [each.event for each in newest]
    rows = await tx.all(
        store.PROJECT_DEMAND,
        [event.idea_id for event in events],
        [event.workspace_id for event in events],
        [event.votes for event in events],
        [event.insights for event in events],
        [event.contacts for event in events],
        [event.accounts for event in events],
        [event.mrr for event in events],
        [event.currency for event in events],
        [event.version for event in events],
        [each.id for each in newest],
    )
    changed = {row["idea_id"] for row in rows}
    return [each for each in newest if each.event.idea_id in changed]
