from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Protocol, cast

import pytest

from services.feedback.app import create_app
from services.feedback.intake import worker
from shared.database import Database
from shared.edge import Edge
from shared.runtime import Runtime
from tests.builders import Api, eventually, new_workspace
from tests.feedback.given import Door
from tests.servers import World, lifespan


class Settled(Protocol):
    """Waits until every delivery of a connection is read, and returns those in a state, the newest first."""

    async def __call__(self, door: Door, state: str = "") -> list[dict[str, Any]]: ...


@pytest.fixture
def settled(api: Api) -> Settled:
    async def wait(door: Door, state: str = "") -> list[dict[str, Any]]:
        async def all_read() -> list[dict[str, Any]]:
            listed = (await api.feedback.get(f"/v1/deliveries?connection_id={door.id}&limit=200")).json()["data"]
            assert all(each["state"] != "received" for each in listed)
            return listed

        listed = await eventually(all_read)
        return [each for each in listed if state in ("", each["state"])]

    return wait


@dataclass
class Desk:
    """A workspace of a feedback service whose deliveries nobody reads until told to."""

    api: Api
    runtime: Runtime
    admin: Database

    async def read(self) -> bool:
        """What the worker does when it is woken, once."""
        return await worker.process_some(self.runtime)

    async def states(self) -> list[str]:
        """Of all deliveries, in order of arrival."""
        listed = (await self.api.feedback.get("/v1/deliveries?limit=200")).json()["data"]
        return [each["state"] for each in reversed(listed)]

    async def said(self) -> list[str]:
        """Every statement, in order of storing."""
        listed = (await self.api.feedback.get("/v1/feedback?limit=200")).json()["data"]
        return [each["text"] for each in reversed(listed)]


@pytest.fixture(scope="session")
async def still(world: World, request: pytest.FixtureRequest) -> AsyncGenerator[tuple[Edge, Database]]:
    """The feedback service without its worker, on a database of its own."""
    worker_id = getattr(request.config, "workerinput", {"workerid": "alone"})["workerid"]
    name = f"still_{worker_id}"
    await world.cluster.clone(name)
    here = World(world.cluster, name, world.nats_url, {})
    admin = Database(here.admin_url, "access", application="tests")
    await admin.open()
    async with lifespan(create_app(here.settings("feedback", role="api", egress_allow="127.0.0.0/8"))) as app:
        yield cast("Edge", app), admin
    await admin.close()


@pytest.fixture
async def desk(still: tuple[Edge, Database]) -> AsyncGenerator[Desk]:
    edge, admin = still
    api = await new_workspace({"feedback": edge}, admin)
    yield Desk(api, edge._runtime, admin)
    await api.close()
