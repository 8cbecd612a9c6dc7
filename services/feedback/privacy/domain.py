"""Everything that is kept of one person: shown to them, or forgotten and proved to be.

Who a person is is forgotten at once, in the request's transaction. What hangs on them is gone through by a worker, some
rows at a time, each step a transaction that says how far it came: killed, it goes on from there. What is counted stays:
a vote of somebody forgotten is still a vote.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.demand import domain as demand
from services.feedback.privacy import store
from services.feedback.privacy.bulk import STEPS, Erasing
from services.feedback.privacy.places import PLACES
from services.feedback.privacy.receipts import canonical, named, receipt
from services.feedback.privacy.subject import Subject
from services.feedback.segments import domain as segments
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.events.feedback import ContactErased, Identifier, PersonForgotten
from shared.forgetting.spans import SHORTEST_ID, spoken
from shared.ids import new_id
from shared.outbox import emit
from shared.paging import FIRST
from shared.sealing import Seal

SHOWN = tuple(place for place in PLACES if place.SHOW)


class Record(NamedTuple):
    """One row with something of a person. `record` is JSON, `place` the number of its table in `SHOWN`."""

    place: int
    key: UUID
    record: str


async def show(read: Read, workspace_id: UUID, contact_id: UUID, place: int, after: UUID, limit: int) -> list[Record]:
    """Up to `limit` records of a person from a place on, by table and key. NotFound when there is no such contact."""
    ids = [row["id"] for row in await read.all(store.PERSON, workspace_id, contact_id)]
    if not ids:
        raise NotFound("No contact by that id.")
    found: list[Record] = []
    for number in range(place, len(SHOWN)):
        rows = await read.all(
            SHOWN[number].SHOW, workspace_id, ids, after if number == place else FIRST, limit - len(found)
        )
        found.extend(Record(number, row["key"], row["record"]) for row in rows)
        if len(found) == limit:
            break
    return found


async def begin(
    tx: Tx,
    seal: Seal,
    workspace_id: UUID,
    *,
    subject_id: UUID | None,
    external_id: str | None,
    email: str | None,
    reference: str | None,
    requested_by: str,
) -> asyncpg.Record:
    """Forget who somebody is, and have the rest forgotten: the erasure.

    An address or id that nobody has is searched for all the same. Invalid for a contact id that is nobody's; Conflict
    when what is given names different people.
    """
    # Alone: a merge at the same moment would carry on under another id who is to be forgotten.
    await demand.hold(tx, (), [workspace_id])
    if subject_id is not None and not await tx.value(store.IS_CONTACT, workspace_id, subject_id):
        raise Invalid(errors=[FieldError("/body/subject_id", "no contact by that id")])
    people = {row["id"] for row in await tx.all(store.RESOLVE, workspace_id, subject_id, external_id, email)}
    if len(people) > 1:
        raise Conflict("What is given names different people; erase them one by one.", code="ambiguous_subject")
    ids = [row["id"] for whole in people for row in await tx.all(store.PERSON, workspace_id, whole)]
    known = await tx.all(store.KNOWN_AS, workspace_id, ids)
    subject = Subject.of(
        [email, *(row["email"] for row in known)],
        [external_id, *(row["external_id"] for row in known)],
        [row["name"] for row in known],
    )
    await tx.run(store.ERASE_CONTACTS, workspace_id, ids, len(ids))
    await segments.leave(tx, workspace_id, ids)
    row = await tx.one(store.ADD, new_id(), workspace_id, ids, seal.close(subject.written()), reference, requested_by)
    assert row is not None  # inserted
    return row


async def advance(tx: Tx, seal: Seal, row: asyncpg.Record) -> bool:
    """Do the next part of an erasure (its row locked by the caller); False when that was the last."""
    erasing = Erasing(
        row["id"], row["workspace_id"], row["contact_ids"], Subject.read(seal.open(row["subject"])), row["place"]
    )
    name = row["step"] or next(iter(STEPS))
    done = await STEPS[name](tx, erasing)
    counts = Counter[str](from_json(row["counts"]))
    counts.update(done.changed)
    contact_ids = done.contact_ids or erasing.contact_ids
    order = list(STEPS)
    following = name if done.place is not None else next(iter(order[order.index(name) + 1 :]), None)
    if following is not None:
        written = to_json(counts).decode()
        await tx.run(store.ADVANCE, row["workspace_id"], row["id"], contact_ids, following, done.place or "", written)
        return True
    await _finish(tx, seal, row, erasing._replace(contact_ids=contact_ids), counts)
    return False


async def _finish(tx: Tx, seal: Seal, row: asyncpg.Record, erasing: Erasing, counts: Counter[str]) -> None:
    now = datetime.now(UTC)
    subject = erasing.subject
    identifiers = [
        *(seal.sign(named("email", each)) for each in subject.emails),
        *(seal.sign(named("external_id", each)) for each in subject.external_ids),
    ]
    rows = {**counts, "erasures": 1}
    written = canonical(
        receipt(
            erasure_id=erasing.id,
            workspace_id=erasing.workspace_id,
            contact_ids=erasing.contact_ids,
            identifiers=identifiers,
            reference=row["reference"],
            requested_by=row["requested_by"],
            requested_at=row["requested_at"],
            finished_at=now,
            rows=rows,
        )
    )
    await tx.run(
        store.FINISH,
        erasing.workspace_id,
        erasing.id,
        erasing.contact_ids,
        to_json(rows).decode(),
        written,
        seal.sign(written),
        now,
    )
    gone = await tx.all(store.VERSIONS, erasing.workspace_id, erasing.contact_ids)
    await emit(
        tx,
        [
            PersonForgotten(
                workspace_id=erasing.workspace_id,
                version=1,
                erasure_id=erasing.id,
                identifiers=list(_identifiers(seal, subject)),
            ),
            *(
                ContactErased(workspace_id=erasing.workspace_id, contact_id=each["id"], version=each["version"])
                for each in gone
            ),
        ],
    )


def _identifiers(seal: Seal, subject: Subject) -> Iterator[Identifier]:
    """What the person is looked for by elsewhere: hashes that tell nobody without the key who it was."""
    for email in subject.emails:
        yield Identifier(kind="email", hash=seal.sign(spoken("email", email)))
    for external_id in subject.external_ids:
        if len(external_id) >= SHORTEST_ID:
            yield Identifier(kind="external_id", hash=seal.sign(spoken("external_id", external_id)))
    for name in subject.names:
        yield Identifier(kind="name", words=len(name.split()), hash=seal.sign(spoken("name", name)))


def is_sound(seal: Seal, content: dict[str, object], signature: str) -> bool:
    """Whether a receipt was written here, and is as it was."""
    return seal.signed(canonical(content), signature)


def is_about(seal: Seal, content: dict[str, object], email: str | None, external_id: str | None) -> bool | None:
    """Whether a receipt is about who is known by these; None when none is given."""
    asked = [
        *([seal.sign(named("email", email))] if email else []),
        *([seal.sign(named("external_id", external_id))] if external_id else []),
    ]
    identifiers = content.get("identifiers")
    return all(each in identifiers for each in asked) if asked and isinstance(identifiers, Sequence) else None
