"""How an event leaves: into the `events` table with its change, from there to the stream by one relay.

`events` is both outbox (rows not yet published) and log (all rows). A change locks its aggregate's row and raises its
version before it emits, so within an aggregate the order of `seq` is the order of commits; the relay publishes in that
order.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from shared.database import AWAY, Database, Tx
from shared.events.base import Event, headers_of
from shared.ids import new_id
from shared.stream import BATCH, BatchRefused, Broker, BrokerAway, Message
from shared.telemetry import Metrics, Once, traceparent

EMIT = """
insert into events (id, workspace_id, type, aggregate_id, version, occurred_at, traceparent, data)
select id, workspace_id, type, aggregate_id, version, $2, traceparent, data::jsonb
from json_to_recordset($1::json)
    as e (id uuid, workspace_id uuid, type text, aggregate_id uuid, version bigint, traceparent text, data text)
"""
LOCK = "select pg_try_advisory_lock(hashtext('cairn.relay'), hashtext($1))"
TAKE = """
select seq, id, workspace_id, type, aggregate_id, occurred_at, traceparent, data::text as data
from events where published_at is null order by seq limit $1
"""
MARK = """
update events set published_at = now()
where seq = any($1::bigint[]) and occurred_at between $2 and $3
"""
# Looks at a bounded part: counting all that a day without a broker leaves would take longer than a statement may.
DEPTH = """
select (select count(*) from (select 1 from events where published_at is null order by seq limit 100000) as waiting)
           as depth,
       coalesce(
           extract(epoch from now() - (select occurred_at from events where published_at is null order by seq limit 1)),
           0
       )::float8 as age
"""
KNOWN_STREAM = "select created from published_stream where stream = $1"
KNOW_STREAM = """
insert into published_stream (stream, created) values ($1, $2)
on conflict (stream) do update set created = excluded.created
"""
RESEED = """
update events set published_at = null
where (seq, occurred_at) in (
    select distinct on (type, aggregate_id) seq, occurred_at from events order by type, aggregate_id, version desc
)
"""
RESEED_SECONDS = 600.0
AT_LENGTH = """
select set_config('transaction_timeout', '10min', true) where current_setting('server_version_num')::int >= 170000
"""
MARK_AT = 20
"""Events published one by one before they are marked: a slow broker must not leave the lock's session silent."""
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
            "data": event.model_dump_json(),
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

    The lock, the reading and the marking share one connection: a relay that lost its lock cannot mark either, and what
    it still publishes is dropped by the stream as a duplicate.
    """

    def __init__(self, database: Database, broker: Broker, metrics: Metrics) -> None:
        self._database = database
        self._broker = broker
        self._metrics = metrics
        self._service = database.schema
        self._wake = asyncio.Event()

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
        generation = -1
        looked = 0.0
        once = Once(log)
        while True:
            self._wake.clear()
            now = asyncio.get_running_loop().time()
            if now - looked > 1:
                looked = now
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
                if await self.publish_some(connection) == BATCH:
                    continue
            except BrokerAway as error:
                generation = -1
                # At a start the broker has not been met yet, and says itself when it cannot be.
                if self._broker.generation:
                    once.say(logging.INFO, "relay: the broker is away", reason=str(error))
                await asyncio.sleep(SWEEP_SECONDS)
                continue
            try:
                # Not wait_for: on 3.11 it swallows a cancellation that meets the nudge, and the relay would never end.
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

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
        """Publish the oldest waiting events, mark them, and return how many there were."""
        rows = await connection.fetch(TAKE, BATCH)
        if not rows:
            return 0
        try:
            await self._broker.publish_batch([_message(row) for row in rows])
            self._metrics.publish_batch.labels("atomic").observe(len(rows))
        except (BatchRefused, BrokerAway) as error:
            # Part of it may be there already. One by one, in order, each awaited: the stream drops the ids it knows.
            log.info("relay: publishing one by one", extra={"reason": str(error), "events": len(rows)})
            for start in range(0, len(rows), MARK_AT):
                few = rows[start : start + MARK_AT]
                for row in few:
                    await self._broker.publish(_message(row))
                await self._mark(connection, few)
            self._metrics.publish_batch.labels("single").observe(len(rows))
        else:
            await self._mark(connection, rows)
        return len(rows)

    async def _mark(self, connection: "asyncpg.Connection[asyncpg.Record]", rows: Sequence[asyncpg.Record]) -> None:
        await connection.execute(
            MARK,
            [row["seq"] for row in rows],
            min(row["occurred_at"] for row in rows),
            max(row["occurred_at"] for row in rows),
        )
        self._metrics.published.inc(len(rows))
