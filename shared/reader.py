"""How an event enters: a cursor in PostgreSQL moves and the whole batch is applied, in one transaction.

The position lives beside what it led to, so each message counts once and in order whatever dies in between. Moving the
cursor only from where it was read (`seq = expected`) fences a rival that believes it holds the same partition. A
message that cannot be applied is parked, with all later ones of its aggregate behind it, and the cursor moves on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json

from shared.database import AWAY, RETRYABLE, Database, Tx
from shared.errors import Conflict, NotFound, Unavailable
from shared.events.base import Delivered, Event, decode
from shared.ids import new_id
from shared.membership import Membership
from shared.stream.broker import Broker
from shared.stream.messages import BrokerAway, Fetched, StreamMissing, StreamState
from shared.telemetry import Metrics, Once, Tracer, known_traceparent, traceparent

Handler = Callable[[Tx, Sequence[Delivered[Any]]], Awaitable[object]]
"""Applies some events, in stream order. One that is registered for several types gets them together; handlers must
commute with each other."""
Consumers = Mapping[type[Event], Handler]

ADD_CURSORS = """
insert into cursors (stream, partition, seq, created)
select $1, partition, 0, $3 from unnest($2::int[]) as p (partition) on conflict do nothing
"""
RESET_CURSORS = """
update cursors set seq = 0, created = $2, applied = 0 where stream = $1 and (created <> $2 or seq > $3)
"""
LOAD_CURSORS = "select partition, seq, starts from cursors where stream = $1 and partition = any($2::int[])"
COUNT_START = "update cursors set starts = starts + 1 where stream = $1 and partition = any($2::int[])"
MOVE = """
update cursors as c set seq = moved.seq, applied = applied + moved.messages, starts = 0, attempts = 0
from unnest($2::int[], $3::bigint[], $4::bigint[], $5::int[]) as moved (partition, expected, seq, messages)
where c.stream = $1 and c.partition = moved.partition and c.seq = moved.expected and c.created = $6
returning c.parked
"""
ATTEMPT = """
update cursors set attempts = case when attempted = $3 then attempts + 1 else 1 end, attempted = $3
where stream = $1 and partition = $2 returning attempts
"""
BLOCKED = """
select distinct aggregate_id from parked
where stream = $1 and aggregate_id = any($2::uuid[]) and redriven_at is null
"""
PARK = """
with put as (
    insert into parked (id, workspace_id, stream, partition, seq, type, aggregate_id, headers, payload, error)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
)
update cursors set parked = parked + 1 where stream = $3 and partition = $4
"""
PARKED_COUNT = "select coalesce(sum(parked), 0) from cursors where stream = $1"
LIST_PARKED = """
select id, stream, seq, type, aggregate_id, error, parked_at from parked
where workspace_id = $1 and redriven_at is null and id > $2 order by id limit $3
"""
PARKED_ONE = (
    "select stream, partition, aggregate_id from parked "
    "where id = $1 and workspace_id is not distinct from $2 and redriven_at is null"
)
LOCK_CURSOR = "select 1 from cursors where stream = $1 and partition = $2 for update"
PARKED_OF = """
select id, seq, partition, headers::text as headers, payload from parked
where stream = $1 and redriven_at is null and (aggregate_id = $2 or id = $3) order by seq for update
"""
REDRIVEN = """
with done as (update parked set redriven_at = now() where id = any($1::uuid[]))
update cursors set parked = parked - cardinality($1::uuid[]) where stream = $2 and partition = $3
"""

BATCH = 200
CAREFUL_AFTER_STARTS = 3
"""Starts without a single success after which messages are tried one by one, each try counted beforehand."""
KILLS = 2
"""Counted tries that a message gets; with the uncounted starts before them it is parked before its sixth."""
SHORTEST_WAIT, LONGEST_WAIT = 0.1, 1.0
"""Seconds between two tries to follow a stream: twice as long each time."""

log = logging.getLogger("cairn.reader")


class Fenced(Exception):
    """Another reader moved the cursor: start again from where it is now."""


class Reader:
    """Applies one stream's messages to this service."""

    def __init__(
        self,
        stream: str,
        consumers: Consumers,
        database: Database,
        broker: Broker,
        membership: Membership,
        metrics: Metrics,
        tracer: Tracer,
        *,
        rest: float = 0.0,
    ) -> None:
        """`rest`: seconds between two batches while fewer messages wait than a batch holds."""
        self._stream = stream
        self._consumers = consumers
        self._database = database
        self._broker = broker
        self._membership = membership
        self._metrics = metrics
        self._tracer = tracer
        self._rest = rest
        self._counted = False
        self._careful = False
        self._tried = 0
        self._attempts = 0
        self._once = Once(log)
        self._created = datetime.min.replace(tzinfo=UTC)
        """Which stream is followed: what was fetched from it counts for no other of its name."""

    async def run(self) -> None:
        """Follow the stream until cancelled, whatever goes away and comes back."""
        wait = SHORTEST_WAIT
        while True:
            try:
                await self._follow()
                wait = SHORTEST_WAIT
            except Fenced:
                log.info("reader: a rival moved the cursor", extra={"stream": self._stream})
            except RETRYABLE as error:
                log.info("reader: lost a race for locks", extra={"stream": self._stream, "reason": repr(error)})
            except StreamMissing:
                self._once.say(logging.INFO, "reader: the stream is not there yet", stream=self._stream)
            except BrokerAway as error:
                # At a start the broker has not been met yet, and says itself when it cannot be.
                if self._broker.generation:
                    self._once.say(logging.INFO, "reader: the broker is away", stream=self._stream, reason=str(error))
            except (Unavailable, *AWAY) as error:
                self._once.say(logging.WARNING, "reader: the database is away", stream=self._stream, reason=repr(error))
            except Exception:
                log.exception("reader: failed outside of any message", extra={"stream": self._stream})
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _follow(self) -> None:
        """Read from the cursor on until the partitions, the connection or the fence change."""
        partitions, generation = self._membership.partitions, self._broker.generation
        if not partitions:
            return
        positions = await self._positions(await self._broker.stream_state(self._stream), partitions)
        subscription = await self._broker.subscribe(
            self._stream, partitions, min(positions.values()) + 1, [contract.type for contract in self._consumers]
        )
        self._once.over("reader: follows the stream", stream=self._stream)
        try:
            while (partitions, generation) == (self._membership.partitions, self._broker.generation):
                fetched = await subscription.fetch(BATCH, wait=1.0)
                if fetched:
                    self._metrics.reader_lag.labels(self._stream).set(fetched[-1].waiting)
                fresh = [message for message in fetched if message.seq > positions[message.partition]]
                if fresh:
                    await self._apply(fresh, positions)
                if self._rest and len(fetched) < BATCH:
                    await asyncio.sleep(self._rest)
        finally:
            await subscription.close()

    async def _positions(self, state: StreamState, partitions: Sequence[int]) -> dict[int, int]:
        async with self._database.system() as tx:
            await tx.run(ADD_CURSORS, self._stream, partitions, state.created)
            # Another stream under the same name, or one that lost its end: begin anew. Snapshots make that harmless.
            if await tx.run(RESET_CURSORS, self._stream, state.created, state.last_seq):
                log.warning("reader: the stream is not the one the cursor belongs to", extra={"stream": self._stream})
            if not self._counted:
                await tx.run(COUNT_START, self._stream, partitions)
                self._counted = True
            rows = await tx.all(LOAD_CURSORS, self._stream, partitions)
            self._metrics.parked.labels(self._stream).set(await tx.value(PARKED_COUNT, self._stream))
        self._created = state.created
        self._careful = any(row["starts"] > CAREFUL_AFTER_STARTS for row in rows)
        positions = {row["partition"]: row["seq"] for row in rows}
        if state.first_seq > 1 and any(state.first_seq > seq + 1 for seq in positions.values()):
            log.warning(
                "reader: the stream begins after the cursor; if events are missing, reseed it from PostgreSQL",
                extra={"stream": self._stream, "first": state.first_seq},
            )
        return positions

    async def _apply(self, messages: Sequence[Fetched], positions: dict[int, int]) -> None:
        if not self._careful:
            try:
                for attempt in range(3):
                    try:
                        await self._transact(messages, positions)
                        return
                    except RETRYABLE:
                        log.info("reader: lost a race for locks", extra={"stream": self._stream, "attempt": attempt})
            except (Fenced, Unavailable):
                raise
            except Exception as error:  # noqa: BLE001  # some message is bad: found below
                log.warning("reader: a batch failed", extra={"stream": self._stream, "reason": repr(error)})
        # One by one, so that a bad message harms only itself, and what is said of it can be found by its trace.
        for message in messages:
            token = traceparent.set(known_traceparent(message.headers.get("traceparent", "")))
            try:
                await self._apply_alone(message, positions)
            finally:
                traceparent.reset(token)
        self._careful = False

    async def _apply_alone(self, message: Fetched, positions: dict[int, int]) -> None:
        if self._tried != message.seq:
            # Counted before the try and committed: this survives a message that kills the process. A second try of
            # the same process is not counted: whatever went wrong with the first did not kill.
            async with self._database.system() as tx:
                self._attempts = await tx.value(ATTEMPT, self._stream, message.partition, message.seq)
            self._tried = message.seq
        if self._attempts > KILLS:
            await self._transact([message], positions, park="killed the process on each try")
            return
        try:
            await self._transact([message], positions)
        except (Fenced, Unavailable, *RETRYABLE):
            raise
        except Exception as error:
            log.warning("reader: parked a message", exc_info=error, extra={"stream": self._stream, "seq": message.seq})
            await self._transact([message], positions, park=f"{type(error).__name__}: {error}"[:2000])

    async def _transact(self, messages: Sequence[Fetched], positions: dict[int, int], park: str = "") -> None:
        moves: dict[int, tuple[int, int]] = {}
        for message in messages:
            _, count = moves.get(message.partition, (0, 0))
            moves[message.partition] = (message.seq, count + 1)
        scope = _workspaces(messages)
        opened = self._database.transaction(scope, by_key=True) if scope is not None else self._database.system()
        causes = (message.headers.get("traceparent", "") for message in messages)
        described = {"messaging.system": "nats", "messaging.batch.message_count": len(messages)}
        with self._tracer.batch(f"apply {self._stream}", causes, described):
            async with opened as tx:
                moved = await tx.all(
                    MOVE,
                    self._stream,
                    list(moves),
                    [positions[partition] for partition in moves],
                    [seq for seq, _ in moves.values()],
                    [count for _, count in moves.values()],
                    self._created,
                )
                if len(moved) != len(moves):
                    raise Fenced
                blocked: set[UUID] = set()
                if any(row["parked"] for row in moved):
                    ids = [id for message in messages if (id := _aggregate(message)) is not None]
                    blocked = {row["aggregate_id"] for row in await tx.all(BLOCKED, self._stream, ids)}
                await self._dispatch(tx, messages, blocked, park)
        positions.update((partition, seq) for partition, (seq, _) in moves.items())
        self._metrics.applied.labels(self._stream).inc(len(messages))
        self._metrics.reader_batch.labels(self._stream).observe(len(messages))

    async def _dispatch(self, tx: Tx, messages: Sequence[Fetched], blocked: set[UUID], park: str) -> None:
        sound: list[Delivered[Event]] = []
        for message in messages:
            reason = park
            if not reason and _aggregate(message) in blocked:
                reason = "waits behind a parked message of its aggregate"
            if not reason:
                try:
                    delivered = decode(message.headers, message.payload, message.seq)
                except (ValueError, KeyError) as error:
                    reason = f"cannot be read: {error}"[:2000]
                else:
                    if delivered is not None and type(delivered.event) in self._consumers:
                        sound.append(delivered)
            if reason:
                await _park(tx, self._stream, message, reason)
                self._metrics.parked.labels(self._stream).inc()
        await _hand_out(tx, self._consumers, sound)


