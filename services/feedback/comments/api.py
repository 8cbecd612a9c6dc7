"""Comments over HTTP, as the team sees them. What outsiders see of them is the portal's."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.feedback.comments import domain, store
from services.feedback.comments.domain import Draft, Visibility
from services.feedback.comments.mentions import handle
from services.feedback.customers.api import ContactRef
from services.feedback.trust.levels import State
from shared.access.keys import Caller
from shared.database import Tx
from shared.errors import Moved, NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, decode, page, whole
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import INT8, Key, Line, Slug, Wire, storable

router = APIRouter(prefix="/v1", tags=["comments"], route_class=Route)

Words = Annotated[str, StringConstraints(min_length=1, max_length=10_000), AfterValidator(storable)]


class NoteIn(Wire):
    """Something to say inside the team. `@ada` and `@<contact id>` mention."""

    text: Words = Field(examples=["@ada they asked again in their renewal call."])
    parent_id: UUID | None = Field(default=None, description="the comment that it answers; answers have none")


class CommentIn(NoteIn):
    """Something to say about an idea, inside the team or outside. `@ada` and `@<contact id>` mention."""

    visibility: Visibility = Field(
        default="internal",
        description="public: shown on boards; internal: never leaves the team. For good",
        examples=["public"],
    )
    board: Slug | None = Field(
        default=None,
        description="key of the one board that a public comment is shown on; wherever the idea is when left out",
    )
    contact: ContactRef | None = Field(
        default=None, description="the customer who says it, on a board; somebody of the team when left out"
    )
    signature: Line | None = Field(default=None, description="how the team member is called outside")
    channel: Slug | None = Field(
        default=None, description="what a customer's comment came through; its trust counts, not the board's"
    )

    @model_validator(mode="after")
    def _customers_speak_outside(self) -> "CommentIn":
        if self.contact is not None and self.visibility == "internal":
            raise ValueError("what a contact says is public: a contact cannot write internal comments")
        return self


class CommentEdit(Wire):
    """A comment in other words."""

    text: Words = Field(examples=["@ada they asked again in their renewal call: it decides."])


class Comment(Wire):
    """A comment as the team sees it."""

    id: UUID
    idea_id: UUID | None
    feedback_id: UUID | None
    board_id: UUID | None = Field(description="the one board that it is shown on; null: wherever the idea is")
    parent_id: UUID | None
    visibility: Visibility
    state: State = Field(description="shown, or what a moderator has to decide or has decided")
    contact_id: UUID | None = Field(description="the customer who said it; null: somebody of the team")
    author: str = Field(description="who wrote it down: `key:<id>`")
    signature: str | None
    text: str | None = Field(description="null once it is deleted")
    edited_at: datetime | None
    deleted_at: datetime | None
    version: int
    created_at: datetime


class CommentVersion(Wire):
    """How a comment read before it was edited."""

    version: int
    text: str
    replaced_by: str = Field(description="who wrote the next one: `key:<id>`")
    replaced_at: datetime


def comment(row: asyncpg.Record) -> Comment:
    """A row as it is shown inside."""
    content: dict[str, Any] = dict(row)
    if row["deleted_at"] is not None:
        content["text"] = None
    return Comment(**content)


@router.post(
    "/ideas/{idea_id}/comments",
    status_code=201,
    responses=EDITING | responses(Moved),
    dependencies=[allow("comments:write")],
)
async def create_comment(idea_id: UUID, body: CommentIn, caller: CallerDep, tx: TxDep, response: Response) -> Comment:
    """Comment on an idea, or answer a comment. A customer's waits until a moderator approves it, unless trusted."""
    draft = Draft(
        text=body.text,
        visibility=body.visibility,
        idea_id=idea_id,
        parent_id=body.parent_id,
        board=body.board,
        person=body.contact.person(caller.workspace_id) if body.contact is not None else None,
        signature=body.signature,
        channel=body.channel,
    )
    return await _written(draft, caller, tx, response)


