"""A vendor's delivery: believed or refused at the door, kept raw, and only then read.

At the door nothing is parsed but what a vendor's handshake asks for. The body is stored with its hash and the verdict
on its signature, the sender gets its 2xx, and a worker turns what was kept into feedback; what cannot be read stays in
quarantine with the reason.
"""

import contextlib
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.inbox import domain as inbox
from services.feedback.inbox.domain import Statement
from services.feedback.intake import store
from services.feedback.intake.adapters.reading import clean, decode, identifier
from services.feedback.intake.parts import united
from services.feedback.intake.pushes import Push
from services.feedback.intake.readings import read
from services.feedback.intake.signatures import Scheme, Verdict, spelling, verify
from services.feedback.intake.signing import scheme_of
from shared.database import Lane, Tx
from shared.errors import NotFound, Unauthorized, Unavailable
from shared.ids import new_id
from shared.memory import Memory
from shared.runtime import Runtime
from shared.sealing import Seal

KEPT_HEADERS = frozenset(
    {
        "content-type", "user-agent", "webhook-id", "webhook-timestamp", "svix-id", "svix-timestamp",
        "typeform-signature", "tally-signature", "x-delighted-webhook-signature", "webhook-signature", "svix-signature",
        "canny-nonce", "canny-signature", "canny-timestamp", "linear-delivery", "linear-event", "linear-signature",
        "sm-signature", "x-github-delivery", "x-github-event", "x-hub-signature", "x-hub-signature-256",
        "x-hubspot-request-timestamp", "x-hubspot-signature", "x-hubspot-signature-v3", "x-hubspot-signature-version",
        "x-slack-request-timestamp", "x-slack-retry-num", "x-slack-retry-reason", "x-slack-signature",
        "x-zendesk-account-id", "x-zendesk-webhook-id", "x-zendesk-webhook-invocation-id",
        "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp", "idempotency-key",
        "ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time", "ce-subject", "ce-dataschema",
    }
)  # fmt: skip
"""Headers worth keeping: what says how the body is to be read and why it was believed. Never credentials."""
DELIVERY_IDS = frozenset({"webhook-id", "svix-id", "canny-nonce", "idempotency-key"})
"""Headers that name a delivery, stable across its retries: to be believed where they are vouched for."""
REMEMBER_SECONDS = 2.0
REFUSAL_SECONDS = 10.0
"""How often a process notes what it turned away from a connection."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a vendor's deliveries come in. `secrets` are readable; the newest comes first."""

    id: UUID
    workspace_id: UUID
    vendor: str
    secrets: tuple[str, ...]
    enabled: bool
    scheme: Scheme
    """How its deliveries are signed."""
    push: Push | None = None
    """Whose tokens vouch for them, where it is that."""


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


class Settled(NamedTuple):
    """What became of a delivery."""

    workspace_id: UUID
    id: UUID
    state: str
    reason: str | None
    mapping_version: int | None = None
    """Which of its connection's mappings it was read under; None where it was not read."""


def opened(seal: Seal, stored: str, now: datetime) -> tuple[str, ...]:
    """The secrets that are good at a moment, the newest first. One without an end is stored as its sealed text."""
    found: list[str | dict[str, Any]] = from_json(stored)
    good: list[str] = []
    for each in found:
        if isinstance(each, str):
            good.append(seal.open(each))
        elif datetime.fromisoformat(each["until"]) > now:
            good.append(seal.open(each["sealed"]))
    return tuple(good)


def door_url(runtime: Runtime, token: str) -> str:
    """The address that a vendor delivers to."""
    return f"{runtime.settings.public_url.rstrip('/')}/v1/hooks/{token}"


def connections(runtime: Runtime) -> Memory[str, Connection]:
    """Connections by the token of their URL, believed for a moment."""
    memory: Memory[str, Connection] | None = runtime.memory.get("connections")
    if memory is None:

        async def find(token: str) -> Connection | None:
            async with runtime.database.system() as tx:
                row = await tx.one(store.FIND_CONNECTION, hashlib.sha256(token.encode(errors="replace")).digest())
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
    secrets = opened(seal, row["secrets"], datetime.now(UTC))
    scheme = scheme_of(row["vendor"], row["signing"])
    push = Push.model_validate_json(row["push"]) if row["push"] else None
    return Connection(row["id"], row["workspace_id"], row["vendor"], secrets, row["enabled"], scheme, push)


def accept(connection: Connection, headers: Mapping[str, str], body: bytes, traceparent: str) -> Parcel:
    """Judge a delivery by its raw bytes. Unauthorized when it is unsigned or wrongly signed: nothing is stored.

    What comes with a token of a push was judged by that already (`pushes.vouch`).
    """
    scheme = connection.scheme
    if connection.push is not None:
        verdict = Verdict.VERIFIED
    else:
        verdict = verify(scheme, connection.secrets, headers, body, time.time())
    if not verdict.accepted:
        raise Unauthorized(f"The signature of this delivery is {verdict.value}.", code="bad_signature")
    digest = hashlib.sha256(body).digest()
    signed = spelling(scheme, headers) if verdict is Verdict.VERIFIED else None
    own = scheme.own
    # A name that is not signed is anybody's to change: with a new one, what was seen on its way could be sent again.
    forged = DELIVERY_IDS - {signed.id if signed else None} if own is None else frozenset[str | None]()
    kept = {
        name: clean(value)
        for name, value in headers.items()
        if (name in KEPT_HEADERS or (signed and name in signed)) and name not in forged
    }
    named = identifier(headers.get(signed.id)) if signed and signed.id else None
    if own is not None:
        # A token vouches for the request as a whole, and so for the name that it gives itself.
        named = identifier(own.named(headers))
    return Parcel(
        connection,
        named or digest.hex(),
        digest,
        verdict,
        to_json(kept).decode(),
        body,
        traceparent,
    )


