"""Feedback over HTTP."""

from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field
from pydantic_core import from_json, to_json

from services.feedback.customers import domain as customers
from services.feedback.customers.api import ContactRef
from services.feedback.inbox import domain, store
from services.feedback.inbox.domain import Recorded, Statement
from services.feedback.texts.redaction import redacted_json
from shared.access.keys import Caller
from shared.database import Tx
from shared.errors import NotFound, Problem
from shared.ingest import Stored, Submission, store_once, submission
from shared.problems import EDITING, GUARDED, responses
from shared.routes import Answer, CallerDep, IngestRoute, InletDep, ReadDep, Route, allow
from shared.runtime import Batch, Runtime
from shared.telemetry import traceparent
from shared.wire import Attributes, Key, Line, Moment, Slug, Text, Wire

router = APIRouter(prefix="/v1", tags=["feedback"], route_class=Route)
ingest = APIRouter(prefix="/v1/feedback", tags=["feedback"], route_class=IngestRoute)


class FeedbackIn(Wire):
    """Something a customer said."""

    text: Text = Field(description="their own words", examples=["I can't get my numbers out at month end."])
    source: Slug = Field(default="api", description="channel it came through", examples=["support"])
    external_id: Key | None = Field(
        default=None, description="its id at the source: the same one is stored once", examples=["ticket-4711"]
    )
    contact: ContactRef | None = None
    said_at: Moment | None = Field(default=None, description="when they said it; now when left out")
    source_url: Line | None = Field(default=None, examples=["https://example.com/tickets/4711"])
    language: Slug | None = Field(default=None, examples=["en"])
    attributes: Attributes = Field(default_factory=dict, examples=[{"plan": "pro"}])
    product: Key | None = Field(default=None, description="id or key of the product it is about")
    ideas: list[Key] = Field(
        default_factory=list, max_length=20, description="ids or keys of ideas it speaks for", examples=[["csv-export"]]
    )

    def statement(self, caller: Caller) -> Statement:
        """The same for the domain."""
        return Statement(
            workspace_id=caller.workspace_id,
            source=self.source,
            text=self.text,
            said_at=self.said_at or datetime.now(UTC),
            linked_by=caller.actor,
            external_id=self.external_id,
            person=self.contact.person(caller.workspace_id) if self.contact is not None else None,
            attributes=to_json(self.attributes).decode() if self.attributes else "{}",
            source_url=self.source_url,
            language=self.language,
            ideas=tuple(self.ideas),
            product=self.product,
            traceparent=traceparent.get(),
        )


class FeedbackAccepted(Wire):
    """Where it is stored: `created` now, or a `duplicate` of what the source sent before."""

    id: UUID
    status: Literal["created", "duplicate"]


class Feedback(Wire):
    """One immutable statement from one contact through one channel."""

    id: UUID
    source: str
    external_id: str
    contact_id: UUID | None
    text: str
    answers: list[dict[str, Any]] = Field(description="a survey's answers: key, label, kind, value, choice_ids")
    attributes: dict[str, Any]
    source_url: str | None
    language: str | None
    product_id: UUID | None = Field(description="the product that it is about, where its source said so")
    connection_id: UUID | None = Field(description="the connection that it was delivered through")
    delivery_id: UUID | None = Field(description="the raw delivery that it was read from")
    said_at: datetime
    received_at: datetime
    version: int = Field(description="rises when the source sends it again with more in it")


async def _flush(runtime: Runtime, batch: Sequence[Submission[Statement]]) -> list[Stored]:
    plain = [position for position, each in enumerate(batch) if domain.is_plain(each.body)]
    answers: dict[int, Stored] = {}
    if plain:
        stored = await _store_plain(runtime, [batch[position] for position in plain])
        answers.update(zip(plain, stored or (), strict=stored is not None))
    rest = [position for position in range(len(batch)) if position not in answers]
    if rest:
        apart = _store_rest if plain else _store_all
        answers.update(zip(rest, await apart(runtime, [batch[position] for position in rest]), strict=True))
    return [answers[position] for position in range(len(batch))]


