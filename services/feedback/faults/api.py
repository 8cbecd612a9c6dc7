"""The rows that could not be imported, as a file to mend them by."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic_core import from_json, to_json

from services.feedback.faults import store
from shared.errors import NotFound
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, allow
from shared.runtime import Runtime

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=Route)

ERRORS_AT_ONCE = 500
NDJSON, CSV = "application/x-ndjson", "text/csv"
LINE = '{"row":7,"errors":[{"pointer":"/text","reason":"Field required"}],"raw":"{\\"id\\": 7}"}\n'
SHEET = 'row,pointer,reason,raw\r\n7,/text,Field required,"{""id"": 7}"\r\n'


@router.get(
    "/{import_id}/errors",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "a line for each row with an error, in order: `row`, `errors`, and `raw`, its beginning",
            "content": {
                NDJSON: {"schema": {"type": "string"}, "example": LINE},
                CSV: {"schema": {"type": "string"}, "example": SHEET},
            },
        }
    }
    | GUARDED
    | responses(NotFound),
    dependencies=[allow("feedback:read")],
)
async def download_import_errors(
    import_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    runtime: RuntimeDep,
    format: Annotated[Literal["ndjson", "csv"], Query(description="how it is written")] = "ndjson",
) -> StreamingResponse:
    """Download the rows that could not be imported, each with what to mend."""
    if await read.one(store.KNOWN, caller.workspace_id, import_id) is None:
        raise NotFound("No import by that id.")
    write, kind = (_as_csv, f"{CSV}; charset=utf-8") if format == "csv" else (_as_ndjson, NDJSON)
    return StreamingResponse(
        _errors(runtime, caller.workspace_id, import_id, write),
        media_type=kind,
        headers={"Content-Disposition": f'attachment; filename="errors-{import_id}.{format}"'},
    )


async def _errors(
    runtime: Runtime, workspace_id: UUID, import_id: UUID, write: Callable[[list[asyncpg.Record], bool], str]
) -> AsyncIterator[bytes]:
    """Some at a time, each in a transaction of its own: a slow reader holds none open."""
    last, first = -1, True
    while True:
        async with runtime.database.read((workspace_id,)) as read:
            rows = await read.all(store.LIST, workspace_id, import_id, last, ERRORS_AT_ONCE)
        if rows or first:
            yield write(rows, first).encode()
        if len(rows) < ERRORS_AT_ONCE:
            return
        last, first = rows[-1]["number"], False


def _as_ndjson(rows: list[asyncpg.Record], _first: bool) -> str:
    return "".join(
        f'{{"row":{row["number"]},"errors":{row["errors"]},"raw":{to_json(row["raw"]).decode()}}}\n' for row in rows
    )


def _as_csv(rows: list[asyncpg.Record], first: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    if first:
        writer.writerow(("row", "pointer", "reason", "raw"))
    for row in rows:
        errors: list[dict[str, Any]] = from_json(row["errors"])
        writer.writerows((row["number"], _cell(e["pointer"]), _cell(e["reason"]), _cell(row["raw"])) for e in errors)
    return text.getvalue()


def _cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
