"""Plans over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic_core import from_json

from services.scoring.plans import domain, store
from services.scoring.plans.bodies import (
    Adoption,
    AdoptionIn,
    ItemMove,
    KindChange,
    Plan,
    PlanComparison,
    PlanIn,
    PlanProgram,
    PlanSkillUse,
    PlanSummary,
    PlanUse,
    PlanVerification,
    State,
)
from services.scoring.plans.comparison import Move
from services.scoring.plans.domain import Action
from services.scoring.plans.worker import JOB
from services.scoring.portfolio.bodies import Portfolio
from shared.access.keys import Caller
from shared.database import Tx
from shared.errors import Conflict, NotFound, TooLarge, UnsupportedMedia
from shared.paging import LAST, Cursor, Limit, Page, after, decode, page, whole
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow

router = APIRouter(prefix="/v1/plans", tags=["plans"], route_class=Route)
READING = GUARDED | responses(NotFound, Conflict)
LAST_POSITION = 2**31 - 1


def _plan(row: asyncpg.Record) -> Plan:
    fields: dict[str, Any] = {
        **row,
        "asked": from_json(row["asked"]),
        "program": None if row["program"] is None else PlanProgram.model_validate_json(row["program"]),
        "result": None if row["result"] is None else Portfolio.model_validate_json(row["result"]),
    }
    return Plan(**fields)


@router.post(
    "",
    status_code=202,
    responses=EDITING | responses(NotFound, TooLarge, UnsupportedMedia),
    dependencies=[allow("scores:write")],
)
async def create_plan(body: PlanIn, caller: CallerDep, tx: TxDep, response: Response) -> Plan:
    """Have a portfolio solved and kept, with everything that it was solved with. It is answered before it is solved.

    Ask for it again to see how far it is; `scoring.plan.changed` tells when it has ended. To look at what would be
    without keeping it, use `POST /v1/portfolios`.
    """
    row = await domain.create(tx, caller.workspace_id, body, caller.actor)
    tx.wake(JOB)
    response.headers["Location"] = f"/v1/plans/{row['id']}"
    return _plan(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_plans(
    caller: CallerDep,
    read: ReadDep,
    state: Annotated[State | None, Query(description="only in this state")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PlanSummary]:
    """List plans, the newest first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor, LAST), state, limit + 1)
    return page(rows, limit, lambda row: PlanSummary(**row), lambda plan: (plan.id,))


@router.get("/adopted", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_adopted_plan(caller: CallerDep, read: ReadDep) -> Plan:
    """Show the plan that counts."""
    row = await read.one(store.ADOPTED, caller.workspace_id)
    if row is None:
        raise NotFound("No plan is adopted.")
    return _plan(row)


@router.get("/adoptions", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_plan_adoptions(
    caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[Adoption]:
    """List which plan was adopted or withdrawn when, by whom and why, the newest first."""
    before = LAST_POSITION if cursor is None else decode(cursor, whole(LAST_POSITION))[0]
    rows = await read.all(store.ADOPTIONS, caller.workspace_id, before, limit + 1)
    return page(rows, limit, lambda row: Adoption(**row), lambda each: (each.position,))


@router.get("/{plan_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_plan(plan_id: UUID, caller: CallerDep, read: ReadDep) -> Plan:
    """Show a plan: what was asked, what was solved, and the answer, or how far it is."""
    return _plan(await domain.get(read, caller.workspace_id, plan_id))


@router.delete(
    "/{plan_id}", status_code=204, responses=EDITING | responses(NotFound), dependencies=[allow("scores:write")]
)
async def delete_plan(plan_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Delete a plan that has ended. One that was ever adopted stays (409)."""
    await domain.delete(tx, caller.workspace_id, plan_id)


@router.post("/{plan_id}:cancel", responses=EDITING, dependencies=[allow("scores:write")])
async def cancel_plan(plan_id: UUID, caller: CallerDep, tx: TxDep) -> Plan:
    """Stop solving a plan. 409 when it has ended already."""
    return _plan(await domain.cancel(tx, caller.workspace_id, plan_id))


@router.post("/{plan_id}:adopt", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def adopt_plan(plan_id: UUID, body: AdoptionIn, caller: CallerDep, tx: TxDep) -> Adoption:
    """Make a plan the one that counts, in place of the one before: balance and charts can be asked by it.

    It needs the capacity of teams (`stored_capacity`), so that its periods have names.
    """
    return await _ruled(tx, caller, plan_id, "adopt", body)


@router.post("/{plan_id}:withdraw", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def withdraw_plan(plan_id: UUID, body: AdoptionIn, caller: CallerDep, tx: TxDep) -> Adoption:
    """Let the adopted plan count no more; no other takes its place."""
    return await _ruled(tx, caller, plan_id, "withdraw", body)


async def _ruled(tx: Tx, caller: Caller, plan_id: UUID, action: Action, body: AdoptionIn) -> Adoption:
    row = await domain.rule(tx, caller.workspace_id, plan_id, action, body.reason, body.decided_by, caller.actor)
    return Adoption(**row)


@router.get("/{plan_id}/comparison", responses=READING, dependencies=[allow("scores:read")])
async def compare_plan(
    plan_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    other: Annotated[UUID, Query(description="the later plan")],
) -> PlanComparison:
    """Compare a plan with another: what came in, what went out, what is done at another time."""
    before, after_, found = await domain.comparison(read, caller.workspace_id, plan_id, other)
    return PlanComparison(
        before=plan_id,
        after=other,
        value_before=before.value,
        value_after=after_.value,
        entered=[_move(each) for each in found.entered],
        left=[_move(each) for each in found.left],
        moved=[_move(each) for each in found.moved],
        same=found.same,
        kinds=[KindChange(kind=kind, before=old, after=new) for kind, old, new in found.kinds],
    )


def _move(each: Move) -> ItemMove:
    return ItemMove(
        key=each.key,
        idea_id=each.idea_id,
        kind=each.kind,
        value_before=each.value_before,
        value_after=each.value_after,
        before=each.before,
        after=each.after,
    )


@router.get("/{plan_id}/verification", responses=READING, dependencies=[allow("scores:read")])
async def verify_plan(plan_id: UUID, caller: CallerDep, read: ReadDep) -> PlanVerification:
    """Compute a plan's digest anew, and those of all adoptions, and say whether they are what they were."""
    found = await domain.verify(read, caller.workspace_id, plan_id)
    return PlanVerification(
        intact=found.digest == found.computed and found.broken_at is None,
        digest=found.digest,
        computed=found.computed,
        adoptions=found.adoptions,
        broken_at=found.broken_at,
    )


@router.get("/{plan_id}/use", responses=READING, dependencies=[allow("scores:read")])
async def show_plan_use(plan_id: UUID, caller: CallerDep, read: ReadDep) -> PlanUse:
    """Show what a plan takes of each skill beside what its teams have promised and what they have done."""
    plan = await domain.solved(read, caller.workspace_id, plan_id)
    found = await domain.uses(read, caller.workspace_id, plan)
    assert plan.unit is not None, "else there is nothing to be used"
    return PlanUse(
        plan_id=plan.id,
        unit=plan.unit,
        team_ids=list(plan.team_ids),
        data=[
            PlanSkillUse(
                period=each.period,
                skill=each.skill,
                capacity=each.capacity,
                planned=each.planned,
                committed=each.committed,
                actual=each.actual,
            )
            for each in found
        ],
    )
