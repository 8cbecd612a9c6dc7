"""Mappings tried out over HTTP."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, Field

from services.feedback.intake.adapters.normalized import Response, Rules, Thin
from services.feedback.intake.readings import verdict_of
from services.feedback.trials import domain
from services.feedback.trials.domain import Trial
from shared.problems import EDITING
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Line, Wire, storable

router = APIRouter(prefix="/v1/connections", tags=["connections"], route_class=Route)


class TrialIn(Wire):
    """A payload to try a mapping with: that of a stored delivery, else the body, else the JSON that is given here."""

    payload: dict[str, Any] | list[Any] | None = Field(
        default=None,
        description="JSON as the vendor would send it",
        examples=[{"event_id": "e-1", "text": "The export is slow", "email": "ada@example.com"}],
    )
    body: str | None = Field(
        default=None, max_length=500_000, description="the body as text, for vendors that send forms"
    )
    content_type: Line = "application/json"
    headers: dict[Line, Annotated[str, Field(max_length=2_000), AfterValidator(storable)]] = Field(
        default_factory=dict, max_length=50, description="those that count for the vendor, such as `X-GitHub-Event`"
    )
    fetched: dict[str, Any] | None = Field(
        default=None, description="what the vendor would answer where it only names responses"
    )
    delivery_id: UUID | None = Field(default=None, description="a delivery of this connection, instead of a payload")
    rules: Rules | None = Field(default=None, description="the mapping to try; the connection's own when left out")


class TrialPerson(Wire):
    """Whom a response would be attributed to."""

    external_id: str | None
    email: str | None
    name: str | None
    account_external_id: str | None
    respondent_id: str | None


class TrialResponse(Wire):
    """One response as it would be stored."""

    record_key: str = Field(description="what it would be recognised by when it comes again")
    text: str
    answers: list[dict[str, Any]]
    person: TrialPerson | None
    ideas: list[str]
    submitted_at: datetime | None
    attributes: dict[str, str]
    source_name: str | None
    source_url: str | None
    language: str | None
    flags: list[str] = Field(description="what could not be read or applied")


class TrialResult(Wire):
    """What a payload would become. Nothing is stored."""

    state: Literal["applied", "ignored", "quarantined", "fetching"]
    reason: str | None
    asked: dict[str, str] | None = Field(
        description="what the vendor would be asked for where it names a response only"
    )
    responses: list[TrialResponse]


@router.post("/{connection_id}/mapping:test", responses=EDITING, dependencies=[allow("connections:read")])
async def test_mapping(connection_id: UUID, body: TrialIn, caller: CallerDep, read: ReadDep) -> TrialResult:
    """Show what a payload would become under these rules. Nothing is stored, and no vendor is asked."""
    sent = None if body.payload is None else _raw(body.payload)
    trial = Trial(
        delivery_id=body.delivery_id,
        headers={"content-type": body.content_type, **{name.lower(): value for name, value in body.headers.items()}},
        body=sent if body.body is None else body.body.encode(errors="replace"),
        fetched=None if body.fetched is None else _raw(body.fetched),
        rules=body.rules,
    )
    outcome = await domain.attempt(read, caller.workspace_id, connection_id, trial)
    if isinstance(outcome, Thin):
        return TrialResult(state="fetching", reason=None, asked=dict(outcome.asked), responses=[])
    if isinstance(outcome, tuple):
        return TrialResult(state="applied", reason=None, asked=None, responses=[_response(each) for each in outcome])
    state, reason = verdict_of(outcome)
    return TrialResult(state=state, reason=reason, asked=None, responses=[])


def _raw(value: Any) -> bytes:
    """The bytes a vendor would send: escaped, for a payload may hold half a character, as vendors' do."""
    return json.dumps(value).encode()


def _response(each: Response) -> TrialResponse:
    person = each.person
    return TrialResponse(
        record_key=each.record_key,
        text=each.text,
        answers=[answer.as_json() for answer in each.answers],
        person=None
        if person is None
        else TrialPerson(
            external_id=person.external_id,
            email=person.email,
            name=person.name,
            account_external_id=person.account_external_id,
            respondent_id=person.respondent_id,
        ),
        ideas=list(each.ideas),
        submitted_at=each.submitted_at,
        attributes=dict(each.hidden),
        source_name=each.source_name,
        source_url=each.source_url,
        language=each.language,
        flags=list(each.flags),
    )
