"""`cairn parked`, on messages that a running service could not apply."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from deploy.cli import main
from services.feedback.app import create_app as create_feedback
from services.scoring.app import create_app as create_scoring
from shared.database import Database
from shared.events.base import headers_of
from shared.events.feedback import DemandChanged
from shared.ids import new_id
from shared.stream.broker import Broker
from shared.stream.messages import Message
from tests.builders import Api, eventually, new_workspace
from tests.servers import PEPPER, Cluster, World, lifespan, running_nats

BREAK = "alter table scoring.demand add constraint broken check (votes <= 1) not valid"
MEND = "alter table scoring.demand drop constraint broken"
TYPE = DemandChanged.type


@dataclass(frozen=True, slots=True)
class Place:
    """Feedback and scoring, running, where scoring cannot store an idea with two votes or more."""

    apis: Sequence[Api]
    admin: Database
    broker: Broker
    capsys: pytest.CaptureFixture[str]

    async def run(self, *command: str) -> tuple[int, list[list[str]], str]:
        """The exit status of `cairn parked …`, the lines below the head as words, and what it said of errors."""
        self.capsys.readouterr()
        status = await asyncio.to_thread(main, ["parked", *command])
        said = self.capsys.readouterr()
        return status, [line.split() for line in said.out.splitlines()[1:]], said.err

    async def applied(self, *command: str) -> int:
        """How many a redrive applied, all of them without complaint."""
        self.capsys.readouterr()
        assert await asyncio.to_thread(main, ["parked", "redrive", *command]) == 0
        return int(self.capsys.readouterr().out.split()[0])

    async def mend(self) -> None:
        async with self.admin.system() as tx:
            await tx.run(MEND)

    async def votes(self, idea: str) -> int:
        """As scoring knows them."""
        async with self.admin.system() as tx:
            return await tx.value("select votes from scoring.demand where idea_id = $1", UUID(idea))

    async def parked(self, count: int) -> None:
        async def so_many() -> bool:
            async with self.admin.system() as tx:
                return await tx.value("select count(*) from scoring.parked where redriven_at is null") == count

        await eventually(so_many)


@pytest.fixture
async def place(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncGenerator[Place]:
    name = f"parked_{uuid4().hex[:8]}"
    await cluster.clone(name)
    monkeypatch.setenv("CAIRN_ADMIN_URL", cluster.url(name))
    monkeypatch.setenv("CAIRN_KEY_PEPPER", PEPPER)
    with running_nats() as nats:
        async with AsyncExitStack() as stack:
            world = World(cluster, name, nats.url, {})
            admin = Database(world.admin_url, "access")
            await admin.open()
            stack.push_async_callback(admin.close)
            async with admin.system() as tx:
                await tx.run(BREAK)
            apps = {
                "feedback": await stack.enter_async_context(lifespan(create_feedback(world.settings("feedback")))),
                "scoring": await stack.enter_async_context(lifespan(create_scoring(world.settings("scoring")))),
            }
            apis = [await new_workspace(apps, admin) for _ in range(2)]
            for api in apis:
                stack.push_async_callback(api.close)
            broker = Broker(nats.url, "test")
            broker.open()
            stack.push_async_callback(broker.close)
            yield Place(apis, admin, broker, capsys)


async def wanted(api: Api, votes: int) -> str:
    """The id of a new idea with so many votes, cast one after the other."""
    idea = (await api.feedback.post("/v1/ideas", json={"title": "Wanted"})).json()["id"]
    for n in range(votes):
        voted = await api.feedback.post("/v1/votes", json={"idea_id": idea, "contact": {"email": f"{n}@example.com"}})
        assert voted.status_code == 201
    return idea


async def test_what_is_set_aside_is_listed_for_every_workspace_and_redriven_in_order(place: Place) -> None:
    ideas = [await wanted(api, 3) for api in place.apis]
    await place.parked(4)
    status, lines, _ = await place.run("list", "scoring")
    assert status == 0
    assert {tuple(line[2:3] + line[3:4] + line[5:7]) for line in lines} == {
        (api.slug, "feedback", TYPE, idea) for api, idea in zip(place.apis, ideas, strict=True)
    }
    places = [int(line[4]) for line in lines]
    assert places == sorted(places)
    for line in lines:
        assert datetime.now(UTC) - datetime.fromisoformat(line[7]) < timedelta(minutes=1)
    mine = [line for line in lines if line[6] == ideas[0]]
    reasons = [" ".join(line[8:]) for line in mine]
    assert reasons[0].startswith('CheckViolationError: new row for relation "demand"')
    assert reasons[1] == "waits behind a parked message of its aggregate"
    # No service named: all are asked, and the others have nothing.
    assert (await place.run("list"))[1] == lines
    assert (await place.run("list", "--limit", "1"))[1] == lines[:1]
    assert (await place.run("list", "roadmap"))[1] == []

    status, _, complaint = await place.run("redrive", "scoring", mine[0][1])
    assert status == 1
    assert f"Message {mine[0][4]} still fails: CheckViolationError" in complaint
    assert (await place.run("list", "scoring"))[1] == lines, "nothing was lost in the attempt"

    await place.mend()
    # Whichever is named, those before it go first.
    assert await place.applied("scoring", mine[1][1]) == 2
    assert await place.votes(ideas[0]) == 3
    left = (await place.run("list", "scoring"))[1]
    assert {line[6] for line in left} == {ideas[1]}
    assert await place.applied("scoring") == 2
    assert await place.votes(ideas[1]) == 3
    assert (await place.run("list"))[1] == []

    status, _, complaint = await place.run("redrive", "scoring", mine[0][1])
    assert (status, complaint) == (1, "No parked message by that id; `cairn parked list scoring` shows all\n")


async def test_what_still_fails_keeps_back_nobody_else_and_is_named(place: Place) -> None:
    idea = await wanted(place.apis[0], 2)
    await place.parked(1)
    lost = new_id()
    headers = headers_of(
        id=new_id(), type=TYPE, aggregate_id=lost, workspace_id=lost, time=datetime.now(UTC), traceparent=""
    )
    # Nobody can read it, nor tell whose it is.
    await place.broker.publish(Message(f"{TYPE}.{lost}", b"{}", headers | {"ce-workspaceid": "none"}))
    await place.parked(2)
    await place.mend()
    broken = next(line for line in (await place.run("list", "scoring"))[1] if line[6] == str(lost))
    assert broken[2] == "-"

    status, _, complaint = await place.run("redrive", "scoring")
    assert (status, complaint) == (1, f"{broken[1]}: Message {broken[4]} still fails: ValidationError.\n")
    assert await place.votes(idea) == 2
    assert (await place.run("list"))[1] == [broken]
    assert (await place.run("redrive", "scoring", broken[1]))[0] == 1


async def test_a_message_that_is_not_there_is_said_to_be_none(place: Place) -> None:
    status, _, complaint = await place.run("redrive", "roadmap", str(new_id()))
    assert status == 1
    assert "`cairn parked list roadmap`" in complaint
