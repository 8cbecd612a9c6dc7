"""What a dry run found, over HTTP: record by record."""

from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field
from pydantic_core import from_json

from services.feedback.mappings.mapping import Kind
from services.feedback.rehearsals import store
from shared.errors import Conflict, NotFound
from shared.paging import Cursor, Limit, Page, decode, page, whole
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire, storable

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=Route)


MOST_PLACES = 32_767


class RehearsedIdea(Wire):
    """An idea that a record names, or is."""

    name: str = Field(description="as the file names it", examples=["post-17"])
    id: UUID | None = Field(description="the idea here; null: the file brings it")


class Rehearsal(Wire):
    """What a record of a file would become."""

    kind: Kind
    row: int = Field(description="its row of the file")
    place: int = Field(description="among the records of that row, counted from 0")
    outcome: Literal["created", "updated", "duplicate"]
    ideas: list[RehearsedIdea]
    contact: Literal["known", "new"] | None = Field(description="whether who it is of is here already; null: nobody")
    contact_id: UUID | None = Field(description="the contact, where it is known")


def _rehearsal(row: asyncpg.Record) -> Rehearsal:
    content = dict(row) | {"ideas": from_json(row["ideas"])}
    content["row"] = content.pop("number")
    return Rehearsal(**content)


@router.get(
    "/{import_id}/rehearsal", responses=GUARDED | responses(NotFound, Conflict), dependencies=[allow("feedback:read")]
)
async def list_rehearsed_records(
    import_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    kind: Annotated[Kind | None, Query(description="only records of this kind")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Rehearsal]:
    """List what the records of a dry run would become, by kind and row. Rows that are refused are in `errors`.

    It tells which ideas votes, comments and statements would go to, and whether who is behind them is known. Nothing of
    it is stored yet. 409 for an import that is no dry run.
    """
    known = await read.one(store.KNOWN, caller.workspace_id, import_id)
    if known is None:
        raise NotFound("No import by that id.")
    if not known["dry_run"]:
        raise Conflict("The import is no dry run.", code="no_dry_run")
    place = ("", 0, 0) if cursor is None else decode(cursor, storable, whole(), whole(MOST_PLACES))
    if kind is None:
        rows = await read.all(store.LIST, caller.workspace_id, import_id, *place, limit + 1)
    else:
        rows = await read.all(store.LIST_KIND, caller.workspace_id, import_id, *place, limit + 1, kind)
    return page(rows, limit, _rehearsal, lambda each: (each.kind, each.row, each.place))
