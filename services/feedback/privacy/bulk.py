"""The steps of an erasure: each goes through one place, some rows at a time, and says how far it came."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from services.feedback.comments import domain as comments
from services.feedback.demand import domain as demand
from services.feedback.intake import domain as intake
from services.feedback.intake import readings
from services.feedback.privacy import store
from services.feedback.privacy.places import PLACES, Place
from services.feedback.privacy.subject import Subject
from services.feedback.redaction import domain as redaction
from services.feedback.redaction.domain import Done, Sought
from services.feedback.segments import domain as segments
from services.feedback.surveys import domain as surveys
from shared.database import Tx
from shared.paging import FIRST

AT_ONCE = 1_000
"""Rows changed or looked at in a transaction."""
BODIES_AT_ONCE = 100
"""Raw deliveries read in a transaction: each may be a megabyte."""
COMMENTS_AT_ONCE = 50
"""Comments buried in a transaction: each is counted and told of."""


class Erasing(NamedTuple):
    """An erasure that is under way."""

    id: UUID
    workspace_id: UUID
    contact_ids: list[UUID]
    subject: Subject
    place: str
    """How far in the step; empty at its start."""


class Step(NamedTuple):
    """What one transaction did: rows changed by table, and where to go on; None when the step is over."""

    changed: dict[str, int]
    place: str | None = None
    contact_ids: list[UUID] | None = None
    """The person's contacts, where more of them were found."""


async def _search_deliveries(tx: Tx, erasing: Erasing) -> Step:
    """Raw deliveries: what their statements were read from, parts and states of those, and whatever names them."""
    after = UUID(erasing.place) if erasing.place else FIRST
    rows = await tx.all(store.SCAN_DELIVERIES, erasing.workspace_id, after, BODIES_AT_ONCE)
    subject = erasing.subject
    theirs: set[UUID] = set()
    said: dict[tuple[str, str], list[UUID]] = {}
    for row in rows:
        if any(subject.mentioned_in(raw) for raw in (row["body"], row["fetched"]) if raw):
            theirs.add(row["id"])
        for statement in readings.read(row).statements if row["vendor"] is not None else ():
            person = statement.person
            if person is not None and (person.email in subject.emails or person.external_id in subject.external_ids):
                theirs.add(row["id"])
            said.setdefault((statement.source, statement.external_id or ""), []).append(row["id"])
    linked = await tx.all(
        store.THEIRS,
        erasing.workspace_id,
        erasing.contact_ids,
        [row["id"] for row in rows],
        [external_id for _, external_id in said],
    )
    ids = {row["id"] for row in rows}
    theirs |= {row["delivery_id"] for row in linked} & ids
    for row in linked:
        theirs |= set(said.get((row["source"], row["external_id"]), ()))
    changed = await intake.empty(tx, erasing.workspace_id, list(theirs))
    return Step({"deliveries": changed}, str(rows[-1]["id"]) if len(rows) == BODIES_AT_ONCE else None)


async def _find_contacts(tx: Tx, erasing: Erasing) -> Step:
    """Who has come to be known by the same names while the deliveries were read, and what a rival left of the first."""
    subject = erasing.subject
    # Alone, as when it was asked for: nobody is merged into who is found here.
    await demand.hold(tx, (), [erasing.workspace_id])
    same = await tx.all(
        store.SAME_PERSON,
        erasing.workspace_id,
        list(subject.emails),
        list(subject.external_ids),
        erasing.contact_ids,
    )
    ids = sorted({*erasing.contact_ids, *(row["id"] for row in same)})
    await tx.run(store.ERASE_CONTACTS, erasing.workspace_id, ids, len(ids))
    await segments.leave(tx, erasing.workspace_id, ids)
    return Step({"contacts": len(ids)}, contact_ids=ids)


async def _erase_feedback(tx: Tx, erasing: Erasing) -> Step:
    """What they said and answered; needs and surveys count without their answers then."""
    rows = await tx.all(store.ERASE_FEEDBACK, erasing.workspace_id, erasing.contact_ids, AT_ONCE)
    await _count_anew(tx, erasing, [row["id"] for row in rows])
    return Step({"feedback": len(rows)}, "more" if rows else None)


async def _count_anew(tx: Tx, erasing: Erasing, feedback_ids: Sequence[UUID]) -> None:
    """What was counted of answers that are other ones now. No lock may be taken after this."""
    touched = {(erasing.workspace_id, id) for id in feedback_ids}
    await surveys.keep(tx, touched, touched)


