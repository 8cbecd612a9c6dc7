"""Projections made again from the streams, and streams filled again from PostgreSQL.

A rebuild replays a service's streams from their first message into empty tables of a schema beside its own, by the
same functions that project live, up to where the live cursors stand. Then it compares, and live rows that differ are
replaced. The service goes on meanwhile: its readers wait for the last stretch only.
"""

import asyncio
import importlib
import itertools
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from deploy.child import Failed
from services.scoring.models.domain import score_anew
from services.scoring.policies.domain import weigh_anew
from services.scoring.policies.worker import differences as misweighed
from services.scoring.scores.domain import lock_workspace, recompute
from shared import outbox
from shared.database import Database, Tx
from shared.events.base import decode
from shared.reader import Consumers
from shared.stream.broker import Broker
from shared.stream.messages import PARTITIONS, BrokerAway, Fetched, StreamState
from shared.stream.reading import Subscription

REBUILDABLE = ("scoring", "roadmap")
"""Services with tables that hold nothing but what other services said."""
BATCH = 500
REBUILD_SECONDS = 3600.0
"""How long a statement may take that reads a whole table."""
PATIENCE_SECONDS = 120.0
"""How long relays and readers may take to bring a reseeded stream up to date."""

MAKE_SCHEMA = "drop schema if exists rebuild_{service} cascade; create schema rebuild_{service}"
MAKE_TABLE = "create table rebuild_{service}.{table} (like {service}.{table} including all)"
DROP_SCHEMA = "drop schema if exists rebuild_{service} cascade"
# A lock on the table rather than on its rows: readers move several cursors at once, in no order.
HOLD_CURSORS = "lock table {service}.cursors in exclusive mode"
CURSORS = "select stream, partition, seq, created from {service}.cursors"
PARKED = """
select distinct coalesce(headers ->> 'ce-subject', '') as subject from {service}.parked
where stream = $1 and redriven_at is null
"""
# Aggregates with parked messages stay as they are: which of their messages count is for the operator to say.
LEAVE_PARKED = """
delete from rebuild_{service}.{table}
where {key} in (select aggregate_id from {service}.parked where redriven_at is null);
insert into rebuild_{service}.{table} select * from {service}.{table}
where {key} in (select aggregate_id from {service}.parked where redriven_at is null)
"""
WAITING = "select count(*) from {service}.outbox"
WORKSPACES = """
select workspace_id from scoring.scores union select workspace_id from scoring.demand_policies order by 1
"""
# A projection may have several rows of one aggregate: the key orders aggregates, the rest their rows.
HASH = """
select count(*) as rows, md5(coalesce(string_agg(md5(t::text), '' order by {key}, t::text), '')) as hash
from {schema}.{table} as t
"""
DIFFERENT = """
select count(*) from (
    select {key} from (select * from {service}.{table} except select * from rebuild_{service}.{table}) as wrong
    union
    select {key} from (select * from rebuild_{service}.{table} except select * from {service}.{table}) as missing
) as different
"""
DROP_DIFFERENT = """
delete from {service}.{table} where {key} in (
    select {key} from (select * from {service}.{table} except select * from rebuild_{service}.{table}) as wrong
)
"""
PUT_MISSING = """
insert into {service}.{table}
select * from rebuild_{service}.{table} except select * from {service}.{table}
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """A table as the replay gives it: its rows, whether live has the same (by hash), and how many live has not."""

    table: str
    rows: int
    equal: bool
    different: int = 0


class Replay:
    """One stream, applied by the projections of one service up to any position of its cursors, and on from there."""

    def __init__(self, subscription: Subscription, projections: Consumers, seen: int) -> None:
        """`seen` is the place in the stream that the subscription begins behind."""
        self._subscription = subscription
        self._projections = projections
        self._seen = seen
        self._ahead: list[Fetched] = []
        self._skipped: set[str] = set()

    async def until(self, tx: Tx, positions: Mapping[int, int], parked: Collection[str]) -> None:
        """Apply what lies at or before these positions, by partition, and was not applied yet.

        Messages of `parked` aggregates are left out: the live reader has set some of them aside.
        """
        if not self._skipped <= set(parked):
            raise Failed("Parked messages were redriven in the meantime. Try again.")
        goal = max(positions.values(), default=0)
        waiting, self._ahead = self._ahead, []
        while True:
            due = [each for each in waiting if each.seq <= positions.get(each.partition, 0)]
            self._skipped |= {each.headers.get("ce-subject", "") for each in due} & set(parked)
            await self._apply(tx, [each for each in due if each.headers.get("ce-subject", "") not in self._skipped])
            self._ahead += [each for each in waiting if each.seq > positions.get(each.partition, 0)]
            if self._seen >= goal:
                return
            waiting = await self._subscription.fetch(BATCH, wait=5.0)
            if not waiting:
                raise Failed(f"The stream ends at {self._seen}, before the cursors' {goal}.")
            self._seen = waiting[-1].seq

    def behind(self, last: int) -> bool:
        """Whether the positions last reached leave out a message up to this place in the stream."""
        return any(each.seq <= last for each in self._ahead)

    async def _apply(self, tx: Tx, messages: Sequence[Fetched]) -> None:
        delivered = [decode(each.headers, each.payload, each.seq) for each in messages]
        for contract, project in self._projections.items():
            if theirs := [each for each in delivered if each is not None and type(each.event) is contract]:
                await project(tx, theirs)


class Rebuild:
    """The rebuild of one service's projections, as an administrator who may make schemas."""

    def __init__(self, database: Database, broker: Broker, service: str, say: Callable[[str], None]) -> None:
        """`database` is the service's schema as an administrator; `say` tells a person what goes on."""
        listens: Any = importlib.import_module(f"services.{service}.consumers")
        self._projections: Consumers = listens.PROJECTIONS
        self._tables: Mapping[str, Sequence[str]] = listens.PROJECTED
        self._types = [contract.type for contract in listens.CONSUMERS]
        self._database = database
        self._broker = broker
        self._service = service
        self._say = say
        self._starts: dict[str, int] = {}
        """Where each stream is read from."""
        self._least: dict[str, int] = {}
        """Where live must have come to before it can be compared."""

    async def run(self, *, check: bool) -> list[Compared]:
        """Replay, compare and, unless only to `check`, replace what differs. Raises Failed when that cannot be done."""
        for stream in sorted({contract.type.partition(".")[0] for contract in self._projections}):
            await self._begin(stream)
        async with self._shadow(), self._replays() as replays:
            async with self._database.system(search_path=self._path) as tx:
                # The bulk of it, while live goes on.
                await self._catch_up(tx, replays)
            for _ in _tries(PATIENCE_SECONDS):
                async with self._database.system(search_path=self._path) as tx:
                    await tx.run(HOLD_CURSORS.format(service=self._service))
                    await self._catch_up(tx, replays)
                    if not any(replay.behind(self._least[stream]) for stream, replay in replays.items()):
                        return [await self._compare(tx, table, key, check) for table, (key,) in self._tables.items()]
                await asyncio.sleep(0.2)
        raise Failed(f"{self._service} does not read what was reseeded. Does it run?")

    @property
    def _path(self) -> str:
        return f"rebuild_{self._service}, {self._service}"

    async def _begin(self, stream: str) -> None:
        state = await self._broker.stream_state(stream)
        self._least[stream] = 0
        if state.first_seq > 1:
            self._say(f"The stream {stream} begins at {state.first_seq}: seeding it again from PostgreSQL")
            await reseed(self._database, stream)
            await published(self._database, stream)
            state = await self._broker.stream_state(stream)
            self._least[stream] = state.last_seq
        self._starts[stream] = max(state.first_seq, 1)
        await self._require_same(stream, state)

    async def _require_same(self, stream: str, state: StreamState) -> None:
        async with self._database.system() as tx:
            rows = await tx.all(CURSORS.format(service=self._service))
        if any(row["stream"] == stream and row["created"] != state.created for row in rows):
            raise Failed(f"{self._service} has not met the present stream {stream} yet. Try again when it runs.")

    async def _catch_up(self, tx: Tx, replays: Mapping[str, Replay]) -> None:
        rows = await tx.all(CURSORS.format(service=self._service))
        for stream, replay in replays.items():
            positions = {row["partition"]: row["seq"] for row in rows if row["stream"] == stream}
            # Read after the positions, so that nothing at or before them is missing.
            parked = await tx.all(PARKED.format(service=self._service), stream)
            await replay.until(tx, positions, {row["subject"] for row in parked})

    @asynccontextmanager
    async def _shadow(self) -> AsyncGenerator[None]:
        """Empty tables like the projections, found before them on the search path, gone in the end."""
        async with self._database.system() as tx:
            await tx.run(MAKE_SCHEMA.format(service=self._service))
            for table in self._tables:
                await tx.run(MAKE_TABLE.format(service=self._service, table=table))
        try:
            yield
        finally:
            async with self._database.system() as tx:
                await tx.run(DROP_SCHEMA.format(service=self._service))

    @asynccontextmanager
    async def _replays(self) -> AsyncGenerator[dict[str, Replay]]:
        subscriptions: list[Subscription] = []
        replays: dict[str, Replay] = {}
        try:
            for stream, start in self._starts.items():
                # As the live reader does: its cursors never pass what it does not listen to.
                types = [kind for kind in self._types if kind.partition(".")[0] == stream]
                subscriptions.append(await self._broker.subscribe(stream, range(PARTITIONS), start, types))
                replays[stream] = Replay(subscriptions[-1], self._projections, start - 1)
            yield replays
        finally:
            for subscription in subscriptions:
                await subscription.close()

    async def _compare(self, tx: Tx, table: str, key: str, check: bool) -> Compared:
        names = {"service": self._service, "table": table, "key": key}
        await tx.run(LEAVE_PARKED.format(**names))
        live = await tx.one(HASH.format(schema=self._service, **names))
        rebuilt = await tx.one(HASH.format(schema=f"rebuild_{self._service}", **names))
        assert live is not None
        assert rebuilt is not None
        if live["hash"] == rebuilt["hash"]:
            return Compared(f"{self._service}.{table}", rebuilt["rows"], equal=True)
        different = await tx.value(DIFFERENT.format(**names))
        if not check:
            await tx.run(DROP_DIFFERENT.format(**names))
            await tx.run(PUT_MISSING.format(**names))
        return Compared(f"{self._service}.{table}", rebuilt["rows"], equal=False, different=different)


