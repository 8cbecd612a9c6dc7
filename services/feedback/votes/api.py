"""Votes over HTTP."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field
from pydantic_core import to_json

from services.feedback.customers.api import ContactRef
from services.feedback.votes import domain, store
from services.feedback.votes.domain import Ballot, Cast
from shared.database import Tx
from shared.errors import NotFound
from shared.ingest import Submission, store_once, submission
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import Answer, CallerDep, IngestRoute, InletDep, ReadDep, Route, TxDep, allow
from shared.runtime import Batch, Runtime
from shared.telemetry import traceparent
from shared.wire import Key, Line, Text, Wire

router = APIRouter(prefix="/v1/votes", tags=["votes"], route_class=Route)
ingest = APIRouter(prefix="/v1/votes", tags=["votes"], route_class=IngestRoute)


class VoteIn(Wire):
    """One contact wants one idea."""

    idea_id: Key = Field(description="the idea's id or key", examples=["csv-export"])
    contact: ContactRef
    importance: Literal["nice", "important", "critical"] = "important"
    on_behalf: bool = Field(default=False, description="cast by somebody of yours for the contact")
    source_url: Line | None = Field(
        default=None, description="where they said so", examples=["https://example.com/t/7"]
    )
    reason: Text | None = Field(default=None, examples=["Month-end closing takes us a day."])


class VoteAccepted(Wire):
    """A vote that stands: `created` now, or `duplicate` of one that the contact cast before."""

    id: UUID
    idea_id: UUID
    contact_id: UUID
    status: Literal["created", "duplicate"]


class Vote(Wire):
    """A vote that stands."""

    id: UUID
    idea_id: UUID
    contact_id: UUID
    importance: Literal["nice", "important", "critical"]
    on_behalf: bool
    cast_by: UUID | None = Field(description="the key that cast it")
    source_url: str | None
    reason: str | None
    mrr: int = Field(description="revenue of the contact's account when the vote was cast, minor units")
    created_at: datetime


async def _flush(runtime: Runtime, batch: Sequence[Submission[Ballot]]) -> list[Answer | Exception]:
    async def store_ballots(tx: Tx, fresh: Sequence[Submission[Ballot]]) -> list[Answer | Exception]:
        return [_answer(result) for result in await domain.cast(tx, [each.body for each in fresh])]

    return await store_once(runtime.database, batch, store_ballots)


VOTES = Batch("votes", _flush)


def _answer(result: Cast | Exception) -> Answer | Exception:
    if isinstance(result, Exception):
        return result
    body = {
        "id": result.id,
        "idea_id": result.idea_id,
        "contact_id": result.contact_id,
        "status": "created" if result.fresh else "duplicate",
    }
    return Answer(201 if result.fresh else 200, to_json(body))


@ingest.post("", status_code=201, response_model=VoteAccepted, responses=EDITING, dependencies=[allow("votes:write")])
def cast_vote(inlet: InletDep, body: VoteIn) -> Awaitable[Answer]:
    """Cast a vote, also on behalf of a contact. Voting twice leaves the first vote as it is (200, `duplicate`)."""
    assert inlet.caller is not None  # the route demands a scope
    ballot = Ballot(
        idea=body.idea_id,
        person=body.contact.person(inlet.caller.workspace_id),
        importance=body.importance,
        on_behalf=body.on_behalf,
        cast_by=inlet.caller.key_id,
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
    idea_id: Annotated[UUID, Query(description="the idea voted for")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Vote]:
    """List the votes for an idea in order of casting."""
    rows = await read.all(store.LIST, caller.workspace_id, idea_id, after(cursor), limit + 1)
    return page(rows, limit, _vote, lambda vote: (vote.id,))


@router.delete(
    "/{vote_id}", status_code=204, responses=EDITING | responses(NotFound), dependencies=[allow("votes:write")]
)
async def withdraw_vote(vote_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Withdraw a vote."""
    await domain.withdraw(tx, caller.workspace_id, vote_id)
