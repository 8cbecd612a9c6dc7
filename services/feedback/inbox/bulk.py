"""Many statements in one request: newline-delimited JSON in, a result for every row out.

Rows are validated and stored in chunks, each in a transaction of its own, while the next chunk is being validated.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field, TypeAdapter, ValidationError

from services.feedback.inbox import domain
from services.feedback.inbox.api import FeedbackIn
from services.feedback.inbox.domain import Recorded, Statement
from shared.access.keys import Caller
from shared.database import RETRYABLE, Database
from shared.errors import FieldError, Invalid, Problem, UnsupportedMedia
from shared.problems import EDITING, field_errors
from shared.routes import CallerDep, Route, RuntimeDep, allow
from shared.wire import Wire

BODY_LIMIT = 32 * 2**20
"""Bytes of one upload."""
MOST_ROWS = 20_000
CHUNK = 1_000
MEDIA = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})

router = APIRouter(prefix="/v1/feedback", tags=["feedback"], route_class=Route)
_ROW = TypeAdapter(FeedbackIn)


class RowError(Wire):
    """What to mend in a row."""

    pointer: str
    reason: str


class RowResult(Wire):
    """What became of one row."""

    row: int = Field(description="its line, counted from 1")
    status: Literal["created", "duplicate", "invalid"]
    id: UUID | None = None
    errors: list[RowError] | None = None


class BulkResult(Wire):
    """Every row's result, in order. Good rows are stored whatever became of the others."""

    created: int
    duplicate: int
    invalid: int
    results: list[RowResult]


@router.post(
    "/bulk",
    responses=EDITING,
    dependencies=[allow("feedback:write")],
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": f"up to {MOST_ROWS} rows, each a FeedbackIn as JSON on a line of its own",
            "content": {
                "application/x-ndjson": {
                    "schema": {"type": "string"},
                    "example": '{"text":"Slow at month end","external_id":"t-1"}\n{"text":"CSV","external_id":"t-2"}\n',
                }
            },
        }
    },
)
async def create_feedback_in_bulk(request: Request, caller: CallerDep, runtime: RuntimeDep) -> BulkResult:
    """Store up to 20,000 statements. With an `external_id` in every row, the same upload again stores nothing twice."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in MEDIA:
        raise UnsupportedMedia("Send `Content-Type: application/x-ndjson`.")
    lines = [(number, line) for number, line in enumerate((await request.body()).split(b"\n"), start=1) if line.strip()]
    if len(lines) > MOST_ROWS:
        raise Invalid(f"An upload may have {MOST_ROWS} rows; this one has {len(lines)}. Send it in parts.")
    results: list[RowResult] = []
    storing: asyncio.Task[list[RowResult]] | None = None
    for start in range(0, len(lines), CHUNK):
        rows, bad = _validated(caller, lines[start : start + CHUNK])
        if storing is not None:
            results += await storing
        storing = asyncio.create_task(_store(runtime.database, caller, rows, bad))
        # Let it send its statement before the next chunk is validated: the database works meanwhile.
        await asyncio.sleep(0)
    if storing is not None:
        results += await storing
    counts = {
        status: sum(result.status == status for result in results) for status in ("created", "duplicate", "invalid")
    }
    return BulkResult(**counts, results=results)


def _validated(
    caller: Caller, lines: Sequence[tuple[int, bytes]]
) -> tuple[list[tuple[int, Statement]], list[RowResult]]:
    rows: list[tuple[int, Statement]] = []
    bad: list[RowResult] = []
    for number, line in lines:
        try:
            rows.append((number, _ROW.validate_json(line).statement(caller)))
        except ValidationError as error:
            bad.append(_bad(number, field_errors(error.errors(include_url=False, include_input=False))))
    return rows, bad


def _bad(number: int, errors: Sequence[FieldError]) -> RowResult:
    shown = [RowError(pointer=error.pointer, reason=error.reason) for error in errors]
    return RowResult(row=number, status="invalid", errors=shown)


async def _store(
    database: Database, caller: Caller, rows: Sequence[tuple[int, Statement]], bad: Sequence[RowResult]
) -> list[RowResult]:
    stored = await _record(database, caller, rows) if rows else []
    return sorted([*stored, *bad], key=lambda result: result.row)


async def _record(database: Database, caller: Caller, rows: Sequence[tuple[int, Statement]]) -> list[RowResult]:
    for attempt in range(3):
        try:
            async with database.transaction((caller.workspace_id,)) as tx:
                recorded = await domain.record(tx, [statement for _, statement in rows])
            return [_result(number, each) for (number, _), each in zip(rows, recorded, strict=True)]
        except RETRYABLE:
            if attempt == 2:
                raise
    return []


def _result(number: int, recorded: Recorded | Problem) -> RowResult:
    if isinstance(recorded, Problem):
        errors = [FieldError(error.pointer.removeprefix("/body"), error.reason) for error in recorded.errors]
        return _bad(number, errors)
    status: Any = recorded.status
    return RowResult(row=number, status=status, id=recorded.id)