async def rebuild(
    database: Database, broker: Broker, service: str, *, check: bool, say: Callable[[str], None]
) -> list[Compared]:
    """Rebuild a service's projections; see `Rebuild`."""
    try:
        return await Rebuild(database, broker, service, say).run(check=check)
    except BrokerAway as error:
        raise Failed(f"The broker does not serve: {error}") from error


async def rescore(database: Database, *, check: bool) -> int:
    """Compute every score and every weight of demand anew and return how many were stored otherwise.

    Unless only to `check`, the running service is asked to score by those models, and weigh by those policies, again.
    """
    wrong = 0
    async with database.system() as tx:
        workspaces = [row["workspace_id"] for row in await tx.all(WORKSPACES)]
    for workspace_id in workspaces:
        async with database.transaction((workspace_id,)) as tx:
            await lock_workspace(tx, workspace_id)
            differences = await recompute(tx, workspace_id)
            wrong += len(differences)
            for model_id in () if check else {each.model_id for each in differences}:
                await score_anew(tx, workspace_id, model_id)
            weights = await misweighed(tx, workspace_id)
            wrong += len(weights)
            for policy_id in () if check else {policy_id for policy_id, _ in weights}:
                await weigh_anew(tx, workspace_id, policy_id)
    return wrong


async def reseed(database: Database, service: str) -> int:
    """Have a service's relay publish the newest event of each aggregate once more; return how many those are.

    What the stream was sent within the last minutes it drops as known: it is there still.
    """
    async with database.system(search_path=service) as tx:
        return await outbox.reseed(tx)


async def published(database: Database, service: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Return when a service's outbox is empty. Raises Failed when it is not after so many seconds."""
    for _ in _tries(seconds):
        async with database.system() as tx:
            if not await tx.value(WAITING.format(service=service)):
                return
        await asyncio.sleep(0.1)
    raise Failed(f"{service} does not publish what waits in its outbox. Do the service and the broker run?")


def _tries(seconds: float) -> Iterator[int]:
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    return itertools.takewhile(lambda _: clock() < deadline, itertools.count())


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[Broker]:
    """A connection to the broker, made within seconds. Raises Failed when there is none to be had."""
    broker = Broker(url, "cairn-rebuild")
    broker.open()
    try:
        for _ in _tries(5.0):
            if broker.connected:
                break
            await asyncio.sleep(0.05)
        else:
            raise Failed("The broker cannot be reached. Does Cairn run?")
        yield broker
    finally:
        await broker.close()
