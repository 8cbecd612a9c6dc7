"""What becomes of a file's rows: read as records of their kind, checked, stored through the same doors as all else."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import ValidationError

from services.feedback.accounts import domain as accounts
from services.feedback.accounts.api import AccountIn
from services.feedback.accounts.domain import AccountChange
from services.feedback.comments import bulk as comments
from services.feedback.comments.bulk import Arrival
from services.feedback.customers import domain as customers
from services.feedback.customers.api import ContactRef
from services.feedback.demand import domain as demand
from services.feedback.ideas.domain import Sketch
from services.feedback.imports import importers
from services.feedback.imports.job import Job, RowError, Tally, dumped, faulty
from services.feedback.imports.readers.row import Row
from services.feedback.inbox import domain as inbox
from services.feedback.inbox.api import FeedbackIn
from services.feedback.inbox.domain import Recorded
from services.feedback.mappings.kinds import FIRST, VALIDATORS, CommentRow, IdeaRow, Record, VoteRow
from services.feedback.mappings.mapping import Kind, shaped
from services.feedback.origins import domain as origins
from services.feedback.votes import domain as votes
from services.feedback.votes.domain import Ballot, Cast
from shared.database import Tx
from shared.errors import FieldError, Invalid
from shared.ids import new_id
from shared.problems import field_errors

TABULAR = frozenset({"csv", "xlsx"})


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
            records = [(each, VALIDATORS[each.kind].validate_python(each.fields)) for each in _records(job, row, tally)]
        except ValidationError as error:
            found = field_errors(error.errors(include_url=False, include_input=False))
            tally.errors.append(faulty(row, found))
            continue
        except ValueError as error:
            tally.errors.append(faulty(row, [FieldError("", str(error))]))
            continue
        for each, body in records:
            if job.passes == 1 or (each.kind in FIRST) == (job.pass_ == 1):
                by_kind.setdefault(each.kind, []).append(_Checked(row, body))
    return by_kind


def _records(job: Job, row: Row, tally: Tally) -> list[Record]:
    assert row.value is not None  # looked at by the caller
    if job.vendor is not None:
        reading = importers.read(job.vendor, row.value, job.statuses)
        if job.pass_ == 1:
            tally.noticed.update(("columns", name) for name in reading.columns)
            tally.noticed.update(("statuses", word) for word in reading.words)
        return reading.records
    kind: Any = job.kind
    return [Record(kind, shaped(job.mapping, kind, row.value, tabular=job.format in TABULAR))]


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
                tally.errors.append(faulty(each.row, outcome.errors))
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
        origins.Arrival(
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
                body.tags,
                body.attributes,
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


async def _comments(tx: Tx, job: Job, given: Sequence[tuple[Row, CommentRow]]) -> Outcomes:
    if job.dry_run and job.vendor is not None:
        return ["created"] * len(given)
    known = await origins.find_originals(tx, job.workspace_id, job.source, [body.idea for _, body in given])
    missing = Invalid(errors=[FieldError("/idea", "no idea by that external id at the source, or by that id or key")])
    brought = await comments.bring(
        tx,
        job.workspace_id,
        job.actor,
        job.source,
        [
            Arrival(
                body.external_id,
                known[body.idea],
                body.text,
                body.visibility,
                body.contact.person(job.workspace_id) if body.contact is not None else None,
                body.signature,
                body.parent,
                body.created_at,
            )
            for _, body in given
            if body.idea in known
        ],
    )
    outcomes = iter(brought)
    return [next(outcomes) if body.idea in known else missing for _, body in given]


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
    return f"row-{row.number}-{sha256(dumped(row).encode(errors='replace')).hexdigest()[:24]}"


Store = Callable[..., Any]
# Whom and what the others name comes first.
_STORES: dict[Kind, Store] = {
    "accounts": _accounts,
    "contacts": _contacts,
    "ideas": _ideas,
    "votes": _votes,
    "comments": _comments,
    "feedback": _feedback,
}
