"""How an event leaves: into the log with its change, from there to the stream by one relay.

`events` is the log; `outbox` says which of it the stream has not acknowledged yet. A change locks its aggregate's row
and raises its version before it emits, so within an aggregate the order of `seq` is the order of commits; the relay
publishes in that order.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from shared.database import AWAY, BY_KEY, Database, Tx
from shared.events.base import Event, headers_of
from shared.ids import new_id
from shared.stream.broker import BATCH, Broker
from shared.stream.messages import BatchRefused, BrokerAway, Message
from shared.telemetry import Metrics, Once, traceparent

EMIT = """
with told as (
    insert into events (id, workspace_id, type, aggregate_id, version, occurred_at, traceparent, data)
    select id, workspace_id, type, aggregate_id, version, $2, traceparent, data
    from json_to_recordset($1::json)
        as e (id uuid, workspace_id uuid, type text, aggregate_id uuid, version bigint, traceparent text, data json)
    returning seq, occurred_at
)
insert into outbox (seq, occurred_at) select seq, occurred_at from told
"""


def telling(given: str, version: str) -> str:
    """The parts of a statement that stores aggregates and tells of them at once; the caller sets `tx.emitted`.

    `given` has the columns id, workspace_id, event_id, event_type, event, traceparent and `version`; $2 is the time.
    """
    return f"""
told as (
    insert into events (id, workspace_id, type, aggregate_id, version, occurred_at, traceparent, data)
    select event_id, workspace_id, event_type, id, {version}, $2, traceparent, event from {given}
    returning seq, occurred_at
), waiting as (
    insert into outbox (seq, occurred_at) select seq, occurred_at from told
)
"""


# Of new aggregates.
TOLD = telling("given", "1")
LOCK = "select pg_try_advisory_lock(hashtext('cairn.relay'), hashtext($1))"
TAKE_OFF = "delete from outbox where seq = any($1::bigint[])"
# Both in one round trip and one commit. The two see the same rows, so what is taken off is left out by name.
NEXT = f"""
with gone as ({TAKE_OFF})
select seq, occurred_at from outbox where seq <> all($1::bigint[]) order by seq limit $2
"""
# Each by its whole key: while the log grows faster than its statistics the planner would read all of a day for one.
# $3 and $4, the first and the last of the times, spare it looking into every other day.
TAKE = """
select e.* from unnest($1::bigint[], $2::timestamptz[]) as asked (seq, occurred_at) cross join lateral (
    select seq, id, workspace_id, type, aggregate_id, occurred_at, traceparent, data::text as data from events
    where seq = asked.seq and occurred_at = asked.occurred_at and occurred_at between $3 and $4 limit 1
) as e order by e.seq
"""
# Looks at a bounded part: counting all that a day without a broker leaves would take longer than a statement may.
MOST_COUNTED = 100_000
DEPTH = f"""
select (select count(*) from (select 1 from outbox limit {MOST_COUNTED}) as waiting) as depth,
       coalesce(extract(epoch from now() - (select occurred_at from outbox order by seq limit 1)), 0)::float8 as age
"""
KNOWN_STREAM = "select created from published_stream where stream = $1"
KNOW_STREAM = """
insert into published_stream (stream, created) values ($1, $2)
on conflict (stream) do update set created = excluded.created
"""
RESEED = """
insert into outbox (seq, occurred_at)
select distinct on (type, aggregate_id) seq, occurred_at from events order by type, aggregate_id, version desc
on conflict do nothing
"""
RESEED_SECONDS = 600.0
AT_LENGTH = """
select set_config('transaction_timeout', '10min', true) where current_setting('server_version_num')::int >= 170000
"""
AT_ONCE = 20
"""Events published one by one before the outbox hears of it: a slow broker must not leave the lock's session silent."""
UNHURRIED = 64
"""Events in a publish for which the relay rests as long as that took; for more it rests longer in proportion.

A publish costs the broker two syncs to disk and some files, however little is in it: what gathers meanwhile shares the
next one. A few events leave without delay; under load the broker's work for each becomes a tenth.
"""
MOST_REST_SECONDS = 0.1
SWEEP_SECONDS = 0.25
STANDBY_SECONDS = 0.5

log = logging.getLogger("cairn.outbox")


async def emit(tx: Tx, events: Sequence[Event], traces: Sequence[str] | None = None) -> list[UUID]:
    """Record events in the transaction of their change and return their ids. At most a few thousand at once.

    `traces` holds the traceparent of each event's own cause; without it the present request's serves for all.
    """
    if not events:
        return []
    ids = [new_id() for _ in events]
    trace = traceparent.get()
    rows = [
        {
            "id": id,
            "workspace_id": event.workspace_id,
            "type": event.type,
            "aggregate_id": event.aggregate_id,
            "version": event.version,
            "traceparent": traces[position] if traces is not None else trace,
            "data": event,
        }
        for position, (id, event) in enumerate(zip(ids, events, strict=True))
    ]
    await tx.run(EMIT, to_json(rows).decode(), datetime.now(UTC))
    tx.emitted = True
    return ids


async def reseed(tx: Tx) -> int:
    """Have the newest event of each aggregate published once more; return how many those are."""
    return await tx.run(RESEED)


