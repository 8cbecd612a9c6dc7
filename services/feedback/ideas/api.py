"""Ideas, and the demand for them, over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field

from services.feedback.demand import domain as demand
from services.feedback.ideas import domain, store
from shared.errors import NotFound
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Slug, Text, Wire

router = APIRouter(prefix="/v1/ideas", tags=["ideas"], route_class=Route)


def _no_id(key: str) -> str:
    try:
        UUID(key)
    except ValueError:
        return key
    raise ValueError("looks like an id, and would be taken for one")


class IdeaIn(Wire):
    """A candidate change."""

    title: Line = Field(examples=["Export any list as CSV"])
    key: Annotated[Slug, AfterValidator(_no_id)] | None = Field(
        default=None,
        description="short name that a survey's hidden field can carry; made when left out",
        examples=["csv-export"],
    )
    description: Text | None = Field(default=None, examples=["Customers copy tables by hand today."])
    kind: IdeaKind = "feature"


class IdeaEdit(Wire):
    """What to change of an idea; fields left out stay. While it is in a roadmap item, its status is the item's."""

    title: Line | None = Field(default=None, examples=["Export any list as CSV or XLSX"])
    description: Text | None = None
    kind: IdeaKind | None = None
    status: IdeaStatus | None = None
    archived: bool | None = None


class Idea(Wire):
    """A candidate change: feature, enabler, debt, migration or research, all ranked in one list."""

    id: UUID
    key: str
    title: str
    description: str
    kind: IdeaKind
    status: IdeaStatus
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime


class AccountBehind(Wire):
    """One account that asks for an idea, through how many of its contacts."""

    id: UUID
    external_id: str
    name: str
    mrr: int
    plan: str | None
    contacts: int


class Demand(Wire):
    """How much an idea is wanted. Ten users of one account are not ten customers: each level counts for itself."""

    idea_id: UUID
    votes: int = Field(description="votes standing")
    insights: int = Field(description="links from feedback standing")
    contacts: int = Field(description="distinct contacts that voted or whose feedback is linked")
    accounts: int = Field(description="distinct accounts of those contacts")
    mrr: int = Field(description="monthly recurring revenue of those accounts, minor units")
    currency: str
    version: int
    top_accounts: list[AccountBehind] = Field(description="the accounts behind it, by revenue, 20 at most")


def _idea(row: asyncpg.Record) -> Idea:
    # A locked row has more: an edit that changes nothing answers with that one.
    return Idea(**{name: row[name] for name in Idea.model_fields})


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("ideas:write")])
async def create_idea(body: IdeaIn, caller: CallerDep, tx: TxDep, response: Response) -> Idea:
    """Add an idea."""
    row = await domain.create(
        tx, caller, key=body.key, title=body.title, description=body.description or "", kind=body.kind
    )
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/ideas/{row['id']}"})
    return _idea(row)


@router.get("", responses=GUARDED, dependencies=[allow("ideas:read")])
async def list_ideas(
    caller: CallerDep,
    read: ReadDep,
    status: Annotated[IdeaStatus | None, Query(description="only in this status")] = None,
    kind: Annotated[IdeaKind | None, Query(description="only of this kind")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Idea]:
    """List ideas, the newest first."""
    page_of = caller.workspace_id, after(cursor, LAST), limit + 1
    match status, kind:
        case None, None:
            rows = await read.all(store.LIST, *page_of)
        case _, None:
            rows = await read.all(store.LIST_STATUS, *page_of, status)
        case None, _:
            rows = await read.all(store.LIST_KIND, *page_of, kind)
        case _:
            rows = await read.all(store.LIST_STATUS_KIND, *page_of, status, kind)
    return page(rows, limit, _idea, lambda idea: (idea.id,))


@router.get("/{idea_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")])
async def get_idea(idea_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Idea:
    """Show one idea."""
    row = await read.one(store.GET, caller.workspace_id, idea_id)
    if row is None:
        raise NotFound("No idea by that id.")
    response.headers.update(etag(row["version"]))
    return _idea(row)


@router.patch("/{idea_id}", responses=EDITING, dependencies=[allow("ideas:write")])
async def update_idea(
    idea_id: UUID, body: IdeaEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Idea:
    """Edit an idea."""
    row = await domain.update(tx, caller.workspace_id, idea_id, expected, **body.model_dump())
    response.headers.update(etag(row["version"]))
    return _idea(row)


@router.get("/{idea_id}/demand", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")])
async def get_demand(idea_id: UUID, caller: CallerDep, read: ReadDep) -> Demand:
    """Show how much an idea is wanted, and by which accounts."""
    totals, accounts = await demand.explain(read, caller.workspace_id, idea_id)
    return Demand(**totals, top_accounts=[AccountBehind(**row) for row in accounts])
