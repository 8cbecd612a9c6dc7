"""Votes over HTTP."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field
from pydantic_core import to_json

from services.feedback.customers.api import ContactRef
from services.feedback.votes import domain, store
from services.feedback.votes.domain import Ballot, Cast, Importance
from shared.database import Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.ingest import Stored, Submission, store_once, submission
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import Answer, CallerDep, IfMatch, IngestRoute, InletDep, ReadDep, Route, TxDep, allow, etag
from shared.runtime import Batch, Runtime
from shared.telemetry import traceparent
from shared.wire import Key, Line, Slug, Text, Wire

router = APIRouter(prefix="/v1/votes", tags=["votes"], route_class=Route)
ingest = APIRouter(prefix="/v1/votes", tags=["votes"], route_class=IngestRoute)


class VoteIn(Wire):
    """One contact wants one idea."""

    idea_id: Key = Field(description="the idea's id or key", examples=["csv-export"])
    contact: ContactRef
    importance: Importance = "important"
    on_behalf: bool = Field(default=False, description="cast by somebody of yours for the contact")
    source: Slug = Field(default="api", description="channel it came through", examples=["support"])
    source_url: Line | None = Field(
        default=None, description="where they said so", examples=["https://example.com/t/7"]
    )
    reason: Text | None = Field(default=None, examples=["Month-end closing takes us a day."])


class VoteAccepted(Wire):
    """A vote that stands: `created` now, or cast before, and now `updated` or a mere `duplicate`."""

    id: UUID
    idea_id: UUID
    contact_id: UUID
    status: Literal["created", "updated", "duplicate"]


class VoteEdit(Wire):
    """What to change of a vote; fields left out stay."""

    importance: Importance | None = Field(default=None, examples=["critical"])
    reason: Text | None = None
    source_url: Line | None = Field(default=None, description="where they said so")


class Vote(Wire):
    """A vote that stands."""

    id: UUID
    idea_id: UUID
    contact_id: UUID
    account_id: UUID | None = Field(description="the contact's account now")
    importance: Importance
    on_behalf: bool
    cast_by: UUID | None = Field(description="the key that cast it")
    source: str = Field(description="channel it came through")
    source_url: str | None
    reason: str | None
    mrr: int = Field(description="revenue of the contact's account when the vote was cast, minor units")
    mrr_now: int = Field(description="revenue of the contact's account now, minor units; 0 without an account")
    version: int
    created_at: datetime


async def _flush(runtime: Runtime, batch: Sequence[Submission[Ballot]]) -> list[Stored]:
    return await store_once(runtime.database, batch, _store)


async def _store(tx: Tx, fresh: Sequence[Submission[Ballot]]) -> list[Answer | Exception]:
    return [_answer(result) for result in await domain.cast(tx, [each.body for each in fresh])]


VOTES = Batch("votes", _flush)


def _answer(result: Cast | Exception) -> Answer | Exception:
    if isinstance(result, Exception):
        return result
    body = {
        "id": result.id,
        "idea_id": result.idea_id,
        "contact_id": result.contact_id,
        "status": result.status,
    }
    return Answer(201 if result.status == "created" else 200, to_json(body))


@ingest.post(
    "",
    status_code=201,
    response_model=VoteAccepted,
    responses=EDITING | {200: {"model": VoteAccepted, "description": "the contact has voted already"}},
    dependencies=[allow("votes:write")],
)
def cast_vote(inlet: InletDep, body: VoteIn) -> Awaitable[Answer]:
    """Cast a vote, also on behalf of a contact.

    Voting twice is one vote: the importance, reason and `source_url` that are sent again replace the first ones (200,
    `updated`); when they say nothing new it is a `duplicate`. Its revenue stays that of the time it was first cast.
    """
    assert inlet.caller is not None  # the route demands a scope
    ballot = Ballot(
        idea=body.idea_id,
        person=body.contact.person(inlet.caller.workspace_id),
        importance=body.importance if "importance" in body.model_fields_set else None,
        on_behalf=body.on_behalf,
        cast_by=inlet.caller.key_id,
        source=body.source,
        source_url=body.source_url,
        reason=body.reason,
        traceparent=traceparent.get(),
    )
    return inlet.runtime.submit(VOTES, submission(inlet, ballot))


def _vote(row: asyncpg.Record) -> Vote:
    return Vote(**row)


@router.get("", responses=GUARDED, dependencies=[allow("votes:read")])
async def list_votes(
    caller: CallerDep,
    read: ReadDep,
    idea_id: Annotated[UUID | None, Query(description="for this idea; this or `contact_id` is needed")] = None,
    contact_id: Annotated[UUID | None, Query(description="of this contact")] = None,
    importance: Annotated[Importance | None, Query(description="only of this importance")] = None,
    on_behalf: Annotated[bool | None, Query(description="only cast on behalf, or only by contacts themselves")] = None,
    source: Annotated[Slug | None, Query(description="only through this channel")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Vote]:
    """List the votes for an idea, or of a contact, in order of casting."""
    place = after(cursor), limit + 1, importance, on_behalf, source
    match idea_id, contact_id:
        case None, None:
            raise Invalid(errors=[FieldError("/query/idea_id", "this or `contact_id` is needed")])
        case _, None:
            rows = await read.all(store.LIST, caller.workspace_id, idea_id, *place)
        case None, _:
            rows = await read.all(store.LIST_CONTACT, caller.workspace_id, contact_id, *place)
        case _:
            rows = await read.all(store.LIST_BOTH, caller.workspace_id, idea_id, *place, contact_id)
    return page(rows, limit, _vote, lambda vote: (vote.id,))


@router.get("/{vote_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("votes:read")])
async def get_vote(vote_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Vote:
    """Show one vote."""
    row = await read.one(store.GET, caller.workspace_id, vote_id)
    if row is None:
        raise NotFound("No vote by that id.")
    response.headers.update(etag(row["version"]))
    return _vote(row)


@router.patch("/{vote_id}", responses=EDITING, dependencies=[allow("votes:write")])
async def update_vote(
    vote_id: UUID, body: VoteEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Vote:
    """Change how important a vote is, or why. Its revenue stays that of the time it was cast."""
    row = await domain.edit(tx, caller.workspace_id, vote_id, expected, **body.model_dump())
    response.headers.update(etag(row["version"]))
    return _vote(row)


@router.delete(
    "/{vote_id}", status_code=204, responses=EDITING | responses(NotFound), dependencies=[allow("votes:write")]
)
async def withdraw_vote(vote_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Withdraw a vote."""
    await domain.withdraw(tx, caller.workspace_id, vote_id)
