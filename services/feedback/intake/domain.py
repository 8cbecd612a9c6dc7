"""A vendor's delivery: believed or refused at the door, kept raw, and only then read.

At the door nothing is parsed. The body is stored with its hash and the verdict on its signature, the sender gets its
2xx, and a worker turns what was kept into feedback; what cannot be read stays in quarantine with the reason.
"""

import hashlib
import secrets as randomness
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.customers.domain import Person
from services.feedback.inbox import domain as inbox
from services.feedback.inbox.domain import Statement
from services.feedback.intake import store
from services.feedback.intake.adapters import ADAPTERS
from services.feedback.intake.adapters.normalized import Ignored, Response, Rules, Unreadable
from services.feedback.intake.adapters.reading import bounded, clean, decode, identifier
from services.feedback.intake.signatures import SCHEMES, Verdict, decode_key, spelling, verify
from shared.database import Lane, Tx
from shared.errors import FieldError, Invalid, NotFound, Unauthorized
from shared.ids import new_id
from shared.memory import Memory
from shared.routes import require_version
from shared.runtime import Runtime
from shared.sealing import Seal

KEPT_HEADERS = frozenset(
    {
        "content-type", "user-agent", "webhook-id", "webhook-timestamp", "svix-id", "svix-timestamp",
        "typeform-signature", "tally-signature", "x-delighted-webhook-signature", "webhook-signature", "svix-signature",
    }
)  # fmt: skip
"""Headers worth keeping: what says how the body is to be read and why it was believed. Never credentials."""
DELIVERY_IDS = frozenset({"webhook-id", "svix-id"})
"""Headers that name a delivery, stable across its retries, for schemes that sign them."""
REMEMBER_SECONDS = 2.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a vendor's deliveries come in. `secrets` are readable; the newest comes first."""

    id: UUID
    workspace_id: UUID
    vendor: str
    secrets: tuple[str, ...]
    enabled: bool


class Parcel(NamedTuple):
    """A delivery that was believed, about to be kept."""

    connection: Connection
    key: str
    sha256: bytes
    verdict: Verdict
    headers: str
    """JSON."""
    body: bytes
    traceparent: str


class Kept(NamedTuple):
    """Where a delivery is kept; `fresh` is False for one that was delivered before."""

    id: UUID
    fresh: bool


def new_secret(vendor: str) -> str:
    """A signing secret of 256 bits in the form that the vendor's scheme reads."""
    raw = randomness.token_bytes(32)
    base64 = SCHEMES[ADAPTERS[vendor].scheme].key_transform == "base64"
    return f"whsec_{b64encode(raw).decode()}" if base64 else raw.hex()


async def create_connection(
    tx: Tx, seal: Seal, workspace_id: UUID, *, vendor: str, name: str, secret: str | None, rules: Rules
) -> tuple[asyncpg.Record, str, str]:
    """A new connection, the token of its URL and its signing secret (made here when the vendor gave none)."""
    if vendor not in ADAPTERS:
        known = ", ".join(sorted(ADAPTERS))
        raise Invalid(errors=[FieldError("/body/vendor", f"is not one of {known}")])
    # Pasted from a vendor's page, with what surrounds it there.
    secret = (secret or "").strip() or new_secret(vendor)
    try:
        decode_key(SCHEMES[ADAPTERS[vendor].scheme], secret)
    except ValueError as error:
        raise Invalid(errors=[FieldError("/body/secret", str(error))]) from None
    token = randomness.token_urlsafe(32)
    row = await tx.one(
        store.ADD_CONNECTION,
        new_id(),
        workspace_id,
        vendor,
        name,
        hashlib.sha256(token.encode()).digest(),
        seal.close(token),
        to_json([seal.close(secret)]).decode(),
        rules.model_dump_json(),
    )
    assert row is not None  # an insert returns its row or raises
    return row, token, secret


async def update_connection(
    tx: Tx,
    workspace_id: UUID,
    connection_id: UUID,
    expected: int | None,
    *,
    name: str | None,
    rules: Rules | None,
    enabled: bool | None,
) -> asyncpg.Record:
    """Change a connection; None leaves a field as it is. Rules count for deliveries read from now on."""
    old = await tx.one(store.LOCK_CONNECTION, workspace_id, connection_id)
    if old is None:
        raise NotFound("No connection by that id.")
    require_version(expected, old["version"])
    row = await tx.one(
        store.UPDATE_CONNECTION,
        workspace_id,
        connection_id,
        old["name"] if name is None else name,
        old["rules"] if rules is None else rules.model_dump_json(),
        old["enabled"] if enabled is None else enabled,
    )
    assert row is not None  # locked above
    return row


def connections(runtime: Runtime) -> Memory[str, Connection]:
    """Connections by the token of their URL, believed for a moment."""
    memory: Memory[str, Connection] | None = runtime.memory.get("connections")
    if memory is None:

        async def find(token: str) -> Connection | None:
            async with runtime.database.system() as tx:
                row = await tx.one(store.FIND_BY_TOKEN, hashlib.sha256(token.encode(errors="replace")).digest())
            return _connection(runtime, row) if row else None

        memory = runtime.memory["connections"] = Memory(find, REMEMBER_SECONDS)
    return memory


