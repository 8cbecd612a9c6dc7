"""(d) Events a second out through the relay and in through a reader, beside the broker's client alone.

The services are stopped: the relay and the reader that are measured run here, as the services' own code does, and have
the outbox and the stream to themselves.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from uuid import uuid4

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, SubjectTransform

from services.scoring.consumers import CONSUMERS, PROJECTIONS
from shared.database import Database
from shared.events.base import headers_of
from shared.events.feedback import DemandChanged
from shared.ids import new_id
from shared.membership import Membership
from shared.outbox import Relay
from shared.reader import Consumers, Reader
from shared.stream.broker import Broker
from shared.telemetry import Metrics, Tracer
from tests.bench.arena import NOT_WORSE, Arena, Contest
from tests.bench.figures import TIMES, ratio
from tests.bench.load import Sample
from tests.bench.site import Site

EVENTS = 10_000
SCORED = 4_000
BATCH = 500
GOAL = 0.4
PATIENCE_SECONDS = 60.0
STREAM, TWIN = "feedback", "bare"
Message = tuple[str, bytes, dict[str, str]]
"""Subject, payload, headers."""
OUTBOX = ("id", "workspace_id", "type", "aggregate_id", "version", "occurred_at", "traceparent", "data")
PUT_OUT = "insert into feedback.outbox select seq, occurred_at from feedback.events where occurred_at = $1"
MOVE_CURSORS = "update scoring.cursors set seq = $1 where stream = 'feedback'"


class Lab:
    """One site without its services, and its broker from close by."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.client, self.js = site.client, site.js
        self.broker = Broker(site.stack.nats.url, "bench")
        self.relay: Relay
        self.relayed = Metrics()
        self.databases = {name: self._database(name) for name in ("feedback", "scoring")}
        self._versions = count(1_000)
        self._running: asyncio.Task[None]

    def _database(self, service: str) -> Database:
        role = f"cairn_{service}"
        stack = self.site.stack
        return Database(stack.postgres.url(role, password=stack.kept.passwords[role]), service, application="bench")

    async def open(self) -> None:
        """Stop the services, take their place, and make a second stream with the same settings."""
        for service in self.site.stack.services.values():
            service.stop()
        self.broker.open()
        for database in self.databases.values():
            await database.open()
        config = (await self.js.stream_info(STREAM)).config
        transform = config.subject_transform
        assert transform is not None
        twin = replace(
            config,
            name=TWIN,
            subjects=[f"{TWIN}.*.*.*.*"],
            subject_transform=SubjectTransform(
                src=transform.src.replace(STREAM, TWIN, 1), dest=transform.dest.replace(STREAM, TWIN, 1)
            ),
        )
        await self.js.add_stream(twin)  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
        self.relay = Relay(self.databases["feedback"], self.broker, self.relayed)
        self._running = asyncio.create_task(self.relay.run())

    async def close(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        for database in self.databases.values():
            await database.close()
        await self.broker.close()

    def events(self, number: int) -> list[DemandChanged]:
        """New snapshots of as many ideas as there are, each newer than all before."""
        version, ideas = next(self._versions), self.site.size.ideas
        return [
            DemandChanged(
                workspace_id=self.site.workspace_id,
                version=version,
                idea_id=self.site.size.idea_id(position % ideas),
                votes=version,
                insights=0,
                contacts=version,
                accounts=version,
                mrr=version * 1_000,
                currency="EUR",
            )
            for position in range(number)
        ]

    def messages(self, number: int, stream: str) -> list[Message]:
        """New events as they are published."""
        now = datetime.now(UTC)
        made: list[Message] = []
        for event in self.events(number):
            headers = headers_of(
                id=new_id(),
                type=event.type,
                aggregate_id=event.aggregate_id,
                workspace_id=event.workspace_id,
                time=now,
                traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            )
            subject = f"{event.type}.{event.aggregate_id}".replace(STREAM, stream, 1)
            # With the white space that PostgreSQL gives to what it keeps.
            made.append((subject, json.dumps(event.model_dump(mode="json")).encode(), headers))
        return made

    async def publish(self, messages: list[Message]) -> None:
        """Bare atomic batches, each awaited."""
        for start in range(0, len(messages), BATCH):
            batch, name = messages[start : start + BATCH], uuid4().hex
            for number, (subject, payload, headers) in enumerate(batch[:-1], start=1):
                place = {"Nats-Batch-Id": name, "Nats-Batch-Sequence": str(number)}
                await self.client.publish(subject, payload, headers=headers | place)
            subject, payload, headers = batch[-1]
            place = {"Nats-Batch-Id": name, "Nats-Batch-Sequence": str(len(batch)), "Nats-Batch-Commit": "1"}
            answer = await self.client.request(subject, payload, timeout=10, headers=headers | place)
            if b'"seq"' not in answer.data:
                raise ConnectionError(answer.data.decode())

    async def last(self) -> int:
        """The stream's last sequence."""
        return (await self.js.stream_info(STREAM)).state.last_seq

    async def timed(self, number: int, work: Callable[[], Awaitable[object]]) -> Sample:
        """How many of `number` events a second `work` handles."""
        used, start = self.site.used(), time.perf_counter()
        await work()
        elapsed = time.perf_counter() - start
        busy = {name: (now - used[name]) / elapsed for name, now in self.site.used().items()}
        return Sample(number / elapsed, elapsed * 1000, elapsed * 1000, number, {}, busy)


async def _published(lab: Lab) -> Sample:
    messages = lab.messages(EVENTS, TWIN)
    return await lab.timed(EVENTS, partial(lab.publish, messages))


async def _relayed(lab: Lab) -> Sample:
    """From the moment at which a transaction with all of them is committed and the relay is nudged."""
    now = datetime.now(UTC)
    await lab.site.admin.copy_records_to_table(
        "events",
        schema_name="feedback",
        columns=OUTBOX,
        records=[
            (new_id(), event.workspace_id, event.type, event.aggregate_id, event.version, now, "", data)
            for event in lab.events(EVENTS)
            for data in [event.model_dump_json()]
        ],
    )
    await lab.site.admin.execute(PUT_OUT, now)
    before = _count(lab.relayed, "cairn_events_published_total", {})

    async def drain() -> None:
        lab.relay.nudge()
        await _until(lambda: _count(lab.relayed, "cairn_events_published_total", {}) >= before + EVENTS)

    return await lab.timed(EVENTS, drain)


async def _read(lab: Lab, consumers: Consumers, number: int) -> Sample:
    """From the start of a reader that is `number` events behind."""
    await lab.site.admin.execute(MOVE_CURSORS, await lab.last())
    await lab.publish(lab.messages(number, STREAM))
    database, metrics = lab.databases["scoring"], Metrics()
    membership = Membership(database)
    await membership.beat()
    reader = Reader(STREAM, consumers, database, lab.broker, membership, metrics, Tracer("bench", ""))

    async def follow() -> None:
        running = asyncio.create_task(reader.run())
        await _until(lambda: _count(metrics, "cairn_events_applied_total", {"stream": STREAM}) >= number)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    sample = await lab.timed(number, follow)
    await membership.leave()
    return sample


async def _fetched(lab: Lab) -> Sample:
    """The events that were read last, by a consumer without acknowledgements, as the reader's is."""
    last = await lab.last()
    name = f"bench-{uuid4().hex}"
    config = ConsumerConfig(
        name=name,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=last - EVENTS + 1,
        ack_policy=AckPolicy.NONE,
        filter_subjects=[f"{STREAM}.{partition}.>" for partition in range(8)],
        inactive_threshold=30,
        mem_storage=True,
    )

    async def fetch() -> None:
        await lab.js.add_consumer(STREAM, config)  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
        subscription = await lab.js.pull_subscribe_bind(consumer=name, stream=STREAM)
        got = 0
        while got < EVENTS:
            got += len(await subscription.fetch(BATCH, timeout=5))
        await subscription.unsubscribe()

    return await lab.timed(EVENTS, fetch)


def _count(metrics: Metrics, name: str, labels: Mapping[str, str]) -> float:
    return metrics.registry.get_sample_value(name, dict(labels)) or 0.0


async def _until(reached: Callable[[], bool]) -> None:
    """Look a hundred times a second, which costs a hundredth of it."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while not reached():
        if time.perf_counter() > deadline:
            raise TimeoutError(f"not done after {PATIENCE_SECONDS:.0f} s")
        await asyncio.sleep(0.01)


async def measure(arena: Arena) -> None:
    """Each data set in turns. To be called last: the services stay stopped."""
    contest = Contest(arena)
    labs = [Lab(site) for site in arena.sites]
    for lab in labs:
        await lab.site.settle()
        await lab.open()
        name = lab.site.size.name
        contest.enter(f"publish.{name}", partial(_published, lab), lab.site)
        contest.enter(f"relay.{name}", partial(_relayed, lab), lab.site)
        contest.enter(f"reader.{name}", partial(_read, lab, PROJECTIONS, EVENTS), lab.site)
        contest.enter(f"fetch.{name}", partial(_fetched, lab), lab.site)
        contest.enter(f"reader_and_scores.{name}", partial(_read, lab, CONSUMERS, SCORED), lab.site)
    try:
        await contest.run(settled=False)
    finally:
        for lab in labs:
            await lab.close()
    report, samples = arena.report, contest.samples
    for name, taken in samples.items():
        report.rate(f"events.{name}", taken, "events/s")
        report.cost(f"events {name}", taken, "event")
    for site in arena.sites:
        for ours, bare in (("relay", "publish"), ("reader", "fetch")):
            name = site.size.name
            share = ratio(samples[f"{ours}.{name}"], samples[f"{bare}.{name}"])
            report.add(f"events.{ours}_to_{bare}.{name}", share, TIMES, least=GOAL)
    if len(labs) > 1:
        for name in ("relay", "reader", "reader_and_scores"):
            grown = ratio(samples[f"{name}.large"], samples[f"{name}.small"])
            report.add(f"events.{name}.large_to_small", grown, TIMES, least=NOT_WORSE)
