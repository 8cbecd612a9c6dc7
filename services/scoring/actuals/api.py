"""Actuals over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.scoring.actuals import domain, store
from services.scoring.actuals.domain import Draft
from services.scoring.capacity.bodies import PERIOD
from services.scoring.capacity.domain import Period
from services.scoring.teams.domain import Skill, Unit
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Key, Wire

router = APIRouter(prefix="/v1/actuals", tags=["balance"], route_class=Route)


class ActualIn(Wire):
    """Work that was done for an idea."""

    source: Key = Field(description="who counts", examples=["timesheets"])
    external_id: Key = Field(
        description="the source's own name for it: told again it is replaced, never counted twice",
        examples=["week-5/checkout/export"],
    )
    idea_id: UUID = Field(description="an idea of feedback; scoring need not have heard of it yet")
    team_id: UUID
    period: Period = Field(description=PERIOD, examples=["2027-Q1"])
    skill: Skill = Field(examples=["backend"])
    amount: Annotated[float, Field(ge=0, le=1e9)] | None = Field(
        description="in the team's unit; null: take it back", examples=[1.5]
    )


class ActualsIn(Wire):
    """Work to put down: all or none."""

    actuals: list[ActualIn] = Field(min_length=1, max_length=200)


class ActualTold(Wire):
    """What became of one."""

    id: UUID | None = Field(description="null: there was none to take back")
    change: Literal["created", "replaced", "unchanged", "removed"]


class ActualsTold(Wire):
    """What became of each, in the order sent."""

    data: list[ActualTold]


class Actual(Wire):
    """Work that was done for an idea."""

    id: UUID
    source: str
    external_id: str
    idea_id: UUID
    team_id: UUID
    period: str
    skill: str
    unit: Unit = Field(description="the team's when it was told")
    amount: float
    recorded_by: str
    created_at: datetime
    updated_at: datetime


@router.post("", responses=EDITING, dependencies=[allow("scores:write")])
async def record_actuals(body: ActualsIn, caller: CallerDep, tx: TxDep) -> ActualsTold:
    """Put down what work has taken, by idea, team, period and skill.

    The first time that an idea is worked on, the effort expected of it (`PUT /v1/efforts`) is kept, to be held against
    what it took once it has shipped.
    """
    drafts = [Draft(**each.model_dump()) for each in body.actuals]
    told = await domain.record(tx, caller.workspace_id, drafts, caller.actor)
    return ActualsTold(data=[ActualTold(id=each.id, change=each.change) for each in told])


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_actuals(
    caller: CallerDep,
    read: ReadDep,
    period: Annotated[Period | None, Query(description=PERIOD, examples=["2027-Q1"])] = None,
    team_id: Annotated[UUID | None, Query(description="only of this team")] = None,
    idea_id: Annotated[UUID | None, Query(description="only for this idea")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Actual]:
    """List actuals in order of making."""
    asked = (caller.workspace_id, after(cursor), limit + 1)
    if idea_id is not None:
        rows = await read.all(store.LIST_OF_IDEA, *asked, team_id, period, idea_id)
    elif period is not None:
        rows = await read.all(store.LIST_OF_PERIOD, *asked, team_id, period)
    elif team_id is not None:
        rows = await read.all(store.LIST_OF_TEAM, *asked, team_id)
    else:
        rows = await read.all(store.LIST, *asked)
    return page(rows, limit, lambda row: Actual(**row), lambda actual: (actual.id,))


@router.get("/{actual_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_actual(actual_id: UUID, caller: CallerDep, read: ReadDep) -> Actual:
    """Show one actual."""
    return Actual(**await domain.get(read, caller.workspace_id, actual_id))
