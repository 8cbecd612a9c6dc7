"""Saved mappings over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field

from services.feedback.mappings import domain, store
from services.feedback.mappings.kinds import check
from services.feedback.mappings.mapping import Kind, Mapping
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Slug, Wire

router = APIRouter(prefix="/v1/import-mappings", tags=["imports"], route_class=Route)


EXAMPLE = {"fields": {"text": {"column": "Comment"}, "contact.email": {"column": "E-mail"}}, "rest": "attributes"}


class ImportMappingIn(Wire):
    """A mapping to be used again."""

    key: Slug = Field(examples=["support-desk"])
    kind: Kind = Field(examples=["feedback"])
    mapping: Mapping = Field(examples=[EXAMPLE])


class ImportMappingEdit(Wire):
    """What the mapping is from now on; imports that were made with it keep what it was."""

    mapping: Mapping = Field(default_factory=Mapping, examples=[EXAMPLE])


class ImportMapping(Wire):
    """How the columns of a kind of file become fields."""

    id: UUID
    key: str = Field(description="names it in an import")
    kind: Kind
    mapping: Mapping
    version: int
    created_at: datetime


def _mapping(row: asyncpg.Record) -> ImportMapping:
    content: dict[str, Any] = {**row, "mapping": Mapping.model_validate_json(row["mapping"])}
    return ImportMapping(**content)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("feedback:write")])
async def create_import_mapping(
    body: ImportMappingIn, caller: CallerDep, tx: TxDep, response: Response
) -> ImportMapping:
    """Save a mapping for imports to come."""
    check(body.mapping, body.kind)
    row = await domain.create(tx, caller.workspace_id, body.key, body.kind, body.mapping)
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/import-mappings/{row['id']}"})
    return _mapping(row)


@router.get("", responses=GUARDED, dependencies=[allow("feedback:read")])
async def list_import_mappings(
    caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[ImportMapping]:
    """List saved mappings in order of making."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, _mapping, lambda mapping: (mapping.id,))


@router.get("/{mapping_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("feedback:read")])
async def get_import_mapping(mapping_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> ImportMapping:
    """Show one saved mapping."""
    row = await read.one(store.GET, caller.workspace_id, mapping_id)
    if row is None:
        raise NotFound("No mapping by that id.")
    response.headers.update(etag(row["version"]))
    return _mapping(row)


@router.patch("/{mapping_id}", responses=EDITING, dependencies=[allow("feedback:write")])
async def update_import_mapping(
    mapping_id: UUID, body: ImportMappingEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> ImportMapping:
    """Replace a saved mapping."""
    saved = await tx.one(store.GET, caller.workspace_id, mapping_id)
    if saved is None:
        raise NotFound("No mapping by that id.")
    check(body.mapping, saved["kind"])
    row = await domain.update(tx, caller.workspace_id, mapping_id, expected, body.mapping)
    response.headers.update(etag(row["version"]))
    return _mapping(row)


@router.delete(
    "/{mapping_id}", status_code=204, responses=EDITING | responses(NotFound), dependencies=[allow("feedback:write")]
)
async def delete_import_mapping(mapping_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Delete a saved mapping."""
    if not await tx.run(store.DELETE, caller.workspace_id, mapping_id):
        raise NotFound("No mapping by that id.")
