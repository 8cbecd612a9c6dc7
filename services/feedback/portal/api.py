"""Boards as outsiders see them: an allow-list, and nothing of what is inside.

A key with `boards:read` alone can stand in a page: it sees what everybody may see. Who a visitor is, a token says that
the team's own server asked for; a key that may read customers can also name the contact.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import Field

from services.feedback.boards.api import Introduction
from services.feedback.boards.domain import Visibility
from services.feedback.comments.api import Words
from services.feedback.customers import domain as customers
from services.feedback.customers.api import ContactRef
from services.feedback.portal import domain, store
from services.feedback.portal.viewer import ANONYMOUS, Viewer, admit, issue
from services.feedback.texts.redaction import redacted
from shared.access.keys import Caller
from shared.database import Tx
from shared.errors import FieldError, Forbidden, Invalid, Moved, NotFound
from shared.events.feedback import IdeaStatus
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import NO_STORE, CallerDep, ReadDep, Route, RuntimeDep, TxDep, allow, require_scopes
from shared.runtime import Runtime
from shared.sealing import Seal
from shared.wire import Line, Slug, Wire

router = APIRouter(prefix="/v1/boards/{board_key}", tags=["portal"], route_class=Route)
visitors = APIRouter(prefix="/v1/visitors", tags=["portal"], route_class=Route)

READING = GUARDED | responses(NotFound)


class VisitorIn(Wire):
    """Somebody whom your server has signed in."""

    contact: ContactRef
    seconds: int = Field(default=3_600, ge=60, le=86_400, description="how long the token is good", examples=[3_600])


class VisitorToken(Wire):
    """What the visitor's browser sends as `Cairn-Visitor`, beside a key that can do no more than read boards."""

    token: str = Field(description="says who the visitor is; shown this once")
    contact_id: UUID
    ends_at: datetime


class PublicBoard(Wire):
    """A board as its visitors see it."""

    key: str
    name: str
    description: str
    visibility: Visibility
    submissions: bool = Field(description="whether you can bring ideas")
    comments: bool = Field(description="whether you can comment")


class PublicIdea(Wire):
    """An idea as visitors see it."""

    id: UUID
    title: str
    description: str
    status: IdeaStatus
    votes: int
    comments: int = Field(description="public comments that stand")
    mine: bool = Field(description="whether you brought it")
    created_at: datetime


class PublicComment(Wire):
    """A comment as visitors see it."""

    id: UUID
    parent_id: UUID | None = Field(description="the comment that it answers")
    author: Literal["team", "customer"]
    name: str | None = Field(description="how the team member is called; customers have no names here")
    mine: bool = Field(description="whether you wrote it")
    state: Literal["shown", "pending"] = Field(description="pending: it waits for a moderator, and you alone see it")
    text: str | None = Field(description="null once it is deleted")
    edited: bool
    created_at: datetime


class PublicSubmission(Wire):
    """An idea that you brought."""

    id: UUID
    title: str
    description: str
    state: Literal["shown", "pending"] = Field(description="pending: it waits for a moderator")
    idea_id: UUID | None = Field(description="what it became")
    created_at: datetime


class SubmissionIn(Wire):
    """An idea to bring."""

    title: Line = Field(examples=["Export as PDF"])
    description: Introduction = Field(default="", examples=["Our auditors want paper."])
    contact: ContactRef | None = Field(
        default=None, description="the visitor, from keys with `customers:write`; left out beside a visitor's token"
    )


class SubmissionAccepted(Wire):
    """An idea that was brought."""

    id: UUID
    state: Literal["shown", "pending"] = Field(description="pending: it waits for a moderator")


class PublicCommentIn(Wire):
    """Something to say about an idea, for all who see it."""

    text: Words = Field(examples=["We need this too, for our quarterly audit."])
    parent_id: UUID | None = Field(default=None, description="the comment that it answers; answers have none")
    contact: ContactRef | None = Field(
        default=None, description="the visitor, from keys with `customers:write`; left out beside a visitor's token"
    )


class PublicCommentEdit(Wire):
    """Your comment in other words."""

    text: Words = Field(examples=["We need this too, for our yearly audit."])
    contact: ContactRef | None = Field(
        default=None, description="the visitor, from keys with `customers:write`; left out beside a visitor's token"
    )


TokenHeader = Annotated[str | None, Header(alias="Cairn-Visitor", max_length=1_000, description="the visitor's token")]


async def _token(caller: CallerDep, runtime: RuntimeDep, visitor: TokenHeader = None) -> UUID | None:
    """The contact whom the visitor's token names, where there is one."""
    if visitor is None:
        return None
    admitted = admit(_seal(runtime), visitor)
    if admitted is None or admitted.workspace_id != caller.workspace_id:
        raise Forbidden("The visitor's token is not good, or has ended: ask for another.", code="visitor_needed")
    return admitted.contact_id


TokenDep = Annotated[UUID | None, Depends(_token)]


