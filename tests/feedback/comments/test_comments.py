"""Comments as the team writes and reads them."""

from typing import Any

from shared.database import Database
from shared.events.feedback import CommentChanged
from tests.builders import Api
from tests.feedback.given import Databases, made, new_idea

TOLD = "select data::text as data from events where workspace_id = $1 and type = $2 order by seq"


async def say(api: Api, text: str, status: int = 201, on: str = "ideas", **others: Any) -> Any:
    """A comment on an idea (or another thing that is there), written over HTTP."""
    id = others.pop("id")
    return await made(await api.feedback.post(f"/v1/{on}/{id}/comments", json={"text": text, **others}), status)


async def told(database: Database, api: Api) -> list[CommentChanged]:
    """What other services hear of comments."""
    async with database.read({api.workspace_id}) as read:
        rows = await read.all(TOLD, api.workspace_id, CommentChanged.type)
    assert not any("secret words" in row["data"] for row in rows)
    return [CommentChanged.model_validate_json(row["data"]) for row in rows]


async def test_a_thread_is_one_level_deep_and_keeps_its_history(api: Api, database: Databases) -> None:
    idea = await new_idea(api)
    first = await say(api, "secret words to @Ada", id=idea["id"])
    assert (first["visibility"], first["state"], first["contact_id"]) == ("internal", "shown", None)
    answer = await say(api, "secret words back", id=idea["id"], parent_id=first["id"])
    refused = await say(api, "deeper", 422, id=idea["id"], parent_id=answer["id"])
    assert refused["errors"][0]["pointer"] == "/body/parent_id"
    path = f"/v1/comments/{first['id']}"
    edited = await made(
        await api.feedback.patch(path, json={"text": "other secret words"}, headers={"If-Match": '"1"'}), 200
    )
    assert (edited["version"], edited["text"]) == (2, "other secret words")
    await made(await api.feedback.patch(path, json={"text": "lost"}, headers={"If-Match": '"1"'}), 412)
    (old,) = (await api.feedback.get(f"{path}/history")).json()["data"]
    assert (old["version"], old["text"], old["replaced_by"]) == (1, "secret words to @Ada", f"key:{api.key_id}")
    assert (await api.feedback.delete(path)).status_code == 204
    assert (await api.feedback.delete(path)).status_code == 204, "gone is gone"
    tombstone = (await api.feedback.get(path)).json()
    assert (tombstone["text"], tombstone["deleted_at"] is None) == (None, False)
    assert (await api.feedback.get(f"{path}/history")).json()["data"] == []
    await made(await api.feedback.patch(path, json={"text": "again"}), 409)
    listed = (await api.feedback.get("/v1/comments", params={"idea_id": idea["id"]})).json()["data"]
    assert [each["id"] for each in listed] == [first["id"], answer["id"]]
    events = await told(await database("feedback"), api)
    assert [(str(each.comment_id), each.version, each.state) for each in events] == [
        (first["id"], 1, "shown"),
        (answer["id"], 1, "shown"),
        (first["id"], 2, "shown"),
        (first["id"], 3, "deleted"),
    ]


async def test_mentions_are_found_by_handle_and_by_contact(api: Api) -> None:
    idea = await new_idea(api)
    ada = await made(await api.feedback.post("/v1/contacts", json={"email": "ada@example.com"}), 200)
    nobody = "0190b5f0-0000-7000-8000-000000000000"
    first = await say(api, f"@Grace, ask @{ada['id']} or @{nobody}; not grace@example.com.", id=idea["id"])
    second = await say(api, "(@grace) again @grace", id=idea["id"])

    async def of(name: str) -> list[str]:
        return [each["id"] for each in (await api.feedback.get("/v1/mentions", params={"of": name})).json()["data"]]

    assert await of("@GRACE") == [second["id"], first["id"]]
    assert await of(ada["id"].upper()) == [first["id"]]
    assert await of(nobody) == await of("example.com") == []
    await made(await api.feedback.patch(f"/v1/comments/{second['id']}", json={"text": "@hopper"}), 200)
    assert await of("grace") == [first["id"]]
    assert await of("hopper") == [second["id"]]


async def test_what_is_said_about_feedback_stays_inside(api: Api) -> None:
    said = await made(await api.feedback.post("/v1/feedback", json={"text": "Slow."}))
    note = await say(api, "secret words", on="feedback", id=said["id"])
    listed = await api.feedback.get("/v1/comments", params={"feedback_id": said["id"], "visibility": "internal"})
    assert [each["id"] for each in listed.json()["data"]] == [note["id"]]
    idea = await new_idea(api)
    idea_note = await say(api, "secret words", id=idea["id"])
    ada = {"email": "ada@example.com"}
    for wrong in (
        {"on": "feedback", "id": said["id"], "visibility": "public"},
        {"on": "feedback", "id": said["id"], "parent_id": idea_note["id"]},
        {"id": idea["id"], "parent_id": note["id"]},
        {"id": idea["id"], "parent_id": idea_note["id"], "visibility": "public"},
        {"id": idea["id"], "contact": ada},
        {"id": idea["id"], "contact": ada, "visibility": "public"},
        {"id": idea["id"], "visibility": "public", "board": "nowhere"},
    ):
        await say(api, "secret words", 422, **wrong)
    await say(api, "secret words", 404, id=said["id"])
    await say(api, "secret words", 404, on="feedback", id=idea["id"])
