"""Capacity over HTTP. What is set is set as a whole: telling the same twice changes nothing."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.scoring.capacity import domain, store
from services.scoring.capacity.bodies import (
    PERIOD,
    CapacitiesIn,
    CapacityUse,
    Commitment,
    CommitmentsIn,
    EffortsIn,
    IdeaEffort,
    IdeaNeed,
    Saved,
    SkillUse,
    TeamCapacity,
    UncountedPromise,
)
from services.scoring.capacity.domain import Period
from services.scoring.capacity.usage import NotCounted, Use
from services.scoring.teams import domain as teams
from services.scoring.teams.domain import Unit
from shared.errors import NotFound
from shared.paging import FIRST, Cursor, Limit, Page, decode, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import storable

router = APIRouter(prefix="/v1", tags=["capacity"], route_class=Route)
Periods = Annotated[
    list[Period], Query(min_length=1, max_length=12, description=f"once for each: {PERIOD}", examples=[["2027-Q1"]])
]
TeamIds = Annotated[
    list[UUID] | None,
    Query(max_length=domain.MOST_TEAMS, description="once for each team; left out: the first 50 that are not archived"),
]


Corrected = Annotated[
    bool,
    Query(
        description="with the corrections of `effort` in force (`/v1/corrections`, for all frameworks): what teams "
        "promise by what it has taken them before"
    ),
]


@router.put("/capacities", responses=EDITING, dependencies=[allow("scores:write")])
async def set_capacities(body: CapacitiesIn, caller: CallerDep, tx: TxDep) -> Saved:
    """Set what teams have of a skill in periods that are not as usual: holidays, hiring, a loan."""
    given = [(each.team_id, each.period, each.skill, each.amount) for each in body.capacities]
    await domain.set_capacities(tx, caller.workspace_id, given)
    return Saved(saved=len(given))


@router.get("/capacities", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def list_capacities(
    caller: CallerDep, read: ReadDep, team_id: UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[TeamCapacity]:
    """List a team's capacities that are not as usual, by period and skill."""
    await teams.get(read, caller.workspace_id, team_id)
    place = ("", "") if cursor is None else decode(cursor, _text, _text)
    rows = await read.all(store.LIST_CAPACITIES, caller.workspace_id, team_id, *place, limit + 1)
    return page(rows, limit, lambda row: TeamCapacity(**row), lambda each: (each.period, each.skill))


@router.get("/capacities/use", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def show_capacity_use(
    caller: CallerDep, read: ReadDep, period: Periods, team_id: TeamIds = None, corrected: Corrected = False
) -> CapacityUse:
    """Show what is promised of each skill that teams have or need. Archived ideas take nothing."""
    found, left = await domain.usage(read, caller.workspace_id, period, team_id or (), corrected=corrected)
    return _answer(period, found, left)


@router.get("/capacities/over-commitment", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def find_over_commitment(
    caller: CallerDep, read: ReadDep, period: Periods, team_id: TeamIds = None, corrected: Corrected = False
) -> CapacityUse:
    """Find where more is promised than there is: team, skill and period, by how much, and which ideas.

    A skill that the team does not have at all counts as none of it. The farthest over come first in each period.
    """
    found, left = await domain.usage(read, caller.workspace_id, period, team_id or (), corrected=corrected)
    over = sorted((use for use in found if use.over > 0), key=lambda use: (use.period, -use.over))
    return _answer(period, over, left)


@router.put("/efforts", responses=EDITING, dependencies=[allow("scores:write")])
async def set_efforts(body: EffortsIn, caller: CallerDep, tx: TxDep) -> Saved:
    """Set what ideas take of each skill. It is for planning; scores are computed with estimates."""
    given: list[tuple[UUID, str, Unit, float | None]] = [
        (each.idea_id, each.skill, each.unit, each.amount) for each in body.efforts
    ]
    await domain.set_efforts(tx, caller.workspace_id, given)
    return Saved(saved=len(given))


@router.get("/efforts", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_efforts(
    caller: CallerDep, read: ReadDep, idea_id: UUID, limit: Limit = 50, cursor: Cursor = None
) -> Page[IdeaEffort]:
    """List what an idea takes, by skill."""
    (skill,) = ("",) if cursor is None else decode(cursor, _text)
    rows = await read.all(store.LIST_EFFORTS, caller.workspace_id, idea_id, skill, limit + 1)
    return page(rows, limit, lambda row: IdeaEffort(**row), lambda each: (each.skill,))


@router.put("/commitments", responses=EDITING, dependencies=[allow("scores:write")])
async def set_commitments(body: CommitmentsIn, caller: CallerDep, tx: TxDep) -> Saved:
    """Promise ideas for a period, or take promises back. More than there is capacity for is taken, and is shown."""
    given = [(each.period, each.team_id, each.idea_id, each.share) for each in body.commitments]
    await domain.set_commitments(tx, caller.workspace_id, given)
    return Saved(saved=len(given))


@router.get("/commitments", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_commitments(
    caller: CallerDep,
    read: ReadDep,
    period: Annotated[Period, Query(description=PERIOD, examples=["2027-Q1"])],
    team_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Commitment]:
    """List what is promised for a period, team by team."""
    place = (FIRST, FIRST) if cursor is None else decode(cursor, UUID, UUID)
    rows = await read.all(store.LIST_COMMITMENTS, caller.workspace_id, period, team_id, *place, limit + 1)
    return page(rows, limit, lambda row: Commitment(**row), lambda each: (each.team_id, each.idea_id))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return storable(value)


def _answer(periods: Sequence[str], found: Sequence[Use], left: Sequence[NotCounted]) -> CapacityUse:
    return CapacityUse(
        periods=sorted(set(periods)),
        data=[_use(use) for use in found],
        not_counted=[
            UncountedPromise(
                team_id=each.promise.team_id,
                idea_id=each.promise.idea_id,
                title=each.promise.title,
                period=each.promise.period,
                reason=each.reason,
                skill=each.skill,
            )
            for each in left
        ],
    )


def _use(use: Use) -> SkillUse:
    return SkillUse(
        team_id=use.team.id,
        team=use.team.name,
        unit=use.team.unit,
        period=use.period,
        skill=use.skill,
        capacity=use.capacity,
        needed=use.needed,
        factor=use.factor,
        over=use.over,
        ideas=[
            IdeaNeed(idea_id=part.promise.idea_id, title=part.promise.title, amount=part.amount) for part in use.parts
        ],
    )
