"""An event enters: once, in order, whatever dies or is wrong in between."""

import asyncio
import shutil
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from shared.errors import Conflict, NotFound
from shared.events.base import headers_of
from shared.events.feedback import IdeaChanged
from shared.ids import new_id
from shared.membership import Membership
from shared.outbox import emit
from shared.reader import LIST_PARKED, Fenced, Reader, redrive
from shared.stream.messages import PARTITIONS, Message
from shared.telemetry import Metrics, Tracer
from tests.builders import eventually
from tests.shared.plant import Plant, Tries, demand

FIRST = UUID(int=0)


async def parked(plant: Plant) -> list[tuple[UUID | None, int, str]]:
    """Aggregate, place in the stream and reason of everything parked."""
    rows = await plant.query("select aggregate_id, seq, error from parked where redriven_at is null order by seq")
    return [(row["aggregate_id"], row["seq"], row["error"]) for row in rows]


def measured(registry: CollectorRegistry, name: str) -> float:
    return registry.get_sample_value(name, {"stream": "feedback"}) or 0.0


async def publish(plant: Plant, idea_id: UUID, payload: bytes, **headers: str) -> None:
    """Put something into the stream that no relay of ours would."""
    broker = await plant.connected()
    await broker.ensure_stream("feedback")
    event = demand(plant.workspace_id, idea_id, 1)
    given = headers_of(
        id=new_id(),
        type=event.type,
        aggregate_id=idea_id,
        workspace_id=plant.workspace_id,
        time=datetime.now(UTC),
        traceparent="",
    )
    await broker.publish(Message(f"{event.type}.{idea_id}", payload, given | headers))


async def test_every_event_is_applied_once_and_in_order_within_its_aggregate(plant: Plant) -> None:
    await plant.relay()
    metrics = await plant.reader()
    await plant.backlog(2_000, aggregates=50)
    await plant.all_applied(2_000)
    assert await plant.out_of_order() == []
    assert measured(metrics.registry, "cairn_events_applied_total") == 2_000
    assert max(plant.ledger.batches) > 20, "a backlog is applied in batches"


