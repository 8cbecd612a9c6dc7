from collections.abc import AsyncGenerator

import pytest

from shared.database import Database
from tests.servers import Cluster, running_nats
from tests.shared.plant import ADD_LEDGER, EMPTY, Plant


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
    await admin.close()
    return name


@pytest.fixture
async def plant(cluster: Cluster, plant_database: str) -> AsyncGenerator[Plant]:
    """An empty publisher, an empty consumer and a broker with nothing in it."""
    with running_nats() as nats:
        async with Plant(cluster, plant_database, nats) as made:
            async with made.admin.system() as tx:
                await tx.run(EMPTY)
            yield made
