"""Ideas, and the demand for them, over HTTP."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import from_json

from services.feedback.demand import domain as demand
from services.feedback.ideas import domain, orders
from services.feedback.ideas.domain import Filter
from services.feedback.ideas.orders import Sort
from services.feedback.products.api import no_id
from services.feedback.similar.api import Similar, look_at_once, note_at_once
from shared.errors import FieldError, Invalid, Moved, NotFound
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.paging import Cursor, Limit, Page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, RuntimeDep, TxDep, allow, etag
from shared.wire import Attributes, Key, Line, Slug, Text, Wire, storable

router = APIRouter(prefix="/v1/ideas", tags=["ideas"], route_class=Route)


Tag = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True), AfterValidator(storable)]
# As it was typed: a blank in the end says that the last word is whole.
Searched = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(storable)]
Tags = Annotated[list[Tag], Field(max_length=30)]


class IdeaIn(Wire):
    """A candidate change."""

    title: Line = Field(examples=["Export any list as CSV"])
    key: Annotated[Slug, AfterValidator(no_id)] | None = Field(
        default=None,
        description="short name that a survey's hidden field can carry; made when left out",
        examples=["csv-export"],
    )
    description: Text | None = Field(default=None, examples=["Customers copy tables by hand today."])
    kind: IdeaKind = "feature"
    product: Key | None = Field(default=None, description="id or key of the product it is for")
    component: Key | None = Field(
        default=None, description="id or key of a component, which says the product by itself"
    )
    tags: Tags = Field(default_factory=list, examples=[["exports", "finance"]])
    owner: Line | None = Field(
        default=None, description="who looks after it, in your own words", examples=["team-reporting"]
    )
    attributes: Attributes = Field(default_factory=dict, description="fields of your own", examples=[{"size": "M"}])


class IdeaEdit(Wire):
    """What to change of an idea; fields left out stay. While it is in a roadmap item, its status is the item's."""

    title: Line | None = Field(default=None, examples=["Export any list as CSV or XLSX"])
    description: Text | None = None
    kind: IdeaKind | None = None
    status: IdeaStatus | None = None
    archived: bool | None = None
    product: Key | None = Field(default=None, description="id or key; null takes it out of its product")
    component: Key | None = Field(default=None, description="id or key; null takes it out of its component")
    tags: Tags | None = Field(default=None, description="all of them, in place of those before")
    owner: Line | None = Field(default=None, description="null: nobody")
    attributes: Attributes | None = Field(default=None, description="these change, null removes one, others stay")


class Idea(Wire):
    """A candidate change: feature, enabler, debt, migration or research, all ranked in one list."""

    id: UUID
    key: str
    title: str
    description: str
    kind: IdeaKind
    status: IdeaStatus
    archived: bool
    product_id: UUID | None
    component_id: UUID | None
    tags: list[str]
    owner: str | None
    attributes: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class CreatedIdea(Idea):
    """An idea that was just added, beside what it is like."""

    similar: Similar | None = Field(
        description="ideas like it, and feedback that may speak for it, with reasons; null where nobody asked or "
        "they could not be told at once. Ask `GET /v1/ideas/{idea_id}/similar` then"
    )


class ListedIdea(Idea):
    """An idea with how much it is wanted."""

    votes: int
    contacts: int = Field(description="distinct contacts that voted or whose feedback is linked")
    accounts: int = Field(description="distinct accounts of those contacts")
    mrr: int = Field(description="monthly recurring revenue of those accounts, minor units")


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


def _shown(row: asyncpg.Record, model: type[Idea]) -> dict[str, Any]:
    # A locked row has more: an edit that changes nothing answers with that one.
    return {name: row[name] for name in model.model_fields} | {"attributes": from_json(row["attributes"])}