async def _bury_comments(tx: Tx, erasing: Erasing) -> Step:
    """Comments of theirs, with how they read before and what a moderator made of them: tombstones are left."""
    rows = await tx.all(store.THEIR_COMMENTS, erasing.workspace_id, erasing.contact_ids, COMMENTS_AT_ONCE)
    for row in rows:
        await comments.delete(tx, erasing.workspace_id, row["id"], None)
    return Step({"comments": len(rows)}, "more" if rows else None)


def _erase(place: Place) -> Callable[[Tx, Erasing], Awaitable[Step]]:
    async def erase(tx: Tx, erasing: Erasing) -> Step:
        changed = await tx.run(place.ERASE, erasing.workspace_id, erasing.contact_ids, AT_ONCE)
        return Step({place.table: changed}, "more" if changed else None)

    return erase


async def _redact_feedback(tx: Tx, erasing: Erasing) -> Step:
    """Somebody else's words that hold their address."""
    if erasing.subject.pattern is None:
        return Step({})
    after = UUID(erasing.place) if erasing.place else FIRST
    row = await tx.one(store.REDACT_FEEDBACK, erasing.workspace_id, after, erasing.subject.pattern, AT_ONCE)
    assert row is not None  # a statement of counts has a row
    await _count_anew(tx, erasing, row["changed"])
    return Step({"feedback": len(row["changed"])}, str(row["last"]) if row["looked"] == AT_ONCE else None)


def _redact(work: Callable[[Tx, UUID, str, Sought], Awaitable[Done]]) -> Callable[[Tx, Erasing], Awaitable[Step]]:
    async def redact(tx: Tx, erasing: Erasing) -> Step:
        sought = Sought(erasing.subject.pattern, erasing.subject.in_the_teams_words)
        return Step(*await work(tx, erasing.workspace_id, erasing.place, sought))

    return redact


async def _search_import_errors(tx: Tx, erasing: Erasing) -> Step:
    """Rows that could not be imported and name them."""
    after, _, number = erasing.place.partition("/")
    row = await tx.one(
        store.ERASE_IMPORT_ERRORS,
        erasing.workspace_id,
        UUID(after) if after else FIRST,
        int(number or -1),
        erasing.subject.words_of_a_row(),
        AT_ONCE,
    )
    assert row is not None  # a statement of counts has a row
    return Step({"import_errors": row["changed"]}, row["last"] if row["looked"] == AT_ONCE else None)


async def _drop_exports(tx: Tx, erasing: Erasing) -> Step:
    """Files of the whole workspace as it was. One that nobody has begun will not have them in it."""
    return Step({"exports": await tx.run(store.DROP_EXPORTS, erasing.workspace_id)})


async def _search_answers(tx: Tx, erasing: Erasing) -> Step:
    """Answers that are kept to be given again; the erasure's own is not one of them."""
    words = [*erasing.subject.words(), *map(str, erasing.contact_ids)]
    row = await tx.one(store.ERASE_ANSWERS, erasing.workspace_id, erasing.place, words, str(erasing.id), AT_ONCE)
    assert row is not None  # a statement of counts has a row
    return Step({"idempotency": row["changed"]}, row["last"] if row["looked"] == AT_ONCE else None)


# Deliveries first: they are found by the names that statements have at their source, which go next.
STEPS: dict[str, Callable[[Tx, Erasing], Awaitable[Step]]] = {
    "deliveries": _search_deliveries,
    "contacts": _find_contacts,
    "comments": _bury_comments,
    **{place.table: _erase(place) for place in PLACES if place.ERASE and place.table not in {"contacts", "feedback"}},
    "feedback": _erase_feedback,
    "redaction": _redact_feedback,
    "comments_redaction": _redact(redaction.comments),
    "notes_redaction": _redact(redaction.notes),
    "actions_redaction": _redact(redaction.actions),
    "votes_redaction": _redact(redaction.votes),
    "submissions_redaction": _redact(redaction.submissions),
    "decisions_redaction": _redact(redaction.decisions),
    "ideas": _redact(redaction.told_ideas),
    "import_errors": _search_import_errors,
    "idempotency": _search_answers,
    # Last: whatever is written from then on has nothing of them.
    "exports": _drop_exports,
}
