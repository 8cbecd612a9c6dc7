from collections.abc import AsyncGenerator

import pytest

from shared.database import Database
from tests.builders import new_workspace
from tests.contracts.crowd import Crowd
from tests.contracts.population import populate
from tests.servers import World


@pytest.fixture(scope="module")
async def crowd(world: World, admin: Database) -> AsyncGenerator[Crowd]:
    api = await new_workspace(world.apps, admin)
    ids = await populate(api, admin)
    del ids["message_id"]
    # The only `id` in a body is that of a contact.
    yield Crowd(api, ids | {"id": ids["contact_id"]})
    await api.close()
