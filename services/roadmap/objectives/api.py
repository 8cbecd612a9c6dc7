"""Objectives over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import from_json

from services.roadmap.objectives import domain, store
from shared.errors import FieldError, Invalid, NotFound
from shared.events.roadmap import ObjectiveStatus
from shared.paging import Cursor, Limit, Page, after, decode, page, whole
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Wire, storable

router = APIRouter(prefix="/v1/objectives", tags=["strategy"], route_class=Route)
READING = GUARDED | responses(NotFound)
Weight = Annotated[float, Field(gt=0, le=1000)]
Day = Annotated[date, Field(ge=date(1970, 1, 1), lt=date(2200, 1, 1))]
Words = Annotated[str, StringConstraints(max_length=10_000, strip_whitespace=True), AfterValidator(storable)]

WEIGHT = "what it weighs beside the other objectives: twice the weight counts twice as much in alignment"
STATUS = "ideas are held against `active` ones only"
STARTS, ENDS = "the first day of it, in UTC; null: it has begun", "the last day of it; null: until it is ended"
OWNER = "who, by your own id: no name"
PRODUCT = "the product that it is of; null: all. It does not change which ideas are held against it"


class ObjectiveIn(Wire):
    """Something that the product is to achieve."""

    title: Line = Field(examples=["Enterprises roll it out without us"])
    description: Words = ""
    weight: Weight = Field(description=WEIGHT, examples=[3])
    status: ObjectiveStatus = Field(default="active", description=STATUS)
    starts_on: Day | None = Field(default=None, description=STARTS, examples=["2027-01-01"])
    ends_on: Day | None = Field(default=None, description=ENDS, examples=["2027-06-30"])
    owner: Line | None = Field(default=None, description=OWNER, examples=["ada"])
    product_id: UUID | None = Field(default=None, description=PRODUCT)


class ObjectiveEdit(Wire):
    """What to change of an objective; fields left out stay. null takes away dates, `owner` and `product_id`."""

    title: Line | None = Field(default=None, examples=["Enterprises roll it out by themselves"])
    description: Words | None = None
    weight: Weight | None = Field(default=None, description=WEIGHT, examples=[5])
    status: ObjectiveStatus | None = Field(default=None, description=STATUS)
    starts_on: Day | None = Field(default=None, description=STARTS)
    ends_on: Day | None = Field(default=None, description=ENDS)
    owner: Line | None = Field(default=None, description=OWNER)
    product_id: UUID | None = Field(default=None, description=PRODUCT)
    archived: bool | None = None

    def told(self) -> dict[str, Any]:
        """The fields that were sent; Invalid for a null where there must be a value."""
        told = self.model_dump(exclude_unset=True)
        takes_null = {"starts_on", "ends_on", "owner", "product_id"}
        if wrong := [name for name, value in told.items() if value is None and name not in takes_null]:
            raise Invalid(errors=[FieldError(f"/body/{name}", "cannot be null") for name in wrong])
        return told


class Objective(Wire):
    """Something that the product is to achieve."""

    id: UUID
    title: str
    description: str
    weight: float
    status: ObjectiveStatus
    starts_on: date | None
    ends_on: date | None
    owner: str | None
    product_id: UUID | None
    archived: bool
    counts: bool = Field(description="active, not archived, and today is one of its days: ideas are held against it")
    progress: float | None = Field(
        description="mean of its key results', each (current - start) / (target - start) kept within 0 and 1; "
        "null without any"
    )
    ideas: int = Field(description="of which it is said how much they contribute")
    version: int
    created_at: datetime
    updated_at: datetime


class ObjectiveState(Wire):
    """What an objective was."""

    title: str
    description: str
    weight: float
    status: ObjectiveStatus
    starts_on: date | None
    ends_on: date | None
    owner: str | None
    product_id: UUID | None
    archived: bool
    counts: bool
    progress: float | None


class ObjectiveChange(Wire):
    """What an objective was after a change."""

    version: int
    strategy_version: int = Field(description="of all objectives together; scores name it")
    state: ObjectiveState
    changed_by: str = Field(description="`key:` and its id; `calendar` on the day that it began or ended")
    created_at: datetime


def _objective(row: asyncpg.Record) -> Objective:
    return Objective(**{name: value for name, value in row.items() if name != "turns_on"})


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("roadmap:write")])
async def create_objective(body: ObjectiveIn, caller: CallerDep, tx: TxDep, response: Response) -> Objective:
    """Set an objective. From its first day ideas are held against it, and scores of models that read alignment move."""
    row = await domain.create(tx, caller.workspace_id, body.model_dump(), caller.actor)
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/objectives/{row['id']}"})
    return _objective(row)


@router.get("", responses=GUARDED, dependencies=[allow("roadmap:read")])
async def list_objectives(
    caller: CallerDep,
    read: ReadDep,
    status: Annotated[ObjectiveStatus | None, Query(description="only in this status")] = None,
    counts: Annotated[bool | None, Query(description="only those that ideas are held against today, or others")] = None,
    archived: Annotated[bool | None, Query(description="only archived ones, or only the others")] = None,
    product_id: Annotated[UUID | None, Query(description="only of this product")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Objective]:
    """List objectives, the oldest first."""
    asked = caller.workspace_id, after(cursor), limit + 1, archived, status, counts, product_id
    return page(await read.all(store.LIST, *asked), limit, _objective, lambda objective: (objective.id,))


@router.get("/{objective_id}", responses=READING, dependencies=[allow("roadmap:read")])
async def get_objective(objective_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Objective:
    """Show one objective."""
    row = await domain.get(read, caller.workspace_id, objective_id)
    response.headers.update(etag(row["version"]))
    return _objective(row)


@router.patch("/{objective_id}", responses=EDITING, dependencies=[allow("roadmap:write")])
async def update_objective(
    objective_id: UUID, body: ObjectiveEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Objective:
    """Edit an objective, weigh it anew, end it or archive it.

    What it was is kept. Where it makes another alignment, scores move with the cause `objective`.
    """
    row = await domain.update(tx, caller.workspace_id, objective_id, expected, body.told(), caller.actor)
    response.headers.update(etag(row["version"]))
    return _objective(row)


@router.get("/{objective_id}/changes", responses=READING, dependencies=[allow("roadmap:read")])
async def list_objective_changes(
    objective_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[ObjectiveChange]:
    """List what an objective was, the first first, each with the version of the strategy that it made."""
    await domain.get(read, caller.workspace_id, objective_id)
    (version,) = (0,) if cursor is None else decode(cursor, whole())
    rows = await read.all(store.HISTORY, caller.workspace_id, objective_id, version, limit + 1)
    return page(rows, limit, _change, lambda change: (change.version,))


def _change(row: asyncpg.Record) -> ObjectiveChange:
    fields: dict[str, Any] = {**row, "state": ObjectiveState(**from_json(row["state"]))}
    return ObjectiveChange(**fields)
