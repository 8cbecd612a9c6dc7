"""Teams over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field
from pydantic_core import from_json

from services.scoring.teams import domain, store
from services.scoring.teams.domain import Amount, Skill, Unit
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Wire

router = APIRouter(prefix="/v1/teams", tags=["capacity"], route_class=Route)
Skills = Annotated[dict[Skill, Amount], Field(max_length=20)]


class TeamIn(Wire):
    """Who there is to do work."""

    name: Line = Field(examples=["Checkout"])
    unit: Unit = Field(default="person_weeks", description="what its capacity is counted in; efforts must be in it too")
    skills: Skills = Field(
        default_factory=dict, description="how much it has of each in a usual period", examples=[{"backend": 12}]
    )


class TeamEdit(Wire):
    """What to change of a team; fields left out stay. `skills` replaces all of them."""

    name: Line | None = Field(default=None, examples=["Checkout and billing"])
    unit: Unit | None = None
    skills: Skills | None = Field(default=None, examples=[{"backend": 10}])
    archived: bool | None = None


class Team(Wire):
    """Who there is to do work."""

    id: UUID
    name: str
    unit: Unit
    skills: dict[str, float] = Field(description="how much it has of each in a usual period")
    archived: bool
    version: int
    created_at: datetime


def _team(row: asyncpg.Record) -> Team:
    fields: dict[str, Any] = {**row, "skills": from_json(row["skills"])}
    return Team(**fields)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_team(body: TeamIn, caller: CallerDep, tx: TxDep, response: Response) -> Team:
    """Add a team with what it has of each skill."""
    row = await domain.create(tx, caller.workspace_id, body.name, body.unit, body.skills)
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/teams/{row['id']}"})
    return _team(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_teams(
    caller: CallerDep,
    read: ReadDep,
    archived: Annotated[bool | None, Query(description="only archived ones, or only the others")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Team]:
    """List teams in order of making."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), archived, limit + 1)
    return page(rows, limit, _team, lambda team: (team.id,))


@router.get("/{team_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_team(team_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Team:
    """Show one team."""
    row = await domain.get(read, caller.workspace_id, team_id)
    response.headers.update(etag(row["version"]))
    return _team(row)


@router.patch("/{team_id}", responses=EDITING, dependencies=[allow("scores:write")])
async def update_team(
    team_id: UUID, body: TeamEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Team:
    """Edit a team or archive it. What it has promised stays, and shows as over-commitment where a skill is gone."""
    row = await domain.update(
        tx,
        caller.workspace_id,
        team_id,
        expected,
        name=body.name,
        unit=body.unit,
        skills=body.skills,
        archived=body.archived,
    )
    response.headers.update(etag(row["version"]))
    return _team(row)