async def test_a_stream_that_is_not_there_yet_is_waited_for_without_alarm(
    plant: Plant, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr("shared.reader.LONGEST_WAIT", 0.01)
    tries = Tries(plant.nats.url)
    plant.start(plant.reader_on(tries, await plant.open("scoring")).run())

    async def tried() -> bool:
        return tries.made > 20

    tries.open()
    await eventually(tried)
    await plant.relay()
    await plant.emit(new_id(), 1)
    await plant.all_applied(1)
    await tries.close()
    told = [(record.levelname, record.message) for record in caplog.records if record.name == "cairn.reader"]
    assert told == [("INFO", "reader: the stream is not there yet"), ("INFO", "reader: follows the stream")]


async def test_rivals_for_the_same_partitions_apply_each_event_once(
    plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await plant.relay()
    for _ in range(2):
        await plant.reader()
    for _ in range(20):
        await plant.backlog(100, aggregates=100)
    await plant.all_applied(2_000)
    rows = await plant.query("select count(*) as n, count(distinct event_id) as events from applied")
    assert (rows[0]["n"], rows[0]["events"]) == (2_000, 2_000)
    assert "a rival moved the cursor" in caplog.text, "they did meet"


async def test_replicas_share_the_partitions_and_a_leavers_are_taken_over(plant: Plant) -> None:
    one, two = Membership(plant.consumer), Membership(plant.consumer)
    for _ in range(2):
        await one.beat()
        await two.beat()
    assert sorted(one.partitions + two.partitions) == list(range(8))
    assert len(one.partitions) == len(two.partitions) == 4
    await one.leave()
    await two.beat()
    assert two.partitions == tuple(range(8))


async def test_a_bad_message_is_parked_and_only_its_aggregate_waits_behind_it(plant: Plant) -> None:
    bad, good = new_id(), new_id()
    plant.ledger.poison.add((bad, 2))
    metrics = await plant.reader()
    await plant.relay()
    await plant.emit(bad, 1, 2, 3)
    await plant.emit(good, 1, 2)
    await plant.emit(bad, 4)

    async def three_parked() -> bool:
        return len(await parked(plant)) == 3 and await plant.applied(good) == [1, 2]

    await eventually(three_parked)
    assert await plant.applied(bad) == [1]
    reasons = [error for _, _, error in await parked(plant)]
    assert reasons == [
        "ValueError: no version 2, please",
        "waits behind a parked message of its aggregate",
        "waits behind a parked message of its aggregate",
    ]
    assert measured(metrics.registry, "cairn_parked") == 3

    listed = await plant.query(LIST_PARKED, plant.workspace_id, FIRST, 10)
    consumers = plant.ledger.consumers
    with pytest.raises(Conflict, match="still fails"):
        async with plant.consumer.transaction({plant.workspace_id}) as tx:
            await redrive(tx, consumers, plant.workspace_id, listed[0]["id"])
    assert await plant.applied(bad) == [1]

    plant.ledger.poison.clear()
    with pytest.raises(NotFound):
        async with plant.consumer.transaction({new_id()}) as tx:
            await redrive(tx, consumers, new_id(), listed[0]["id"])
    async with plant.consumer.transaction({plant.workspace_id}) as tx:
        assert await redrive(tx, consumers, plant.workspace_id, listed[0]["id"]) == 3
    assert await plant.applied(bad) == [1, 2, 3, 4]
    assert await parked(plant) == []

    await plant.emit(bad, 5)

    async def fifth() -> bool:
        return await plant.applied(bad) == [1, 2, 3, 4, 5]

    await eventually(fifth)


@pytest.mark.parametrize(
    ("payload", "headers"),
    [
        (b"not json", {}),
        (b"{}", {}),
        (b'{"version": "\xff"}', {}),
        (b"{}", {"ce-id": "none"}),
        (b"{}", {"ce-time": "yesterday"}),
        (b"[" * 100_000, {}),
    ],
    ids=["not-json", "fields-missing", "not-utf-8", "id", "time", "deep"],
)
async def test_what_cannot_be_read_is_parked_and_the_rest_goes_on(
    plant: Plant, payload: bytes, headers: dict[str, str]
) -> None:
    await publish(plant, new_id(), payload, **headers)
    await plant.relay()
    await plant.reader()
    good = new_id()
    await plant.emit(good, 1)

    async def applied() -> bool:
        return await plant.applied() == [1]

    await eventually(applied)
    assert len(await parked(plant)) == 1


async def test_a_message_without_a_workspace_or_an_aggregate_is_parked_too(plant: Plant) -> None:
    await publish(plant, new_id(), b"{}", **{"ce-workspaceid": "", "ce-subject": "none"})
    await plant.reader()

    async def one_parked() -> bool:
        return [each[0] for each in await parked(plant)] == [None]

    await eventually(one_parked)


async def test_types_that_are_unknown_or_not_listened_to_are_passed_over(plant: Plant) -> None:
    await plant.relay()
    await plant.reader()
    idea = new_id()
    await publish(plant, idea, b"{}", **{"ce-type": "feedback.future.thing.v9"})
    async with plant.publisher.transaction({plant.workspace_id}) as tx:
        changed = IdeaChanged(
            workspace_id=plant.workspace_id, idea_id=idea, version=1, title="x", kind="feature", status="open"
        )
        await emit(tx, [changed])
    await plant.emit(idea, 1)

    async def applied() -> bool:
        return await plant.applied() == [1]

    await eventually(applied)
    assert await parked(plant) == []
    # The broker keeps back what nobody here listens to; the unknown type came under a subject that is listened to.
    assert (await plant.query("select sum(applied) from cursors"))[0][0] == 2


async def test_a_message_that_kills_the_process_is_parked_before_its_sixth_try(plant: Plant) -> None:
    await plant.relay()
    victim, other = new_id(), new_id()
    await plant.emit(victim, 1)
    await plant.emit(other, 1)
    await plant.emit(victim, 2)
    url = plant.cluster.url(plant.database, "cairn_scoring")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.shared.killed", url, plant.nats.url, str(victim), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    deaths = int(output)
    assert deaths == 5
    assert await plant.applied(other) == [1]
    assert [(aggregate, error) for aggregate, _, error in await parked(plant)] == [
        (victim, "killed the process on each try"),
        (victim, "waits behind a parked message of its aggregate"),
    ]


async def test_a_cursor_of_another_stream_begins_anew(plant: Plant) -> None:
    await plant.relay()
    await plant.reader()
    ideas = [new_id() for _ in range(20)]
    for idea in ideas:
        await plant.emit(idea, 1, 2)

    await plant.all_applied(40)
    broker = await plant.connected()
    first = await broker.stream_state("feedback")
    plant.nats.stop()
    shutil.rmtree(plant.nats.data / "jetstream")
    plant.nats.restart()

    await plant.all_applied(60)
    assert (await plant.applied())[40:] == [2] * 20
    second = await broker.stream_state("feedback")
    assert second.created != first.created
    assert second.messages == 20, "the newest snapshot of each aggregate is enough"


async def test_what_was_fetched_from_one_stream_counts_for_no_other_of_its_name(plant: Plant) -> None:
    await plant.relay()
    await plant.emit(new_id(), 1)
    broker = await plant.connected()
    reader = Reader(
        "feedback",
        plant.ledger.consumers,
        plant.consumer,
        broker,
        Membership(plant.consumer),
        Metrics(),
        Tracer("test", ""),
    )

    async def published() -> bool:
        return await plant.waiting() == 0

    await eventually(published)
    positions = await reader._positions(await broker.stream_state("feedback"), range(PARTITIONS))
    subscription = await broker.subscribe("feedback", range(PARTITIONS), 1)
    fetched = await subscription.fetch(10, wait=5)
    assert len(fetched) == 1
    # Meanwhile the broker has lost its data, and another worker has begun anew: at zero, as we are.
    await plant.query("update cursors set created = created + interval '1 second' returning seq")
    with pytest.raises(Fenced):
        await reader._apply(fetched, positions)
    assert await plant.applied() == []
