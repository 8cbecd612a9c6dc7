"""`Idempotency-Key`: the same key and body get the first answer again, whatever happened in between.

The answer is stored in the transaction of its change, so it survives whatever the change survives. Keys are kept for a
day at least.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic_core import to_json

from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid

CLAIM = "select pg_try_advisory_xact_lock(hashtextextended($1, 7))"
RECALL = """
select i.workspace_id, i.key, i.fingerprint, i.status, i.headers::text as headers, i.body
from unnest($1::uuid[], $2::text[]) as asked (workspace_id, key)
join idempotency i on i.workspace_id = asked.workspace_id and i.key = asked.key
"""
REMEMBER = """
insert into idempotency (workspace_id, key, fingerprint, status, headers, body)
select workspace_id, key, decode(fingerprint, 'hex'), status, headers::jsonb, convert_to(body, 'utf8')
from json_to_recordset($1::json)
    as a (workspace_id uuid, key text, fingerprint text, status smallint, headers text, body text)
on conflict do nothing
"""
# The same as part of a statement that stores what is answered; a key that is taken refuses it. `given` has the columns
# workspace_id, key (null without one), fingerprint, status and answer.
KEPT = """
kept as (
    insert into idempotency (workspace_id, key, fingerprint, status, headers, body)
    select workspace_id, key, decode(fingerprint, 'hex'), status, '{"content-type":"application/json"}',
           convert_to(answer, 'utf8')
    from given where key is not null order by workspace_id, key
)
"""
FORGET = "delete from idempotency where created_at < now() - interval '1 day'"

_SHAPE = re.compile(r"^[\x21-\x7e]{1,200}$")


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer to be given again. `headers` is JSON."""

    workspace_id: UUID
    key: str
    fingerprint: bytes
    status: int
    headers: str
    body: bytes


def accepted_key(value: str | None) -> str | None:
    """The header's value, or Invalid when it is not 1 to 200 visible ASCII characters."""
    if value is None:
        return None
    if not _SHAPE.match(value):
        raise Invalid(errors=[FieldError("/header/Idempotency-Key", "must be 1 to 200 visible ASCII characters")])
    return value


def fingerprint(method: str, target: str, body: bytes) -> bytes:
    """What makes two requests the same: method, path with query (and who asks, where many share a key), and body."""
    seal = hashlib.sha256(f"{method} {target}\n".encode())
    seal.update(body)
    return seal.digest()


def mismatch() -> Invalid:
    """The refusal of a key that was used for another request."""
    return Invalid(
        "This Idempotency-Key was used for another request.",
        code="idempotency_key_reused",
        errors=[
            FieldError("/header/Idempotency-Key", "belongs to a request with another method, path, body or visitor")
        ],
    )


def running() -> Conflict:
    """The refusal of a key whose first request has not been answered yet."""
    return Conflict("The first request with this Idempotency-Key is still running.", code="idempotency_key_in_use")


async def recall(read: Read, keys: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], Remembered]:
    """What is remembered for these (workspace, key) pairs."""
    rows = await read.all(RECALL, [workspace for workspace, _ in keys], [key for _, key in keys])
    return {(row["workspace_id"], row["key"]): Remembered(**row) for row in rows}


async def begin(tx: Tx, workspace_id: UUID, key: str, sought: bytes) -> Remembered | None:
    """The remembered answer, or None and the right to make one until the transaction ends.

    Conflict while another request holds the key; Invalid when the key belongs to another request.
    """
    if not await tx.value(CLAIM, f"{workspace_id}/{key}"):
        raise running()
    held = (await recall(tx, [(workspace_id, key)])).get((workspace_id, key))
    if held is not None and held.fingerprint != sought:
        raise mismatch()
    return held


async def remember(tx: Tx, answers: Sequence[Remembered]) -> bool:
    """Store answers. False when one of the keys was taken meanwhile: the transaction must then be undone."""
    if not answers:
        return True
    rows = [
        {
            "workspace_id": answer.workspace_id,
            "key": answer.key,
            "fingerprint": answer.fingerprint.hex(),
            "status": answer.status,
            "headers": answer.headers,
            "body": answer.body.decode(),
        }
        for answer in answers
    ]
    stored = await tx.run(REMEMBER, to_json(rows).decode())
    return stored == len(answers)


async def forget(tx: Tx) -> int:
    """Drop answers older than a day; return how many."""
    return await tx.run(FORGET)
