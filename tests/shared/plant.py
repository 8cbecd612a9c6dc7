"""A publisher and a consumer for tests alone: feedback's and scoring's schemas where neither service runs."""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import asyncpg

from deploy.infra import Nats
from shared.database import Database, Tx
from shared.events.base import Delivered
from shared.events.feedback import DemandChanged
from shared.ids import new_id
from shared.membership import Membership
from shared.outbox import Relay, emit
from shared.reader import Consumers, Reader
from shared.stream.broker import Broker
from shared.stream.messages import PARTITIONS, StreamState
from shared.telemetry import Metrics, Tracer
from tests.builders import eventually
from tests.servers import Cluster

EMPTY = """
truncate feedback.events, feedback.outbox, feedback.published_stream,
    scoring.cursors, scoring.parked, scoring.workers, scoring.applied
"""
# Without a key: what is applied twice shows.
ADD_LEDGER = """
create table scoring.applied (
    place bigint generated always as identity, event_id uuid, workspace_id uuid, idea_id uuid, version bigint
);
grant select, insert on scoring.applied to cairn_scoring
"""
APPLY = """
insert into applied (event_id, workspace_id, idea_id, version)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[])
"""
APPLIED = "select version from applied where idea_id = coalesce($1, idea_id) order by place"


def demand(workspace_id: UUID, idea_id: UUID, version: int) -> DemandChanged:
    """A snapshot of an idea's demand, with as many votes as its version."""
    return DemandChanged(
        workspace_id=workspace_id,
        idea_id=idea_id,
        version=version,
        votes=version,
        insights=0,
        contacts=version,
        accounts=0,
        mrr=0,
        currency="USD",
    )


class Ledger:
    """A consumer that writes down every event it applies, and fails where it is told to."""

    def __init__(self) -> None:
        self.poison: set[tuple[UUID, int]] = set()
        self.batches: list[int] = []

    async def apply(self, tx: Tx, delivered: Sequence[Delivered[DemandChanged]]) -> None:
        """The handler."""
        for each in delivered:
            if (each.event.idea_id, each.event.version) in self.poison:
                raise ValueError(f"no version {each.event.version}, please")
        self.batches.append(len(delivered))
        await tx.run(
            APPLY,
            [each.id for each in delivered],
            [each.event.workspace_id for each in delivered],
            [each.event.idea_id for each in delivered],
            [each.event.version for each in delivered],
        )

    @property
    def consumers(self) -> Consumers:
        """The table that a reader is given."""
        return {DemandChanged: self.apply}


