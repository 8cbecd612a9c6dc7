"""What feedback has said and what people have estimated, put where scoring keeps it, as its own doors would put it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid5

import asyncpg
import numpy as np
from pydantic_core import from_json

from services.scoring.consumers import CONSUMERS
from services.scoring.estimates import domain as estimates
from services.scoring.estimates.domain import Draft
from services.scoring.frameworks.demand_policies import Asks
from services.scoring.frameworks.parameters import DemandRule
from services.scoring.frameworks.recipe import Array
from services.scoring.frameworks.rice import RiceParameters
from services.scoring.models import domain as models
from services.scoring.scores.domain import recompute, rescore_stale
from shared.database import Database, Read, Tx
from shared.events.base import Delivered, Event
from shared.events.feedback import (
    AccountChanged,
    DemandChanged,
    IdeaChanged,
    KanoChanged,
    MonthOfAsks,
    NeedChanged,
    NeedMeasure,
    SegmentChanged,
    ShareChanged,
)
from shared.events.roadmap import Contribution, ContributionsChanged, ObjectiveChanged
from shared.ids import new_id
from shared.statistics.kano import judge
from shared.statistics.refusal import Refusal

Databases = Callable[[str], Awaitable[Database]]

BY_CONTACTS = RiceParameters(reach=DemandRule(measure="contacts", per_ask=10))
SCORES = """
select id, idea_id, model_id, model_version, state, value, inputs::text as inputs, missing::text as missing, cause,
       cause_id, version
