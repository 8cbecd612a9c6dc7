"""An event leaves: in order, once, whichever relay is at work and whatever the broker does."""

import os

import psutil
import pytest

from services.feedback.texts.language import language_of
from shared.ids import new_id
from shared.outbox import BATCH, DEPTH, MOST_COUNTED, TAKE, _message
from shared.stream.broker import FEW
from shared.telemetry import Metrics
from tests.builders import eventually
from tests.shared.plant import Plant

CUT_THE_ACTIVE = """
select pg_terminate_backend(pid) from pg_locks
where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())
"""


def measured(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


async def drained(plant: Plant, within: float = 10) -> None:
    async def empty() -> bool:
        return await plant.waiting() == 0

    await eventually(empty, within)


async def test_events_leave_in_order_and_stay_in_the_log(plant: Plant) -> None:
    metrics = await plant.relay()
    await plant.reader()
    ideas = [new_id() for _ in range(5)]
    for version in range(1, 11):
        for idea in ideas:
            await plant.emit(idea, version)
    await plant.all_applied(50)
    assert await plant.out_of_order() == []
    await drained(plant)
    assert (await plant.query("select count(*) from feedback.events"))[0][0] == 50
    assert measured(metrics, "cairn_events_published_total") == 50


async def test_a_nudged_relay_publishes_at_once(plant: Plant) -> None:
    """A commit reaches the relay through `on_emitted`, without waiting for the sweep."""
    calls: list[int] = []
    plant.publisher.on_emitted = lambda: calls.append(1)
    await plant.emit(new_id(), 1)
    assert calls == [1]
    async with plant.publisher.transaction({plant.workspace_id}) as tx:
        await tx.value("select 1")
    assert calls == [1], "nothing was emitted"


@pytest.mark.timeout(150)
async def test_a_large_backlog_drains_without_growing_memory(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    early_on, counted, events = 8_000, 40_000, 40_500
    depth = DEPTH.replace(f"limit {MOST_COUNTED}", f"limit {counted}")
    assert depth != DEPTH
    monkeypatch.setattr("shared.outbox.DEPTH", depth)
    # A job of the service that runs in this process would load its model in between, which is larger than the limit.
    language_of("How large the model is does not matter here")
    await plant.backlog(events, aggregates=1_000)
    # Counted in bounds: else it would take longer the longer the broker is away, and in the end all the time there is.
    row = (await plant.query(depth.replace("from outbox", "from feedback.outbox")))[0]
    assert row["depth"] == counted
    assert row["age"] > 0
    process = psutil.Process(os.getpid())
    metrics = await plant.relay()

    async def shown() -> bool:
        return measured(metrics, "cairn_outbox_depth") == counted

    await eventually(shown)
    await plant.all_published([metrics], early_on)
    early = process.memory_info().rss
    await plant.all_published([metrics], events)
    await drained(plant)
    assert process.memory_info().rss - early < 190 * (events - early_on), "bytes of each event"
    broker = await plant.connected()
    state = await broker.stream_state("feedback")
    assert state.messages == events
    assert measured(metrics, "cairn_publish_batch_count", kind="batch") == events / BATCH


async def test_of_two_relays_one_works_and_the_other_takes_over(plant: Plant) -> None:
    relays = [await plant.relay(), await plant.relay()]
    await plant.reader()

    async def one_active() -> bool:
        return sum(measured(each, "cairn_relay_active") for each in relays) == 1

    await eventually(one_active)
    await plant.backlog(2_000, aggregates=20)
    await plant.all_published(relays, 1_000)
    cut = await plant.query(CUT_THE_ACTIVE)
    assert len(cut) == 1
    await plant.backlog(2_000, aggregates=20)
    await plant.all_applied(4_000)
    await drained(plant)
    assert await plant.out_of_order() == []
    assert len(await plant.applied()) == 4_000
    await eventually(one_active)


@pytest.mark.parametrize(("events", "one_by_one"), [(3, 0), (FEW + 1, 1)])
async def test_what_the_stream_knows_already_is_not_doubled(plant: Plant, events: int, one_by_one: int) -> None:
    """A chain goes on behind what is known; an atomic batch is refused whole and goes one by one."""
    idea = new_id()
    await plant.emit(idea, *range(1, events + 1))
    broker = await plant.connected()
    await broker.ensure_stream("feedback")
    waiting = await plant.query("select seq, occurred_at from feedback.outbox order by seq")
    times = [row["occurred_at"] for row in waiting]
    in_log = TAKE.replace("from events", "from feedback.events")
    rows = await plant.query(in_log, [row["seq"] for row in waiting], times, min(times), max(times))
    # As after an answer that was lost: the stream has the second, the outbox does not know it.
    await broker.publish(_message(rows[0]))
    await broker.publish(_message(rows[1]))
    metrics = await plant.relay()
    await plant.reader()
    await plant.all_applied(events)
    assert await plant.applied(idea) == list(range(1, events + 1))
    assert (await broker.stream_state("feedback")).messages == events
    assert measured(metrics, "cairn_publish_batch_count", kind="single") == one_by_one
    await drained(plant)


async def test_events_wait_for_an_absent_broker_and_then_leave_in_order(plant: Plant) -> None:
    await plant.reader()
    metrics = await plant.relay()
    idea = new_id()
    await plant.emit(idea, 1)
    await plant.all_applied(1)
    plant.nats.stop()
    for version in range(2, 12):
        await plant.emit(idea, version)

    async def noticed() -> bool:
        return measured(metrics, "cairn_outbox_depth") == 10 and measured(metrics, "cairn_outbox_oldest_seconds") > 0

    await eventually(noticed)
    plant.nats.restart()
    await plant.all_applied(11)
    assert await plant.applied(idea) == list(range(1, 12))
    await drained(plant)


async def test_a_relay_that_starts_before_its_broker_serves_when_that_comes(plant: Plant) -> None:
    plant.nats.stop()
    await plant.relay()
    await plant.reader()
    idea = new_id()
    await plant.emit(idea, 1)
    plant.nats.restart()
    await plant.all_applied(1)
    assert await plant.applied(idea) == [1]