async def _viewer(
    caller: CallerDep,
    admitted: TokenDep,
    viewer: Annotated[
        Literal["outside", "team"],
        Query(description="team: everything on the board, for keys with `ideas:read`; else what the visitor may see"),
    ] = "outside",
    contact_id: Annotated[
        UUID | None, Query(description="the visitor, for keys with `customers:read`; everybody when left out")
    ] = None,
) -> Viewer:
    """As whom the board is looked at: as everybody, unless it is said and may be said."""
    if admitted is not None:
        if contact_id not in (None, admitted):
            raise Invalid(errors=[FieldError("/query/contact_id", "is not whom the visitor's token names")])
        return Viewer("contact", admitted)
    if contact_id is not None:
        require_scopes(caller, frozenset({"customers:read"}))
        return Viewer("contact", contact_id)
    if viewer == "team":
        require_scopes(caller, frozenset({"ideas:read"}))
        return Viewer("team")
    return ANONYMOUS


ViewerDep = Annotated[Viewer, Depends(_viewer)]


async def _visitor(
    caller: Caller, tx: Tx, admitted: UUID | None, contact: ContactRef | None, *, votes: bool = False
) -> Viewer:
    """Who does it: whom the token names, or the contact that a server names, made where unknown.

    `votes` says that demand may be counted in this transaction: then its lock is taken before any contact's.
    """
    if contact is None:
        return ANONYMOUS if admitted is None else Viewer("contact", admitted)
    if admitted is not None:
        raise Invalid(errors=[FieldError("/body/contact", "the visitor's token says who it is")])
    require_scopes(caller, frozenset({"customers:write"}))
    counting = [caller.workspace_id] if votes else ()
    (contact_id,) = await customers.recognise(tx, [contact.person(caller.workspace_id)], counting)
    if contact_id is None:
        raise Invalid(errors=[FieldError("/body/contact/id", "no contact by that id")])
    return Viewer("contact", contact_id)


def _seal(runtime: Runtime) -> Seal:
    return Seal(runtime.settings.sealing_key.get_secret_value())


def _outside(row: asyncpg.Record, words: str) -> str:
    """Words as they may leave: customers' without what identifies them, the team's as they are."""
    return redacted(words, row["known"] or ()) if row["from_customer"] else words


def _idea(row: asyncpg.Record) -> PublicIdea:
    return PublicIdea(
        id=row["id"],
        title=_outside(row, row["title"]),
        description=_outside(row, row["description"]),
        status=row["status"],
        votes=row["votes"],
        comments=row["comments"],
        mine=row["mine"],
        created_at=row["created_at"],
    )


def _comment(row: asyncpg.Record) -> PublicComment:
    return PublicComment(
        id=row["id"],
        parent_id=row["parent_id"],
        author="customer" if row["from_customer"] else "team",
        name=None if row["from_customer"] else row["signature"],
        mine=row["mine"],
        state=row["state"],
        text=None if row["deleted"] else _outside(row, row["text"]),
        edited=row["edited"],
        created_at=row["created_at"],
    )


def _own(row: asyncpg.Record) -> PublicComment:
    """The visitor's own comment, just written. Whom nobody shows is not told so."""
    return PublicComment(
        id=row["id"],
        parent_id=row["parent_id"],
        author="customer",
        name=None,
        mine=True,
        state="shown" if row["state"] == "shown" else "pending",
        text=redacted(row["text"]),
        edited=row["edited_at"] is not None,
        created_at=row["created_at"],
    )


def _submission(row: asyncpg.Record) -> PublicSubmission:
    return PublicSubmission(
        id=row["id"],
        title=redacted(row["title"], row["known"]),
        description=redacted(row["description"], row["known"]),
        state=row["state"],
        idea_id=row["idea_id"],
        created_at=row["created_at"],
    )


@visitors.post("", status_code=201, responses=EDITING, dependencies=[allow("customers:write")])
async def create_visitor_token(
    body: VisitorIn, caller: CallerDep, tx: TxDep, runtime: RuntimeDep, response: Response
) -> VisitorToken:
    """Make a token that says who a visitor is. Ask for it on your server, once you know; a contact is made if new."""
    response.headers.update(NO_STORE)
    (contact_id,) = await customers.recognise(tx, [body.contact.person(caller.workspace_id)])
    if contact_id is None:
        raise Invalid(errors=[FieldError("/body/contact/id", "no contact by that id")])
    token, ends = issue(_seal(runtime), caller.workspace_id, contact_id, timedelta(seconds=body.seconds))
    return VisitorToken(token=token, contact_id=contact_id, ends_at=ends)


@router.get("/about", responses=READING, dependencies=[allow("boards:read")])
async def get_public_board(board_key: Slug, caller: CallerDep, read: ReadDep, viewer: ViewerDep) -> PublicBoard:
    """Show a board as its visitors see it."""
    row = await domain.board(read, caller.workspace_id, board_key, viewer)
    return PublicBoard(**{name: row[name] for name in PublicBoard.model_fields})


