"""The register of technical debt over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field
from pydantic_core import from_json

from services.scoring.debts import curve, domain, store
from services.scoring.debts.domain import State, Type
from shared.errors import FieldError, Invalid, NotFound
from shared.paging import Cursor, Limit, Page, after, decode, page, whole
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Wire

router = APIRouter(prefix="/v1/debts", tags=["debts"], route_class=Route)
READING = GUARDED | responses(NotFound)
Days = Annotated[float, Field(ge=0, le=1e5)]
Share = Annotated[float, Field(ge=0, le=1)]
Growth = Annotated[float, Field(ge=-0.5, le=0.5)]
Money = Annotated[float, Field(gt=0, le=1e7)]
Count = Annotated[float, Field(ge=0, le=1e9)]
Evidence = Annotated[list[Line], Field(max_length=20)]


class DebtIn(Wire):
    """Something in the software that makes all later work on it slower or riskier."""

    title: Line = Field(examples=["Two ways to compute taxes"])
    component: Line = Field(description="where it is, by your own name for it", examples=["billing"])
    type: Type = "code"
    idea_id: UUID | None = Field(
        default=None,
        description="the idea of paying it off. While the debt is open it is estimated by it: `cost_of_delay` in money "
        "per week and `duration` in weeks, which a CD3 model with default units ranks among features",
    )
    principal: Days = Field(description="working days to pay it off", examples=[15])
    interest: Days = Field(description="working days that it costs in a month", examples=[3])
    probability: Share = Field(default=1.0, description="that a month's interest falls due")
    growth: Growth = Field(default=0.0, description="how much the interest grows with each month", examples=[0.05])
    day_cost: Money = Field(
        description="what a working day costs, in the money that cost of delay is estimated in", examples=[800]
    )
    changes: Count | None = Field(default=None, description="changes of that code per period", examples=[40])
    complexity: Count | None = Field(default=None, description="any one measure of it", examples=[25])
    evidence: Evidence = Field(default_factory=list[str], description="addresses, commits, incidents")
    state: State = "open"


class DebtEdit(Wire):
    """What to change of a debt; fields left out stay. null takes away `idea_id`, `changes` and `complexity`."""

    title: Line | None = Field(default=None, examples=["Three ways to compute taxes"])
    component: Line | None = None
    type: Type | None = None
    idea_id: UUID | None = None
    principal: Days | None = Field(default=None, examples=[12])
    interest: Days | None = Field(default=None, examples=[4])
    probability: Share | None = Field(default=None, examples=[0.8])
    growth: Growth | None = Field(default=None, examples=[0.1])
    day_cost: Money | None = Field(default=None, examples=[850])
    changes: Count | None = None
    complexity: Count | None = None
    evidence: Evidence | None = None
    state: State | None = None

    def told(self) -> dict[str, Any]:
        """The fields that were sent; Invalid for a null where there must be a value."""
        told = self.model_dump(exclude_unset=True)
        takes_null = {"idea_id", "changes", "complexity"}
        if wrong := [name for name, value in told.items() if value is None and name not in takes_null]:
            raise Invalid(errors=[FieldError(f"/body/{name}", "cannot be null") for name in wrong])
        return told


class Debt(Wire):
    """A debt and what it comes to."""

    id: UUID
    title: str
    component: str
    type: Type
    idea_id: UUID | None
    principal: float
    interest: float
    probability: float
    growth: float
    day_cost: float
    changes: float | None
    complexity: float | None
    evidence: list[str]
    state: State
    cost_of_delay: float = Field(description="money per month while it is there: interest * probability * day cost")
    payback_months: float | None = Field(
        description="principal / (interest * probability), without growth; null: it never pays back"
    )
    hotspot: float | None = Field(description="changes * complexity; null: one of them is not told")
    version: int
    created_at: datetime


class DebtChange(Wire):
    """What a debt was after a change."""

    version: int
    state: dict[str, Any] = Field(description="its fields as they then were")
    changed_by: str
    created_at: datetime


class DebtMonth(Wire):
    """What has been spent by the end of a month."""

    month: int = Field(description="from 0, which is now")
    carried: float = Field(description="it is carried on")
    paid_now: float = Field(description="it was paid off at once")
    paid_then: float = Field(description="it was carried until then, and is paid off then")


class DebtCurve(Wire):
    """Paying off now against carrying on, in money."""

    debt_id: UUID
    breaks_even: int | None = Field(
        description="the month by which carrying it has cost as much as paying it off; null: not within these months"
    )
    months: list[DebtMonth]


def _debt(row: asyncpg.Record) -> Debt:
    worth = domain.worth(row)
    fields: dict[str, Any] = {**row, "evidence": from_json(row["evidence"])}
    return Debt(cost_of_delay=worth.cost_of_delay, payback_months=worth.payback_months, hotspot=worth.hotspot, **fields)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_debt(body: DebtIn, caller: CallerDep, tx: TxDep, response: Response) -> Debt:
    """Add a debt to the register. The scores of its idea have moved when this answers."""
    row = await domain.create(tx, caller.workspace_id, body.model_dump(), caller.actor)
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/debts/{row['id']}"})
    return _debt(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_debts(
    caller: CallerDep,
    read: ReadDep,
    state: State | None = None,
    component: Annotated[Line | None, Query(description="only of this component")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Debt]:
    """List debts in order of adding. How they rank among all work, a CD3 model says."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), state, component, limit + 1)
    return page(rows, limit, _debt, lambda debt: (debt.id,))


@router.get("/{debt_id}", responses=READING, dependencies=[allow("scores:read")])
async def get_debt(debt_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Debt:
    """Show one debt."""
    row = await domain.get(read, caller.workspace_id, debt_id)
    response.headers.update(etag(row["version"]))
    return _debt(row)


@router.patch("/{debt_id}", responses=EDITING, dependencies=[allow("scores:write")])
async def update_debt(
    debt_id: UUID, body: DebtEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Debt:
    """Edit a debt, pay it or accept it. What it was is kept; its estimates move or are withdrawn with it."""
    row = await domain.update(tx, caller.workspace_id, debt_id, expected, body.told(), caller.actor)
    response.headers.update(etag(row["version"]))
    return _debt(row)


@router.get("/{debt_id}/changes", responses=READING, dependencies=[allow("scores:read")])
async def list_debt_changes(
    debt_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[DebtChange]:
    """List what a debt was, the first first: the trend."""
    await domain.get(read, caller.workspace_id, debt_id)
    (version,) = (0,) if cursor is None else decode(cursor, whole())
    rows = await read.all(store.HISTORY, caller.workspace_id, debt_id, version, limit + 1)
    return page(rows, limit, _change, lambda change: (change.version,))


@router.get("/{debt_id}/curve", responses=READING, dependencies=[allow("scores:read")])
async def show_debt_curve(
    debt_id: UUID, caller: CallerDep, read: ReadDep, months: Annotated[int, Query(ge=1, le=120)] = 24
) -> DebtCurve:
    """Show what paying it off now costs against carrying it on, month by month."""
    row = await domain.get(read, caller.workspace_id, debt_id)
    made = curve.curve(domain.figures(row), months)
    return DebtCurve(
        debt_id=debt_id,
        breaks_even=curve.breaks_even(made),
        months=[
            DebtMonth(month=each.month, carried=each.carried, paid_now=each.paid_now, paid_then=each.paid_then)
            for each in made
        ],
    )


def _change(row: asyncpg.Record) -> DebtChange:
    fields: dict[str, Any] = {**row, "state": from_json(row["state"])}
    return DebtChange(**fields)
