"""Capabilities over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints

from services.scoring.capabilities import domain, store
from services.scoring.competition.domain import MOST_IDEAS
from services.scoring.frameworks.parity import Standing
from shared.errors import FieldError, Invalid, NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Wire, storable

router = APIRouter(prefix="/v1/capabilities", tags=["competition"], route_class=Route)


def _distinct(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        raise ValueError("names an idea twice")
    return ids


IdeaIds = Annotated[list[UUID], Field(max_length=MOST_IDEAS), AfterValidator(_distinct)]
Note = Annotated[str, StringConstraints(max_length=10_000, strip_whitespace=True), AfterValidator(storable)]
OURS = "what we have of it ourselves"
IDEAS = "ideas that would give us it, or more of it: a set, in no order"


class CapabilityIn(Wire):
    """Something that products like ours can do."""

    name: Line = Field(examples=["Single sign-on"])
    note: Note = ""
    ours: Standing = Field(description=OURS, examples=["none"])
    idea_ids: IdeaIds = Field(default_factory=list[UUID], description=IDEAS)


class CapabilityEdit(Wire):
    """What to change of a capability; fields left out stay."""

    name: Line | None = Field(default=None, examples=["Single sign-on (SAML, OIDC)"])
    note: Note | None = None
    ours: Standing | None = Field(default=None, description=OURS, examples=["partial"])
    idea_ids: IdeaIds | None = Field(default=None, description=f"{IDEAS}; all of them from now on")
    archived: bool | None = Field(default=None, description="an archived one counts in no score")

    def told(self) -> dict[str, Any]:
        """The fields that were sent; Invalid for a null."""
        told = self.model_dump(exclude_unset=True)
        if wrong := [name for name, value in told.items() if value is None]:
            raise Invalid(errors=[FieldError(f"/body/{name}", "cannot be null") for name in wrong])
        return told


class Capability(Wire):
    """Something that products like ours can do."""

    id: UUID
    name: str
    note: str
    ours: Standing
    idea_ids: list[UUID] = Field(description="in order of id")
    archived: bool
    version: int
    created_at: datetime


def _capability(row: asyncpg.Record) -> Capability:
    return Capability(**row)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_capability(body: CapabilityIn, caller: CallerDep, tx: TxDep, response: Response) -> Capability:
    """Add a capability, with what we have of it and the ideas that would give us more."""
    row = await domain.create(tx, caller.workspace_id, **body.model_dump())
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/capabilities/{row['id']}"})
    return _capability(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_capabilities(
    caller: CallerDep,
    read: ReadDep,
    idea_id: Annotated[UUID | None, Query(description="only those that this idea would give us")] = None,
    archived: Annotated[bool | None, Query(description="only archived ones, or only the others")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Capability]:
    """List capabilities, the first added first."""
    asked = caller.workspace_id, after(cursor), limit + 1, archived
    rows = await (read.all(store.LIST, *asked) if idea_id is None else read.all(store.LIST_OF_IDEA, *asked, idea_id))
    return page(rows, limit, _capability, lambda capability: (capability.id,))


@router.get("/{capability_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_capability(capability_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Capability:
    """Show one capability."""
    row = await domain.get(read, caller.workspace_id, capability_id)
    response.headers.update(etag(row["version"]))
    return _capability(row)


@router.patch("/{capability_id}", responses=EDITING, dependencies=[allow("scores:write")])
async def update_capability(
    capability_id: UUID, body: CapabilityEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Capability:
    """Edit a capability, tell what we have of it by now, or archive it. Scores of its ideas move."""
    row = await domain.update(tx, caller.workspace_id, capability_id, expected, body.told())
    response.headers.update(etag(row["version"]))
    return _capability(row)
