"""How many statements a request costs: few, and as many with much data as with little."""

from collections.abc import AsyncGenerator
from string import Template
from typing import cast
from uuid import UUID

import pytest

from shared.access.directory import FIND
from shared.edge import Edge
from shared.ids import new_id
from shared.telemetry import request_id
from tests.builders import Api
from tests.roadmap.given import Said
from tests.servers import World

CALLS = [
    # Pages first: in the end the view is gone.
    ("GET", "/p/$workspace/roadmap", "", 3),
    ("GET", "/p/$workspace/roadmap.json", "", 3),
    ("POST", "/v1/items", '{"idea_ids": ["$idea"], "title": "New"}', 2),
    ("POST", "/v1/items", '{"idea_ids": ["$idea"]}', 3),
    ("GET", "/v1/items", "", 1),
    ("GET", "/v1/items?status=planned", "", 1),
    ("GET", "/v1/items?idea_id=$idea", "", 1),
    ("GET", "/v1/items/$item", "", 4),
    ("PATCH", "/v1/items/$item", '{"title": "Other"}', 4),
    ("POST", "/v1/items/$item/status", '{"status": "in_progress"}', 4),
    ("POST", "/v1/views", '{"slug": "new", "title": "New"}', 1),
    ("GET", "/v1/views", "", 1),
    ("GET", "/v1/views/$view", "", 1),
    ("PATCH", "/v1/views/$view", '{"title": "Other"}', 2),
    ("DELETE", "/v1/views/$view", "", 2),
]


@pytest.fixture
async def statements(world: World) -> AsyncGenerator[dict[str, int]]:
    """Statements by the id of the request that ran them."""
    counted: dict[str, int] = {}

    def count(sql: str) -> None:
        # A key is looked for when it is new and every few seconds: on a busy machine that meets any of the requests.
        if sql != FIND:
            counted[request_id.get()] = counted.get(request_id.get(), 0) + 1

    observers = cast("Edge", world.apps["roadmap"])._runtime.database.observers
    observers.append(count)
    yield counted
    observers.remove(count)


@pytest.mark.parametrize("items", [1, 25])
async def test_each_route_has_its_budget(api: Api, said: Said, statements: dict[str, int], items: int) -> None:
    ideas = [str(await said.idea(f"Idea {number}")) for number in range(items)]
    names = {"workspace": api.slug, "idea": ideas[-1]}
    for idea_id in ideas:
        await said.score(UUID(idea_id), new_id(), 1.0)
        response = await api.roadmap.post("/v1/items", json={"idea_ids": list({idea_id, *ideas[:5]})})
        names["item"] = response.json()["id"]
    response = await api.roadmap.post("/v1/views", json={"slug": "roadmap", "title": "Roadmap", "published": True})
    names["view"] = response.json()["id"]

    for method, path, body, budget in CALLS:
        asked = f"budget-{new_id()}"
        response = await api.roadmap.request(
            method,
            Template(path).substitute(names),
            content=Template(body).substitute(names),
            headers={"X-Request-ID": asked, "Content-Type": "application/json"},
        )
        assert response.is_success, response.text
        assert statements[asked] == budget, (method, path)
