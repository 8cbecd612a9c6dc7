"""Shipping names everyone who asked, once each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from services.feedback.consumers import on_item_changed
from shared.database import Database
from shared.events.base import Delivered
from shared.events.feedback import RequestersNamed
from shared.events.roadmap import ItemChanged
from shared.ids import new_id
from tests.builders import Api
from tests.feedback.given import TOLD, Databases, item, made, new_idea


class Shipping:
    """An item of a workspace, as roadmap tells of it."""

    def __init__(self, feedback: Database, api: Api) -> None:
        self.feedback = feedback
        self.api = api
        self.item_id = new_id()

    async def tell(self, *delivered: Delivered[ItemChanged]) -> None:
        async with self.feedback.transaction({self.api.workspace_id}) as tx:
            await on_item_changed(tx, delivered)

    def shipped(self, ideas: Sequence[dict[str, Any]], version: int = 1) -> Delivered[ItemChanged]:
        return item(self.api.workspace_id, self.item_id, [UUID(idea["id"]) for idea in ideas], "shipped", version)

    async def named(self) -> list[dict[str, Any]]:
        return (await self.api.feedback.get(f"/v1/requesters?item_id={self.item_id}")).json()["data"]

    async def events(self) -> list[RequestersNamed]:
        async with self.feedback.read({self.api.workspace_id}) as read:
            rows = await read.all(TOLD, self.api.workspace_id, RequestersNamed.type)
        return [RequestersNamed.model_validate_json(row["data"]) for row in rows]


@pytest.fixture
async def shipping(api: Api, database: Databases) -> Shipping:
    return Shipping(await database("feedback"), api)


async def ask(api: Api, idea: dict[str, Any], *names: str, account: str | None = None) -> None:
    for name in names:
        contact = {"external_id": name, **({"account": account} if account else {})}
        await made(await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], "contact": contact}))


async def speak(api: Api, idea: dict[str, Any], name: str | None) -> None:
    contact = {"contact": {"external_id": name}} if name else {}
    await made(await api.feedback.post("/v1/feedback", json={"text": "Please", "ideas": [idea["key"]], **contact}))


async def test_everyone_who_voted_or_spoke_for_one_of_its_ideas(api: Api, shipping: Shipping) -> None:
    one, two, other = [await new_idea(api) for _ in range(3)]
    await ask(api, one, "voter", "both", account="acme")
    await speak(api, one, "both")
    await speak(api, two, "speaker")
    await speak(api, two, None)
    await ask(api, two, "voter", "twice")
    await ask(api, other, "stranger")

    assert await shipping.named() == []
    await shipping.tell(shipping.shipped([one, two]))

    named = await shipping.named()
    assert sorted(each["external_id"] for each in named) == ["both", "speaker", "twice", "voter"]
    assert {each["idea_id"] for each in named} == {one["id"], two["id"]}
    (event,) = await shipping.events()
    assert (event.item_id, event.version, event.requesters, event.accounts) == (shipping.item_id, 1, 4, 1)


async def test_a_replay_names_nobody_twice(api: Api, shipping: Shipping) -> None:
    idea = await new_idea(api)
    await ask(api, idea, "ada")
    shipped = shipping.shipped([idea])
    await shipping.tell(shipped, shipped)
    await shipping.tell(shipped)
    named = await shipping.named()
    assert len(named) == len(await shipping.events()) == 1
    # Edited after it was shipped: who asked since then is named too, and nobody again.
    await ask(api, idea, "ben")
    await shipping.tell(shipping.shipped([idea], version=2))
    await shipping.tell(shipped)
    assert [each["external_id"] for each in await shipping.named()] == ["ada", "ben"]
    assert named[0] in await shipping.named()
    assert [(event.version, event.requesters) for event in await shipping.events()] == [(1, 1), (2, 2)]


async def test_who_withdrew_before_is_not_named(api: Api, shipping: Shipping) -> None:
    idea = await new_idea(api)
    await ask(api, idea, "ada", "ben")
    votes = (await api.feedback.get(f"/v1/votes?idea_id={idea['id']}")).json()["data"]
    assert (await api.feedback.delete(f"/v1/votes/{votes[0]['id']}")).status_code == 204
    await shipping.tell(shipping.shipped([idea]))
    assert [each["external_id"] for each in await shipping.named()] == ["ben"]


async def test_an_item_that_nobody_asked_for(api: Api, shipping: Shipping) -> None:
    await shipping.tell(shipping.shipped([]))
    assert await shipping.named() == []
    (event,) = await shipping.events()
    assert (event.requesters, event.accounts) == (0, 0)


async def test_only_shipping_names(api: Api, shipping: Shipping) -> None:
    idea = await new_idea(api)
    await ask(api, idea, "ada")
    for version, status in enumerate(("considering", "planned", "in_progress", "cancelled"), start=1):
        await shipping.tell(item(api.workspace_id, shipping.item_id, [UUID(idea["id"])], status, version))
    assert await shipping.named() == []
    assert await shipping.events() == []


async def test_a_neighbour_is_neither_named_nor_told(api: Api, neighbour: Api, shipping: Shipping) -> None:
    idea = await new_idea(neighbour)
    await ask(neighbour, idea, "ada")
    async with shipping.feedback.transaction({api.workspace_id, neighbour.workspace_id}) as tx:
        await on_item_changed(tx, [shipping.shipped([idea])])
    assert await shipping.named() == []
    answer = await neighbour.feedback.get(f"/v1/requesters?item_id={shipping.item_id}")
    assert answer.json()["data"] == []


async def test_the_list_has_pages(api: Api, shipping: Shipping) -> None:
    idea = await new_idea(api)
    await ask(api, idea, *(f"u{number}" for number in range(5)))
    await shipping.tell(shipping.shipped([idea]))
    path = f"/v1/requesters?item_id={shipping.item_id}&limit=3"
    first = (await api.feedback.get(path)).json()
    second = (await api.feedback.get(f"{path}&cursor={first['next_cursor']}")).json()
    assert (len(first["data"]), len(second["data"]), second["next_cursor"]) == (3, 2, None)
    assert first["data"] + second["data"] == await shipping.named()
