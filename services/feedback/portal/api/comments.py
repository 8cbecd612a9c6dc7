"""What visitors and the team say to each other about an idea on a board."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic import Field

from services.feedback.comments.api import Words
from services.feedback.portal import domain, store
from services.feedback.portal.api.seeing import (
    CHANGES,
    PREFIX,
    READING,
    ActorDep,
    Named,
    SightDep,
    TokenDep,
    acting,
    outside,
)
from services.feedback.texts.redaction import redacted
from shared.errors import Moved
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Slug, Wire

router = APIRouter(prefix=f"{PREFIX}/ideas/{{idea_id}}/comments", tags=["portal"], route_class=Route)


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


class PublicCommentIn(Wire):
    """Something to say about an idea, for all who see it."""

    text: Words = Field(examples=["We need this too, for our quarterly audit."])
    parent_id: UUID | None = Field(default=None, description="the comment that it answers; answers have none")
    contact: Named = None


class PublicCommentEdit(Wire):
    """Your comment in other words."""

    text: Words = Field(examples=["We need this too, for our yearly audit."])
    contact: Named = None


def _comment(row: asyncpg.Record) -> PublicComment:
    return PublicComment(
        id=row["id"],
        parent_id=row["parent_id"],
        author="customer" if row["from_customer"] else "team",
        name=None if row["from_customer"] else row["signature"],
        mine=row["mine"],
        state=row["state"],
        text=None if row["deleted"] else outside(row, row["text"]),
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


@router.get("", responses=READING | responses(Moved), dependencies=[allow("boards:read")])
async def list_public_comments(
    idea_id: UUID, read: ReadDep, sight: SightDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[PublicComment]:
    """List the comments on an idea that the visitor may see, in order of writing."""
    await domain.idea(read, sight, idea_id, "/comments")
    rows = await read.all(store.COMMENTS, *sight.at, idea_id, after(cursor), limit + 1)
    return page(rows, limit, _comment, lambda comment: (comment.id,))


@router.post("", status_code=201, responses=EDITING | responses(Moved), dependencies=CHANGES)
async def create_public_comment(
    board_key: Slug, idea_id: UUID, body: PublicCommentIn, caller: CallerDep, tx: TxDep, admitted: TokenDep
) -> PublicComment:
    """Comment on an idea as a visitor. It waits for a moderator unless the visitor or the board is trusted."""
    sight = await acting(caller, tx, board_key, admitted, body.contact)
    return _own(await domain.say(tx, caller, sight, idea_id, body.text, body.parent_id))


@router.patch("/{comment_id}", responses=EDITING | responses(Moved), dependencies=CHANGES)
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
    sight = await acting(caller, tx, board_key, admitted, body.contact)
    return _own(await domain.reword(tx, caller, sight, idea_id, comment_id, body.text))


@router.delete("/{comment_id}", status_code=204, responses=EDITING | responses(Moved), dependencies=CHANGES)
async def delete_public_comment(idea_id: UUID, comment_id: UUID, tx: TxDep, sight: ActorDep) -> None:
    """Delete your own comment as a visitor."""
    await domain.take_back(tx, sight, idea_id, comment_id)
