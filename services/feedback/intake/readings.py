"""What a kept delivery says: pure, and total over any bytes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from pydantic_core import from_json, to_json

from services.feedback.customers.domain import Person
from services.feedback.inbox.domain import Statement
from services.feedback.intake.adapters import ADAPTERS
from services.feedback.intake.adapters.bodies import decode_body
from services.feedback.intake.adapters.normalized import (
    DELIVERY,
    Ignored,
    Outcome,
    Response,
    Rules,
    Thin,
    Unreadable,
)
from services.feedback.intake.adapters.reading import bounded, decode

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Row(Protocol):
    """A kept delivery with its connection's rules, by column."""

    def __getitem__(self, column: str, /) -> Any: ...


class Reading(NamedTuple):
    """What a delivery says: the state that it is in now, the reason where there is one, and what is to be stored."""

    state: str
    reason: str | None = None
    statements: Sequence[Statement] = ()
    partial: bool = False
    """Its statements add to what is known of their records."""
    asked: Mapping[str, str] | None = None
    """What to ask the vendor for, who only named a response."""


def read(row: Row) -> Reading:
    """Read a delivery under its connection's rules."""
    rules = _rules(row["rules"])
    headers: dict[str, str] = from_json(row["headers"])
    outcome = understand(row["vendor"], headers, row["body"], row["fetched"], rules, row["delivery_key"])
    if isinstance(outcome, tuple):
        flags = sorted({flag for response in outcome for flag in response.flags})
        statements = [_statement(row, response) for response in outcome]
        return Reading("applied", ", ".join(flags) or None, statements, outcome[0].partial)
    if isinstance(outcome, Thin):
        return Reading("fetching", asked=outcome.asked)
    state, reason = verdict_of(outcome)
    return Reading(state, reason)


@lru_cache(maxsize=1_000)
def _rules(stored: str) -> Rules:
    """A connection has many deliveries for each change of its rules."""
    return Rules.from_json(from_json(stored))


def understand(
    vendor: str, headers: Mapping[str, str], body: bytes, fetched: bytes | None, rules: Rules, name: str
) -> Outcome:
    """What a delivery says: pure, and total over any bytes. `name` is what the delivery is known by."""
    adapter = ADAPTERS[vendor]
    found = decode_body(headers, body)
    if isinstance(found, Unreadable):
        return found
    told = {**headers, DELIVERY: name}
    if fetched is None or adapter.parse_fetched is None:
        return adapter.parse(told, found, rules)
    answer = decode(fetched)
    return answer if isinstance(answer, Unreadable) else adapter.parse_fetched(told, found, answer, rules)


def verdict_of(outcome: Ignored | Unreadable) -> tuple[Literal["ignored", "quarantined"], str]:
    """State and reason of a delivery that is set aside."""
    if isinstance(outcome, Ignored):
        return "ignored", f"{outcome.reason} {outcome.detail}" if outcome.detail else outcome.reason
    return "quarantined", f"{outcome.reason} {outcome.pointer}".strip()


def _statement(row: Row, response: Response) -> Statement:
    attributes: dict[str, Any] = {**response.hidden}
    if response.source_name:
        attributes["form"] = response.source_name
    return Statement(
        workspace_id=row["workspace_id"],
        source=row["vendor"],
        # The same response id may be used by two accounts of a vendor: the connection tells them apart.
        external_id=f"{row['connection_id']}:{response.record_key}",
        text=response.text,
        said_at=response.submitted_at or row["received_at"],
        linked_by=f"rule:{row['connection_id']}",
        person=_person(row["workspace_id"], row["vendor"], response),
        answers=to_json([answer.as_json() for answer in response.answers]).decode(),
        attributes=to_json(attributes).decode(),
        source_url=response.source_url,
        language=response.language,
        ideas=response.ideas,
        product_id=row["product_id"],
        connection_id=row["connection_id"],
        delivery_id=row["id"],
        revised_at=EPOCH + timedelta(microseconds=response.version) if response.version is not None else None,
        replaces=True,
        lenient=True,
        traceparent=row["traceparent"],
    )


def _person(workspace_id: UUID, vendor: str, response: Response) -> Person | None:
    person = response.person
    if person is None:
        return None
    named = person.external_id
    # A vendor's respondent id is no id of the customer's own: it identifies only where nothing better does.
    if named is None and person.email is None and person.respondent_id is not None:
        named = bounded(f"{vendor}:{person.respondent_id}")
    if named is None and person.email is None:
        return None
    return Person(workspace_id, None, named, person.email, person.name, person.account_external_id)