async def connection_of(runtime: Runtime, token: str) -> Connection:
    """The connection that a URL's token belongs to. NotFound for other tokens."""
    connection = await connections(runtime).get(token)
    if connection is None:
        raise NotFound("No connection takes deliveries here.")
    return connection


def _connection(runtime: Runtime, row: asyncpg.Record) -> Connection:
    seal = Seal(runtime.settings.sealing_key.get_secret_value())
    sealed: list[str] = from_json(row["secrets"])
    return Connection(
        row["id"], row["workspace_id"], row["vendor"], tuple(seal.open(each) for each in sealed), row["enabled"]
    )


def accept(connection: Connection, headers: Mapping[str, str], body: bytes, traceparent: str) -> Parcel:
    """Judge a delivery by its raw bytes. Unauthorized when it is unsigned or wrongly signed: nothing is stored."""
    scheme = SCHEMES[ADAPTERS[connection.vendor].scheme]
    verdict = verify(scheme, connection.secrets, headers, body, time.time())
    if not verdict.accepted:
        raise Unauthorized(f"The signature of this delivery is {verdict.value}.", code="bad_signature")
    digest = hashlib.sha256(body).digest()
    signed = spelling(scheme, headers) if verdict is Verdict.VERIFIED else None
    # A name that is not signed is anybody's to change: with a new one, what was seen on its way could be sent again.
    forged = DELIVERY_IDS - {signed.id if signed else None}
    kept = {name: clean(value) for name, value in headers.items() if name in KEPT_HEADERS and name not in forged}
    named = identifier(headers.get(signed.id)) if signed and signed.id else None
    return Parcel(
        connection,
        named or digest.hex(),
        digest,
        verdict,
        to_json(kept).decode(),
        body,
        traceparent,
    )


async def keep(lane: Lane, parcels: Sequence[Parcel]) -> list[Kept]:
    """Store raw deliveries in one round trip; one that is there already is told as such and changes nothing."""
    ids = [new_id() for _ in parcels]
    rows = await lane.all(
        store.KEEP,
        ids,
        [each.connection.workspace_id for each in parcels],
        [each.connection.id for each in parcels],
        [each.key for each in parcels],
        [each.sha256 for each in parcels],
        [each.verdict.value for each in parcels],
        [each.headers for each in parcels],
        [each.body for each in parcels],
        [each.traceparent for each in parcels],
    )
    fresh = {row["id"] for row in rows}
    if len(fresh) == len(ids):
        return [Kept(id, True) for id in ids]
    again = [each for each, id in zip(parcels, ids, strict=True) if id not in fresh]
    rows = await lane.all(store.KEPT, [each.connection.id for each in again], [each.key for each in again])
    known = {(row["connection_id"], row["delivery_key"]): row["id"] for row in rows}
    return [
        Kept(id, True) if id in fresh else Kept(known[(each.connection.id, each.key)], False)
        for each, id in zip(parcels, ids, strict=True)
    ]


async def process(tx: Tx, rows: Sequence[asyncpg.Record]) -> None:
    """Turn kept deliveries (locked by the caller) into feedback, and note what became of each."""
    statements: list[Statement] = []
    settled: list[tuple[UUID, UUID, str, str | None]] = []
    for row in rows:
        state, reason, found = read(row)
        statements.extend(found)
        settled.append((row["workspace_id"], row["id"], state, reason))
    if statements:
        await inbox.record(tx, statements)
    await settle(tx, settled)


async def settle(tx: Tx, settled: Sequence[tuple[UUID, UUID, str, str | None]]) -> None:
    """Note what became of deliveries: (workspace, id, state, reason)."""
    await tx.run(
        store.SETTLE,
        [workspace_id for workspace_id, _, _, _ in settled],
        [id for _, id, _, _ in settled],
        [state for _, _, state, _ in settled],
        [reason for _, _, _, reason in settled],
    )


def read(row: asyncpg.Record) -> tuple[str, str | None, list[Statement]]:
    """What a delivery says: its state, the reason where there is one, and the statements in it."""
    body = decode(row["body"])
    if isinstance(body, Unreadable):
        return "quarantined", body.reason, []
    headers: dict[str, str] = from_json(row["headers"])
    outcome = ADAPTERS[row["vendor"]].parse(headers, body, Rules.from_json(from_json(row["rules"])))
    if isinstance(outcome, Ignored):
        return "ignored", outcome.reason, []
    if isinstance(outcome, Unreadable):
        return "quarantined", f"{outcome.reason} {outcome.pointer}".strip(), []
    flags = sorted({flag for response in outcome for flag in response.flags})
    return "applied", ", ".join(flags) or None, [_statement(row, response) for response in outcome]


def _statement(row: asyncpg.Record, response: Response) -> Statement:
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
