"""What customers said: stored once however often it arrives, linked to the ideas it speaks for, counted for needs.

One way in for all: a REST call, a row of a bulk upload, an answer that a survey tool delivered.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.ideas import domain as ideas
from services.feedback.inbox import store
from services.feedback.insights import domain as insights
from services.feedback.insights.domain import Link
from services.feedback.products import domain as products
from services.feedback.surveys import domain as surveys
from shared.database import RETRYABLE, Lane, Tx
from shared.errors import FieldError, Invalid
from shared.events.feedback import FeedbackReceived
from shared.idempotency import Asked
from shared.ids import new_id, new_id_text
from shared.outbox import emit


class Statement(NamedTuple):
    """One thing that one contact said through one channel."""

    workspace_id: UUID
    source: str
    text: str
    said_at: datetime
    linked_by: str
    """Who says that it speaks for `ideas`: `key:<id>` or `rule:<connection>`."""
    external_id: str | None = None
    person: Person | None = None
    answers: str = "[]"
    """JSON."""
    attributes: str = "{}"
    """JSON."""
    source_url: str | None = None
    language: str | None = None
    ideas: tuple[str, ...] = ()
    """Ids or keys of ideas it speaks for."""
    product: str | None = None
    """Id or key of the product it is about; `product_id` where its connection says so."""
    product_id: UUID | None = None
    connection_id: UUID | None = None
    delivery_id: UUID | None = None
    revised_at: datetime | None = None
    """The source's own time of its last change; given, a newer one replaces what is stored."""
    replaces: bool = False
    """Whether the source sends the same statement again with more in it."""
    lenient: bool = False
    """Store it even when it names an idea that does not exist: nobody is there to mend it."""
    traceparent: str = ""

    @property
    def identity(self) -> tuple[UUID, str, str | None]:
        return self.workspace_id, self.source, self.external_id


class Recorded(NamedTuple):
    """Where a statement ended up: `created`, `updated` or `duplicate`."""

    id: UUID
    status: str


def is_plain(statement: Statement) -> bool:
    """Whether nothing has to be known before it can be stored: it names nobody and speaks for nothing."""
    named = statement.person or statement.ideas or statement.product or statement.replaces
    return not named and statement.answers == "[]"


async def record_new(lane: Lane, statements: Sequence[Statement], keys: Sequence[Asked | None]) -> list[str] | None:
    """Store plain statements with the answers to them (`created`) in one round trip; their ids.

    `keys`: the request with an Idempotency-Key that each came by, if any. None when a statement or a key is there
    already: then nothing was stored.
    """
    try:
        return await _add_new(lane, statements, keys)
    except (asyncpg.UniqueViolationError, *RETRYABLE):
        return None


async def record_plain(tx: Tx, statements: Sequence[Statement]) -> list[Recorded] | None:
    """Store plain statements in a transaction that has more to do; None, and nothing, when one is there already."""
    try:
        async with tx.savepoint():
            stored = await _add_new(tx, statements, [None] * len(statements))
    except asyncpg.UniqueViolationError:
        return None
    tx.emitted = True
    return [Recorded(UUID(id), "created") for id in stored]


async def _add_new(place: Lane | Tx, statements: Sequence[Statement], keys: Sequence[Asked | None]) -> list[str]:
    ids = [new_id_text() for _ in statements]
    workspaces = {id: str(id) for id in {each.workspace_id for each in statements}}
    given: list[dict[str, object]] = []
    for id, each, asked in zip(ids, statements, keys, strict=True):
        row: dict[str, object] = {
            "id": id,
            "workspace_id": workspaces[each.workspace_id],
            "source": each.source,
            "external_id": each.external_id or id,
            "text": each.text,
            "attributes": each.attributes,
            "source_url": each.source_url,
            "language": each.language,
            "said_at": each.said_at,
            "event_id": new_id_text(),
            "traceparent": each.traceparent,
        }
        if asked is not None:
            row["key"], row["fingerprint"], row["outline"] = asked.key, asked.fingerprint.hex(), asked.outline.hex()
        given.append(row)
    await place.all(store.ADD_NEW, to_json(given).decode(), datetime.now(UTC))
    return ids


async def record(tx: Tx, statements: Sequence[Statement]) -> list[Recorded | Invalid]:
    """Store statements, each answered by itself; recognise who spoke, link ideas, count demand, emit events."""
    results: dict[int, Recorded | Invalid] = {}
    wanted = list({(each.workspace_id, name) for each in statements for name in each.ideas})
    found = await ideas.find(tx, wanted) if wanted else {}
    about = await products.find_each(tx, [(each.workspace_id, each.product) for each in statements])
    named: list[int] = []
    for position, each in enumerate(statements):
        unknown = [n for n, name in enumerate(each.ideas) if (each.workspace_id, name) not in found]
        if unknown and not each.lenient:
            errors = [FieldError(f"/body/ideas/{n}", "no idea by that id or key") for n in unknown]
            results[position] = Invalid(errors=errors)
        elif each.product is not None and position not in about:
            results[position] = Invalid(errors=[FieldError("/body/product", "no product by that id or key")])
        else:
            named.append(position)
    contacts = await _contacts(tx, [statements[position] for position in named])
    sound: list[tuple[int, Statement, UUID | None]] = []
    for position, contact in zip(named, contacts, strict=True):
        if contact is None and statements[position].person is not None:
            results[position] = Invalid(errors=[FieldError("/body/contact/id", "no contact by that id")])
        else:
            each = statements[position]
            sound.append((position, each._replace(product_id=about.get(position, each.product_id)), contact))
    if sound:
        recorded = await _store(
            tx,
            [each for _, each, _ in sound],
            [contact for *_, contact in sound],
            [any((each.workspace_id, name) in found for name in each.ideas) for _, each, _ in sound],
        )
        results.update((position, where) for (position, *_), where in zip(sound, recorded, strict=True))
        links = [
            Link(each.workspace_id, where.id, found[(each.workspace_id, name)], each.linked_by, each.traceparent)
            for (_, each, _), where in zip(sound, recorded, strict=True)
            for name in each.ideas
            if (each.workspace_id, name) in found
        ]
        await insights.link(tx, links)
        await surveys.follow(tx, [each for _, each, _ in sound], recorded)
    return [results[position] for position in range(len(statements))]


