"""Competitors over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints

from services.scoring.competitors import domain, store
from shared.errors import FieldError, Invalid, NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Wire, storable

router = APIRouter(prefix="/v1/competitors", tags=["competition"], route_class=Route)
Weight = Annotated[float, Field(gt=0, le=1000)]
Address = Annotated[
    str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^https?://[^\s]+$"), AfterValidator(storable)
]
Note = Annotated[str, StringConstraints(max_length=10_000, strip_whitespace=True), AfterValidator(storable)]
WEIGHT = "what it weighs beside the others: one that is met in every deal counts more"


class CompetitorIn(Wire):
    """Somebody whom we are measured against."""

    name: Line = Field(examples=["Rival"])
    url: Address | None = Field(default=None, examples=["https://rival.example"])
    note: Note = ""
    weight: Weight = Field(default=1.0, description=WEIGHT)


class CompetitorEdit(Wire):
    """What to change of a competitor; fields left out stay. null takes away `url`."""

    name: Line | None = Field(default=None, examples=["Rival Inc."])
    url: Address | None = Field(default=None, examples=["https://rival.example"])
    note: Note | None = None
    weight: Weight | None = Field(default=None, description=WEIGHT, examples=[2])
    archived: bool | None = Field(default=None, description="an archived one counts in no score")

    def told(self) -> dict[str, Any]:
        """The fields that were sent; Invalid for a null where there must be a value."""
        told = self.model_dump(exclude_unset=True)
        if wrong := [name for name, value in told.items() if value is None and name != "url"]:
            raise Invalid(errors=[FieldError(f"/body/{name}", "cannot be null") for name in wrong])
        return told


class Competitor(Wire):
    """Somebody whom we are measured against."""

    id: UUID
    name: str
    url: str | None
    note: str
    weight: float
    archived: bool
    version: int
    created_at: datetime


def _competitor(row: asyncpg.Record) -> Competitor:
    return Competitor(**row)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_competitor(body: CompetitorIn, caller: CallerDep, tx: TxDep, response: Response) -> Competitor:
    """Add a competitor. What they have is told by evidence."""
    row = await domain.create(tx, caller.workspace_id, **body.model_dump())
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/competitors/{row['id']}"})
    return _competitor(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_competitors(
    caller: CallerDep,
    read: ReadDep,
    archived: Annotated[bool | None, Query(description="only archived ones, or only the others")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Competitor]:
    """List competitors, the first added first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), limit + 1, archived)
    return page(rows, limit, _competitor, lambda competitor: (competitor.id,))


@router.get("/{competitor_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_competitor(competitor_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Competitor:
    """Show one competitor."""
    row = await domain.get(read, caller.workspace_id, competitor_id)
    response.headers.update(etag(row["version"]))
    return _competitor(row)


@router.patch("/{competitor_id}", responses=EDITING, dependencies=[allow("scores:write")])
async def update_competitor(
    competitor_id: UUID, body: CompetitorEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Competitor:
    """Edit a competitor, weigh it anew or archive it. Scores of models that read competition move."""
    row = await domain.update(tx, caller.workspace_id, competitor_id, expected, body.told())
    response.headers.update(etag(row["version"]))
    return _competitor(row)
