"""Roadmap's own fixtures."""

import pytest

from tests.builders import Api
from tests.roadmap.given import Databases, Said


@pytest.fixture
async def said(api: Api, database: Databases) -> Said:
    """What the other services have said in the test's workspace."""
    return Said(await database("roadmap"), api.workspace_id)
