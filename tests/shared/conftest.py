from collections.abc import AsyncGenerator, Generator
from typing import Any

import nats
import pytest
from starlette.types import ASGIApp

from deploy.infra import Nats
from shared.database import Database
from shared.service import create
from shared.settings import Settings
from tests.builders import Api, new_workspace
from tests.servers import PEPPER, SEALING_KEY, Cluster, lifespan, running_nats
from tests.shared import notebook
from tests.shared.plant import ADD_LEDGER, EMPTY, Plant

untyped: Any = nats  # its options are, and with them all that comes of them


@pytest.fixture(scope="session")
async def plant_database(request: pytest.FixtureRequest, cluster: Cluster) -> str:
    """A database of the platform's own tests: here no service runs."""
    worker = getattr(request.config, "workerinput", {"workerid": "alone"})["workerid"]
    name = f"plant_{worker}"
    await cluster.clone(name)
    admin = Database(cluster.url(name), "scoring")
    await admin.open()
    async with admin.system() as tx:
        await tx.run(ADD_LEDGER)
        await tx.run(notebook.TABLE)
    await admin.close()
    return name


@pytest.fixture(scope="session")
def plant_nats() -> Generator[Nats]:
    """A broker of the platform's own tests, which they may stop."""
    with running_nats() as nats:
        yield nats


@pytest.fixture
async def plant(cluster: Cluster, plant_database: str, plant_nats: Nats) -> AsyncGenerator[Plant]:
    """An empty publisher, an empty consumer and a broker with nothing in it."""
    if not plant_nats.running:
        plant_nats.restart()
    client = await untyped.connect(plant_nats.url)
    streams = client.jetstream()
    for stream in await streams.streams_info():
        await streams.delete_stream(stream.config.name)
    await client.close()
    async with Plant(cluster, plant_database, plant_nats) as made:
        async with made.admin.system() as tx:
            await tx.run(EMPTY)
        yield made


@pytest.fixture(scope="session")
def notebook_settings(cluster: Cluster, plant_database: str) -> Settings:
    """An API without a broker: nothing that answers a request needs one."""
    return Settings.model_validate(
        {
            "database_url": cluster.near_url(plant_database, "cairn_feedback"),
            "nats_url": "nats://127.0.0.1:9",
            "key_pepper": PEPPER,
            "sealing_key": SEALING_KEY,
            "role": "api",
        }
    )


@pytest.fixture(scope="session")
async def notebook_app(notebook_settings: Settings) -> AsyncGenerator[ASGIApp]:
    async with lifespan(create(notebook.SERVICE, notebook_settings)) as app:
        yield app


@pytest.fixture(scope="session")
async def notebook_admin(cluster: Cluster, plant_database: str) -> AsyncGenerator[Database]:
    admin = Database(cluster.near_url(plant_database), "feedback")
    await admin.open()
    yield admin
    await admin.close()


@pytest.fixture
async def notes(notebook_app: ASGIApp, notebook_admin: Database) -> AsyncGenerator[Api]:
    """A new workspace at the notebook, which stands where feedback would: `notes.feedback`."""
    made = await new_workspace({"feedback": notebook_app}, notebook_admin)
    yield made
    await made.close()