def _idea(row: asyncpg.Record) -> Idea:
    return Idea(**_shown(row, Idea))


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("ideas:write")])
async def create_idea(
    body: IdeaIn,
    caller: CallerDep,
    tx: TxDep,
    runtime: RuntimeDep,
    response: Response,
    similar: Annotated[
        int, Query(ge=0, le=20, description="how many of each kind that are like it to answer with; 0: do not look")
    ] = 5,
) -> CreatedIdea:
    """Add an idea, and hear which others it is like, of what the key may read.

    It is added in any case: look at `similar` before you go on with it, and merge it or decide on the suggestions.
    """
    # While it is being stored.
    looking = asyncio.create_task(look_at_once(runtime, caller, body.title, body.description or "", similar))
    try:
        row = await domain.create(
            tx,
            caller,
            key=body.key,
            title=body.title,
            description=body.description or "",
            kind=body.kind,
            product=body.product,
            component=body.component,
            tags=body.tags,
            owner=body.owner,
            attributes=body.attributes,
        )
    except BaseException:
        looking.cancel()
        raise
    near = await looking
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/ideas/{row['id']}"})
    alike = await note_at_once(tx, caller.workspace_id, row["id"], near) if near is not None else None
    return CreatedIdea(**_shown(row, Idea), similar=alike)


@router.get("", responses=GUARDED, dependencies=[allow("ideas:read")])
async def list_ideas(
    caller: CallerDep,
    read: ReadDep,
    q: Annotated[
        Searched | None,
        Query(
            description="words of the title or the description, all of them; the last may be a beginning, unless a "
            'blank follows it. `"a phrase"` keeps words together, `-word` leaves out'
        ),
    ] = None,
    key: Annotated[
        Key | None,
        Query(description="only the one with this key, or that it was merged into", examples=["export-csv"]),
    ] = None,
    status: Annotated[IdeaStatus | None, Query(description="only in this status")] = None,
    kind: Annotated[IdeaKind | None, Query(description="only of this kind")] = None,
    product: Annotated[Key | None, Query(description="only for this product, by id or key")] = None,
    component: Annotated[Key | None, Query(description="only for this component, by id or key")] = None,
    tag: Annotated[Tag | None, Query(description="only with this tag")] = None,
    owner: Annotated[Line | None, Query(description="only of this owner")] = None,
    attribute: Annotated[
        str | None,
        Query(
            max_length=2_200,
            pattern="^[^:]+:",
            description="only with this value of a field of your own: `name:value`. Numbers and booleans as JSON "
            "writes them",
            examples=["size:M"],
        ),
    ] = None,
    archived: Annotated[bool | None, Query(description="only archived ones, or only the others")] = None,
    sort: Annotated[
        Sort | None,
        Query(
            description="highest or newest first; by `relevance` where `q` is given and by `new` where it is not. "
            "Among many matches the newest 500 are ranked by relevance. By votes, trending, accounts and mrr ideas "
            f"stand where they did moments ago; {orders.TRENDING}"
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ListedIdea]:
    """List and search ideas. Those that were merged into another are left out."""
    if sort == "relevance" and q is None:
        raise Invalid(errors=[FieldError("/query/sort", "relevance needs `q`")])
    order: Sort = sort or ("new" if q is None else "relevance")
    place = orders.place(order, cursor)
    name, colon, value = (attribute or "").partition(":")
    field = (name, value) if colon else None
    asked = Filter(q, status, kind, product, component, tag, owner, archived, key, field)
    rows = await domain.search(read, caller.workspace_id, asked, order, place, limit + 1)
    data = [ListedIdea(**_shown(row, ListedIdea)) for row in rows[:limit]]
    return Page(data=data, next_cursor=orders.cursor(order, rows[limit - 1]) if len(rows) > limit else None)


@router.get("/{idea_id}", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("ideas:read")])
async def get_idea(idea_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Idea:
    """Show one idea. One that was merged answers 308: `Location` is the idea that it was merged into."""
    row = await domain.get(read, caller.workspace_id, idea_id)
    response.headers.update(etag(row["version"]))
    return _idea(row)


@router.patch("/{idea_id}", responses=EDITING | responses(Moved), dependencies=[allow("ideas:write")])
async def update_idea(
    idea_id: UUID, body: IdeaEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Idea:
    """Edit an idea."""
    row = await domain.update(tx, caller.workspace_id, idea_id, expected, body.model_dump(exclude_unset=True))
    response.headers.update(etag(row["version"]))
    return _idea(row)


@router.get("/{idea_id}/demand", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("ideas:read")])
async def get_demand(idea_id: UUID, caller: CallerDep, read: ReadDep) -> Demand:
    """Show how much an idea is wanted, and by which accounts."""
    await domain.get(read, caller.workspace_id, idea_id, "/demand")
    totals, accounts = await demand.explain(read, caller.workspace_id, idea_id)
    return Demand(**totals, top_accounts=[AccountBehind(**row) for row in accounts])
