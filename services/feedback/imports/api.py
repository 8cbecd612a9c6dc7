"""Imports over HTTP: what is to be imported and how, its file, and what became of each row."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field
from pydantic_core import from_json, to_json

from services.feedback.exports import domain as exports
from services.feedback.imports import store
from services.feedback.imports.importers import VENDORS, Vendor
from services.feedback.imports.importers.statuses import plain_word
from services.feedback.imports.readers import LARGEST, Format
from services.feedback.mappings import domain as mappings
from services.feedback.mappings.kinds import check
from services.feedback.mappings.mapping import KINDS, Kind, Mapping
from services.feedback.uploads import domain as uploads
from services.feedback.uploads.domain import Upload
from shared.access.keys import Caller
from shared.database import Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound, TooLarge
from shared.events.feedback import IdeaStatus
from shared.ids import new_id
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, StreamRoute, TxDep, allow, require_scopes
from shared.wire import Line, Slug, Wire

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=Route)
files = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=StreamRoute)

FILE_LIMIT = max(LARGEST.values())
AWAITED_DAYS = 7
"""How long an import waits for its file."""
KEPT_DAYS = 30
EVERYTHING = frozenset({"feedback:write", "ideas:write", "votes:write", "customers:write", "comments:write"})
NEEDED: dict[str, frozenset[str]] = {
    "feedback": frozenset({"feedback:write"}),
    "accounts": frozenset({"customers:write"}),
    "contacts": frozenset({"customers:write"}),
    "ideas": frozenset({"ideas:write"}),
    "votes": frozenset({"votes:write"}),
    "comments": frozenset({"comments:write"}),
}
"""By kind; whatever else brings something of each."""
ImportKind = Literal[Kind, Vendor, "workspace"]


class ImportIn(Wire):
    """What is to be imported. The file is sent next."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {"required": ["kind", "statuses"], "properties": {"kind": {"enum": [*KINDS, "workspace"]}}}
        }
    )

    kind: ImportKind = Field(
        description="what each row is; or whose export it is; or `workspace`: Cairn's own, for an empty workspace",
        examples=["feedback"],
    )
    format: Format = Field(
        default="ndjson",
        description="`ndjson` and `csv` up to 2 GiB, `xlsx` up to 128 MiB, `json` (one document) up to 32 MiB",
    )
    source: Slug | None = Field(
        default=None,
        description="with a row's external id: its identity. The vendor's name, or `import`, when left out",
        examples=["old-desk"],
    )
    mapping: Mapping | None = Field(default=None, description="how columns become fields; their own names without")
    mapping_key: Slug | None = Field(
        default=None, description="the key of a saved mapping; fields of `mapping` go before its own", examples=["desk"]
    )
    statuses: dict[Line, IdeaStatus] = Field(
        default_factory=dict,
        max_length=200,
        description="of a vendor's export: what its words for a status mean here, in place of what is usual. Capitals, "
        'underscores and hyphens make no difference: `{"Under consideration": "planned", "Parked": "declined"}`',
    )
    dry_run: bool = Field(
        default=False,
        description="check every row and tell what would become of it, and store none. Of a vendor's export the votes "
        "and comments are checked for their shape only: their ideas are not there yet",
    )


class ImportCounts(Wire):
    """What became of the records of a kind."""

    created: int = 0
    updated: int = 0
    duplicate: int = Field(default=0, description="there before: nothing changed")


class ImportNoticed(Wire):
    """What of a vendor's export was not understood, each with the number of its rows; the first 100 names."""

    columns: dict[str, int] = Field(
        default_factory=dict,
        description="columns that the importer does not know. Plain values that are not about a person are kept: as "
        "`attributes` of the row's idea, statement or account",
        examples=[{"Effort": 40}],
    )
    statuses: dict[str, int] = Field(
        default_factory=dict,
        description="words for a status that nobody knows: their ideas are open. Say in `statuses` what they mean",
        examples=[{"Parked": 12}],
    )


class ImportLayout(Wire):
    """How a CSV file is read, as its beginning told."""

    encoding: str
    delimiter: str
    columns: list[str]


