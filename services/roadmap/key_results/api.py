"""Key results over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.roadmap.key_results import domain, store
from services.roadmap.objectives import domain as objectives
from services.roadmap.objectives.standing import progress
from shared.errors import FieldError, Invalid, NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Text, Wire

router = APIRouter(prefix="/v1", tags=["strategy"], route_class=Route)
READING = GUARDED | responses(NotFound)
Figure = Annotated[float, Field(ge=-1e15, le=1e15)]
Day = Annotated[date, Field(ge=date(1970, 1, 1), lt=date(2200, 1, 1))]


class KeyResultIn(Wire):
    """A figure that tells whether the objective is achieved."""

    title: Line = Field(examples=["Companies that set up sign-in by themselves"])
    unit: Line = Field(examples=["companies"])
    start: Figure = Field(default=0.0, description="what it is to begin with")
    target: Figure = Field(description="what it is to become: above the start or below", examples=[40])


class KeyResultEdit(Wire):
    """What to change of a key result; fields left out stay. What it is now is told by check-ins."""

    title: Line | None = Field(default=None, examples=["Companies that set up sign-in alone"])
    unit: Line | None = None
    start: Figure | None = None
    target: Figure | None = Field(default=None, examples=[50])
    archived: bool | None = Field(default=None, description="an archived one tells nothing of the objective's progress")

    def told(self) -> dict[str, Any]:
        """The fields that were sent; Invalid for a null."""
        told = self.model_dump(exclude_unset=True)
        if wrong := [name for name, value in told.items() if value is None]:
            raise Invalid(errors=[FieldError(f"/body/{name}", "cannot be null") for name in wrong])
        return told


class KeyResult(Wire):
    """A figure that tells whether the objective is achieved."""

    id: UUID
    objective_id: UUID
    title: str
    unit: str
    start: float
    target: float
    current: float = Field(description="as the check-in of the latest day says; `start` without any")
    measured_on: date | None = Field(description="that day")
    progress: float = Field(description="(current - start) / (target - start), kept within 0 and 1")
    archived: bool
    version: int
    created_at: datetime


class CheckInIn(Wire):
    """What was measured."""

    value: Figure = Field(examples=[12])
    measured_on: Day | None = Field(default=None, description="left out: today", examples=["2026-11-20"])
    note: Text | None = None
    said_by: Line | None = Field(default=None, description="who, by your own id: no name. Left out: the key")


class CheckIn(Wire):
    """What was measured. It is never changed: measure again instead."""

    id: UUID
    key_result_id: UUID
    value: float
    measured_on: date
    note: str | None
    said_by: str
    created_at: datetime


def _result(row: asyncpg.Record) -> KeyResult:
    return KeyResult(**row, progress=progress(row["start"], row["target"], row["current"]))


def _check_in(row: asyncpg.Record) -> CheckIn:
    return CheckIn(**row)


@router.post(
    "/objectives/{objective_id}/key-results",
    status_code=201,
    responses=EDITING,
    dependencies=[allow("roadmap:write")],
)
async def create_key_result(
    objective_id: UUID, body: KeyResultIn, caller: CallerDep, tx: TxDep, response: Response
) -> KeyResult:
    """Add a key result to an objective."""
    row = await domain.create(tx, caller.workspace_id, objective_id, **body.model_dump(), actor=caller.actor)
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/key-results/{row['id']}"})
    return _result(row)


@router.get("/objectives/{objective_id}/key-results", responses=READING, dependencies=[allow("roadmap:read")])
async def list_key_results(
    objective_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    archived: Annotated[bool | None, Query(description="only archived ones, or only the others")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[KeyResult]:
    """List an objective's key results, the oldest first."""
    await objectives.get(read, caller.workspace_id, objective_id)
    rows = await read.all(store.LIST, caller.workspace_id, objective_id, after(cursor), limit + 1, archived)
    return page(rows, limit, _result, lambda result: (result.id,))


@router.get("/key-results/{key_result_id}", responses=READING, dependencies=[allow("roadmap:read")])
async def get_key_result(key_result_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> KeyResult:
    """Show one key result."""
    row = await domain.get(read, caller.workspace_id, key_result_id)
    response.headers.update(etag(row["version"]))
    return _result(row)


@router.patch("/key-results/{key_result_id}", responses=EDITING, dependencies=[allow("roadmap:write")])
async def update_key_result(
    key_result_id: UUID, body: KeyResultEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> KeyResult:
    """Edit a key result or archive it."""
    row = await domain.update(tx, caller.workspace_id, key_result_id, expected, body.told(), caller.actor)
    response.headers.update(etag(row["version"]))
    return _result(row)


@router.post(
    "/key-results/{key_result_id}/check-ins",
    status_code=201,
    responses=EDITING,
    dependencies=[allow("roadmap:write")],
)
async def check_in_key_result(key_result_id: UUID, body: CheckInIn, caller: CallerDep, tx: TxDep) -> CheckIn:
    """Tell what a key result measures now, or did on an earlier day.

    The check-in of the latest day says how things stand. Scores of models that count what remains of objectives move.
    """
    row = await domain.check_in(
        tx,
        caller.workspace_id,
        key_result_id,
        value=body.value,
        on=body.measured_on,
        note=body.note,
        by=body.said_by or caller.actor,
        actor=caller.actor,
    )
    return _check_in(row)


@router.get("/key-results/{key_result_id}/check-ins", responses=READING, dependencies=[allow("roadmap:read")])
async def list_check_ins(
    key_result_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[CheckIn]:
    """List what was measured, the latest told first."""
    await domain.get(read, caller.workspace_id, key_result_id)
    rows = await read.all(store.CHECK_INS, caller.workspace_id, key_result_id, after(cursor, LAST), limit + 1)
    return page(rows, limit, _check_in, lambda check_in: (check_in.id,))
