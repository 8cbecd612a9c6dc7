"""Ideas that visitors bring."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic import Field

from services.feedback.boards.api import Introduction
from services.feedback.portal import domain, store
from services.feedback.portal.api.seeing import CHANGES, PREFIX, READING, Named, SightDep, TokenDep, acting
from services.feedback.texts.redaction import redacted
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Line, Slug, Wire

router = APIRouter(prefix=f"{PREFIX}/submissions", tags=["portal"], route_class=Route)


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
    contact: Named = None


class SubmissionAccepted(Wire):
    """An idea that was brought."""

    id: UUID
    state: Literal["shown", "pending"] = Field(description="pending: it waits for a moderator")


def _submission(row: asyncpg.Record) -> PublicSubmission:
    return PublicSubmission(
        id=row["id"],
        title=redacted(row["title"], row["known"]),
        description=redacted(row["description"], row["known"]),
        state=row["state"],
        idea_id=row["idea_id"],
        created_at=row["created_at"],
    )


@router.post("", status_code=201, responses=EDITING, dependencies=CHANGES)
async def create_submission(
    board_key: Slug, body: SubmissionIn, caller: CallerDep, tx: TxDep, admitted: TokenDep
) -> SubmissionAccepted:
    """Bring an idea as a visitor. It is no idea before a moderator approves it, unless you or the board are trusted.

    Ask `POST /v1/boards/{board_key}/similar` first: perhaps it is there, and waits for your vote.
    """
    sight = await acting(caller, tx, board_key, admitted, body.contact, votes=True)
    id, state = await domain.submit(tx, caller, sight, body.title, body.description)
    return SubmissionAccepted(id=id, state="shown" if state == "shown" else "pending")


@router.get("", responses=READING, dependencies=[allow("boards:read")])
async def list_submissions(
    read: ReadDep, sight: SightDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[PublicSubmission]:
    """List what the visitor has brought to a board, the newest first: what stands there and what waits."""
    await domain.board(read, sight)
    rows = await read.all(store.SUBMISSIONS, *sight.at, after(cursor, LAST), limit + 1)
    return page(rows, limit, _submission, lambda submission: (submission.id,))