async def _store_all(runtime: Runtime, batch: Sequence[Submission[Statement]]) -> list[Stored]:
    return await store_once(runtime.database, batch, _store)


async def _store_rest(runtime: Runtime, batch: Sequence[Submission[Statement]]) -> list[Stored]:
    """The same beside plain ones, which may be stored by now: what goes wrong here is not theirs, nor told to them."""
    try:
        return await _store_all(runtime, batch)
    except Exception as error:  # noqa: BLE001  # every kind belongs to the requests of this part
        if len(batch) == 1 or isinstance(error, Problem):
            return [error for _ in batch]
        half = len(batch) // 2
        return [*await _store_rest(runtime, batch[:half]), *await _store_rest(runtime, batch[half:])]


async def _store_plain(runtime: Runtime, batch: Sequence[Submission[Statement]]) -> list[Answer] | None:
    statements, keys = [each.body for each in batch], [each.asked for each in batch]
    async with runtime.database.lane({each.workspace_id for each in batch}, emits=True) as lane:
        stored = await domain.record_new(lane, statements, keys)
    return [Answer(201, _CREATED % id.encode()) for id in stored] if stored is not None else None


async def _store(tx: Tx, fresh: Sequence[Submission[Statement]]) -> list[Answer | Exception]:
    return [_answer(result) for result in await domain.record(tx, [each.body for each in fresh])]


FEEDBACK = Batch("feedback", _flush)
_CREATED = b'{"id":"%s","status":"created"}'
"""As `store.ADD_NEW` writes it."""


def _answer(result: Recorded | Exception) -> Answer | Exception:
    if isinstance(result, Exception):
        return result
    created = result.status == "created"
    return Answer(
        201 if created else 200, b'{"id":"%s","status":"%s"}' % (str(result.id).encode(), result.status.encode())
    )


@ingest.post(
    "",
    status_code=201,
    response_model=FeedbackAccepted,
    responses=EDITING | {200: {"model": FeedbackAccepted, "description": "it is there already, or was updated"}},
    dependencies=[allow("feedback:write")],
)
def create_feedback(inlet: InletDep, body: FeedbackIn) -> Awaitable[Answer]:
    """Store what a customer said. The same `source` and `external_id` again answer 200 with the first one's id."""
    assert inlet.caller is not None  # the route demands a scope
    return inlet.runtime.submit(FEEDBACK, submission(inlet, body.statement(inlet.caller)))


def shown(row: asyncpg.Record, *, redact: bool, known: Sequence[str] = ()) -> Feedback:
    """A row as callers see it.

    With `redact` as a page that outsiders see may show it: without what identifies a person, as far as that is obvious,
    and without the names `known` of who wrote it.
    """
    given = {name: row[name] for name in Feedback.model_fields}
    whole = Feedback(**given | {"answers": from_json(row["answers"]), "attributes": from_json(row["attributes"])})
    if not redact:
        return whole
    words = {
        name: redacted_json(getattr(whole, name), known) for name in ("text", "answers", "attributes", "source_url")
    }
    return whole.model_copy(update={**words, "contact_id": None})


Redact = Annotated[
    bool,
    Query(description="true: take out e-mail addresses, phone numbers and the like, and who said it, to show outside"),
]


@router.get("/feedback/{feedback_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("feedback:read")])
async def get_feedback(feedback_id: UUID, caller: CallerDep, read: ReadDep, redact: Redact = False) -> Feedback:
    """Show one feedback."""
    row = await read.one(store.GET, caller.workspace_id, feedback_id)
    if row is None:
        raise NotFound("No feedback by that id.")
    known = await customers.known_as(read, caller.workspace_id, [row["contact_id"]] if redact else ())
    return shown(row, redact=redact, known=known[row["contact_id"]])