class Tries(Broker):
    """A connection that counts how often the state of a stream was asked for."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "plant")
        self.made = 0

    async def stream_state(self, service: str) -> StreamState:
        self.made += 1
        return await super().stream_state(service)

    async def ensure_stream(self, service: str) -> StreamState:
        self.made += 1
        return await super().ensure_stream(service)


@dataclass
class Plant:
    """One database with the platform's tables, one broker, and the parts between them as a test starts them."""

    cluster: Cluster
    database: str
    nats: Nats
    workspace_id: UUID = field(default_factory=new_id)
    ledger: Ledger = field(default_factory=Ledger)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    publisher: Database = field(init=False)
    consumer: Database = field(init=False)
    admin: Database = field(init=False)

    async def __aenter__(self) -> Self:
        self.publisher = await self.open("feedback")
        self.consumer = await self.open("scoring")
        self.admin = await self.open("scoring", role="postgres")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def open(self, schema: str, *, role: str = "") -> Database:
        """Another door to the database."""
        database = Database(self.cluster.near_url(self.database, role or f"cairn_{schema}"), schema)
        await database.open()
        self._stack.push_async_callback(database.close)
        return database

    async def connect(self) -> Broker:
        """Another connection to the broker, begun."""
        broker = Broker(self.nats.url, "plant")
        broker.open()
        self._stack.push_async_callback(broker.close)
        return broker

    async def connected(self) -> Broker:
        """Another connection to the broker, made."""
        broker = await self.connect()

        async def made() -> bool:
            return broker.connected

        await eventually(made)
        return broker

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Have something run until the test ends."""
        task = asyncio.create_task(work)
        self._stack.push_async_callback(_cancel, task)
        return task

    async def relay(self) -> Metrics:
        """Start a relay; return what it measures."""
        metrics = Metrics()
        relay = Relay(await self.open("feedback"), await self.connect(), metrics)
        self.start(relay.run())
        return metrics

    async def reader(self) -> Metrics:
        """Start a reader that believes all partitions are its own; return what it measures."""
        metrics = Metrics()
        self.start(self.reader_on(await self.connect(), await self.open("scoring"), metrics).run())
        return metrics

    def reader_on(self, broker: Broker, database: Database, metrics: Metrics | None = None) -> Reader:
        """A reader that believes all partitions are its own, on this connection."""
        membership = Membership(self.consumer)
        membership.partitions = tuple(range(PARTITIONS))
        return Reader(
            "feedback",
            self.ledger.consumers,
            database,
            broker,
            membership,
            metrics or Metrics(),
            Tracer("test", ""),
        )

    async def emit(self, idea_id: UUID, *versions: int) -> list[UUID]:
        """Commit a change of an idea for each version, as a service does."""
        async with self.publisher.transaction({self.workspace_id}) as tx:
            return await emit(tx, [demand(self.workspace_id, idea_id, version) for version in versions])

    async def backlog(self, events: int, aggregates: int) -> None:
        """Commit many changes at once: `events` in all, taking turns among the same `aggregates` ideas each time."""
        async with self.publisher.transaction({self.workspace_id}) as tx:
            await tx.run(BACKLOG, self.workspace_id, events, aggregates)
            tx.emitted = True

    async def applied(self, idea_id: UUID | None = None) -> list[int]:
        """Versions in the order in which they were applied, of one idea or of all."""
        async with self.admin.system() as tx:
            rows = await tx.all(APPLIED, idea_id)
        return [row["version"] for row in rows]

    async def out_of_order(self) -> list[asyncpg.Record]:
        """Ideas whose versions were not applied once each and in order."""
        async with self.admin.system() as tx:
            return await tx.all(OUT_OF_ORDER)

    async def query(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Rows, as the superuser sees them."""
        async with self.admin.system() as tx:
            return await tx.all(sql, *args)

    async def all_applied(self, count: int) -> None:
        """Return when the consumer has applied `count` events."""

        async def enough() -> bool:
            return (await self.query("select count(*) from applied"))[0][0] >= count

        await eventually(enough, within=30)

    async def all_published(self, relays: Sequence[Metrics], count: int) -> None:
        """Return when these relays have published `count` events."""

        async def enough() -> bool:
            return sum(each.registry.get_sample_value("cairn_events_published_total") or 0 for each in relays) >= count

        await eventually(enough, within=100)

    async def waiting(self) -> int:
        """Events not published yet."""
        return (await self.query("select count(*) from feedback.outbox"))[0][0]


BACKLOG = """
with told as (
insert into events (id, workspace_id, type, aggregate_id, version, occurred_at, data)
select gen_random_uuid(), $1, 'feedback.demand.changed.v1', idea, version, now(),
       jsonb_build_object('workspace_id', $1::uuid, 'idea_id', idea, 'version', version, 'votes', version,
                          'insights', 0, 'contacts', 0, 'accounts', 0, 'mrr', 0, 'currency', 'USD')
from (select count(*)::int as count from events) as already,
     lateral generate_series(already.count, already.count + $2::int - 1) as n,
     lateral (select md5((n % $3::int)::text)::uuid as idea, n / $3::int + 1 as version) as what
order by n
returning seq, occurred_at
) insert into outbox select * from told
"""
OUT_OF_ORDER = """
select idea_id, array_agg(version order by place) as versions from scoring.applied
group by idea_id having array_agg(version order by place) <> array(select generate_series(1, max(version)))
"""


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
