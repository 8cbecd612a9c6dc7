"""The log, sealed: closed stretches of it are hashed, and each workspace's hashes chained and signed.

Nothing is done where events are written. A job looks how far the log has come, waits until every transaction of that
time has ended, so that no event can come in between any more, and then seals up to there. Events hold ids, numbers and
states only, so that neither an erasure nor anything else ever has to change one.

- an event's hash: SHA-256 of its seq, id, type, aggregate, version, time and data, a line each
- a stretch: SHA-256 of the hashes of its events, 32 bytes each, in the order of seq
- a seal: SHA-256 of the canonical JSON of what it says, the digest of the seal before it included
- the signature: an HMAC of that digest under CAIRN_SEALING_KEY, so that the database alone cannot be sealed anew
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from shared.canonical import digest
from shared.database import Database, Read, Tx
from shared.sealing import Seal

PERIOD_SECONDS = 300.0
MOST_EVENTS = 5_000
"""In one stretch: what one statement hashes, and what one answer lists at most."""
FIRST = "0" * 64
"""What the first seal of a workspace is chained to."""

_TIME = """to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
LEAF = f"""
sha256(convert_to(concat_ws(E'\\n', seq, id, type, aggregate_id, version, {_TIME}, data::text), 'UTF8'))
"""
HORIZON = """
select (select seq from events order by seq desc limit 1) as seq,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint as after
"""
CLOSED = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= $1"
# The row is made by the migration: two processes that begin together would make two.
CLAIM = "select upto from log_sealed for update skip locked"
REACHED = "update log_sealed set upto = $1"
STRETCHES = f"""
with part as materialized (
    select workspace_id, seq, {LEAF} as leaf from events where seq > $1 and seq <= $2 order by seq limit $3
)
select workspace_id, count(*)::int as events, min(seq) as first, max(seq) as last,
    encode(sha256(string_agg(leaf, ''::bytea order by seq)), 'hex') as stretch
from part group by workspace_id
"""
LAST = """
select distinct on (workspace_id) workspace_id, position, digest from log_seals
where workspace_id = any($1::uuid[]) order by workspace_id, position desc
"""
ADD = """
insert into log_seals (workspace_id, position, first, last, events, stretch, digest, signature)
select * from unnest(
    $1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::text[], $7::text[], $8::text[])
"""
_SEAL = "position, first, last, events, stretch, digest, signature, sealed_at"
LIST = f"select {_SEAL} from log_seals where workspace_id = $1 and position > $2 order by position limit $3"
GET = f"select {_SEAL} from log_seals where workspace_id = $1 and position = $2"
EVENTS = f"""
select seq, id, type, aggregate_id, version, {_TIME} as occurred_at, data::text as data, encode({LEAF}, 'hex') as hash
from events where workspace_id = $1 and seq >= $2 and seq <= $3 and seq > $4 order by seq limit $5
"""
STRETCH = f"""
select count(*)::int as events,
    coalesce(encode(sha256(string_agg({LEAF}, ''::bytea order by seq)), 'hex'), '') as stretch
from events where workspace_id = $1 and seq >= $2 and seq <= $3
"""
SEALED_WORKSPACES = "select distinct workspace_id from log_seals order by workspace_id"
# Every stretch being what it was, there are as many events up to there as were sealed, unless some were put in between.
STRAYS = """
select workspace_id, coalesce(there.events, 0) as there, coalesce(sealed.events, 0) as sealed
from (
    select workspace_id, count(*) as events from events where seq <= (select max(upto) from log_sealed) group by 1
) as there full join (
    select workspace_id, sum(events) as events from log_seals group by 1
) as sealed using (workspace_id)
where there.events is distinct from sealed.events order by workspace_id
"""


class Horizon(NamedTuple):
    """How far the log had come, and the first transaction number that was not given out then."""

    seq: int
    after: int


async def horizon(tx: Tx) -> Horizon | None:
    """How far the log has come by now. None: nothing is in it."""
    row = await tx.one(HORIZON)
    return None if row is None or row["seq"] is None else Horizon(row["seq"], row["after"])


async def seal_some(tx: Tx, seal: Seal, upto: Horizon) -> int:
    """Seal the next events up to a horizon, 5,000 at most, and return how many those were.

    0 when nothing is left, when another process is at it, or while a transaction is open that may still add to them.
    """
    done = await tx.value(CLAIM)
    if done is None or done >= upto.seq or not await tx.value(CLOSED, upto.after):
        return 0
    rows = await tx.all(STRETCHES, done, upto.seq, MOST_EVENTS)
    if not rows:
        return 0
    last = {row["workspace_id"]: row for row in await tx.all(LAST, [row["workspace_id"] for row in rows])}
    columns: list[tuple[Any, ...]] = []
    for row in rows:
        before = last.get(row["workspace_id"])
        position, previous = (1, FIRST) if before is None else (before["position"] + 1, before["digest"])
        name = link(row["workspace_id"], position, row, previous)
        content = (row["first"], row["last"], row["events"], row["stretch"])
        columns.append((row["workspace_id"], position, *content, name, seal.sign(signed(name))))
    await tx.run(ADD, *map(list, zip(*columns, strict=True)))
    await tx.run(REACHED, max(row["last"] for row in rows))
    return sum(row["events"] for row in rows)


def link(workspace_id: UUID, position: int, stretch: Mapping[str, Any] | asyncpg.Record, previous: str) -> str:
    """The digest of a seal."""
    said = {name: stretch[name] for name in ("first", "last", "events", "stretch")}
    return digest({"workspace_id": str(workspace_id), "position": position, **said, "previous": previous})


def signed(name: str) -> str:
    """What is signed of a seal: its digest, so marked that it can be taken for nothing else."""
    return f"log-seal:{name}"


async def run(database: Database, seal: Seal, period: float = PERIOD_SECONDS) -> None:
    """The job: seal until cancelled, a period behind the log at least, and never more than a tenth of the time."""
    clock = asyncio.get_running_loop().time
    while True:
        async with database.system() as tx:
            known = await horizon(tx)
        await asyncio.sleep(period)
        while known is not None:
            began = clock()
            async with database.system() as tx:
                if not await seal_some(tx, seal, known):
                    break
            await asyncio.sleep(9 * (clock() - began))


class Broken(NamedTuple):
    """Where a chain does not hold, and in which way."""

    position: int
    why: str


async def holds(read: Read, workspace_id: UUID, row: asyncpg.Record) -> bool:
    """Whether the events of a seal are those that were sealed."""
    now = await read.one(STRETCH, workspace_id, row["first"], row["last"])
    assert now is not None, "a count has a row"
    return (now["events"], now["stretch"]) == (row["events"], row["stretch"])


async def faults(read: Read, seal: Seal | None, workspace_id: UUID) -> AsyncGenerator[Broken]:
    """What is wrong with a workspace's seals and their events. Without `seal`, signatures are not looked at."""
    previous, position = FIRST, 0
    while rows := await read.all(LIST, workspace_id, position, 200):
        for row in rows:
            position += 1
            if row["position"] != position:
                yield Broken(position, "there is no such seal")
                position = row["position"]
            if row["digest"] != link(workspace_id, position, row, previous):
                yield Broken(position, "its digest is not that of what it says and of the seal before")
            elif seal is not None and not seal.signed(signed(row["digest"]), row["signature"]):
                yield Broken(position, "it was not signed with this CAIRN_SEALING_KEY")
            if not await holds(read, workspace_id, row):
                yield Broken(position, f"the events {row['first']} to {row['last']} are not those that were sealed")
            previous = row["digest"]