def verify_kept(
    seal: Seal, scheme: Scheme, secrets: str, headers: Mapping[str, str], body: bytes, received_at: datetime
) -> Verdict | None:
    """What the signature says of a delivery as it is kept, by those secrets of its connection that were good then.

    `secrets`: as the connection keeps them. None where it cannot be asked again: it was not signed, what vouched for it
    (a token, the URL) is not kept, or no secret is.
    """
    known = opened(seal, secrets, received_at)
    if scheme.own is not None or not known:
        return None
    return verify(scheme, known, headers, body, received_at.timestamp())


async def note_refusal(runtime: Runtime, connection: Connection, reason: str) -> None:
    """Count a delivery that was turned away. A stranger with the address must not make the database write at will."""
    noted: dict[UUID, tuple[float, int]] = runtime.memory.setdefault("refusals", {})
    last, count = noted.get(connection.id, (-REFUSAL_SECONDS, 0))
    now = time.monotonic()
    if now - last < REFUSAL_SECONDS:
        noted[connection.id] = last, count + 1
        return
    noted[connection.id] = now, 0
    with contextlib.suppress(Unavailable):
        async with runtime.database.transaction({connection.workspace_id}) as tx:
            await tx.run(store.REFUSED, connection.workspace_id, connection.id, count + 1, reason)


def challenge_of(raw: bytes) -> bytes | None:
    """The answer to Slack's `url_verification`, which is signed like any delivery; None for anything else."""
    told = decode(raw)
    if not isinstance(told, dict) or told.get("type") != "url_verification":
        return None
    challenge = told.get("challenge")
    return to_json({"challenge": clean(challenge)}) if isinstance(challenge, str) else None


async def keep(lane: Lane | Tx, parcels: Sequence[Parcel]) -> list[Kept]:
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


async def reprocess(tx: Tx, workspace_id: UUID, delivery_id: UUID, *, refetch: bool) -> asyncpg.Record:
    """Have a stored delivery read again, under the rules of now. What it said before is renewed, not added."""
    await tx.one(store.REPROCESS, workspace_id, delivery_id, refetch)
    await tx.run(store.HURRY, workspace_id, delivery_id)
    row = await tx.one(store.GET_DELIVERY, workspace_id, delivery_id)
    if row is None:
        raise NotFound("No delivery by that id.")
    return row


async def reprocess_many(
    tx: Tx, workspace_id: UUID, connection_id: UUID, *, state: str | None, after: UUID | None, limit: int, refetch: bool
) -> tuple[int, UUID | None]:
    """Have a connection's deliveries read again, in order of arrival: how many, and the last when more may follow.

    `state`: `ignored` or `quarantined` only; None for all.
    """
    if await tx.one(store.SHARE_CONNECTION, workspace_id, connection_id) is None:
        raise NotFound("No connection by that id.")
    given = workspace_id, connection_id, after or UUID(int=0), limit, refetch
    row = await (tx.one(store.REPROCESS_ALL, *given) if state is None else tx.one(store.REPROCESS_ASIDE, *given, state))
    assert row is not None  # an aggregate always has a row
    return row["queued"], row["last"] if row["queued"] == limit else None


async def empty(tx: Tx, workspace_id: UUID, ids: Sequence[UUID]) -> int:
    """Drop what deliveries said, for good; how many that were. Their hashes and verdicts stay."""
    return await tx.value(store.EMPTY, workspace_id, ids) if ids else 0


async def process(tx: Tx, rows: Sequence[asyncpg.Record]) -> None:
    """Turn kept deliveries (locked by the caller) into feedback, and note what became of each."""
    statements: list[Statement] = []
    settled: list[Settled] = []
    parts: list[int] = []
    thin: list[tuple[asyncpg.Record, Mapping[str, str]]] = []
    for row in rows:
        found = read(row)
        if found.partial:
            parts.extend(range(len(statements), len(statements) + len(found.statements)))
        if found.asked is not None:
            thin.append((row, found.asked))
        statements.extend(found.statements)
        settled.append(Settled(row["workspace_id"], row["id"], found.state, found.reason, row["mapping_version"]))
    if parts:
        held = await inbox.held(tx, [statements[position] for position in parts])
        statements = united({identity: dict(row) for identity, row in held.items()}, statements, parts)
    if statements:
        await inbox.record(tx, statements)
    if thin:
        await _ask(tx, thin)
    await settle(tx, settled)


async def _ask(tx: Tx, thin: Sequence[tuple[asyncpg.Record, Mapping[str, str]]]) -> None:
    """Have responses fetched that were only named."""
    await tx.run(
        store.ASK,
        [row["workspace_id"] for row, _ in thin],
        [row["id"] for row, _ in thin],
        [row["connection_id"] for row, _ in thin],
        [to_json(asked).decode() for _, asked in thin],
    )


async def settle(tx: Tx, settled: Sequence[Settled]) -> None:
    """Note what became of deliveries."""
    await tx.run(store.SETTLE, *map(list, zip(*settled, strict=True)))
