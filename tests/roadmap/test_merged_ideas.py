"""An idea that was merged stays in its item, and shows what counts for the one that it was merged into."""

from typing import Any
from uuid import UUID

from shared.ids import new_id
from tests.builders import Api
from tests.roadmap.given import Databases, Said


async def test_an_item_follows_what_its_idea_was_merged_into(api: Api, database: Databases) -> None:
    said = Said(await database("roadmap"), api.workspace_id)
    kept, merged = await said.idea("Exports"), await said.idea("CSV please")
    await said.demand(kept, votes=5, people=4)
    await said.demand(merged, votes=3, people=3)
    model = new_id()
    best = await said.score(kept, model, 8.0)
    await said.score(merged, model, 2.0)
    # One holds the merged idea alone, the other both.
    paths: list[str] = []
    for ideas in ([merged], [kept, merged]):
        body = {"idea_ids": [str(each) for each in ideas], "title": "Exports", "status": "planned"}
        paths.append((await api.roadmap.post("/v1/items", json=body)).headers["location"])
    view = {"slug": "all", "title": "All", "published": True, "statuses": ["planned"], "fields": ["people", "votes"]}
    assert (await api.roadmap.post("/v1/views", json=view)).status_code == 201

    async def shown(path: str) -> list[tuple[Any, ...]]:
        ideas = (await api.roadmap.get(path)).json()["ideas"]
        return [(each["idea_id"], each["merged_into"], each["votes"], each["people"]) for each in ideas]

    async def public() -> list[tuple[int, int]]:
        page = (await api.anonymous.roadmap.get(f"/p/{api.slug}/all.json")).json()
        return sorted((item["votes"], item["people"]) for item in page["columns"][0]["items"])

    async def items_of(idea_id: UUID, **query: str) -> list[str]:
        listed = (await api.roadmap.get("/v1/items", params={"idea_id": str(idea_id), **query})).json()["data"]
        return [f"/v1/items/{each['id']}" for each in listed]

    assert await public() == [(3, 3), (8, 4)]
    assert (await items_of(kept), await items_of(merged)) == (paths[:0:-1], paths[::-1])
    await said.idea("CSV please", idea_id=merged, version=2, merged_into=kept)
    assert await items_of(kept) == await items_of(merged) == await items_of(kept, status="planned") == paths[::-1]
    await said.demand(merged, votes=0, people=0, version=2)
    await said.demand(kept, votes=6, people=5, version=2)
    assert await shown(paths[0]) == [(str(merged), str(kept), 6, 5)]
    assert await public() == [(6, 5), (6, 5)], "what two of its ideas share counts once"
    (idea,) = (await api.roadmap.get(paths[0])).json()["ideas"]
    assert [score["score_id"] for score in idea["scores"]] == [str(best)]

    await said.idea("CSV please", idea_id=merged, version=3)
    await said.demand(merged, votes=3, people=3, version=3)
    await said.demand(kept, votes=5, people=4, version=3)
    assert await shown(paths[0]) == [(str(merged), None, 3, 3)]
    assert await public() == [(3, 3), (8, 4)]
