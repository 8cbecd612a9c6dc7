"""What was shown as alike, over HTTP: decided on, listed, judged."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field

from services.feedback.suggestions import domain, store
from services.feedback.suggestions.domain import Decision, Joined, Kind, Method
from services.feedback.suggestions.shares import Share
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["similar"], route_class=Route)
READS = [allow("ideas:read", "feedback:read")]


class DecisionIn(Wire):
    """What somebody says of two texts. The order of the two does not matter."""

    one_id: UUID = Field(description="an idea's or a feedback's id")
    other_id: UUID = Field(description="another one's")
    decision: Decision = Field(examples=["accepted"])
    joined: Joined | None = Field(
        default=None, description="with `accepted`: what the caller has done with them", examples=["linked"]
    )


class Suggestion(Wire):
    """Two texts that were shown as alike, or that somebody decided on unasked (`shown` is 0)."""

    id: UUID
    one_id: UUID
    one_kind: Kind
    other_id: UUID
    other_kind: Kind
    method: Method | None
    score: float | None = Field(description="when it was first shown")
    shown: int = Field(description="how often")
    shown_at: datetime | None = Field(description="the first time")
    decision: Decision | None
    joined: Joined | None
    decided_by: str | None
    decided_at: datetime | None
    created_at: datetime


class Rate(Wire):
    """A share of n, with its Wilson interval at 95 %. With a small n the interval says how little is known."""

    value: float | None = Field(description="null while n is 0")
    n: int
    low: float | None
    high: float | None


class MethodQuality(Wire):
    """How good the suggestions of one method were; of all, where `method` is null.

    Accepted is also what was linked or merged after it had been shown.
    """

    method: Method | None
    suggested: int = Field(description="pairs shown")
    accepted: int
    dismissed: int
    undecided: int = Field(description="shown, and nobody has said or done anything")
    precision: Rate = Field(description="accepted of those decided on")
    recall: Rate = Field(description="suggested beforehand, of all that people linked or merged")


class Quality(Wire):
    """Precision and recall of past suggestions, over the newest 10,000 suggestions and 10,000 links at most."""

    since: datetime
    methods: list[MethodQuality] = Field(description="of all, then of each method")
    never_suggested: int = Field(description="links and merges by people that were not suggested before")


@router.put("/similar/decisions", responses=EDITING, dependencies=[allow("ideas:write")])
async def decide_similar(body: DecisionIn, caller: CallerDep, tx: TxDep) -> Suggestion:
    """Accept or dismiss that two texts belong together; the last word counts.

    A dismissed pair is never shown again, from either side. Accepting joins nothing by itself: merge or link, and say
    so in `joined`.
    """
    row = await domain.decide(
        tx, caller.workspace_id, (body.one_id, body.other_id), body.decision, body.joined, caller.actor
    )
    return _suggestion(row)


def _suggestion(row: asyncpg.Record) -> Suggestion:
    return Suggestion(**row)


@router.get("/similar/suggestions", responses=GUARDED, dependencies=READS)
async def list_suggestions(
    caller: CallerDep,
    read: ReadDep,
    decision: Annotated[Decision | None, Query(description="only those decided so")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Suggestion]:
    """List pairs that were shown or decided on, the newest first."""
    page_of = caller.workspace_id, after(cursor, LAST), limit + 1
    if decision is None:
        rows = await read.all(store.LIST, *page_of)
    else:
        rows = await read.all(store.LIST_DECIDED, *page_of, decision)
    return page(rows, limit, _suggestion, lambda suggestion: (suggestion.id,))


@router.get("/similar/quality", responses=GUARDED, dependencies=READS)
async def get_similar_quality(
    caller: CallerDep,
    read: ReadDep,
    days: Annotated[int, Query(ge=1, le=366, description="how far to look back")] = 90,
) -> Quality:
    """Show how good past suggestions were: precision and recall, with n and interval, by method."""
    since = datetime.now(UTC) - timedelta(days=days)
    judged = await domain.judge(read, caller.workspace_id, since)
    return Quality(
        since=since,
        methods=[
            MethodQuality(
                method=each.method,
                suggested=each.suggested,
                accepted=each.accepted,
                dismissed=each.dismissed,
                undecided=each.undecided,
                precision=_rate(each.precision),
                recall=_rate(each.recall),
            )
            for each in judged
        ],
        never_suggested=judged[0].recall.of - judged[0].recall.hits,
    )


def _rate(share: Share) -> Rate:
    low, high = share.interval or (None, None)
    return Rate(value=share.value, n=share.of, low=low, high=high)
