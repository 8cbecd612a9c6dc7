"""Each protection is taken away, and what it protects must break: a check that cannot fail proves nothing.

The same scene is played twice on the same stage. With the protection the check holds; without it it must not.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from shared.stream.broker import Broker
from tests.bench.figures import Report
from tests.chaos import settle, streams
from tests.chaos.audit import PROJECTIONS
from tests.chaos.background import Background
from tests.chaos.caller import Caller
from tests.chaos.stage import PRODUCT, Stage

IDEAS = 10
CHANGES = 40
"""Of each idea, in one scene."""
LATE = 100
SLOW_SECONDS = 0.4


def _without(protection: str) -> Sequence[str]:
    return ("tests.chaos.unprotected", protection)


def fence(folder: Path, report: Report, _: float) -> None:
    """Two readers at the same partitions: with the fence each message counts once."""
    with Background() as background, Stage(folder, background) as stage:
        stage.add("feedback", "feedback", "both")

        def doubled(module: Sequence[str]) -> int:
            for name in ("scoring-1", "scoring-2"):
                stage.add(name, "scoring", "both", module)
            stage.await_ready()
            before = background.run(_surplus(stage))
            background.run(_edit(stage))
            after = background.run(_surplus(stage))
            stage.dismiss("scoring-1", "scoring-2")
            return after - before

        report.add("control.fence.on.applied twice", doubled(_without("rivals")), "messages", most=0)
        report.add("control.fence.off.applied twice", doubled(_without("fence")), "messages", least=1)


def versions(folder: Path, report: Report, _: float) -> None:
    """Old events that arrive late: with the version check they change nothing."""
    with Background() as background, Stage(folder, background) as stage:
        stage.add("feedback", "feedback", "both")

        def overwritten(module: Sequence[str]) -> int:
            stage.add("scoring", "scoring", "both", module)
            stage.add("roadmap", "roadmap", "both", module)
            stage.await_ready()
            background.run(_edit(stage))
            background.run(_late(stage))
            found = background.run(_different(stage))
            stage.dismiss("scoring", "roadmap")
            return found

        report.add("control.versions.on.overwritten", overwritten(PRODUCT), "rows", most=0)
        report.add("control.versions.off.overwritten", overwritten(_without("versions")), "rows", least=1)


def relay(folder: Path, report: Report, _: float) -> None:
    """Two relays, one of them with a slow line to the broker: as long as one works, order within an idea stays."""
    with Background() as background, Stage(folder, background) as stage:
        stage.add("feedback", "feedback", "api")

        def disordered(module: Sequence[str]) -> int:
            for name in ("relay-1", "relay-2"):
                stage.add(name, "feedback", "worker", module)
            stage.await_ready()
            start = background.run(_last(stage)) + 1
            # Slow only once it has met its stream: all that follows could be told before that.
            background.run(_edit(stage))
            stage.replicas["relay-1"].nats.delay = SLOW_SECONDS
            background.run(_edit(stage))
            found = background.run(_disorder(stage, start))
            stage.dismiss("relay-1", "relay-2")
            return found

        report.add("control.relay.one.out of order", disordered(PRODUCT), "messages", most=0)
        report.add("control.relay.two.out of order", disordered(_without("relay")), "messages", least=1)


@asynccontextmanager
async def _broker(stage: Stage) -> AsyncGenerator[Broker]:
    broker = Broker(stage.nats.url, "chaos")
    broker.open()
    while not broker.connected:
        await asyncio.sleep(0.02)
    try:
        yield broker
    finally:
        await broker.close()


async def _edit(stage: Stage) -> None:
    """A few ideas, each changed again and again, and voted for: many events of few aggregates."""
    caller = Caller({"feedback": stage.urls("feedback")}, stage.key)
    caller.deadline = time.monotonic() + 60

    async def change(number: int) -> None:
        idea = await caller.tell("feedback", "POST", "/v1/ideas", json={"title": f"Idea {number}"})
        for edit in range(CHANGES):
            await caller.tell("feedback", "PATCH", f"/v1/ideas/{idea['id']}", json={"title": f"Title {edit}"})
            vote = {"idea_id": idea["id"], "contact": {"email": f"c{edit}@example.com"}}
            await caller.tell("feedback", "POST", "/v1/votes", json=vote)

    try:
        await asyncio.gather(*map(change, range(IDEAS)))
    finally:
        await caller.close()


async def _surplus(stage: Stage) -> int:
    async with _broker(stage) as broker:
        return sum(each.surplus for each in await settle.settled(stage.admin, broker))


async def _late(stage: Stage) -> None:
    async with _broker(stage) as broker:
        await settle.settled(stage.admin, broker)
        assert await streams.send_again(broker, stage.admin, "feedback", LATE) == LATE
        await settle.settled(stage.admin, broker)


async def _different(stage: Stage) -> int:
    async with stage.admin.system() as tx:
        return sum([await tx.value(sql) for sql in PROJECTIONS.values()])


async def _last(stage: Stage) -> int:
    async with _broker(stage) as broker:
        return (await broker.ensure_stream("feedback")).last_seq


async def _disorder(stage: Stage, start: int) -> int:
    async with _broker(stage) as broker:
        await settle.emptied(stage.admin)
        return streams.disorder(await streams.read(broker, "feedback", start))


CONTROLS: dict[str, Callable[[Path, Report, float], None]] = {"fence": fence, "versions": versions, "relay": relay}
