"""The history of scores over HTTP."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field
from pydantic_core import from_json

from services.scoring.histories import domain
from services.scoring.scores.api import MovedBy
from services.scoring.scores.computed import State
from services.scoring.scores.words import WHY
from shared.errors import Moved, NotFound
from shared.paging import Cursor, Limit, Page, decode, page
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/scores", tags=["scores"], route_class=Route)


class ScoreDay(Wire):
    """What a score was from the end of one day on."""

    since: date = Field(description="the first day that ended with it, UTC")
    until: date | None = Field(description="the day on which it moved next; null: it is what it is now")
    state: State
    value: float | None
    missing: list[str]
    model_version: int
    version: int | None = Field(description="how often it had moved by then. null: from before that was kept")
    cause: MovedBy | None = Field(description="its last move, to this value. null: likewise")


@router.get("/{idea_id}/history", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("scores:read")])
async def list_score_days(
    idea_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    model_id: Annotated[UUID, Query(description="whose score")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ScoreDay]:
    """List what an idea's score was and why it moved, day by day, the latest first.

    A day on which it moved several times is told by what it ended with; each move is an event,
    `scoring.score.changed`. Empty where the idea was never scored by the model.
    """
    before = None if cursor is None else decode(cursor, date.fromisoformat)[0]
    rows = await domain.days(read, caller.workspace_id, idea_id, model_id, before, limit + 1)
    return page(rows, limit, _day, lambda day: (day.until or domain.LAST_DAY,))


def _day(row: asyncpg.Record) -> ScoreDay:
    at: datetime = row["computed_at"]
    return ScoreDay(
        since=row["since"],
        until=row["until"],
        state=row["state"],
        value=row["value"],
        missing=from_json(row["missing"]),
        model_version=row["model_version"],
        version=row["version"],
        cause=None
        if row["cause"] is None
        else MovedBy(kind=row["cause"], id=row["cause_id"], words=WHY[row["cause"]], at=at),
    )
