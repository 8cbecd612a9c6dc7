"""What becomes of a file's rows: read as records of their kind, checked, stored; or rehearsed, and taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.feedback.customers import domain as customers
from services.feedback.customers.api import ContactRef
from services.feedback.imports import domain, importers
from services.feedback.imports.domain import Checked, Stored, ideas_named, identity_of
from services.feedback.imports.job import Job, RowError, Tally, faulty
from services.feedback.imports.readers.row import Row
from services.feedback.mappings.kinds import FIRST, VALIDATORS, Record, is_field
from services.feedback.mappings.mapping import Kind, shaped
from services.feedback.origins import domain as origins
from services.feedback.rehearsals import domain as rehearsals
from services.feedback.rehearsals.domain import Rehearsed
from shared.database import Tx
from shared.errors import FieldError, Invalid
from shared.problems import field_errors

TABULAR = frozenset({"csv", "xlsx"})


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows that follow each other, with what was found in them before anything of it is stored."""

    rows: Sequence[Row]
    records: dict[Kind, list[Checked]] = field(default_factory=dict[Kind, list[Checked]])
    tally: Tally = field(default_factory=Tally)


def portion_of(job: Job, rows: Sequence[Row]) -> Portion:
    """The records of some rows that belong into this pass. A row with an error brings nothing."""
    portion = Portion(rows)
    tally = portion.tally
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
        except Invalid as error:
            tally.errors.append(faulty(row, error.errors))
            continue
        except ValueError as error:
            tally.errors.append(faulty(row, [FieldError("", str(error))]))
            continue
        for place, (each, body) in enumerate(records):
            if job.passes == 1 or (each.kind in FIRST) == (job.pass_ == 1):
                portion.records.setdefault(each.kind, []).append(Checked(row, place, body))
    return portion


def _records(job: Job, row: Row, tally: Tally) -> list[Record]:
    assert row.value is not None  # looked at by the caller
    if job.vendor is not None:
        reading = importers.read(job.vendor, row.value, job.statuses)
        if job.pass_ == 1:
            tally.noticed.update(("columns", name) for name in reading.columns)
            tally.noticed.update(("statuses", word) for word, status in reading.words if status is None)
            tally.noticed.update(("understood", f"{status or 'open'}:{word}") for word, status in reading.words)
        return reading.records
    kind: Any = job.kind
    fields = shaped(
        job.mapping, kind, row.value, tabular=job.format in TABULAR, known=lambda name: is_field(name, kind)
    )
    return [Record(kind, fields)]


async def store_portion(tx: Tx, job: Job, portion: Portion) -> Tally:
    """Store what belongs into this pass; of a dry run tell what would come of it, and store that."""
    tally = portion.tally.copied()
    if job.dry_run:
        stored = await _rehearse(tx, job, portion.records, tally)
    else:
        stored = await domain.store(tx, job, portion.records)
    for each in stored:
        if isinstance(each.outcome, Invalid):
            tally.errors.append(faulty(each.checked.row, each.outcome.errors))
        else:
            tally.counts[each.kind, each.outcome] += 1
    return tally


class _TakenBack(Exception):
    """Everything went as it will; nothing of it stays."""


async def _rehearse(tx: Tx, job: Job, records: Mapping[Kind, Sequence[Checked]], tally: Tally) -> list[Stored]:
    """What would become of records; noted record by record, and of whom and what they would be parts in the tally."""
    stored: list[Stored] = []
    noted: list[Rehearsed] = []
    try:
        async with tx.savepoint():
            stored = await domain.store(tx, job, records)
            noted = await _noted(tx, job, [each for each in stored if not isinstance(each.outcome, Invalid)])
            raise _TakenBack
    except _TakenBack:
        told = iter(await rehearsals.keep(tx, job.workspace_id, job.id, noted) if noted else ())
    found: list[Stored] = []
    for each in stored:
        if isinstance(each.outcome, Invalid):
            found.append(each)
            continue
        record = next(told)
        found.append(each._replace(outcome=record.outcome))
        tally.noticed["resolved", f"{each.kind}:ideas_known"] += record.ideas_known
        tally.noticed["resolved", f"{each.kind}:ideas_new"] += record.ideas_new
        if record.contact is not None:
            tally.noticed["resolved", f"{each.kind}:contacts_{record.contact}"] += 1
    return found


async def _noted(tx: Tx, job: Job, stored: Sequence[Stored]) -> list[Rehearsed]:
    """While it is there: which ideas and contacts the records are parts of."""
    names = {name for each in stored for name in _ideas(each)}
    ids = await ideas_named(tx, job, sorted(names)) if names else {}
    ids |= await origins.find_here(tx, job.workspace_id, [name for name in names if name not in ids])
    firsts = await origins.names_of(tx, job.workspace_id, job.source, list(set(ids.values()))) if ids else {}
    people = [contact.person(job.workspace_id) for each in stored if (contact := _contact(each)) is not None]
    contacts = iter(await customers.recognise(tx, people) if people else ())
    noted: list[Rehearsed] = []
    for each in stored:
        contact = _contact(each)
        noted.append(
            Rehearsed(
                each.checked.row.number,
                each.checked.place,
                each.kind,
                str(each.outcome),
                _name(job, each, ids, firsts),
                _said(each),
                [(name, ids.get(name)) for name in _ideas(each)],
                each.checked.body.merged_into if each.kind == "ideas" else None,
                contact is not None,
                next(contacts) if contact is not None else None,
            )
        )
    return noted


def _ideas(each: Stored) -> Sequence[str]:
    body = each.checked.body
    match each.kind:
        case "ideas":
            return (body.external_id,)
        case "votes" | "comments":
            return (body.idea,)
        case "feedback":
            return body.ideas
        case _:
            return ()


def _contact(each: Stored) -> ContactRef | None:
    return each.checked.body if each.kind == "contacts" else getattr(each.checked.body, "contact", None)


def _name(job: Job, each: Stored, ids: Mapping[str, UUID], firsts: Mapping[UUID, str]) -> str:
    """What makes it the same record in another row."""
    body = each.checked.body
    match each.kind:
        case "votes":
            idea = ids[body.idea]
            return f"{firsts.get(idea, idea)}\n{_person(body.contact)}"
        case "contacts":
            return _person(body)
        case "feedback":
            source = body.source if "source" in body.model_fields_set else job.source
            return f"{source}\n{body.external_id or identity_of(each.checked.row)}"
        case _:
            return body.external_id


def _person(contact: ContactRef) -> str:
    return contact.email or contact.external_id or str(contact.id)


def _said(each: Stored) -> str | None:
    """What it says, where saying something else later changes it."""
    body = each.checked.body
    if each.kind == "accounts":
        return body.model_dump_json()
    return f"{body.importance}\n{body.source_url}\n{body.reason}" if each.kind == "votes" else None
