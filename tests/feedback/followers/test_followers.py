"""Who follows an idea hears of it when it ships: who asked, who said so, and nobody who said that they do not."""

from uuid import UUID

from services.feedback.consumers import on_item_changed
from shared.ids import new_id
from tests.builders import Api
from tests.feedback.given import Databases, item, made, new_idea


async def test_followers_go_along_and_are_told(api: Api, neighbour: Api, database: Databases) -> None:
    kept, gone = await new_idea(api), await new_idea(api)
    for name in ("ada", "ben"):
        body = {"idea_id": kept["id"], "contact": {"external_id": name}}
        await made(await api.feedback.post("/v1/votes", json=body))
    people: dict[str, str] = {}
    for idea, name in ((kept, "cem"), (gone, "cem"), (gone, "dia"), (gone, "eve")):
        path = f"/v1/ideas/{idea['id']}/followers"
        told = await made(await api.feedback.post(path, json={"contact": {"external_id": name}}), 200)
        people[name] = told["contact_id"]
    path = f"/v1/ideas/{kept['id']}/followers"

    async def names(path: str = path) -> list[tuple[str, str]]:
        rows, cursor = list[dict[str, str]](), ""
        while True:
            page = (await api.feedback.get(f"{path}?limit=1{cursor}")).json()
            rows += page["data"]
            if page["next_cursor"] is None:
                return sorted((row["external_id"], row["because"]) for row in rows)
            cursor = f"&cursor={page['next_cursor']}"

    assert await names() == [("ada", "asked"), ("ben", "asked"), ("cem", "follows")]
    ben = (await api.feedback.get("/v1/contacts")).json()["data"][1]
    for answer in (
        await api.feedback.delete(f"{path}/{ben['id']}"),
        await api.feedback.delete(f"/v1/ideas/{gone['id']}/followers/{people['eve']}"),
    ):
        assert answer.status_code == 204
    assert (await api.feedback.delete(f"{path}/{new_id()}")).status_code == 404
    assert (await neighbour.feedback.get(path)).status_code == 404

    await made(await api.feedback.post(f"/v1/ideas/{gone['id']}:merge", json={"into": kept["id"]}), 200)
    assert await names() == [("ada", "asked"), ("cem", "follows"), ("dia", "follows")]
    item_id = new_id()
    async with (await database("feedback")).transaction({api.workspace_id}) as tx:
        await on_item_changed(tx, [item(api.workspace_id, item_id, [UUID(kept["id"])], "shipped")])
    named = (await api.feedback.get("/v1/requesters", params={"item_id": str(item_id)})).json()["data"]
    assert sorted(each["external_id"] for each in named) == ["ada", "cem", "dia"]
    await made(await api.feedback.post(f"/v1/ideas/{gone['id']}:unmerge"), 200)
    assert await names(f"/v1/ideas/{gone['id']}/followers") == [("cem", "follows"), ("dia", "follows")]