from scores where workspace_id = $1 order by model_id, idea_id
"""
EVENTS = "select data::text as data from events where workspace_id = $1 order by seq"


def told(event: Event, traceparent: str = "") -> Delivered[Event]:
    """An event as a consumer meets it."""
    return Delivered(id=new_id(), event=event, time=datetime.now(UTC), traceparent=traceparent, seq=1)


def idea(workspace_id: UUID, idea_id: UUID, version: int = 1, **others: Any) -> Delivered[Event]:
    """An idea as feedback tells of it."""
    fields: dict[str, Any] = {"title": "Export as CSV", "kind": "feature", "status": "open", **others}
    return told(IdeaChanged(workspace_id=workspace_id, idea_id=idea_id, version=version, **fields))


def demand(
    workspace_id: UUID, idea_id: UUID, version: int = 1, contacts: int = 3, *, traceparent: str = "", **others: int
) -> Delivered[Event]:
    """Demand as feedback tells of it."""
    counts = {"votes": contacts, "insights": 0, "accounts": contacts, "mrr": 0, **others}
    event = DemandChanged(
        workspace_id=workspace_id, idea_id=idea_id, version=version, contacts=contacts, currency="USD", **counts
    )
    return told(event, traceparent)


def objective(
    workspace_id: UUID, objective_id: UUID, version: int = 1, weight: float = 1.0, **others: Any
) -> Delivered[Event]:
    """An objective as the roadmap tells of it."""
    fields: dict[str, Any] = {"status": "active", "counts": True, "strategy_version": version, **others}
    return told(
        ObjectiveChanged(workspace_id=workspace_id, objective_id=objective_id, version=version, weight=weight, **fields)
    )


def contributions(
    workspace_id: UUID, idea_id: UUID, weights: Mapping[UUID, float], version: int = 1
) -> Delivered[Event]:
    """What an idea contributes to, as the roadmap tells of it."""
    said = [Contribution(objective_id=id, weight=weight) for id, weight in weights.items()]
    return told(ContributionsChanged(workspace_id=workspace_id, idea_id=idea_id, version=version, contributions=said))


def need(
    workspace_id: UUID,
    need_id: UUID,
    version: int = 1,
    importance: Sequence[int] = (0, 0, 0, 2, 8),
    satisfaction: Sequence[int] = (5, 3, 0, 1, 1),
    ideas: Sequence[UUID] = (),
    *,
    archived: bool = False,
) -> Delivered[Event]:
    """A need as feedback tells of it: answers in five steps, all on the scale from 1 to 5."""

    def measure(counts: Sequence[int]) -> NeedMeasure:
        n = sum(counts)
        mean = sum(step * count for step, count in enumerate(counts, 1)) / n if n else None
        return NeedMeasure(counts=list(counts), answers=n, mean=mean, top_share=sum(counts[3:]) / n if n else None)

    event = NeedChanged(
        workspace_id=workspace_id, version=version, need_id=need_id, job="Close the books", outcome="Get figures out",
        archived=archived, insights=0, ratings=sum(importance), importance=measure(importance),
        satisfaction=measure(satisfaction), idea_ids=list(ideas),
    )  # fmt: skip
    return told(event)


def kano(workspace_id: UUID, idea_id: UUID, version: int = 1, **counts: int) -> Delivered[Event]:
    """What respondents say of an idea by Kano, as feedback tells of it."""
    judged = judge(counts)  # pyright: ignore[reportArgumentType] the names of keywords are strings, here categories
    event = KanoChanged.model_validate(
        {
            "workspace_id": workspace_id,
            "version": version,
            "idea_id": idea_id,
            "counts": counts,
            "respondents": sum(counts.values()),
            "label": None if isinstance(judged, Refusal) else judged.label,
        }
    )
    return told(event)


def share(
    workspace_id: UUID,
    idea_id: UUID,
    account_id: UUID | None,
    version: int = 1,
    *,
    months: Mapping[str, int] | None = None,
    share_id: UUID | None = None,
    segments: Sequence[UUID] = (),
    **others: Any,
) -> Delivered[Event]:
    """Who is behind an idea as feedback tells of it; `months`: how many contacts asked last in which."""
    whose = f"{account_id}" if account_id is not None else f"{account_id} {sorted(segments)}"
    asked = {"2026-01": 1} if months is None else months
    counts = {"votes": sum(asked.values()), "insights": 0, "nice": 0, "important": sum(asked.values()), "critical": 0}
    return told(
        ShareChanged(
            workspace_id=workspace_id,
            version=version,
            share_id=share_id or uuid5(idea_id, whose),
            idea_id=idea_id,
            account_id=account_id,
            segment_ids=sorted(segments),
            contacts=sum(asked.values()),
            asked=[MonthOfAsks(month=month, contacts=contacts) for month, contacts in sorted(asked.items())],
            **counts | others,
        )
    )


def account(
    workspace_id: UUID, account_id: UUID, mrr: int | None, version: int = 1, segments: Sequence[UUID] = ()
) -> Delivered[Event]:
    """An account as feedback tells of it."""
    return told(
        AccountChanged(
            workspace_id=workspace_id, version=version, account_id=account_id, mrr=mrr, segment_ids=list(segments)
        )
    )


def segment(workspace_id: UUID, segment_id: UUID, selects: Literal["accounts", "contacts"]) -> Delivered[Event]:
    """A segment as feedback tells of it."""
    return told(
        SegmentChanged(
            workspace_id=workspace_id,
            version=1,
            segment_id=segment_id,
            key=f"s-{segment_id}",
            title="Segment",
            selects=selects,
            members=0,
            settled=True,
        )
    )


async def estimate(
    tx: Tx, workspace_id: UUID, idea_id: UUID, estimator: str = "ada", **inputs: float
) -> list[asyncpg.Record]:
    """Estimates by one person, by input."""
    drafts = [Draft(idea_id, name, value, estimator, None, None) for name, value in inputs.items()]
    return await estimates.add(tx, workspace_id, drafts)


async def model(
    tx: Tx, workspace_id: UUID, parameters: RiceParameters = BY_CONTACTS, *, name: str = "RICE", active: bool = True
) -> UUID:
    """A RICE model, active unless told otherwise."""
    row = await models.create(tx, workspace_id, name=name, framework="rice", parameters=parameters, active=active)
    return row["id"]


async def scores(read: Read, workspace_id: UUID) -> dict[UUID, asyncpg.Record]:
    """Stored scores by idea; for workspaces with one model."""
    return {row["idea_id"]: row for row in await read.all(SCORES, workspace_id)}


async def published(read: Read, workspace_id: UUID) -> list[dict[str, Any]]:
    """The events of a workspace, in order."""
    return [from_json(row["data"]) for row in await read.all(EVENTS, workspace_id)]


def asks_of(
    rows: Sequence[tuple[int, int, float | None, Sequence[tuple[float, int]]]], segment: Sequence[float | None] = ()
) -> Asks:
    """Asks from rows of idea, units, revenue, and how many contacts asked how long ago; the ideas in order."""
    cells = [(row, age, contacts) for row, each in enumerate(rows) for age, contacts in each[3]]

    def column(values: Sequence[float | None]) -> Array:
        return np.array([np.nan if value is None else value for value in values], float)

    return Asks(
        idea=np.array([idea for idea, *_ in rows], np.int64),
        units=np.array([units for _, units, *_ in rows], np.int64),
        mrr=column([mrr for _, _, mrr, _ in rows]),
        segment=column(segment or [None] * len(rows)),
        cell_row=np.array([row for row, _, _ in cells], np.int64),
        cell_age=np.array([age for _, age, _ in cells], float),
        cell_contacts=np.array([contacts for *_, contacts in cells], float),
    )


class Workspace:
    """One workspace's scoring, each call in a transaction of its own."""

    def __init__(self, database: Database, id: UUID) -> None:
        self.database = database
        self.id = id

    async def hear(self, *delivered: Delivered[Event]) -> None:
        """Apply a batch."""
        async with self.database.transaction({self.id}) as tx:
            for handler in dict.fromkeys(CONSUMERS.values()):
                if theirs := [each for each in delivered if CONSUMERS[type(each.event)] is handler]:
                    await handler(tx, theirs)

    async def settle(self) -> None:
        """Score what needs have made stale, as the job does."""
        async with self.database.transaction({self.id}) as tx:
            while await rescore_stale(tx):
                pass

    async def idea(self, **others: Any) -> UUID:
        """An idea that scoring has heard of, and its id."""
        idea_id = new_id()
        await self.hear(idea(self.id, idea_id, **others))
        return idea_id

    async def demand(self, idea_id: UUID, version: int = 1, contacts: int = 3, **others: Any) -> Delivered[Event]:
        """How many ask for an idea."""
        event = demand(self.id, idea_id, version, contacts, **others)
        await self.hear(event)
        return event

    async def objective(self, objective_id: UUID, version: int = 1, weight: float = 1.0, **others: Any) -> UUID:
        """An objective as it stands, and the id of the event that says so."""
        event = objective(self.id, objective_id, version, weight, **others)
        await self.hear(event)
        return event.id

    async def contribute(self, idea_id: UUID, weights: Mapping[UUID, float], version: int = 1) -> UUID:
        """What an idea contributes to, and the id of the event that says so."""
        event = contributions(self.id, idea_id, weights, version)
        await self.hear(event)
        return event.id

    async def estimate(self, idea_id: UUID, estimator: str = "ada", **inputs: float) -> list[asyncpg.Record]:
        """What somebody estimates."""
        async with self.database.transaction({self.id}) as tx:
            return await estimate(tx, self.id, idea_id, estimator, **inputs)

    async def model(self, parameters: RiceParameters = BY_CONTACTS, **others: Any) -> UUID:
        """A RICE model."""
        async with self.database.transaction({self.id}) as tx:
            return await model(tx, self.id, parameters, **others)

    async def scores(self) -> dict[UUID, asyncpg.Record]:
        """Stored scores by idea."""
        async with self.database.read({self.id}) as read:
            return await scores(read, self.id)

    async def published(self) -> list[dict[str, Any]]:
        """The events told so far."""
        async with self.database.read({self.id}) as read:
            return await published(read, self.id)

    async def differences(self) -> Sequence[object]:
        """Scores that are not what their inputs give."""
        async with self.database.read({self.id}) as read:
            return await recompute(read, self.id)