def _message(row: asyncpg.Record) -> Message:
    return Message(
        subject=f"{row['type']}.{row['aggregate_id']}",
        payload=row["data"].encode(),
        headers=headers_of(
            id=row["id"],
            type=row["type"],
            aggregate_id=row["aggregate_id"],
            workspace_id=row["workspace_id"],
            time=row["occurred_at"],
            traceparent=row["traceparent"],
        ),
    )


class Relay:
    """Publishes a service's outbox. Any number may run; the one that holds the advisory lock works.

    The lock and the outbox share one connection: a relay that lost its lock can take nothing off either, and what it
    still publishes is dropped by the stream as a duplicate.
    """

    def __init__(self, database: Database, broker: Broker, metrics: Metrics) -> None:
        self._database = database
        self._broker = broker
        self._metrics = metrics
        self._service = database.schema
        self._wake = asyncio.Event()
        self._acknowledged: list[int] = []
        """By the stream; the next look into the outbox takes them off."""

    def nudge(self) -> None:
        """Events were committed: publish them now rather than at the next sweep."""
        self._wake.set()

    async def run(self) -> None:
        """Stand by for the lock and serve while holding it, until cancelled."""
        once = Once(log)
        while True:
            connection: asyncpg.Connection[asyncpg.Record] | None = None
            try:
                connection = await self._database.connect()
                # It takes off alone. What a crash puts back is published again, and the stream drops ids that it knows.
                await connection.execute("set synchronous_commit = off")
                for name, value in BY_KEY.items():
                    await connection.execute(f"set {name} = {value}")
                while not await connection.fetchval(LOCK, self._service):
                    await asyncio.sleep(STANDBY_SECONDS)
                once.over("relay: the database is back")
                self._metrics.relay_active.set(1)
                await self._serve(connection)
            except (*AWAY, asyncpg.PostgresError) as error:
                once.say(logging.WARNING, "relay: the database is away", reason=repr(error))
                await asyncio.sleep(STANDBY_SECONDS)
            finally:
                self._metrics.relay_active.set(0)
                if connection is not None:
                    connection.terminate()

    async def _serve(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        clock = asyncio.get_running_loop().time
        generation = -1
        looked = 0.0
        self._acknowledged = []
        once = Once(log)
        while True:
            self._wake.clear()
            began = clock()
            if began - looked > 1:
                looked = began
                waiting = await connection.fetchrow(DEPTH)
                if waiting is not None:
                    self._metrics.outbox_depth.set(waiting["depth"])
                    self._metrics.outbox_age.set(waiting["age"])
            try:
                if generation != self._broker.generation:
                    seen = self._broker.generation
                    await self._know_stream(connection)
                    generation = seen
                    once.over("relay: the broker is back")
                published = await self.publish_some(connection)
            except BrokerAway as error:
                generation = -1
                # At a start the broker has not been met yet, and says itself when it cannot be.
                if self._broker.generation:
                    once.say(logging.INFO, "relay: the broker is away", reason=str(error))
                await asyncio.sleep(SWEEP_SECONDS)
                continue
            if published:
                if published < BATCH:
                    await asyncio.sleep(min((clock() - began) * published / UNHURRIED, MOST_REST_SECONDS))
                continue
            # Not wait_for: on 3.11 it swallows a cancellation that meets the nudge, and the relay would never end.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()

    async def _know_stream(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Make sure of the stream, and fill it again when it is not the one that was published to."""
        state = await self._broker.ensure_stream(self._service)
        known = await connection.fetchval(KNOWN_STREAM, self._service)
        if known == state.created:
            return
        async with connection.transaction():
            if known is not None:
                await connection.execute(AT_LENGTH)
                await connection.execute(RESEED, timeout=RESEED_SECONDS)
                log.warning("the stream is new: seeding it again from PostgreSQL")
            await connection.execute(KNOW_STREAM, self._service, state.created)

    async def publish_some(self, connection: "asyncpg.Connection[asyncpg.Record]") -> int:
        """Take off what was published last, publish the oldest events that wait, and return how many those were."""
        waiting = await connection.fetch(NEXT, self._acknowledged, BATCH)
        self._acknowledged = []
        if not waiting:
            return 0
        times = [row["occurred_at"] for row in waiting]
        rows = await connection.fetch(TAKE, [row["seq"] for row in waiting], times, min(times), max(times))
        try:
            await self._broker.publish_batch([_message(row) for row in rows])
        except (BatchRefused, BrokerAway) as error:
            # Part of it may be there already. One by one, in order, each awaited: the stream drops the ids it knows.
            log.info("relay: publishing one by one", extra={"reason": str(error), "events": len(rows)})
            for start in range(0, len(rows), AT_ONCE):
                few = rows[start : start + AT_ONCE]
                for row in few:
                    await self._broker.publish(_message(row))
                await connection.execute(TAKE_OFF, [row["seq"] for row in few])
                self._metrics.published.inc(len(few))
            self._metrics.publish_batch.labels("single").observe(len(rows))
        else:
            self._acknowledged = [row["seq"] for row in rows]
            self._metrics.published.inc(len(rows))
            self._metrics.publish_batch.labels("batch").observe(len(rows))
        return len(rows)