class Import(Wire):
    """An import, how far it is, and what became of its rows."""

    id: UUID
    kind: ImportKind
    format: Format
    source: str
    dry_run: bool
    state: Literal["awaiting_file", "waiting", "running", "finished", "failed", "cancelled"]
    reason: str | None = Field(description="why it failed, or what should be known of its end")
    size: int | None = Field(description="bytes of the file")
    sha256: str | None = Field(description="of the file, hex")
    layout: ImportLayout | None
    percent: float | None = Field(description="of the work that is done; null while that cannot be told")
    rate: float | None = Field(description="rows a second, while it was worked at")
    remaining_seconds: float | None = Field(description="at that rate")
    rows: int = Field(description="read so far")
    invalid: int = Field(description="rows with an error, which brought nothing: see `errors`")
    counts: dict[str, ImportCounts] = Field(description="records by kind; a vendor's row can hold several")
    noticed: ImportNoticed
    version: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="when it is deleted, with its errors")


def _import(row: asyncpg.Record) -> Import:
    content: dict[str, Any] = dict(row)
    vendor = content.pop("vendor")
    passes = 2 if vendor else 1
    number, position, extent, seconds = (
        content.pop(name) for name in ("pass", "position", "extent", "seconds")
    )  # fmt: skip
    content.pop("mapping")
    content.pop("number")
    done = (number - 1 + min(position / extent, 1.0)) / passes if extent else None
    running = content["state"] == "running" and bool(done) and bool(seconds)
    finished = content["state"] == "finished"
    layout = from_json(content.pop("layout")) if content["layout"] else content.pop("layout")
    content |= {
        "kind": content["kind"] or vendor,
        "sha256": content["sha256"].hex() if content["sha256"] else None,
        "counts": from_json(content["counts"]),
        "noticed": from_json(content["noticed"]),
        "layout": ImportLayout(**{name: layout[name] for name in ImportLayout.model_fields}) if layout else None,
        "percent": 100.0 if finished else round(100 * done, 1) if done is not None else None,
        "rate": round(content["rows"] / seconds, 1) if seconds else None,
        "remaining_seconds": round(seconds / done * (1 - done), 1) if running and done else None,
    }
    return Import(**content)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("feedback:write")])
async def create_import(body: ImportIn, caller: CallerDep, tx: TxDep, response: Response) -> Import:
    """Begin an import; then send its file with `PUT /v1/imports/{import_id}/file`.

    A row's identity is its source and its external id: what came before is a `duplicate`, so the same file can be
    imported again. A key needs the scopes to write what the rows are.
    """
    require_scopes(caller, NEEDED.get(body.kind, EVERYTHING))
    of_vendor = body.kind in VENDORS
    mapping = await _mapping(tx, caller, body)
    row = await tx.one(
        store.ADD,
        new_id(),
        caller.workspace_id,
        None if of_vendor else body.kind,
        body.kind if of_vendor else None,
        body.format,
        body.source or (body.kind if of_vendor else "import"),
        mapping.model_dump_json(),
        body.dry_run,
        caller.key_id,
        caller.currency,
        AWAITED_DAYS,
        to_json({plain_word(word): status for word, status in body.statuses.items()}).decode(),
    )
    assert row is not None  # added
    response.headers["Location"] = f"/v1/imports/{row['id']}"
    return _import(row)


async def _mapping(tx: Tx, caller: Caller, body: ImportIn) -> Mapping:
    if body.kind == "workspace" and (table := await exports.filled(tx, caller.workspace_id)):
        raise Conflict(
            f"An export can be put back into an empty workspace only; this one has {table}.", code="not_empty"
        )
    wrong: list[str] = []
    if body.kind not in KINDS:
        wrong += [name for name in ("mapping", "mapping_key") if getattr(body, name) is not None]
    if body.kind == "workspace":
        wrong += ["format"] * (body.format != "ndjson") + ["dry_run"] * body.dry_run
    if body.kind not in VENDORS:
        wrong += ["statuses"] * bool(body.statuses)
    if wrong:
        raise Invalid(errors=[FieldError(f"/body/{name}", f"is not for {body.kind}") for name in wrong])
    of_rows: dict[str, Kind] = {each: each for each in KINDS}
    kind = of_rows.get(body.kind)
    if kind is None:
        return Mapping()
    mapping = body.mapping or Mapping()
    check(mapping, kind)
    if body.mapping_key is None:
        return mapping
    saved = await mappings.saved(tx, caller.workspace_id, body.mapping_key, kind)
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


@router.post("/{import_id}/cancel", responses=EDITING, dependencies=[allow("feedback:write")])
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
