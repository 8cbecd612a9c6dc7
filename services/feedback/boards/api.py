"""Boards over HTTP, as the team keeps them. What outsiders see of them is the portal's."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field, StringConstraints

from services.feedback.boards import domain, store
from services.feedback.boards.domain import Visibility
from shared.errors import Moved, NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Slug, Wire, storable

router = APIRouter(prefix="/v1/boards", tags=["boards"], route_class=Route)

Introduction = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True), AfterValidator(storable)]
VISIBILITY = (
    "public: everybody sees it; private: its members; one_way: everybody may bring ideas, and sees their own only"
)


class BoardIn(Wire):
    """A place where outsiders see ideas and bring their own."""

    key: Slug = Field(description="its name in addresses, for good", examples=["requests"])
    name: Line = Field(examples=["Feature requests"])
    description: Introduction = Field(default="", examples=["What should we build next?"])
    visibility: Visibility = Field(default="private", description=VISIBILITY)
    submissions: bool = Field(default=True, description="whether visitors can bring ideas")
    comments: bool = Field(default=True, description="whether visitors can comment")
    voting: bool = Field(default=True, description="whether visitors can vote")


class BoardEdit(Wire):
    """What to change of a board; fields left out stay."""

    name: Line | None = None
    description: Introduction | None = None
    visibility: Visibility | None = Field(
        default=None, description=f"{VISIBILITY}. Whom it is opened to sees all that stands on it, comments included"
    )
    submissions: bool | None = Field(default=None, description="whether visitors can bring ideas", examples=[False])
    comments: bool | None = Field(default=None, description="whether visitors can comment")
    voting: bool | None = Field(default=None, description="whether visitors can vote; votes that were cast stand")
    archived: bool | None = Field(default=None, description="true: nobody outside sees it any more")


class Board(Wire):
    """A board as the team keeps it."""

    id: UUID
    key: str
    name: str
    description: str
    visibility: Visibility = Field(description=VISIBILITY)
    submissions: bool
    comments: bool
    voting: bool
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime


class BoardMember(Wire):
    """Who may see a private board: a contact, an account's contacts, or those in a segment."""

    member_id: UUID
    kind: Literal["contact", "account", "segment"]
    created_at: datetime


def _board(row: asyncpg.Record) -> Board:
    return Board(**row)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("boards:write")])
async def create_board(body: BoardIn, caller: CallerDep, tx: TxDep, response: Response) -> Board:
    """Make a board. It is private unless it is made public."""
    row = await domain.create(tx, caller.workspace_id, **body.model_dump())
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/boards/{row['key']}"})
    return _board(row)


@router.get("", responses=GUARDED, dependencies=[allow("ideas:read")])
async def list_boards(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[Board]:
    """List boards in order of making."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, _board, lambda board: (board.id,))


@router.get("/{board_key}", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")])
async def get_board(board_key: Slug, caller: CallerDep, read: ReadDep, response: Response) -> Board:
    """Show one board."""
    row = await domain.get(read, caller.workspace_id, board_key)
    response.headers.update(etag(row["version"]))
    return _board(row)


@router.patch("/{board_key}", responses=EDITING, dependencies=[allow("boards:write")])
async def update_board(
    board_key: Slug, body: BoardEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Board:
    """Change a board, open it, close it or archive it."""
    edits = body.model_dump(exclude_none=True)
    row = await domain.update(tx, caller.workspace_id, board_key, expected, edits)
    response.headers.update(etag(row["version"]))
    return _board(row)


@router.get("/{board_key}/members", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")])
async def list_board_members(
    board_key: Slug, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[BoardMember]:
    """List who may see a private board."""
    rows = await domain.members(read, caller.workspace_id, board_key, after(cursor), limit + 1)
    return page(rows, limit, lambda row: BoardMember(**row), lambda member: (member.member_id,))


@router.put(
    "/{board_key}/members/{member_id}", status_code=204, responses=EDITING, dependencies=[allow("boards:write")]
)
async def add_board_member(board_key: Slug, member_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Show a private board to a contact, an account's contacts or a segment, by id."""
    await domain.let_in(tx, caller.workspace_id, board_key, member_id)


@router.delete(
    "/{board_key}/members/{member_id}", status_code=204, responses=EDITING, dependencies=[allow("boards:write")]
)
async def remove_board_member(board_key: Slug, member_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Hide a private board from one of its members."""
    await domain.put_out(tx, caller.workspace_id, board_key, member_id)


@router.put(
    "/{board_key}/placements/{idea_id}",
    status_code=204,
    responses=EDITING | responses(Moved),
    dependencies=[allow("boards:write")],
)
async def place_idea(board_key: Slug, idea_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Put an idea on a board: whoever sees the board sees its title, description, status and votes."""
    await domain.place(tx, caller.workspace_id, board_key, idea_id)


@router.delete(
    "/{board_key}/placements/{idea_id}",
    status_code=204,
    responses=EDITING | responses(Moved),
    dependencies=[allow("boards:write")],
)
async def remove_placed_idea(board_key: Slug, idea_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Take an idea off a board. Nothing else happens to it."""
    await domain.take_off(tx, caller.workspace_id, board_key, idea_id)
