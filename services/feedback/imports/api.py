"""Imports over HTTP: begun, sent their file, followed, stopped."""

from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from services.feedback.exports import domain as exports
from services.feedback.imports import store
from services.feedback.imports.asked import EVERYTHING, NEEDED, ImportIn, check_asked
from services.feedback.imports.importers.statuses import plain_word
from services.feedback.imports.readers import LARGEST
from services.feedback.imports.shown import Import, shown
from services.feedback.mappings import domain as mappings
from services.feedback.mappings.kinds import check
from services.feedback.mappings.mapping import KINDS, Kind, Mapping
from services.feedback.uploads import domain as uploads
from services.feedback.uploads.domain import Upload
from shared.database import Tx
from shared.errors import Conflict, NotFound, TooLarge
from shared.ids import new_id
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, StreamRoute, TxDep, allow, require_scopes

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=Route)
files = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=StreamRoute)

FILE_LIMIT = max(LARGEST.values())

AWAITED_DAYS = 7
"""How long an import waits for its file."""
KEPT_DAYS = 30


def _import(row: asyncpg.Record) -> Import:
    return shown(dict(row))


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("feedback:write")])
async def create_import(body: ImportIn, caller: CallerDep, tx: TxDep, response: Response) -> Import:
    """Begin an import; then send its file with `PUT /v1/imports/{import_id}/file`.

    A row's identity is its source and its external id: what came before is a `duplicate`, so the same file can be
    imported again. A key needs the scopes to write what the rows are.
    """
    require_scopes(caller, NEEDED.get(body.kind, EVERYTHING))
    check_asked(body)
    mapping = await _mapping(tx, caller.workspace_id, body)
    row = await tx.one(
        store.ADD,
        new_id(),
        caller.workspace_id,
        None if body.of_vendor else body.kind,
        body.kind if body.of_vendor else None,
        body.format,
        body.source or (body.kind if body.of_vendor else "import"),
        mapping.model_dump_json(),
        body.dry_run,
        caller.key_id,
        caller.currency,
        AWAITED_DAYS,
        to_json({plain_word(word): status for word, status in body.statuses.items()}).decode(),
        body.hints.model_dump_json(exclude_none=True),
    )
    assert row is not None  # added
    response.headers["Location"] = f"/v1/imports/{row['id']}"
    return _import(row)


async def _mapping(tx: Tx, workspace_id: UUID, body: ImportIn) -> Mapping:
    """How columns become fields, as is asked for."""
    if body.kind == "workspace" and (table := await exports.filled(tx, workspace_id)):
        raise Conflict(
            f"An export can be put back into an empty workspace only; this one has {table}.", code="not_empty"
        )
    of_rows: dict[str, Kind] = {each: each for each in KINDS}
    kind = of_rows.get(body.kind)
    if kind is None:
        return Mapping()
    mapping = body.mapping or Mapping()
    check(mapping, kind)
    if body.mapping_key is None:
        return mapping
    saved = await mappings.saved(tx, workspace_id, body.mapping_key, kind)
    rest = mapping.rest if "rest" in mapping.model_fields_set else saved.rest
    return Mapping(fields={**saved.fields, **mapping.fields}, rest=rest)


@files.put(
    "/{import_id}/file",
    responses=GUARDED | responses(NotFound, Conflict, TooLarge),
    dependencies=[allow("feedback:write")],
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "the file's bytes, in the import's format; they are kept as they arrive, however many",
            "content": {"*/*": {"schema": {}}},
        }
    },
)
async def upload_import_file(import_id: UUID, request: Request, caller: CallerDep, runtime: RuntimeDep) -> Import:
    """Send the file of an import, which begins then. When it breaks off, send it again from its beginning.

    The same file once more answers with the import as it is; another one is a 409.
    """
    async with runtime.database.read((caller.workspace_id,)) as read:
        row = await read.one(store.GET, caller.workspace_id, import_id)
    if row is None:
        raise NotFound("No import by that id.")
    require_scopes(caller, NEEDED.get(row["kind"], EVERYTHING))
    upload = Upload(caller.workspace_id, import_id, new_id())
    if row["state"] != "awaiting_file":
        return await _sent_again(request, row)
    taken = None
    try:
        kept = await uploads.keep(runtime.database, upload, request.stream(), LARGEST[row["format"]])
        if kept is not None:
            async with runtime.database.transaction((caller.workspace_id,)) as tx:
                taken = await tx.one(store.TAKE, *upload, *kept)
                if taken is not None:
                    await uploads.drop_others(tx, upload)
    finally:
        if taken is None:
            await uploads.drop(runtime.database, upload)
    if taken is None:
        raise Conflict("Another upload was its file before this one was whole.", code="file_taken")
    runtime.wake("imports")
    return _import(taken)


async def _sent_again(request: Request, row: asyncpg.Record) -> Import:
    if row["sha256"] != await uploads.digest(request.stream()):
        raise Conflict(f"The import has its file and is {row['state']}. Begin another one.", code="file_taken")
    return _import(row)


@router.get("", responses=GUARDED, dependencies=[allow("feedback:read")])
async def list_imports(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[Import]:
    """List imports, the newest first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor, LAST), limit + 1)
    return page(rows, limit, _import, lambda each: (each.id,))


@router.get("/{import_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("feedback:read")])
async def get_import(import_id: UUID, caller: CallerDep, read: ReadDep) -> Import:
    """Show how far an import is and what became of its rows."""
    row = await read.one(store.GET, caller.workspace_id, import_id)
    if row is None:
        raise NotFound("No import by that id.")
    return _import(row)


@router.post("/{import_id}:cancel", responses=EDITING, dependencies=[allow("feedback:write")])
async def cancel_import(import_id: UUID, caller: CallerDep, tx: TxDep) -> Import:
    """Stop an import. What it has stored stays; 409 when it has ended already."""
    row = await tx.one(store.CANCEL, caller.workspace_id, import_id, KEPT_DAYS)
    if row is None:
        ended = await tx.one(store.GET, caller.workspace_id, import_id)
        if ended is None:
            raise NotFound("No import by that id.")
        raise Conflict(f"The import is {ended['state']}.", code="has_ended")
    await uploads.drop_all(tx, caller.workspace_id, import_id)
    return _import(row)


@router.delete(
    "/{import_id}", status_code=204, responses=EDITING | responses(NotFound), dependencies=[allow("feedback:write")]
)
async def delete_import(import_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Delete an import with its file and its errors; it stops. What it has stored stays."""
    if not await tx.run(store.DELETE, caller.workspace_id, import_id):
        raise NotFound("No import by that id.")
