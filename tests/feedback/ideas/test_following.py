"""Ideas follow the items they are in: once each snapshot, in any order, and the furthest item counts."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.ideas import domain
from shared.database import Database
from shared.events.base import Delivered
from shared.events.feedback import IdeaChanged
from shared.events.roadmap import ItemChanged, ItemStatus
from shared.ids import new_id
from tests.builders import Api
from tests.depth import examples
from tests.feedback.given import TOLD, Databases, caller, item, new_idea

STATUSES: list[ItemStatus] = ["considering", "planned", "in_progress", "shipped", "cancelled"]
RANK = {"planned": 1, "in_progress": 2, "shipped": 3}
IDEAS = 3
ITEMS = 2

Snapshot = tuple[int, int, ItemStatus, list[int]]
"""Item, version, status, ideas."""


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Snapshot], list[list[Snapshot]]]:
    """What happened to some items, and batches in which it is told: out of order, repeatedly, in the end complete."""
    happened: list[Snapshot] = [
        (number, version, draw(st.sampled_from(STATUSES)), draw(st.lists(st.integers(0, IDEAS - 1), max_size=IDEAS)))
        for number in range(ITEMS)
        for version in range(1, draw(st.integers(2, 5)))
    ]
    told = draw(st.permutations(happened + draw(st.lists(st.sampled_from(happened), max_size=4))))
    batches: list[list[Snapshot]] = []
    while told:
        size = draw(st.integers(1, len(told)))
        batches.append(told[:size])
        told = told[size:]
    return happened, batches


def expected(happened: list[Snapshot], own: str) -> list[str]:
    """The furthest of the newest states of all items that an idea is in."""
    newest = {each[0]: each for each in sorted(happened)}
    found: list[str] = []
    for idea in range(IDEAS):
        states = [status for _, _, status, ideas in newest.values() if idea in ideas and status in RANK]
        found.append(max(states, key=RANK.__getitem__) if states else own)
    return found


async def prepare(feedback: Database, workspace_id: UUID, own: str) -> list[UUID]:
    ideas: list[UUID] = []
    async with feedback.transaction({workspace_id}) as tx:
        for _ in range(IDEAS):
            row = await domain.create(tx, caller(workspace_id), key=None, title="Idea", description="", kind="feature")
            ideas.append(row["id"])
            if own != "open":
                await domain.update(tx, workspace_id, row["id"], None, {"status": "declined"})
    return ideas


@examples(30)
@given(histories(), st.sampled_from(["open", "declined"]))
async def test_the_order_of_telling_does_not_matter(
    database: Databases, history: tuple[list[Snapshot], list[list[Snapshot]]], own: str
) -> None:
    happened, batches = history
    feedback = await database("feedback")
    workspace_id = new_id()
    ideas = await prepare(feedback, workspace_id, own)
    items = [new_id() for _ in range(ITEMS)]
    for batch in batches:
        delivered = [
            item(workspace_id, items[number], [ideas[idea] for idea in inside], status, version)
            for number, version, status, inside in batch
        ]
        async with feedback.transaction({workspace_id}) as tx:
            await domain.follow_items(tx, delivered)
    async with feedback.read({workspace_id}) as read:
        rows = await read.all("select id, status, version from ideas where workspace_id = $1", workspace_id)
        told = await read.all(TOLD, workspace_id, IdeaChanged.type)
    assert {row["id"]: row["status"] for row in rows} == dict(zip(ideas, expected(happened, own), strict=True))
    events = [IdeaChanged.model_validate_json(row["data"]) for row in told]
    last = {event.idea_id: event for event in events}
    assert {(row["id"], row["status"], row["version"]) for row in rows} == {
        (event.idea_id, event.status, event.version) for event in last.values()
    }
    assert len({(event.idea_id, event.version) for event in events}) == len(events)


@pytest.fixture
async def feedback(database: Databases) -> Database:
    return await database("feedback")


async def follow(feedback: Database, api: Api, *delivered: Delivered[ItemChanged]) -> None:
    async with feedback.transaction({api.workspace_id}) as tx:
        await domain.follow_items(tx, delivered)


async def test_people_do_not_overrule_the_roadmap(api: Api, feedback: Database) -> None:
    idea: dict[str, Any] = await new_idea(api)
    path, idea_id, item_id = f"/v1/ideas/{idea['id']}", UUID(idea["id"]), new_id()
    await follow(feedback, api, item(api.workspace_id, item_id, [idea_id], "considering"))
    assert (await api.feedback.patch(path, json={"status": "declined"})).json()["status"] == "declined"
    await follow(feedback, api, item(api.workspace_id, item_id, [idea_id], "planned", 2))
    refused = await api.feedback.patch(path, json={"status": "open"})
    assert (refused.status_code, refused.json()["code"]) == (409, "status_follows_item")
    # Sent back as it was read, along with something else, it says nothing.
    same = await api.feedback.patch(path, json={"status": "planned", "title": "Other"})
    assert (same.json()["status"], same.json()["title"]) == ("planned", "Other")
    await follow(feedback, api, item(api.workspace_id, item_id, [idea_id], "cancelled", 3))
    assert (await api.feedback.get(path)).json()["status"] == "declined"


async def test_an_item_of_a_neighbour_moves_nothing(api: Api, neighbour: Api, feedback: Database) -> None:
    idea = await new_idea(api)
    async with feedback.transaction({api.workspace_id, neighbour.workspace_id}) as tx:
        await domain.follow_items(tx, [item(neighbour.workspace_id, new_id(), [UUID(idea["id"])], "shipped")])
    assert (await api.feedback.get(f"/v1/ideas/{idea['id']}")).json() == idea