async def _contacts(tx: Tx, statements: Sequence[Statement]) -> list[UUID | None]:
    named = [(position, each.person) for position, each in enumerate(statements) if each.person is not None]
    counting = {each.workspace_id for each in statements if each.ideas or each.replaces}
    contacts: list[UUID | None] = [None] * len(statements)
    if named or counting:
        recognised = await customers.recognise(tx, [person for _, person in named], counting)
        for (position, _), contact in zip(named, recognised, strict=True):
            contacts[position] = contact
    return contacts


async def _store(
    tx: Tx, statements: Sequence[Statement], contacts: Sequence[UUID | None], linked: Sequence[bool]
) -> list[Recorded]:
    ids = [new_id() for _ in statements]
    given = [
        {
            "id": id,
            "workspace_id": each.workspace_id,
            "source": each.source,
            "external_id": each.external_id or str(id),
            "contact_id": contact,
            "text": each.text,
            "answers": each.answers,
            "attributes": each.attributes,
            "source_url": each.source_url,
            "language": each.language,
            "product_id": each.product_id,
            "connection_id": each.connection_id,
            "delivery_id": each.delivery_id,
            "said_at": each.said_at,
            "revised_at": each.revised_at,
            "state": "linked" if speaks else "new",
            "event_id": new_id(),
            "traceparent": each.traceparent,
        }
        for each, id, contact, speaks in zip(statements, ids, contacts, linked, strict=True)
    ]
    rows = await tx.all(store.ADD, to_json(given).decode(), datetime.now(UTC))
    tx.emitted = True
    created = {row["id"] for row in rows}
    if len(created) == len(ids):
        return [Recorded(id, "created") for id in ids]
    return await _resent(tx, statements, contacts, ids, created)


async def _resent(
    tx: Tx,
    statements: Sequence[Statement],
    contacts: Sequence[UUID | None],
    ids: Sequence[UUID],
    created: set[UUID],
) -> list[Recorded]:
    """The rows that were there before: found, and brought up to date where their source resends them with more."""
    again = [position for position, id in enumerate(ids) if id not in created]
    rows = await tx.all(
        store.STANDING,
        [statements[p].workspace_id for p in again],
        [statements[p].source for p in again],
        [statements[p].external_id for p in again],
    )
    standing = {(row["workspace_id"], row["source"], row["external_id"]): row["id"] for row in rows}
    # Of several states of one statement in a batch the newest counts; without a time, the last.
    newest: dict[UUID, int] = {}
    for position in again:
        each = statements[position]
        if each.replaces:
            id = standing[each.identity]
            held = newest.get(id)
            if held is None or _revised(each) >= _revised(statements[held]):
                newest[id] = position
    updated = await _revise(tx, statements, contacts, newest) if newest else set[UUID]()
    return [
        Recorded(id, "created")
        if id in created
        else Recorded(
            standing[each.identity],
            "updated"
            if newest.get(standing[each.identity]) == position and standing[each.identity] in updated
            else "duplicate",
        )
        for position, (each, id) in enumerate(zip(statements, ids, strict=True))
    ]


def _revised(statement: Statement) -> datetime:
    return statement.revised_at or statement.said_at


async def _revise(
    tx: Tx, statements: Sequence[Statement], contacts: Sequence[UUID | None], newest: dict[UUID, int]
) -> set[UUID]:
    """The ids of those that changed."""
    positions = list(newest.values())
    rows = await tx.all(
        store.REVISE,
        list(newest),
        [contacts[p] for p in positions],
        [statements[p].text for p in positions],
        [statements[p].answers for p in positions],
        [statements[p].attributes for p in positions],
        [statements[p].source_url for p in positions],
        [statements[p].language for p in positions],
        [statements[p].delivery_id for p in positions],
        [_revised(statements[p]) for p in positions],
        [statements[p].workspace_id for p in positions],
    )
    rows = [row for row in rows if row["news"]]
    await emit(
        tx,
        [
            FeedbackReceived(
                workspace_id=row["workspace_id"],
                feedback_id=row["id"],
                version=row["version"],
                source=statements[newest[row["id"]]].source,
                contact_id=row["contact_id"],
                received_at=row["received_at"],
            )
            for row in rows
        ],
        [statements[newest[row["id"]]].traceparent for row in rows],
    )
    await insights.reassign(tx, [row for row in rows if row["before"] != row["contact_id"]])
    return {row["id"] for row in rows}


async def held(tx: Tx, statements: Sequence[Statement]) -> dict[tuple[UUID, str, str | None], asyncpg.Record]:
    """What is stored under the identities of these statements; nobody else holds them until the transaction ends."""
    identities = list({each.identity for each in statements})
    await tx.all(store.HOLD_NAMES, [f"{workspace_id}:{source}:{name}" for workspace_id, source, name in identities])
    rows = await tx.all(
        store.HELD,
        [workspace_id for workspace_id, _, _ in identities],
        [source for _, source, _ in identities],
        [name for _, _, name in identities],
    )
    return {(row["workspace_id"], row["source"], row["external_id"]): row for row in rows}
