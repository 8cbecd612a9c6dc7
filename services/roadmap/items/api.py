"""Items over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints

from services.roadmap.items import domain, store
from shared.errors import NotFound
from shared.events.roadmap import ItemStatus
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Wire, storable

router = APIRouter(prefix="/v1/items", tags=["items"], route_class=Route)


def _distinct(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        raise ValueError("names an idea twice")
    return ids


IdeaIds = Annotated[list[UUID], Field(min_length=1, max_length=50), AfterValidator(_distinct)]
Summary = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True), AfterValidator(storable)]
Target = Annotated[date, Field(ge=date(1970, 1, 1), lt=date(2200, 1, 1))]
OpenStatus = Literal["considering", "planned", "in_progress"]

SUMMARY = "what it is about, in words that the public may read"
TARGET = "day it is expected; a published page shows its quarter only"


class ItemIn(Wire):
    """Ideas to place on the roadmap."""

    idea_ids: IdeaIds = Field(description="a set of 1 to 50, in no order; known to feedback, or about to be")
    title: Line | None = Field(
        default=None,
        description="taken from the first idea when left out, which must be known to roadmap then",
        examples=["Sign in with your company account"],
    )
    summary: Summary = Field(default="", description=SUMMARY, examples=["SAML and OpenID Connect, set up by yourself."])
    status: OpenStatus = "planned"
    target: Target | None = Field(default=None, description=TARGET, examples=["2027-02-15"])


class ItemEdit(Wire):
    """What to change of an item. Fields left out stay as they are; a null `target` takes the date away."""

    idea_ids: IdeaIds | None = Field(default=None, description="the whole set that it has from now on")
    title: Line | None = Field(default=None, examples=["Sign in with your company account"])
    summary: Summary | None = Field(default=None, description=SUMMARY)
    target: Target | None = Field(default=None, description=TARGET)


class ItemMove(Wire):
    """Where an item goes, and why."""

    status: ItemStatus = Field(examples=["in_progress"])
    note: Annotated[Summary, Field(min_length=1)] | None = Field(
        default=None, description="for the history; never published", examples=["Design is through."]
    )


class Item(Wire):
    """An idea, or several, on the roadmap."""

    id: UUID
    title: str
    summary: str
    status: ItemStatus
    target: date | None = Field(description=TARGET)
    idea_ids: list[UUID] = Field(description="in order of id")
    version: int
    created_at: datetime
    updated_at: datetime
    shipped_at: datetime | None


class IdeaScore(Wire):
    """What an idea scores under a model at the moment. Scoring explains it by the same ids."""

    score_id: UUID
    model_id: UUID
    model_version: int
    state: Literal["scored", "not_scoreable"]
    value: float | None = Field(description="null when not scoreable")
    version: int = Field(description="of the score, rising by each change")


class ItemIdea(Wire):
    """One of an item's ideas, with what is known of it at the moment."""

    idea_id: UUID
    title: str | None = Field(description="null while roadmap has not heard of the idea")
    merged_into: UUID | None = Field(
        description="the idea that it was merged into: votes, people, accounts and scores are that one's"
    )
    votes: int
    people: int = Field(description="distinct contacts who voted or whose feedback is linked")
    accounts: int = Field(description="distinct accounts of those people")
    scores: list[IdeaScore] = Field(description="by model")


class ItemVersion(Wire):
    """One change of an item."""

    version: int
    status: ItemStatus = Field(description="as it was after this change")
    changed: list[str] = Field(description="fields that were set", examples=[["status"]])
    note: str | None
    changed_by: UUID | None = Field(description="API key that made the change")
    changed_at: datetime


class ItemDetail(Item):
    """An item with what it rests on, what became of it and where it can go."""

    next_statuses: list[ItemStatus] = Field(description="statuses that it can be moved to")
    ideas: list[ItemIdea]
    history: list[ItemVersion] = Field(description="the newest 100 changes, newest first")


def _item(row: asyncpg.Record) -> Item:
    return Item(**row)


def _answer(row: asyncpg.Record, response: Response) -> Item:
    response.headers.update(etag(row["version"]))
    return _item(row)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("roadmap:write")])
async def create_item(body: ItemIn, caller: CallerDep, tx: TxDep, response: Response) -> Item:
    """Place ideas on the roadmap.

    An idea that roadmap has not heard of yet is accepted, because news of it may be under way: give a `title` then.
    """
    row = await domain.create(
        tx,
        caller,
        title=body.title,
        summary=body.summary,
        idea_ids=body.idea_ids,
        status=body.status,
        target=body.target,
    )
    response.headers["Location"] = f"/v1/items/{row['id']}"
    return _answer(row, response)


@router.get("", responses=GUARDED, dependencies=[allow("roadmap:read")])
async def list_items(
    caller: CallerDep,
    read: ReadDep,
    status: Annotated[ItemStatus | None, Query(description="only items in this status")] = None,
    idea_id: Annotated[
        UUID | None, Query(description="only items with this idea, or with one that is merged with it")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Item]:
    """List items, newest first."""
    asked: tuple[Any, ...] = (caller.workspace_id, after(cursor, LAST), limit + 1)
    if idea_id is not None:
        rows = await read.all(store.LIST_OF_IDEA, *asked, status, idea_id)
    elif status is not None:
        rows = await read.all(store.LIST_OF_STATUS, *asked, status)
    else:
        rows = await read.all(store.LIST, *asked)
    return page(rows, limit, _item, lambda item: (item.id,))


@router.get("/{item_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("roadmap:read")])
async def get_item(item_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> ItemDetail:
    """Show an item with the demand and the scores of its ideas as they are now, and its history."""
    found = await domain.detail(read, caller.workspace_id, item_id)
    response.headers.update(etag(found.item["version"]))
    return ItemDetail(
        **found.item,
        next_statuses=list(domain.NEXT[found.item["status"]]),
        ideas=[
            ItemIdea(**idea, scores=[IdeaScore(**{n: v for n, v in row.items() if n != "idea_id"}) for row in scores])
            for idea, scores in found.evidence
        ],
        history=[ItemVersion(**row) for row in found.history],
    )


@router.patch("/{item_id}", responses=EDITING, dependencies=[allow("roadmap:write")])
async def update_item(
    item_id: UUID, body: ItemEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Item:
    """Change an item. With `If-Match` only the version that you have seen."""
    given = body.model_dump(exclude_unset=True)
    edits = {name: value for name, value in given.items() if value is not None or name == "target"}
    return _answer(await domain.edit(tx, caller, item_id, expected, edits), response)


@router.post("/{item_id}/status", responses=EDITING, dependencies=[allow("roadmap:write")])
async def move_item(
    item_id: UUID, body: ItemMove, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Item:
    """Move an item to another status.

    From considering to planned, in_progress and shipped, one step at a time; to cancelled from anywhere before shipped;
    and back to planned from in_progress, shipped or cancelled. Anything else answers 409 and names what is possible.
    """
    return _answer(await domain.move(tx, caller, item_id, expected, body.status, body.note), response)