@router.get("/ideas", responses=READING, dependencies=[allow("boards:read")])
async def list_public_ideas(
    board_key: Slug,
    caller: CallerDep,
    read: ReadDep,
    viewer: ViewerDep,
    status: Annotated[IdeaStatus | None, Query(description="only in this status")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PublicIdea]:
    """List the ideas on a board that the visitor may see, the newest first."""
    rows = await read.all(
        store.IDEAS, *viewer.at(caller.workspace_id, board_key), after(cursor, LAST), limit + 1, status
    )
    if not rows:
        await domain.board(read, caller.workspace_id, board_key, viewer)
    return page(rows, limit, _idea, lambda idea: (idea.id,))


@router.get("/ideas/{idea_id}", responses=READING | responses(Moved), dependencies=[allow("boards:read")])
async def get_public_idea(
    board_key: Slug, idea_id: UUID, caller: CallerDep, read: ReadDep, viewer: ViewerDep
) -> PublicIdea:
    """Show one idea on a board. One that stood there and was merged answers 308 with the one that it went into."""
    return _idea(await domain.idea(read, caller.workspace_id, board_key, viewer, idea_id))


@router.get("/ideas/{idea_id}/comments", responses=READING | responses(Moved), dependencies=[allow("boards:read")])
async def list_public_comments(
    board_key: Slug,
    idea_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    viewer: ViewerDep,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PublicComment]:
    """List the comments on an idea that the visitor may see, in order of writing."""
    await domain.idea(read, caller.workspace_id, board_key, viewer, idea_id, "/comments")
    rows = await read.all(store.COMMENTS, *viewer.at(caller.workspace_id, board_key), idea_id, after(cursor), limit + 1)
    return page(rows, limit, _comment, lambda comment: (comment.id,))


@router.post(
    "/ideas/{idea_id}/comments",
    status_code=201,
    responses=EDITING | responses(Moved),
    dependencies=[allow("boards:submit")],
)
async def create_public_comment(
    board_key: Slug, idea_id: UUID, body: PublicCommentIn, caller: CallerDep, tx: TxDep, admitted: TokenDep
) -> PublicComment:
    """Comment on an idea as a visitor. It waits for a moderator unless the visitor or the board is trusted."""
    viewer = await _visitor(caller, tx, admitted, body.contact)
    row = await domain.say(tx, caller, board_key, viewer, idea_id, body.text, body.parent_id)
    return _own(row)


@router.patch(
    "/ideas/{idea_id}/comments/{comment_id}",
    responses=EDITING | responses(Moved),
    dependencies=[allow("boards:submit")],
)
async def update_public_comment(
    board_key: Slug,
    idea_id: UUID,
    comment_id: UUID,
    body: PublicCommentEdit,
    caller: CallerDep,
    tx: TxDep,
    admitted: TokenDep,
) -> PublicComment:
    """Reword your own comment as a visitor. Other words wait for a moderator like new ones."""
    viewer = await _visitor(caller, tx, admitted, body.contact)
    return _own(await domain.reword(tx, caller, board_key, viewer, idea_id, comment_id, body.text))


@router.delete(
    "/ideas/{idea_id}/comments/{comment_id}",
    status_code=204,
    responses=EDITING | responses(Moved),
    dependencies=[allow("boards:submit")],
)
async def delete_public_comment(
    board_key: Slug, idea_id: UUID, comment_id: UUID, caller: CallerDep, tx: TxDep, viewer: ViewerDep
) -> None:
    """Delete your own comment as a visitor."""
    await domain.take_back(tx, caller, board_key, viewer, idea_id, comment_id)


@router.post("/submissions", status_code=201, responses=EDITING, dependencies=[allow("boards:submit")])
async def create_submission(
    board_key: Slug, body: SubmissionIn, caller: CallerDep, tx: TxDep, admitted: TokenDep
) -> SubmissionAccepted:
    """Bring an idea as a visitor. It is no idea before a moderator approves it, unless you or the board are trusted."""
    viewer = await _visitor(caller, tx, admitted, body.contact, votes=True)
    id, state = await domain.submit(tx, caller, board_key, viewer, body.title, body.description)
    return SubmissionAccepted(id=id, state="shown" if state == "shown" else "pending")


@router.get("/submissions", responses=READING, dependencies=[allow("boards:read")])
async def list_submissions(
    board_key: Slug, caller: CallerDep, read: ReadDep, viewer: ViewerDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[PublicSubmission]:
    """List what the visitor has brought to a board, the newest first: what stands there and what waits."""
    await domain.board(read, caller.workspace_id, board_key, viewer)
    rows = await read.all(store.SUBMISSIONS, *viewer.at(caller.workspace_id, board_key), after(cursor, LAST), limit + 1)
    return page(rows, limit, _submission, lambda submission: (submission.id,))
