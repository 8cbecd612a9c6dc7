"""PostgreSQL is the record: without the broker every API answers as before, and nothing is lost."""

import asyncio
import gc
import logging
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from services.feedback.app import create_app as create_feedback
from services.scoring.app import create_app as create_scoring
from shared.database import Database
from shared.outbox import Relay
from shared.telemetry import Metrics
from tests.builders import eventually, new_workspace
from tests.servers import Cluster, World, lifespan, running_nats
from tests.shared.plant import Plant, Tries

FIVE_MINUTES = 1_500
"""Tries that a relay (four a second) and a reader (one a second) make in five minutes."""


async def test_apis_answer_without_a_broker_and_what_they_took_arrives_later(
    cluster: Cluster, plant_database: str
) -> None:
    with running_nats() as nats:
        async with AsyncExitStack() as stack:
            world = World(cluster, plant_database, nats.url, {})
            apps = {
                "feedback": await stack.enter_async_context(lifespan(create_feedback(world.settings("feedback")))),
                "scoring": await stack.enter_async_context(lifespan(create_scoring(world.settings("scoring")))),
            }
            admin = Database(world.admin_url, "access")
            await admin.open()
            stack.push_async_callback(admin.close)
            api = await new_workspace(apps, admin)
            stack.push_async_callback(api.close)

            async def connected() -> bool:
                health = (await api.feedback.get("/readyz")).json()
                return health["checks"] == {"broker": "connected", "database": "connected"}

            await eventually(connected)
            nats.stop()

            async def away() -> bool:
                return (await api.feedback.get("/readyz")).json()["checks"]["broker"] == "away"

            await eventually(away)
            idea = await api.feedback.post("/v1/ideas", json={"title": "Offline", "key": "offline"})
            assert idea.status_code == 201
            for n in range(20):
                voted = await api.feedback.post(
                    "/v1/votes", json={"idea_id": "offline", "contact": {"email": f"{n}@example.com"}}
                )
                assert voted.status_code == 201
            said = await api.feedback.post("/v1/feedback", json={"text": "Works offline.", "ideas": ["offline"]})
            assert said.status_code == 201
            model = await api.scoring.post("/v1/models", json={"name": "RICE", "framework": "rice", "active": True})
            assert model.status_code == 201
            assert (await api.feedback.get("/v1/ideas")).json()["data"][0]["title"] == "Offline"
            assert (await api.feedback.get("/readyz")).status_code == 200
            assert (await api.scoring.get(f"/v1/scores/{idea.json()['id']}")).status_code == 404

            nats.restart()

            async def arrived() -> bool:
                scores = await api.scoring.get(f"/v1/scores/{idea.json()['id']}")
                return '"count":20' in scores.text.replace(" ", "")

            await eventually(arrived)
            async with admin.system() as tx:
                waiting = """
                select count(*) from feedback.outbox
                join feedback.events using (seq, occurred_at) where workspace_id = $1
                """

                async def outbox_is_empty() -> bool:
                    return await tx.value(waiting, api.workspace_id) == 0

                await eventually(outbox_is_empty)


async def test_five_minutes_of_tries_leave_nothing_behind(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As many tries as an outage of five minutes has, one right after the other."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("shared.outbox.SWEEP_SECONDS", 0.001)
    monkeypatch.setattr("shared.reader.SHORTEST_WAIT", 0.001)
    monkeypatch.setattr("shared.reader.LONGEST_WAIT", 0.001)
    relaying, reading = Tries(plant.nats.url), Tries(plant.nats.url)
    relaying.open()
    reading.open()
    metrics = Metrics()
    relay = Relay(await plant.open("feedback"), relaying, metrics)
    plant.publisher.on_emitted = relay.nudge
    plant.start(relay.run())
    plant.start(plant.reader_on(reading, await plant.open("scoring")).run())
    await plant.backlog(100, aggregates=10)
    await plant.all_applied(100)

    plant.nats.stop()

    async def tried() -> bool:
        return relaying.made > made[0] + tries and reading.made > made[1] + tries

    # What is made once in an outage is made by the end of the first hundred. A relay with nothing to send does not try.
    await plant.backlog(100, aggregates=10)
    made, tries = (relaying.made, reading.made), 100
    await eventually(tried)
    before = weight()
    # Meanwhile the APIs go on: each commit nudges the relay.
    for _ in range(100):
        await plant.backlog(30, aggregates=10)
    made, tries = (relaying.made, reading.made), FIVE_MINUTES
    await eventually(tried, within=30)
    tasks, objects = (after - earlier for after, earlier in zip(weight(), before, strict=True))
    assert tasks < 10, "a few come and go with each attempt to connect"
    assert objects < FIVE_MINUTES / 2, "less than one for each try"
    for client in cast("list[Any]", [relaying._client, reading._client]):
        assert len(client._subs) <= 2, "its own inbox, and what was followed last"
        assert client._resp_map == {}, "nobody waits for an answer"
        assert client._pending_data_size < 1_000
    said = [record.message for record in caplog.records if record.name in {"cairn.outbox", "cairn.reader"}]
    assert sorted(said) == sorted(set(said)), "an outage is one line, not one for each try"
    assert metrics.registry.get_sample_value("cairn_outbox_depth") is not None

    plant.nats.restart()
    await plant.all_applied(3_200)
    assert await plant.out_of_order() == []

    async def none_waits() -> bool:
        return await plant.waiting() == 0

    # Taken off at the relay's next look.
    await eventually(none_waits)
    for broker in (relaying, reading):
        await broker.close()


def weight() -> tuple[int, int]:
    """What this process holds: tasks, and objects that are in use."""
    gc.collect()
    return len(asyncio.all_tasks()), len(gc.get_objects())
