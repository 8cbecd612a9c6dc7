"""What becomes of a file's records: stored through the doors that all else uses; or rehearsed, and taken back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.feedback.accounts import domain as accounts
from services.feedback.accounts.api import AccountIn
from services.feedback.accounts.domain import AccountChange
from services.feedback.comments import bulk as comments
from services.feedback.comments.bulk import Arrival
from services.feedback.customers import domain as customers
from services.feedback.customers.api import ContactRef
from services.feedback.demand import domain as demand
from services.feedback.ideas.domain import Sketch
from services.feedback.imports.identities import contact_of, ideas_of, identity_of, name_of, said_by
from services.feedback.imports.job import Job, Tally, faulty
from services.feedback.imports.portions import Checked, Portion
from services.feedback.imports.readers.row import Row
from services.feedback.inbox import domain as inbox
from services.feedback.inbox.api import FeedbackIn
from services.feedback.inbox.domain import Recorded
from services.feedback.mappings.kinds import CommentRow, IdeaRow, VoteRow
from services.feedback.mappings.mapping import Kind
from services.feedback.origins import domain as origins
from services.feedback.rehearsals import domain as rehearsals
from services.feedback.rehearsals.domain import Rehearsed
from services.feedback.votes import domain as votes
from services.feedback.votes.domain import Ballot, Cast
from shared.database import Tx
from shared.errors import FieldError, Invalid
from shared.ids import new_id

Outcome = str | Invalid
"""`created`, `updated`, `duplicate`, or what is wrong."""


class Stored(NamedTuple):
    """A record, and what became of it."""

    kind: Kind
    checked: Checked
    outcome: Outcome


async def store_portion(tx: Tx, job: Job, portion: Portion) -> Tally:
    """Store what belongs into this pass; of a dry run tell what would come of it, and store that."""
    tally = portion.tally.copied()
    if job.dry_run:
        stored = await _rehearse(tx, job, portion.records, tally)
    else:
        stored = await _store(tx, job, portion.records)
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
            stored = await _store(tx, job, records)
            noted = await _noted(tx, job, [each for each in stored if not isinstance(each.outcome, Invalid)])
            raise _TakenBack
    except _TakenBack:
        becoming = iter(await rehearsals.keep(tx, job.workspace_id, job.id, noted) if noted else ())
    found: list[Stored] = []
    for each in stored:
        if isinstance(each.outcome, Invalid):
            found.append(each)
            continue
        record = next(becoming)
        found.append(each._replace(outcome=record.outcome))
        told = {"ideas_known": record.ideas_known, "ideas_new": record.ideas_new, f"contacts_{record.contact}": 1}
        told = {what: number for what, number in told.items() if number and what != "contacts_None"}
        tally.noticed.update({("resolved", f"{each.kind}:{what}"): number for what, number in told.items()})
    return found


async def _noted(tx: Tx, job: Job, stored: Sequence[Stored]) -> list[Rehearsed]:
    """While it is there: which ideas and contacts the records are parts of."""
    names = {name for each in stored for name in ideas_of(each.kind, each.checked.body)}
    ids = await _ideas_named(tx, job, sorted(names)) if names else {}
    ids |= await origins.find_here(tx, job.workspace_id, [name for name in names if name not in ids])
    firsts = await origins.names_of(tx, job.workspace_id, job.source, list(set(ids.values()))) if ids else {}
    whose = [contact_of(each.kind, each.checked.body) for each in stored]
    people = [contact.person(job.workspace_id) for contact in whose if contact is not None]
    contacts = iter(await customers.recognise(tx, people) if people else ())
    noted: list[Rehearsed] = []
    for each, contact in zip(stored, whose, strict=True):
        noted.append(
            Rehearsed(
                each.checked.row.number,
                each.checked.place,
                each.kind,
                str(each.outcome),
                name_of(job, each.kind, each.checked, ids, firsts),
                said_by(each.kind, each.checked.body),
                [(name, ids.get(name)) for name in ideas_of(each.kind, each.checked.body)],
                each.checked.body.merged_into if each.kind == "ideas" else None,
                contact is not None,
                next(contacts) if contact is not None else None,
            )
        )
    return noted


async def _store(tx: Tx, job: Job, records: Mapping[Kind, Sequence[Checked]]) -> list[Stored]:
    """Store records, each answered by itself."""
    if "accounts" in records:
        # Before anything else is locked: who changes revenue holds the workspace alone.
        await demand.hold(tx, (), [job.workspace_id])
    stored: list[Stored] = []
    for kind, door in DOORS.items():
        if given := records.get(kind):
            outcomes = await door(tx, job, [(each.row, each.body) for each in given])
            stored += [Stored(kind, each, outcome) for each, outcome in zip(given, outcomes, strict=True)]
    return stored


Door = Callable[[Tx, Job, Sequence[tuple[Row, Any]]], Awaitable[Sequence[Outcome]]]


async def _ideas_named(tx: Tx, job: Job, names: Sequence[str], *, merged: bool = True) -> dict[str, UUID]:
    """Ideas by their external ids at the source, as many as came; of merged ones the survivors, unless not `merged`.

    In a rehearsal ideas that the file brings are there as well: stand-ins, which are taken back.
    """
    find = origins.find if merged else origins.find_originals
    known = await find(tx, job.workspace_id, job.source, names)
    if job.dry_run and job.vendor is not None and (rest := [name for name in names if name not in known]):
        known |= await rehearsals.stand_ins(tx, job.workspace_id, job.id, job.currency, job.source, rest)
    return known


async def _accounts(tx: Tx, job: Job, given: Sequence[tuple[Row, AccountIn]]) -> Sequence[Outcome]:
    # The last word on each counts.
    last = {body.external_id: body for _, body in given}
    changes = [AccountChange(**body.model_dump()) for body in last.values()]
    outcomes = await accounts.save_news(tx, job.workspace_id, changes)
    return ["duplicate" if last[body.external_id] is not body else outcomes[body.external_id] for _, body in given]


async def _contacts(tx: Tx, job: Job, given: Sequence[tuple[Row, ContactRef]]) -> Sequence[Outcome]:
    began = _milliseconds(new_id())
    found = await customers.recognise(tx, [body.person(job.workspace_id) for _, body in given])
    seen: set[UUID] = set()
    outcomes: list[Outcome] = []
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


async def _ideas(tx: Tx, job: Job, given: Sequence[tuple[Row, IdeaRow]]) -> Sequence[Outcome]:
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


async def _votes(tx: Tx, job: Job, given: Sequence[tuple[Row, VoteRow]]) -> Sequence[Outcome]:
    known = await _ideas_named(tx, job, [body.idea for _, body in given])
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


def _cast(each: Cast | Invalid) -> Outcome:
    if isinstance(each, Invalid):
        errors = each.errors
        return Invalid(errors=[FieldError(one.pointer.replace("/idea_id", "/idea"), one.reason) for one in errors])
    return each.status


async def _comments(tx: Tx, job: Job, given: Sequence[tuple[Row, CommentRow]]) -> Sequence[Outcome]:
    names = [body.idea for _, body in given]
    known = await _ideas_named(tx, job, names, merged=False)
    known |= await origins.find_here(tx, job.workspace_id, [name for name in names if name not in known])
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


async def _feedback(tx: Tx, job: Job, given: Sequence[tuple[Row, FeedbackIn]]) -> Sequence[Outcome]:
    named = sorted({name for _, body in given for name in body.ideas})
    known = await _ideas_named(tx, job, named) if named else {}
    caller = job.caller
    statements = [
        body.statement(caller)._replace(
            source=body.source if "source" in body.model_fields_set else job.source,
            external_id=body.external_id or identity_of(row),
            ideas=tuple(str(known.get(name, name)) for name in body.ideas),
            # A note may be linked with what is not imported: that must not cost the note.
            lenient=job.vendor is not None,
        )
        for row, body in given
    ]
    # One statement instead of three where all is new, as it is until a row was there before.
    fresh = not job.counts.get("feedback", {}).get("duplicate") and all(map(inbox.is_plain, statements))
    recorded = await inbox.record_plain(tx, statements) if fresh else None
    recorded = recorded if recorded is not None else await inbox.record(tx, statements)
    return [each.status if isinstance(each, Recorded) else each for each in recorded]


DOORS: dict[Kind, Door] = {
    "accounts": _accounts,
    "contacts": _contacts,
    "ideas": _ideas,
    "votes": _votes,
    "comments": _comments,
    "feedback": _feedback,
}
"""In this order: whom and what the others name comes first."""
