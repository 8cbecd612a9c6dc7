"""Scoring's own fixtures."""

import pytest

from tests.builders import Api
from tests.scoring.given import Databases, Workspace


@pytest.fixture
async def here(api: Api, database: Databases) -> Workspace:
    """Scoring in the test's workspace."""
    return Workspace(await database("scoring"), api.workspace_id)