@router.post(
    "/feedback/{feedback_id}/comments", status_code=201, responses=EDITING, dependencies=[allow("comments:write")]
)
async def create_feedback_comment(
    feedback_id: UUID, body: NoteIn, caller: CallerDep, tx: TxDep, response: Response
) -> Comment:
    """Comment on a feedback, or answer a comment on it. It never leaves the team."""
    draft = Draft(text=body.text, visibility="internal", feedback_id=feedback_id, parent_id=body.parent_id)
    return await _written(draft, caller, tx, response)


async def _written(draft: Draft, caller: Caller, tx: Tx, response: Response) -> Comment:
    row = await domain.add(tx, caller.workspace_id, caller.actor, draft)
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/comments/{row['id']}"})
    return comment(row)


@router.get("/comments", responses=GUARDED, dependencies=[allow("comments:read")])
async def list_comments(
    caller: CallerDep,
    read: ReadDep,
    idea_id: Annotated[UUID | None, Query(description="only on this idea")] = None,
    feedback_id: Annotated[UUID | None, Query(description="only on this feedback")] = None,
    visibility: Annotated[Literal["public", "internal"] | None, Query(description="only these")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Comment]:
    """List comments in order of writing, answers among them.

    Those of an idea are also those of what was merged into it: `idea_id` says where each was written.
    """
    page_of = caller.workspace_id, after(cursor), visibility, limit + 1
    match idea_id, feedback_id:
        case None, None:
            rows = await read.all(store.LIST, *page_of)
        case None, _:
            rows = await read.all(store.LIST_FEEDBACK, *page_of, feedback_id)
        case _:
            rows = await read.all(store.LIST_IDEA, *page_of, idea_id, feedback_id)
    return page(rows, limit, comment, lambda each: (each.id,))


@router.get("/comments/{comment_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("comments:read")])
async def get_comment(comment_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Comment:
    """Show one comment."""
    row = await read.one(store.GET, caller.workspace_id, comment_id)
    if row is None:
        raise NotFound("No comment by that id.")
    response.headers.update(etag(row["version"]))
    return comment(row)


@router.patch("/comments/{comment_id}", responses=EDITING, dependencies=[allow("comments:write")])
async def update_comment(
    comment_id: UUID, body: CommentEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Comment:
    """Reword a comment. How it read before is kept in its history."""
    row = await domain.edit(tx, caller.workspace_id, caller.actor, comment_id, expected, body.text)
    response.headers.update(etag(row["version"]))
    return comment(row)


@router.delete("/comments/{comment_id}", status_code=204, responses=EDITING, dependencies=[allow("comments:write")])
async def delete_comment(comment_id: UUID, caller: CallerDep, tx: TxDep, expected: IfMatch) -> None:
    """Delete a comment, its words and its history. A tombstone stays, so that its answers stand."""
    await domain.delete(tx, caller.workspace_id, comment_id, expected)


@router.get(
    "/comments/{comment_id}/history", responses=GUARDED | responses(NotFound), dependencies=[allow("comments:read")]
)
async def list_comment_history(
    comment_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[CommentVersion]:
    """List how a comment read before it was edited, the newest first."""
    before = INT8 if cursor is None else decode(cursor, whole())[0]
    rows = await domain.history(read, caller.workspace_id, comment_id, before, limit + 1)
    return page(rows, limit, lambda row: CommentVersion(**row), lambda each: (each.version,))


@router.get("/mentions", responses=GUARDED, dependencies=[allow("comments:read")])
async def list_mentions(
    caller: CallerDep,
    read: ReadDep,
    of: Annotated[Key, Query(description="a handle, with or without its @, or a contact's id", examples=["ada"])],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Comment]:
    """List the comments that mention somebody, the newest first."""
    rows = await read.all(store.MENTIONS, caller.workspace_id, after(cursor, LAST), limit + 1, handle(of))
    return page(rows, limit, comment, lambda each: (each.id,))
