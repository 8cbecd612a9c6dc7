"""The worker: what was kept is read once and in order, whoever dies in between, and nobody waits behind poison."""

import asyncio
import itertools

import pytest

from services.feedback.demand import domain as demand
from services.feedback.intake import store
from shared.database import Database
from shared.edge import Edge
from tests.builders import new_workspace
from tests.feedback.given import open_door, typeform
from tests.feedback.intake.conftest import Desk

BREAK_RULES = """update feedback.connections set rules = '{"questions": {"q": "stars"}}' where id = $1"""


async def test_in_the_order_of_arrival(desk: Desk) -> None:
    door = await open_door(desk.api)
    for number in range(5):
        await door.deliver(typeform(f"r{number}", f"text {number}"))
    assert await desk.states() == ["received"] * 5
    waiting = (await desk.api.feedback.get("/v1/deliveries?state=received")).json()["data"]
    assert len(waiting) == 5
    assert await desk.read() is False
    assert await desk.said() == [f"text {number}" for number in range(5)]
    assert await desk.states() == ["applied"] * 5
    await desk.read()
    assert len(await desk.said()) == 5


async def test_a_workspace_that_somebody_holds_alone_keeps_no_other_waiting(
    desk: Desk, still: tuple[Edge, Database]
) -> None:
    edge, admin = still
    other = Desk(await new_workspace({"feedback": edge}, admin), desk.runtime, admin)
    for each in (desk, other):
        await (await open_door(each.api)).deliver(typeform("r1", "text"))
    async with desk.runtime.database.transaction({desk.api.workspace_id}) as tx:
        await demand.hold(tx, (), [desk.api.workspace_id])
        assert await desk.read(), "there is more"
        assert (await desk.states(), await other.states()) == (["received"], ["applied"])
        reading = asyncio.ensure_future(desk.read())
        await asyncio.wait({reading}, timeout=0.1)
        assert not reading.done(), "it waits where nobody else does"
    await reading
    assert await desk.states() == ["applied"]
    await other.api.close()


async def killed(desk: Desk, at: int) -> bool:
    """Whether the worker came to its `at`th statement; then it is killed there."""
    task = asyncio.ensure_future(desk.read())
    left = itertools.count(at - 1, -1)

    def kill(_: str) -> None:
        if next(left) == 0:
            task.cancel()

    desk.runtime.database.observers.append(kill)
    await asyncio.gather(task, return_exceptions=True)
    desk.runtime.database.observers.remove(kill)
    return task.cancelled()


async def test_a_worker_that_is_killed_at_any_statement(desk: Desk) -> None:
    """Nothing of its work stays, and the next one does all of it, once."""
    door = await open_door(desk.api, rules={"contact": "uid"})
    for at in itertools.count(1):
        await door.deliver(typeform(f"r{at}", f"text {at}", uid=f"u{at}"))
        if not await killed(desk, at):
            break
        assert (await desk.states())[-1] == "received"
        assert len(await desk.said()) == at - 1
        await desk.read()
        assert (await desk.states())[-1] == "applied"
        assert (await desk.said())[-1] == f"text {at}"
    # It was killed at each of its statements in turn.
    assert len(await desk.said()) == len(await desk.states()) > 5


async def test_two_workers_share_the_work(desk: Desk) -> None:
    door = await open_door(desk.api)
    for number in range(20):
        await door.deliver(typeform(f"r{number}", f"text {number}"))
    await asyncio.gather(*(desk.read() for _ in range(4)))
    while await desk.read():
        pass
    assert sorted(await desk.said()) == sorted(f"text {number}" for number in range(20))
    assert await desk.states() == ["applied"] * 20


async def test_a_rush_is_told_by_callers_however_few_commits_they_share(desk: Desk) -> None:
    door, served = await open_door(desk.api), desk.runtime.served
    await asyncio.gather(*(door.deliver(typeform(f"r{number}")) for number in range(30)))
    assert desk.runtime.served - served >= 30
    await desk.read()


async def test_a_poison_delivery_is_set_aside(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Rules that an older version let pass make reading fail: such deliveries are quarantined, others are read."""
    door, poison = await open_door(desk.api), await open_door(desk.api)
    async with desk.admin.system() as tx:
        await tx.run(BREAK_RULES, poison.id)
    for number in range(3):
        await door.deliver(typeform(f"r{number}", f"text {number}"))
        await poison.deliver(typeform(f"p{number}", "my own words"))
    while await desk.read():
        pass
    assert await desk.said() == ["text 0", "text 1", "text 2"]
    assert await desk.states() == ["applied", "quarantined"] * 3
    aside = (await desk.api.feedback.get("/v1/deliveries?state=quarantined")).json()["data"]
    assert {each["reason"] for each in aside} == {"not storable: Invalid"}
    assert "my own words" not in caplog.text


async def test_nothing_to_do_costs_one_statement(desk: Desk) -> None:
    seen: list[str] = []
    desk.runtime.database.observers.append(seen.append)
    assert await desk.read() is False
    desk.runtime.database.observers.remove(seen.append)
    assert seen == [store.WAITING]
