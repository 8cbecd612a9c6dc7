"""What becomes of a file's rows: read as records of their kind, checked, stored through the same doors as all else."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic import ValidationError
from pydantic_core import from_json

from services.feedback.accounts import domain as accounts
from services.feedback.accounts.api import AccountIn
from services.feedback.accounts.domain import AccountChange
from services.feedback.customers import domain as customers
from services.feedback.customers.api import ContactRef
from services.feedback.demand import domain as demand
from services.feedback.ideas.domain import Sketch
from services.feedback.imports.importers import IMPORTERS, Vendor
from services.feedback.imports.readers.row import MOST_RAW, Row
from services.feedback.inbox import domain as inbox
from services.feedback.inbox.api import FeedbackIn
from services.feedback.inbox.domain import Recorded
from services.feedback.mappings.kinds import FIRST, VALIDATORS, IdeaRow, Record, VoteRow
from services.feedback.mappings.mapping import Kind, Mapping, shaped
from services.feedback.origins import domain as origins
from services.feedback.origins.domain import Arrival
from services.feedback.votes import domain as votes
from services.feedback.votes.domain import Ballot, Cast
from shared.access.keys import Caller
from shared.database import Tx
from shared.errors import FieldError, Invalid
from shared.ids import new_id
from shared.problems import field_errors

TABULAR = frozenset({"csv", "xlsx"})


@dataclass(frozen=True, slots=True)
class Job:
    """An import as its worker has it. `position` and `number` are where it goes on: the end of the last row stored."""

    id: UUID
    workspace_id: UUID
    holder: UUID
    kind: str | None
    vendor: Vendor | None
    format: str
    source: str
    mapping: Mapping
    dry_run: bool
    upload: UUID
    size: int
    currency: str
    key_id: UUID
    starts: int
    pass_: int
    position: int
    number: int
    rows: int
    counts: dict[str, dict[str, int]]

    @classmethod
    def of(cls, row: asyncpg.Record, holder: UUID) -> "Job":
        """As it was claimed."""
        content = dict(row)
        content.pop("extent")
        mapping, counts = content.pop("mapping"), content.pop("counts")
        return cls(
            **content | {"pass_": content.pop("pass")},
            holder=holder,
            mapping=Mapping.model_validate_json(mapping),
            counts=from_json(counts),
        )

    @property
    def passes(self) -> int:
        """How often the file is read: a vendor's votes name ideas that may come after them."""
        return 2 if self.vendor is not None else 1

    @property
    def brings_ideas(self) -> bool:
        """Whether ideas of it may have to be merged."""
        return not self.dry_run and (self.vendor is not None or self.kind == "ideas")

    @property
    def caller(self) -> Caller:
        """Whoever asked for it."""
        return Caller(self.key_id, self.workspace_id, "", frozenset(), 0, self.currency)


class RowError(NamedTuple):
    """A row that could not be stored, and why."""

    number: int
    errors: Sequence[FieldError]
    raw: str


@dataclass(slots=True)
class Tally:
    """What became of some rows."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """By kind and outcome: created, updated, duplicate."""
    errors: list[RowError] = field(default_factory=list[RowError])


def errors_as_json(errors: Sequence[RowError]) -> str:
    """What is kept of rows with errors; NUL and lone surrogates, which could not be, are shown as replaced."""
    return json.dumps(
        [
            {
                "number": each.number,
                "errors": [
                    {"pointer": storable_text(one.pointer), "reason": storable_text(one.reason)} for one in each.errors
                ],
                "raw": storable_text(each.raw),
            }
            for each in errors
        ]
    )


def storable_text(text: str) -> str:
    """The text with NUL and lone surrogates replaced, to be shown."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")


class _Checked(NamedTuple):
    row: Row
    body: Any


class _Rehearsed(Exception):
    """Everything went as it will; nothing of it stays."""


Outcomes = Sequence[str | Invalid]


async def store_rows(tx: Tx, job: Job, rows: Sequence[Row]) -> Tally:
    """Store what belongs into this pass. A row with an error brings nothing; the others are stored whatever it is."""
    tally = Tally()
    by_kind = _checked(job, rows, tally)
    if not job.dry_run:
        await _store_kinds(tx, job, by_kind, tally)
        return tally
    try:
        async with tx.savepoint():
            await _store_kinds(tx, job, by_kind, tally)
            raise _Rehearsed
    except _Rehearsed:
        return tally


def _checked(job: Job, rows: Sequence[Row], tally: Tally) -> dict[Kind, list[_Checked]]:
    by_kind: dict[Kind, list[_Checked]] = {}
    for row in rows:
        if row.value is None:
            tally.errors.append(RowError(row.number, [FieldError("", row.fault)], row.raw))
            continue
        try:
            records = [(each, VALIDATORS[each.kind].validate_python(each.fields)) for each in _records(job, row)]
        except ValidationError as error:
            found = field_errors(error.errors(include_url=False, include_input=False))
            tally.errors.append(_faulty(row, found))
            continue
        except ValueError as error:
            tally.errors.append(_faulty(row, [FieldError("", str(error))]))
            continue
        for each, body in records:
            if job.passes == 1 or (each.kind in FIRST) == (job.pass_ == 1):
                by_kind.setdefault(each.kind, []).append(_Checked(row, body))
    return by_kind


def _records(job: Job, row: Row) -> list[Record]:
    assert row.value is not None  # looked at by the caller
    if job.vendor is not None:
        return IMPORTERS[job.vendor](row.value)
    kind: Any = job.kind
    return [Record(kind, shaped(job.mapping, kind, row.value, tabular=job.format in TABULAR))]


