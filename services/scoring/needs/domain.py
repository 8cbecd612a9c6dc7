"""Needs as feedback tells of them: a projection that writes its own tables and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from services.scoring.needs import store
from services.scoring.needs.rated import Need, Rating, opportunity
from shared.database import Read, Tx
from shared.events.base import Delivered, latest
from shared.events.feedback import NeedChanged, NeedMeasure


@dataclass(frozen=True, slots=True)
class Told:
    """A need of which something new was told, and the ideas that would serve it now or would before."""

    delivered: Delivered[NeedChanged]
    idea_ids: frozenset[UUID]


async def project_needs(tx: Tx, delivered: Sequence[Delivered[NeedChanged]]) -> list[Told]:
    """Keep each need's newest state, and which ideas would serve it; what was new of it."""
    newest = latest(delivered)
    rows = await tx.all(store.PROJECT, to_json([_row(each) for each in newest]).decode())
    changed = {row["need_id"] for row in rows}
    news = [each for each in newest if each.event.need_id in changed]
    if not news:
        return []
    links = [(each.event, idea_id) for each in news for idea_id in each.event.idea_ids]
    gone = await tx.all(
        store.LINK,
        [each.event.need_id for each in news],
        [event.need_id for event, _ in links],
        [idea_id for _, idea_id in links],
        [event.workspace_id for event, _ in links],
    )
    return [
        Told(
            each,
            frozenset(each.event.idea_ids) | {row["idea_id"] for row in gone if row["need_id"] == each.event.need_id},
        )
        for each in news
    ]


def _row(delivered: Delivered[NeedChanged]) -> dict[str, object]:
    event = delivered.event
    importance, satisfaction = _rating(event.importance), _rating(event.satisfaction)
    return {
        "need_id": event.need_id,
        "workspace_id": event.workspace_id,
        "job": event.job,
        "outcome": event.outcome,
        "archived": event.archived,
        "importance": importance.counts,
        "important": importance.high,
        "satisfaction": satisfaction.counts,
        "satisfied": satisfaction.high,
        "opportunity": opportunity(importance, satisfaction),
        "version": event.version,
        "event_id": delivered.id,
    }


def _rating(measure: NeedMeasure) -> Rating:
    return Rating(tuple(measure.counts), round((measure.top_share or 0.0) * measure.answers))


async def of_ideas(read: Read, workspaces: Sequence[UUID], ideas: Sequence[UUID]) -> list[tuple[Need, ...]]:
    """The needs that each of these ideas would serve, in the order asked for; those that are archived are left out."""
    found: list[tuple[Need, ...]] = [()] * len(ideas)
    for row in await read.all(store.OF_IDEAS, workspaces, ideas):
        found[row["position"] - 1] += (need(row),)
    return found


def need(row: asyncpg.Record) -> Need:
    """A need as it is stored."""
    return Need(
        row["need_id"],
        Rating(tuple(row["importance"]), row["important"]),
        Rating(tuple(row["satisfaction"]), row["satisfied"]),
        row["event_id"],
        row["version"],
    )
