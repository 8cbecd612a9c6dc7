"""Exports over HTTP: a workspace carried away whole."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.feedback.exports import store
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, TxDep, allow
from shared.runtime import Runtime
from shared.wire import Wire

router = APIRouter(prefix="/v1/exports", tags=["exports"], route_class=Route)

# Whatever stands in the file could be asked for: the team's notes among the comments, what moderators decided of whom.
READS = allow("feedback:read", "ideas:read", "votes:read", "customers:read", "comments:read", "moderation:read")
NDJSON = "application/x-ndjson"
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "a heading, a line for each row, and a manifest with the number and the SHA-256 of each "
        "table's lines",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}


class Export(Wire):
    """A workspace's records of this service as one file, as they were at one moment."""

    id: UUID
    state: Literal["waiting", "running", "finished", "failed"]
    reason: str | None = Field(description="why it failed")
    rows: int = Field(description="written so far")
    size: int | None = Field(description="bytes of the file, once it is finished")
    sha256: str | None = Field(description="of the file, hex; the same content has the same")
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="when it is deleted")


def _export(row: asyncpg.Record) -> Export:
    return Export(**row)


@router.post("", status_code=202, responses=EDITING, dependencies=[READS])
async def create_export(caller: CallerDep, tx: TxDep, response: Response) -> Export:
    """Have the workspace written into a file.

    It holds all that an import of the kind `workspace` needs to make an empty workspace the same: that one's export is
    then equal, byte for byte. Connections and their raw deliveries are not in it; their secrets stay here. While one is
    being written, asking again answers with that one.
    """
    row = await tx.one(store.UNFINISHED, caller.workspace_id)
    if row is None:
        row = await tx.one(store.ADD, new_id(), caller.workspace_id, caller.currency)
    assert row is not None  # there before, or added
    tx.wake("exports")
    response.headers["Location"] = f"/v1/exports/{row['id']}"
    return _export(row)


@router.get("", responses=GUARDED, dependencies=[READS])
async def list_exports(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[Export]:
    """List exports, the newest first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor, LAST), limit + 1)
    return page(rows, limit, _export, lambda export: (export.id,))


@router.get("/{export_id}", responses=GUARDED | responses(NotFound), dependencies=[READS])
async def get_export(export_id: UUID, caller: CallerDep, read: ReadDep) -> Export:
    """Show how far an export is."""
    row = await read.one(store.GET, caller.workspace_id, export_id)
    if row is None:
        raise NotFound("No export by that id.")
    return _export(row)


@router.get(
    "/{export_id}/file",
    response_class=StreamingResponse,
    responses=FILE | GUARDED | responses(NotFound, Conflict),
    dependencies=[READS],
)
async def download_export(export_id: UUID, caller: CallerDep, read: ReadDep, runtime: RuntimeDep) -> StreamingResponse:
    """Download a finished export. 409 while it is being written."""
    row = await read.one(store.GET, caller.workspace_id, export_id)
    if row is None:
        raise NotFound("No export by that id.")
    if row["state"] != "finished":
        raise Conflict(f"The export is {row['state']}.", code="not_finished")
    return StreamingResponse(
        _parts(runtime, caller.workspace_id, export_id),
        media_type=NDJSON,
        headers={
            "Content-Length": str(row["size"]),
            "Content-Disposition": f'attachment; filename="cairn-{export_id}.ndjson"',
        },
    )


async def _parts(runtime: Runtime, workspace_id: UUID, export_id: UUID) -> AsyncIterator[bytes]:
    """Each in a transaction of its own: a slow reader holds none open."""
    number = 0
    while True:
        async with runtime.database.read((workspace_id,)) as read:
            content = await read.value(store.PART, workspace_id, export_id, number)
        if content is None:
            return
        yield content
        number += 1


@router.delete("/{export_id}", status_code=204, responses=EDITING | responses(NotFound), dependencies=[READS])
async def delete_export(export_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Delete an export and its file."""
    if not await tx.run(store.DELETE, caller.workspace_id, export_id):
        raise NotFound("No export by that id.")