async def _hand_out(tx: Tx, consumers: Consumers, delivered: Collection[Delivered[Event]]) -> None:
    for handler in dict.fromkeys(consumers.values()):
        if theirs := [each for each in delivered if consumers.get(type(each.event)) == handler]:
            await handler(tx, theirs)


async def _park(tx: Tx, stream: str, message: Fetched, reason: str) -> None:
    await tx.run(
        PARK,
        new_id(),
        _uuid(message.headers.get("ce-workspaceid", "")),
        stream,
        message.partition,
        message.seq,
        message.headers.get("ce-type", ""),
        _aggregate(message),
        to_json(message.headers).decode(),
        message.payload,
        reason,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _aggregate(message: Fetched) -> UUID | None:
    return _uuid(message.headers.get("ce-subject", ""))


def _workspaces(messages: Iterable[Fetched]) -> set[UUID] | None:
    """The workspaces of a batch, or None when one of its messages does not tell."""
    scope: set[UUID] = set()
    for message in messages:
        workspace = _uuid(message.headers.get("ce-workspaceid", ""))
        if workspace is None:
            return None
        scope.add(workspace)
    return scope


async def redrive(tx: Tx, consumers: Consumers, workspace_id: UUID | None, parked_id: UUID) -> int:
    """Apply a parked message and all behind it, in order; return how many. Conflict when one still fails.

    `workspace_id` is None for a message that names no workspace.

    The cursor's row is locked first: the reader of that partition waits, so nothing parks behind unseen.
    """
    found = await tx.one(PARKED_ONE, parked_id, workspace_id)
    if found is None:
        raise NotFound("No parked message by that id.")
    await tx.value(LOCK_CURSOR, found["stream"], found["partition"])
    rows = await tx.all(PARKED_OF, found["stream"], found["aggregate_id"], parked_id)
    for row in rows:
        try:
            delivered = decode(from_json(row["headers"]), row["payload"], row["seq"])
            if delivered is not None:
                await _hand_out(tx, consumers, [delivered])
        except (*AWAY, Unavailable):
            raise
        except Exception as error:
            raise Conflict(f"Message {row['seq']} still fails: {type(error).__name__}.") from error
    await tx.run(REDRIVEN, [row["id"] for row in rows], found["stream"], found["partition"])
    return len(rows)
