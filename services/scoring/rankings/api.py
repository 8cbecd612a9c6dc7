"""Rankings over HTTP: ideas in the order of their scores."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field
from pydantic_core import from_json

from services.scoring.kano.domain import Gate
from services.scoring.rankings import domain, store
from services.scoring.rankings.domain import Asked
from services.scoring.scores.computed import State
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.paging import Cursor, Limit, Page
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["scores"], route_class=Route)


class Ranked(Wire):
    """An idea in its place."""

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    product_id: UUID | None
    score_id: UUID
    state: State
    value: float | None
    missing: list[str]
    model_version: int
    computed_at: datetime
    stale: bool = Field(
        description="whether a change that all ideas are held against has not reached this score yet: it is as it was "
        "before, by `model_version`. Of a past day: false"
    )
    gate: Gate | None = Field(description="by Kano, as it is now; null: nobody was asked")


class Ranking(Page[Ranked]):
    """Ideas in their order."""

    rescoring_id: UUID | None = Field(
        description="the rescoring that has not reached every idea yet, or was cancelled: `GET /v1/rescorings/{id}`; "
        "null: every score is up to date"
    )


@router.get("/rankings", responses=GUARDED | responses(NotFound, Conflict), dependencies=[allow("scores:read")])
async def rank_ideas(
    caller: CallerDep,
    read: ReadDep,
    model_id: Annotated[UUID, Query(description="the active model to rank by")],
    state: Annotated[
        State, Query(description="`not_scoreable` lists those without a place, newest first, with what they lack")
    ] = "scored",
    kind: Annotated[IdeaKind | None, Query(description="only of this kind")] = None,
    status: Annotated[IdeaStatus | None, Query(description="only in this status")] = None,
    gate: Annotated[Gate | None, Query(description="only ideas of which respondents say this by Kano, now")] = None,
    product_id: Annotated[UUID | None, Query(description="only ideas of this product of feedback's")] = None,
    as_of: Annotated[
        date | None,
        Query(description="as it was shown at the end of this day (UTC), ideas as they were called and filed then"),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Ranking:
    """Rank ideas by their score, the highest first, archived ones left out.

    Among equal scores the newer idea comes first. An idea that is not scoreable has no place: ask for
    `state=not_scoreable` to see what it lacks. A page looks at 1,000 places at most, so with a filter or as of a day it
    may hold fewer ideas than asked for, or none: go on while there is a `next_cursor`.
    """
    if as_of is not None and as_of > datetime.now(UTC).date():
        raise Invalid(errors=[FieldError("/query/as_of", "is yet to come (days are of UTC)")])
    model = await read.one(store.MODEL, caller.workspace_id, model_id)
    if model is None:
        raise NotFound("No model by that id.")
    if not model["active"] and as_of is None:
        raise Conflict("The model is not active, so its scores are not kept up.", code="model_inactive")
    filters = {"kind": kind, "status": status, "gate": gate, "product_id": product_id}
    asked = Asked(caller.workspace_id, model_id, state, filters, as_of)
    rows, next_cursor = await domain.page(read, asked, cursor, limit)
    rescoring_id = None if as_of is not None else model["rescoring_id"]
    return Ranking(data=[_ranked(row) for row in rows], next_cursor=next_cursor, rescoring_id=rescoring_id)


def _ranked(row: asyncpg.Record) -> Ranked:
    return Ranked(
        idea_id=row["idea_id"],
        title=row["title"],
        kind=row["kind"],
        status=row["status"],
        product_id=row["product_id"],
        score_id=row["id"],
        state=row["state"],
        value=row["value"],
        missing=from_json(row["missing"]),
        model_version=row["model_version"],
        computed_at=row["computed_at"],
        stale=row["stale"],
        gate=row["gate"],
    )
