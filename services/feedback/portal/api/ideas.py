"""Ideas on a board, as visitors list, search and compare them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field, StringConstraints

from services.feedback.boards.api import Introduction
from services.feedback.ideas import orders
from services.feedback.portal import domain
from services.feedback.portal.api.seeing import PREFIX, READING, SightDep, outside
from services.feedback.portal.compared import Compared
from services.feedback.portal.domain import Asked
from services.feedback.portal.store import Sort
from services.feedback.portal.viewer import Sight
from services.feedback.votes.domain import Importance
from shared.database import Read
from shared.errors import FieldError, Invalid, Moved
from shared.events.feedback import IdeaStatus
from shared.paging import Cursor, Limit, Page
from shared.problems import EDITING, responses
from shared.routes import ReadDep, Route, RuntimeDep, allow
from shared.wire import Key, Line, Wire, storable

router = APIRouter(prefix=PREFIX, tags=["portal"], route_class=Route)

Searched = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(storable)]


class PublicIdea(Wire):
    """An idea as visitors see it."""

    id: UUID
    title: str
    description: str
    status: IdeaStatus
    votes: int
    comments: int = Field(description="public comments that stand")
    mine: bool = Field(description="whether you brought it")
    voted: bool = Field(description="whether you voted for it")
    importance: Importance | None = Field(description="how important you said it is; null unless you voted")
    follows: bool = Field(description="whether you hear of it: you asked for it or follow it, and did not say no")
    created_at: datetime


class SimilarSought(Wire):
    """What a visitor is about to bring, as far as it is written."""

    title: Line = Field(examples=["Export as PDF"])
    description: Introduction = Field(default="", examples=["Our auditors want paper."])


class SimilarIdeas(Wire):
    """Ideas that say much of the same, the most alike first."""

    data: list[PublicIdea]


def public(row: asyncpg.Record) -> PublicIdea:
    """A row as it may leave."""
    return PublicIdea(
        id=row["id"],
        title=outside(row, row["title"]),
        description=outside(row, row["description"]),
        status=row["status"],
        votes=row["votes"],
        comments=row["comments"],
        mine=row["mine"],
        voted=row["importance"] is not None,
        importance=row["importance"],
        follows=row["follows"],
        created_at=row["created_at"],
    )


async def _page(read: Read, sight: Sight, asked: Asked, sort: Sort, limit: int, cursor: str | None) -> Page[PublicIdea]:
    found = await domain.find(read, sight, asked, sort, cursor, limit)
    return Page(data=[public(row) for row in found.ideas], next_cursor=found.following)


@router.get("/ideas", responses=READING, dependencies=[allow("boards:read")])
async def list_public_ideas(
    read: ReadDep,
    sight: SightDep,
    q: Annotated[
        Searched | None,
        Query(
            description="words of the title or the description, all of them; the last may be a beginning, unless a "
            'blank follows it. `"a phrase"` keeps words together, `-word` leaves out'
        ),
    ] = None,
    status: Annotated[
        list[IdeaStatus] | None, Query(max_length=10, description="only in one of these: name several times")
    ] = None,
    product: Annotated[Key | None, Query(description="only for this product, by id or key")] = None,
    mine: Annotated[bool, Query(description="only what you brought")] = False,
    voted: Annotated[bool, Query(description="only what you voted for")] = False,
    follows: Annotated[bool, Query(description="only what you hear of")] = False,
    sort: Annotated[
        Sort | None,
        Query(
            description="highest or newest first; by `relevance` where `q` is given and by `new` where it is not. "
            f"Of many matches the newest 500 are ranked; {orders.TRENDING}"
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PublicIdea]:
    """List and search the ideas on a board that the visitor may see.

    `mine`, `voted` and `follows` find nothing for visitors who are nobody in particular.
    """
    if sort == "relevance" and q is None:
        raise Invalid(errors=[FieldError("/query/sort", "relevance needs `q`")])
    order: Sort = sort or ("new" if q is None else "relevance")
    asked = Asked(q, status or (), product, mine, voted, follows)
    return await _page(read, sight, asked, order, limit, cursor)


@router.get("/mine", responses=READING, dependencies=[allow("boards:read")])
async def list_own_ideas(read: ReadDep, sight: SightDep, limit: Limit = 50, cursor: Cursor = None) -> Page[PublicIdea]:
    """List what the visitor brought, voted for or follows on a board, the newest first. Each says which.

    What waits for a moderator is no idea yet: that is among `GET /v1/boards/{board_key}/submissions`.
    """
    domain.require_visitor(sight.viewer)
    return await _page(read, sight, Asked(tied=True), "new", limit, cursor)


@router.get("/ideas/{idea_id}", responses=READING | responses(Moved), dependencies=[allow("boards:read")])
async def get_public_idea(idea_id: UUID, read: ReadDep, sight: SightDep) -> PublicIdea:
    """Show one idea on a board. One that stood there and was merged answers 308 with the one that it went into."""
    return public(await domain.idea(read, sight, idea_id))


@router.post("/similar", responses=EDITING, dependencies=[allow("boards:read")])
async def find_similar_ideas(
    body: SimilarSought,
    read: ReadDep,
    sight: SightDep,
    runtime: RuntimeDep,
    limit: Annotated[int, Query(ge=1, le=10, description="ideas to answer with")] = 5,
) -> SimilarIdeas:
    """Show ideas on a board that are like what the visitor writes, to vote for instead.

    Ask while they type. Nothing is stored; new ideas are found within half a minute.
    """
    compared: Compared = runtime.memory.setdefault("portal", Compared())
    rows = await domain.alike(read, compared, sight, body.title, body.description, limit)
    return SimilarIdeas(data=[public(row) for row in rows])