def _faulty(row: Row, errors: Sequence[FieldError]) -> RowError:
    shown = [FieldError(each.pointer.removeprefix("/body"), each.reason) for each in errors]
    return RowError(row.number, shown, _dumped(row)[:MOST_RAW])


def _dumped(row: Row) -> str:
    """The row as JSON, whatever is in it."""
    try:
        return json.dumps(row.value, ensure_ascii=False, default=str)
    except ValueError:
        # A number with thousands of digits is read, and not written.
        return ", ".join(row.value or ())


async def _store_kinds(tx: Tx, job: Job, by_kind: dict[Kind, list[_Checked]], tally: Tally) -> None:
    if "accounts" in by_kind:
        # Before anything else is locked: who changes revenue holds the workspace alone.
        await demand.hold(tx, (), [job.workspace_id])
    for kind, store in _STORES.items():
        given = by_kind.get(kind)
        if not given:
            continue
        outcomes = await store(tx, job, [(each.row, each.body) for each in given])
        for each, outcome in zip(given, outcomes, strict=True):
            if isinstance(outcome, Invalid):
                tally.errors.append(_faulty(each.row, outcome.errors))
            else:
                tally.counts[kind, outcome] += 1


async def _accounts(tx: Tx, job: Job, given: Sequence[tuple[Row, AccountIn]]) -> Outcomes:
    # The last word on each counts.
    last = {body.external_id: body for _, body in given}
    saved = await accounts.save_accounts(
        tx, job.workspace_id, [AccountChange(**body.model_dump()) for body in last.values()]
    )
    versions = {row["external_id"]: row["version"] for row in saved}
    return [
        "duplicate" if last[body.external_id] is not body else _made(versions[body.external_id]) for _, body in given
    ]


def _made(version: int) -> str:
    return "created" if version == 1 else "updated"


async def _contacts(tx: Tx, job: Job, given: Sequence[tuple[Row, ContactRef]]) -> Outcomes:
    began = _milliseconds(new_id())
    found = await customers.recognise(tx, [body.person(job.workspace_id) for _, body in given])
    seen: set[UUID] = set()
    outcomes: list[str | Invalid] = []
    for contact in found:
        if contact is None:
            outcomes.append(Invalid(errors=[FieldError("/id", "no contact by that id")]))
        else:
            # Ids tell when they were made.
            outcomes.append("created" if _milliseconds(contact) >= began and contact not in seen else "duplicate")
            seen.add(contact)
    return outcomes


def _milliseconds(id: UUID) -> int:
    return id.int >> 80


async def _ideas(tx: Tx, job: Job, given: Sequence[tuple[Row, IdeaRow]]) -> Outcomes:
    arrivals = [
        Arrival(
            body.external_id,
            Sketch(
                body.title,
                body.description or "",
                body.kind,
                body.status,
                body.key,
                body.archived,
                body.created_at,
                body.updated_at,
            ),
            body.merged_into,
        )
        for _, body in given
    ]
    taken = Invalid(errors=[FieldError("/key", "there is an idea with this key already")])
    outcomes = await origins.add(tx, job.workspace_id, job.currency, job.source, arrivals)
    return [taken if outcome == "key_taken" else outcome for outcome in outcomes]


async def _votes(tx: Tx, job: Job, given: Sequence[tuple[Row, VoteRow]]) -> Outcomes:
    if job.dry_run and job.vendor is not None:
        # Its ideas are in the file and nowhere else yet.
        return ["created"] * len(given)
    known = await origins.find(tx, job.workspace_id, job.source, [body.idea for _, body in given])
    cast = await votes.cast(
        tx,
        [
            Ballot(
                idea=str(known.get(body.idea, body.idea)),
                person=body.contact.person(job.workspace_id),
                importance=body.importance,
                on_behalf=body.on_behalf,
                cast_by=job.key_id,
                source_url=body.source_url,
                reason=body.reason,
                cast_at=body.created_at,
            )
            for _, body in given
        ],
    )
    return [_cast(each) for each in cast]


def _cast(each: Cast | Invalid) -> str | Invalid:
    if isinstance(each, Invalid):
        return Invalid(
            errors=[FieldError(error.pointer.replace("/idea_id", "/idea"), error.reason) for error in each.errors]
        )
    return each.status


async def _feedback(tx: Tx, job: Job, given: Sequence[tuple[Row, FeedbackIn]]) -> Outcomes:
    named = {name for _, body in given for name in body.ideas}
    known = await origins.find(tx, job.workspace_id, job.source, sorted(named))
    caller = job.caller
    statements = [
        body.statement(caller)._replace(
            source=body.source if "source" in body.model_fields_set else job.source,
            external_id=body.external_id or _identity(row),
            ideas=tuple(str(known.get(name, name)) for name in body.ideas),
            # A note may be linked with what is not imported: that must not cost the note.
            lenient=job.vendor is not None,
        )
        for row, body in given
    ]
    return [each.status if isinstance(each, Recorded) else each for each in await inbox.record(tx, statements)]


def _identity(row: Row) -> str:
    """For a row without an id of its own: the same row of the same file again is the same statement."""
    return f"row-{row.number}-{sha256(_dumped(row).encode(errors='replace')).hexdigest()[:24]}"


Store = Callable[..., Any]
# Whom and what the others name comes first.
_STORES: dict[Kind, Store] = {
    "accounts": _accounts,
    "contacts": _contacts,
    "ideas": _ideas,
    "votes": _votes,
    "feedback": _feedback,
}
