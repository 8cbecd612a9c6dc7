"""Opportunities over HTTP: needs in the order of how under-served they are."""

import math
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field

from services.scoring.frameworks.opportunity import served
from services.scoring.needs import store
from services.scoring.needs.domain import need
from services.scoring.needs.rated import Rating, bounds, figure
from shared.paging import LAST, Cursor, Limit, Page, decode, page
from shared.problems import GUARDED
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.statistics.intervals import SMALL, Interval
from shared.wire import Wire

router = APIRouter(prefix="/v1/opportunities", tags=["opportunities"], route_class=Route)


class OutOfTen(Wire):
    """One of the two figures, by respondents."""

    source: Literal["survey"] = "survey"
    value: float = Field(description="ten times the share of answers in the upper quarter of their scale")
    n: int = Field(description="respondents, each counted once with the last answer")
    interval: Interval = Field(description="of the value")
    small_sample: bool = Field(description=f"fewer than {SMALL} respondents: take the interval seriously")


class Bounds(Wire):
    """How low and how high the score is with both figures at the ends of their intervals."""

    low: float
    high: float


class Opportunity(Wire):
    """A need by Ulwick's opportunity score."""

    need_id: UUID
    job: str
    outcome: str
    score: float | None = Field(
        description="importance + max(importance - satisfaction, 0), from 0 to 20; null: one of the two was not asked"
    )
    bounds: Bounds | None = Field(description="wider than an interval of 95 %: both figures at their ends at once")
    label: Literal["extreme_opportunity", "under_served", "served_right", "over_served"] | None
    small_sample: bool
    importance: OutOfTen | None = Field(description="null without answers")
    satisfaction: OutOfTen | None = Field(description="null without answers")
    idea_ids: list[UUID] = Field(description="ideas that would serve it")
    event_id: UUID = Field(description="the event that told of these answers")
    version: int = Field(description="of the need as it was told")


def _out_of_ten(rating: Rating) -> OutOfTen | None:
    found = figure(rating, "ten")
    if found is None:
        return None
    value, interval = found
    return OutOfTen(value=value, n=rating.n, interval=interval, small_sample=rating.n < SMALL)


def _opportunity(row: asyncpg.Record) -> Opportunity:
    found = need(row)
    importance, satisfaction = _out_of_ten(found.importance), _out_of_ten(found.satisfaction)
    ends = bounds(found.importance, found.satisfaction)
    return Opportunity(
        need_id=row["need_id"],
        job=row["job"],
        outcome=row["outcome"],
        score=row["opportunity"],
        bounds=None if ends is None else Bounds(low=ends[0], high=ends[1]),
        label=served(importance.value, satisfaction.value) if importance and satisfaction else None,
        small_sample=min(found.importance.n, found.satisfaction.n) < SMALL,
        importance=importance,
        satisfaction=satisfaction,
        idea_ids=row["idea_ids"],
        event_id=row["event_id"],
        version=row["version"],
    )


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_opportunities(
    caller: CallerDep,
    read: ReadDep,
    state: Annotated[
        Literal["scored", "not_scoreable"],
        Query(description="`not_scoreable` lists needs of which one of the two figures is not known, newest first"),
    ] = "scored",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Opportunity]:
    """Rank needs by Ulwick's opportunity score, the most under-served first, archived ones left out.

    Above 10 a need is under-served, above 15 extremely so. Scores rest on shares of respondents: each comes with how
    many they were and an interval, and few are flagged, not hidden.
    """
    if state == "scored":
        score, need_id = (math.inf, LAST) if cursor is None else decode(cursor, float, UUID)
        rows = await read.all(store.RANKED, caller.workspace_id, score, need_id, limit + 1)
    else:
        need_id = LAST if cursor is None else decode(cursor, UUID)[0]
        rows = await read.all(store.NOT_RANKED, caller.workspace_id, need_id, limit + 1)
    return page(rows, limit, _opportunity, _key)


def _key(each: Opportunity) -> tuple[Any, ...]:
    return (each.need_id,) if each.score is None else (each.score, each.need_id)
