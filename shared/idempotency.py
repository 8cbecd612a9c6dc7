"""`Idempotency-Key`: the same key and body get the first answer again, whatever happened in between.

The answer is stored in the transaction of its change, so it survives whatever the change survives. Keys are kept for a
day at least. Of the request a hash is kept and a sealed outline, so that another body under its key is told where it
differs.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic_core import to_json

from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid
from shared.outlines import Outlines, differences

CLAIM = "select pg_try_advisory_xact_lock(hashtextextended($1, 7))"
RECALL = """
select i.workspace_id, i.key, i.fingerprint, i.status, i.headers::text as headers, i.body, i.outline
from unnest($1::uuid[], $2::text[]) as asked (workspace_id, key)
join idempotency i on i.workspace_id = asked.workspace_id and i.key = asked.key
"""
REMEMBER = """
insert into idempotency (workspace_id, key, fingerprint, status, headers, body, outline)
select workspace_id, key, decode(fingerprint, 'hex'), status, headers::jsonb, convert_to(body, 'utf8'),
    decode(outline, 'hex')
from json_to_recordset($1::json)
    as a (workspace_id uuid, key text, fingerprint text, status smallint, headers text, body text, outline text)
on conflict do nothing
"""
# The same as part of a statement that stores what is answered; a key that is taken refuses it. `given` has the columns
# workspace_id, key (null without one), fingerprint, outline, status and answer.
KEPT = """
kept as (
    insert into idempotency (workspace_id, key, fingerprint, status, headers, body, outline)
    select workspace_id, key, decode(fingerprint, 'hex'), status, '{"content-type":"application/json"}',
           convert_to(answer, 'utf8'), decode(outline, 'hex')
    from given where key is not null order by workspace_id, key
)
"""
FORGET = "delete from idempotency where created_at < now() - interval '1 day'"

MOST_TOLD = 49
"""Differences in one refusal, beside the header itself."""
_TOLD = {
    "differs": "differs from the first request's",
    "missing": "missing: the first request had it",
    "new": "new: the first request did not have it",
}
_SHAPE = re.compile(r"^[\x21-\x7e]{1,200}$")


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer to be given again. `headers` is JSON; `outline` is None where an older version stored it."""

    workspace_id: UUID
    key: str
    fingerprint: bytes
    status: int
    headers: str
    body: bytes
    outline: bytes | None


@dataclass(slots=True)
class Asked:
    """A request with a key, as far as it is to be known again."""

    key: str
    place: bytes
    """Method, path with query, and who asks where many share an API key."""
    fingerprint: bytes
    """What makes two requests the same: SHA-256 of place and body."""
    outline: bytes
    outlines: Outlines

    def refused(self, fingerprint: bytes, outline: bytes | None) -> Invalid:
        """The refusal of a key that was used for another request, of which this is kept."""
        first = self.outlines.open(fingerprint, self.place, outline) if outline else None
        mine = self.outlines.open(self.fingerprint, self.place, self.outline)
        if first is None or mine is None:
            return _reused(
                "This Idempotency-Key was used for another request.",
                "belongs to a request with another method, path, body or visitor",
            )
        found = differences(first, mine)
        same = not found and first.whole and mine.whole
        return _reused(
            "This Idempotency-Key was used for the same request with another body.",
            "belongs to a request whose body has the same values, written in another way"
            if same
            else "belongs to a request with another body",
            [FieldError(each.pointer, _TOLD[each.kind]) for each in found[:MOST_TOLD]],
        )


def asked(outlines: Outlines, key: str, method: str, target: str, body: bytes) -> Asked:
    """A request as it is compared with others. `target`: path with query, and who asks where many share an API key."""
    place = f"{method} {target}\n".encode()
    seal = hashlib.sha256(place)
    seal.update(body)
    fingerprint = seal.digest()
    return Asked(key, place, fingerprint, outlines.close(fingerprint, place, body), outlines)


def accepted_key(value: str | None) -> str | None:
    """The header's value, or Invalid when it is not 1 to 200 visible ASCII characters."""
    if value is None:
        return None
    if not _SHAPE.match(value):
        raise Invalid(errors=[FieldError("/header/Idempotency-Key", "must be 1 to 200 visible ASCII characters")])
    return value


def _reused(detail: str, reason: str, differing: Sequence[FieldError] = ()) -> Invalid:
    errors = [FieldError("/header/Idempotency-Key", reason), *differing]
    return Invalid(detail, code="idempotency_key_reused", errors=errors)


def running() -> Conflict:
    """The refusal of a key whose first request has not been answered yet."""
    return Conflict("The first request with this Idempotency-Key is still running.", code="idempotency_key_in_use")


async def recall(read: Read, keys: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], Remembered]:
    """What is remembered for these (workspace, key) pairs."""
    rows = await read.all(RECALL, [workspace for workspace, _ in keys], [key for _, key in keys])
    return {(row["workspace_id"], row["key"]): Remembered(**row) for row in rows}


async def begin(tx: Tx, workspace_id: UUID, sought: Asked) -> Remembered | None:
    """The remembered answer, or None and the right to make one until the transaction ends.

    Conflict while another request holds the key; Invalid when the key belongs to another request.
    """
    if not await tx.value(CLAIM, f"{workspace_id}/{sought.key}"):
        raise running()
    named = workspace_id, sought.key
    held = (await recall(tx, [named])).get(named)
    if held is not None and held.fingerprint != sought.fingerprint:
        raise sought.refused(held.fingerprint, held.outline)
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
            "outline": answer.outline.hex() if answer.outline is not None else None,
        }
        for answer in answers
    ]
    stored = await tx.run(REMEMBER, to_json(rows).decode())
    return stored == len(answers)


async def forget(tx: Tx) -> int:
    """Drop answers older than a day; return how many."""
    return await tx.run(FORGET)
