"""Jobs rest until there is work, which one statement of the process tells them all."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Coroutine

import pytest

from deploy import SERVICES
from shared.database import Database
from shared.edge import Edge
from shared.ids import new_id
from shared.jobs import forever
from shared.lookout import Lookout
from tests.builders import eventually
from tests.servers import Cluster, World

WORK = "select from workers"
REST, WITHIN = 0.02, 0.01


@pytest.fixture
async def database(cluster: Cluster, plant_database: str) -> AsyncGenerator[Database]:
    database = Database(cluster.url(plant_database, "cairn_scoring"), "scoring")
    await database.open()
    async with database.system() as tx:
        await tx.run("delete from workers")
    yield database
    await database.close()


class Job:
    """Takes a row of work in each step."""

    def __init__(self, database: Database) -> None:
        self.steps = self.taken = 0
        self.signal = asyncio.Event()
        self._database = database

    async def step(self) -> bool:
        self.steps += 1
        async with self._database.system() as tx:
            taken = await tx.run("delete from workers where id = (select id from workers limit 1)")
        self.taken += taken
        return bool(taken)


@contextlib.asynccontextmanager
async def _running(*coroutines: Coroutine[None, None, None]) -> AsyncGenerator[None]:
    tasks = [asyncio.ensure_future(each) for each in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


async def _looked(database: Database, times: int) -> None:
    """So many more looks are over."""
    seen: list[str] = []
    database.observers.append(seen.append)
    await eventually(lambda: _true(sum("as found" in sql for sql in seen) > times))
    database.observers.remove(seen.append)


async def _true(condition: bool) -> bool:
    return condition


async def test_who_has_no_work_rests_and_who_has_some_is_woken(database: Database) -> None:
    lookout, busy, idle = Lookout(database), Job(database), Job(database)
    async with _running(
        forever(busy.signal, REST, busy.step, lookout.rest(WORK, WITHIN)),
        forever(idle.signal, REST, idle.step, lookout.rest("select from parked", WITHIN)),
        lookout.run(),
    ):
        await _looked(database, 5)
        assert (busy.steps, idle.steps) == (1, 1), "the first step finds nothing, and nobody wakes them"
        async with database.system() as tx:
            await tx.run("insert into workers (id, seen_at) select gen_random_uuid(), now() from generate_series(1, 3)")
        await eventually(lambda: _true(busy.taken == 3))
        await _looked(database, 5)
        assert (busy.steps, idle.steps) == (5, 1), "one for each row, and one that finds no more"
        idle.signal.set()
        await eventually(lambda: _true(idle.steps == 2))


async def test_what_cannot_be_done_yet_is_tried_after_each_rest(database: Database) -> None:
    lookout, tries = Lookout(database), list[float]()
    clock = asyncio.get_running_loop().time

    async def step() -> bool:
        tries.append(clock())
        return False

    async with database.system() as tx:
        await tx.run("insert into workers (id, seen_at) values ($1, now())", new_id())
    async with _running(forever(asyncio.Event(), REST, step, lookout.rest(WORK, WITHIN)), lookout.run()):
        await eventually(lambda: _true(len(tries) > 5))
    assert min(after - before for before, after in itertools.pairwise(tries)) >= REST - WITHIN


async def test_a_job_that_rests_can_be_ended(database: Database) -> None:
    lookout = Lookout(database)
    job = asyncio.ensure_future(lookout.rest(WORK, WITHIN)(asyncio.Event(), REST))
    await eventually(lambda: _true(bool(lookout._resting[WORK])))
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    async with database.system() as tx:
        await tx.run("insert into workers (id, seen_at) values ($1, now())", new_id())
    await lookout.look()


@pytest.mark.parametrize("service", SERVICES)
async def test_work_is_found_by_indexes(world: World, service: str) -> None:
    """As the service asks for it, and however much the tables grow."""
    edge = world.apps[service]
    assert isinstance(edge, Edge)
    database, asked = edge._runtime.database, list[str]()
    database.observers.append(asked.append)
    statement = await eventually(lambda: _first(asked))
    database.observers.remove(asked.append)
    async with database.lane(None) as lane:
        plan = "\n".join(row["QUERY PLAN"] for row in await lane.all(f"explain {statement}"))
    assert "Index" in plan
    assert "Seq Scan" not in plan, plan


async def _first(asked: list[str]) -> str | None:
    return next((sql for sql in asked if "as found" in sql), None)
