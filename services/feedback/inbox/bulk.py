"""Many statements in one request: newline-delimited JSON in, a result for every row out.

Rows are stored in chunks while the next chunk is being validated. Each chunk has a transaction of its own, so that
nobody waits long for the ideas it holds; with an Idempotency-Key all have the request's, which remembers the answer.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Literal, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter, ValidationError

from services.feedback.inbox import domain
from services.feedback.inbox.api import FeedbackIn
from services.feedback.inbox.domain import Statement
from shared.access.keys import Caller
from shared.database import RETRYABLE, Database, Tx
from shared.errors import FieldError, Invalid, Unavailable, UnsupportedMedia
from shared.problems import EDITING, field_errors
from shared.routes import CallerDep, Route, RuntimeDep, TxDep, allow
from shared.wire import Wire

BODY_LIMIT = 32 * 2**20
"""Bytes of one upload."""
MOST_ROWS = 20_000
CHUNK = 500
AT_ONCE = 2
"""Chunks that the database works at while the next is validated."""
TRIES = 5
MEDIA = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})

router = APIRouter(prefix="/v1/feedback", tags=["feedback"], route_class=Route)
_ROW = TypeAdapter(FeedbackIn)
_Recorded = tuple[str, str] | Invalid
"""What became of a statement and where it is stored, or why it is not."""
Record = Callable[[Sequence[Statement]], Awaitable[list[_Recorded]]]


class RowError(Wire):
    """What to mend in a row."""

    pointer: str
    reason: str


class RowResult(Wire):
    """What became of one row."""

    row: int = Field(description="its line, counted from 1")
    status: Literal["created", "duplicate", "invalid"]
    id: UUID | None = Field(default=None, description="left out for an invalid row")
    errors: list[RowError] | None = Field(default=None, description="only for an invalid row")


class BulkResult(Wire):
    """Every row's result, in order. Good rows are stored whatever became of the others."""

    created: int
    duplicate: int
    invalid: int
    results: list[RowResult]


@router.post(
    "/bulk",
    response_model=BulkResult,
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
async def create_feedback_in_bulk(request: Request, caller: CallerDep, tx: TxDep, runtime: RuntimeDep) -> Response:
    """Store up to 20,000 statements. Give every row an `external_id`: then the same upload again stores none twice."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in MEDIA:
        raise UnsupportedMedia("Send `Content-Type: application/x-ndjson`.")
    body = (await request.body()).removeprefix(b"\xef\xbb\xbf")
    lines = [(number, line) for number, line in enumerate(body.split(b"\n"), start=1) if line.strip()]
    if len(lines) > MOST_ROWS:
        raise Invalid(f"An upload may have {MOST_ROWS} rows; this one has {len(lines)}. Send it in parts.")
    keyed = "idempotency-key" in request.headers
    record = partial(_record_together, tx) if keyed else partial(_record_apart, runtime.database, caller.workspace_id)
    done: list[_Done] = []
    storing: deque[asyncio.Task[list[_Done]]] = deque()
    try:
        for start in range(0, len(lines), CHUNK):
            rows, bad = _validated(caller, lines[start : start + CHUNK])
            # In the request's own transaction one after the other; apart from it, some at once.
            while len(storing) >= (1 if keyed else AT_ONCE):
                done += await storing.popleft()
            storing.append(asyncio.create_task(_store(record, rows, bad)))
            # Let it send its statement before the next chunk is validated: the database works meanwhile.
            await asyncio.sleep(0)
        while storing:
            done += await storing.popleft()
    finally:
        for task in storing:
            task.cancel()
    counts = Counter(each.status for each in done)
    totals = ",".join(f'"{status}":{counts[status]}' for status in ("created", "duplicate", "invalid"))
    results = ",".join(each.json for each in done)
    return Response(f'{{{totals},"results":[{results}]}}', media_type="application/json")


class _Done(NamedTuple):
    """A row's result as JSON, written by hand: thousands of models would cost more than what they describe."""

    row: int
    status: str
    json: str


def _validated(caller: Caller, lines: Sequence[tuple[int, bytes]]) -> tuple[list[tuple[int, Statement]], list[_Done]]:
    rows: list[tuple[int, Statement]] = []
    bad: list[_Done] = []
    for number, line in lines:
        try:
            rows.append((number, _ROW.validate_json(line).statement(caller)))
        except ValidationError as error:
            bad.append(_bad(number, field_errors(error.errors(include_url=False, include_input=False))))
    return rows, bad


def _bad(number: int, errors: Sequence[FieldError]) -> _Done:
    shown = [RowError(pointer=error.pointer, reason=error.reason) for error in errors]
    result = RowResult(row=number, status="invalid", errors=shown)
    return _Done(number, "invalid", result.model_dump_json(exclude_none=True))


async def _store(record: Record, rows: Sequence[tuple[int, Statement]], bad: Sequence[_Done]) -> list[_Done]:
    recorded = await record([statement for _, statement in rows]) if rows else []
    stored = [_result(number, each) for (number, _), each in zip(rows, recorded, strict=True)]
    return sorted([*stored, *bad]) if bad else stored


async def _record_apart(database: Database, workspace_id: UUID, statements: Sequence[Statement]) -> list[_Recorded]:
    if all(map(domain.is_plain, statements)):
        async with database.lane((workspace_id,), emits=True) as lane:
            stored = await domain.record_new(lane, statements, [None] * len(statements))
        if stored is not None:
            return [("created", id) for id in stored]
    for _ in range(TRIES):
        try:
            async with database.transaction((workspace_id,)) as tx:
                return await _record_together(tx, statements)
        except RETRYABLE:
            continue
    raise Unavailable("The upload lost a race for the same records; send it again.")


async def _record_together(tx: Tx, statements: Sequence[Statement]) -> list[_Recorded]:
    recorded = await domain.record(tx, statements)
    return [each if isinstance(each, Invalid) else (each.status, str(each.id)) for each in recorded]


def _result(number: int, recorded: _Recorded) -> _Done:
    if isinstance(recorded, Invalid):
        errors = [FieldError(error.pointer.removeprefix("/body"), error.reason) for error in recorded.errors]
        return _bad(number, errors)
    status, id = recorded
    return _Done(number, status, f'{{"row":{number},"status":"{status}","id":"{id}"}}')
