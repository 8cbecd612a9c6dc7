"""Merging over HTTP: what callers see of it, and a crowd that votes meanwhile."""

import asyncio
import random
from typing import Any
from uuid import UUID

from httpx2 import Response

from services.feedback.consumers import on_item_changed
from shared.events.feedback import IdeaChanged
from shared.ids import new_id
from tests.builders import Api
from tests.feedback.given import TOLD, Databases, check_demand, check_events, demand_of, item, made, new_idea
from tests.feedback.portal import given as boards


async def vote(api: Api, idea: str, name: str, account: str | None = None) -> Any:
    contact = {"external_id": name, **({"account": account} if account else {})}
    return await made(await api.feedback.post("/v1/votes", json={"idea_id": idea, "contact": contact}))


async def merge(api: Api, idea: str, into: str, **others: Any) -> Response:
    return await api.feedback.post(f"/v1/ideas/{idea}:merge", json={"into": into, **others})


async def test_two_ideas_become_one_and_two_again(api: Api, database: Databases) -> None:
    kept, gone = await new_idea(api, "Exports", key="exports"), await new_idea(api, "CSV please", key="csv")
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 900}]})
    await vote(api, "exports", "ada", "acme")
    mine = [await vote(api, "csv", "ada"), await vote(api, "csv", "ben", "acme")]
    said = {"text": "Both", "ideas": ["exports", "csv"], "contact": {"external_id": "cem"}}
    await made(await api.feedback.post("/v1/feedback", json=said))
    before = await demand_of(api, kept["id"]), await demand_of(api, gone["id"])

    foreseen = await made(await merge(api, gone["id"], "exports", dry_run=True), 200)
    assert (await demand_of(api, kept["id"]), await demand_of(api, gone["id"])) == before
    effect = await made(await merge(api, gone["id"], "exports"), 200)
    assert effect == {**foreseen, "dry_run": False}
    both = {"votes": 2, "insights": 1, "contacts": 3, "accounts": 1, "mrr": 900}
    assert effect["overlap"] == {"votes": 1, "insights": 1, "contacts": 2, "accounts": 1, "mrr": 900}
    assert effect["survivor"] == {"before": before[0], "after": both}
    assert effect["idea"]["before"] == before[1]
    assert await demand_of(api, kept["id"]) == both
    assert (await made(await merge(api, gone["id"], "exports"), 200))["overlap"] == effect["overlap"], "said twice"

    # The old id leads on, the old key goes on to count.
    old = f"/v1/ideas/{gone['id']}"
    for method, place in (("GET", ""), ("PATCH", ""), ("GET", "/demand"), ("GET", "/followers"), ("GET", "/merged")):
        answer = await api.feedback.request(method, old + place, json={} if method == "PATCH" else None)
        assert (answer.status_code, answer.headers["location"]) == (308, f"/v1/ideas/{kept['id']}{place}")
        assert answer.json()["code"] == "merged"
    later = await vote(api, "csv", "dia")
    assert later["idea_id"] == gone["id"]
    assert (await demand_of(api, kept["id"]))["votes"] == 3
    assert [each["id"] for each in (await api.feedback.get("/v1/ideas")).json()["data"]] == [kept["id"]]
    (merged,) = (await api.feedback.get(f"/v1/ideas/{kept['id']}/merged")).json()["data"]
    assert (merged["id"], merged["merged_into"], merged["merged_by"]) == (gone["id"], kept["id"], f"key:{api.key_id}")
    for limit in (2, 50):
        listed: list[Any] = []
        query: dict[str, Any] = {"idea_id": kept["id"], "limit": limit}
        while True:
            page = (await api.feedback.get("/v1/votes", params=query)).json()
            listed += page["data"]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert [each["idea_id"] for each in listed] == [kept["id"], gone["id"], gone["id"], gone["id"]]
    insights = (await api.feedback.get("/v1/insights", params={"idea_id": kept["id"]})).json()["data"]
    assert sorted(each["idea_id"] for each in insights) == sorted((kept["id"], gone["id"]))

    # An item that holds the merged idea holds on: the survivor has its status, and everyone is told.
    feedback, item_id = await database("feedback"), new_id()
    async with feedback.transaction({api.workspace_id}) as tx:
        await on_item_changed(tx, [item(api.workspace_id, item_id, [UUID(gone["id"])], "shipped")])
    assert (await api.feedback.get(f"/v1/ideas/{kept['id']}")).json()["status"] == "shipped"
    named = (await api.feedback.get("/v1/requesters", params={"item_id": str(item_id)})).json()["data"]
    assert sorted(each["external_id"] for each in named) == ["ada", "ben", "cem", "dia"]

    await api.feedback.delete(f"/v1/votes/{mine[1]['id']}")
    undone = await made(await api.feedback.post(f"{old}:unmerge"), 200)
    assert undone["survivor"]["after"] == before[0] == await demand_of(api, kept["id"])
    assert await demand_of(api, gone["id"]) == {"votes": 2, "insights": 1, "contacts": 3, "accounts": 1, "mrr": 900}
    statuses = [(await api.feedback.get(f"/v1/ideas/{each['id']}")).json()["status"] for each in (kept, gone)]
    assert statuses == ["open", "shipped"], "the item holds what it always held"
    async with feedback.read({api.workspace_id}) as read:
        rows = await read.all(TOLD, api.workspace_id, IdeaChanged.type)
    told = [IdeaChanged.model_validate_json(row["data"]) for row in rows]
    mine_told = [event.merged_into for event in told if event.idea_id == UUID(gone["id"])]
    assert mine_told == [None, UUID(kept["id"]), None]


async def test_whatever_is_asked_of_a_merged_idea_is_asked_of_the_other(api: Api) -> None:
    """Every path below an idea's, whichever will be added."""
    kept, gone = await new_idea(api, "Exports"), await new_idea(api, "CSV please")
    said = {"job": "report", "outcome": "numbers are out in time"}
    need = (await made(await api.feedback.post("/v1/needs", json=said)))["id"]
    board = await boards.new_board(api, "wishes")
    await boards.place(api, board, gone["id"])
    await made(await merge(api, gone["id"], kept["id"]), 200)
    described = (await api.feedback.get("/openapi/feedback.json")).json()
    given = {"need_id": need, "board_key": board, "contact_id": need, "comment_id": need}
    words = {"text": "Me too."}
    bodies = {
        "own followers": {"contact": {"external_id": "ada"}},
        "own comments": words,
        "comments": words | {"contact": {"external_id": "ada"}},
        "{comment_id}": words | {"contact": {"external_id": "ada"}},
    }
    asked = 0
    for path, operations in described["paths"].items():
        if "{idea_id}" not in path or path.endswith((":merge", ":unmerge")):
            continue
        for method, operation in operations.items():
            last = path.rpartition("/")[2]
            body = bodies.get(last if "boards" in path else f"own {last}", {}) if method in {"post", "patch"} else None
            query = "?limit=1" if method == "get" else ""
            there = path.format(idea_id=kept["id"], **given) + query
            answer = await api.feedback.request(method, path.format(idea_id=gone["id"], **given) + query, json=body)
            assert (answer.status_code, answer.headers.get("Location")) == (308, there), (method, path, answer.text)
            assert "308" in operation["responses"], (method, path)
            asked += 1
    assert asked >= 15


async def test_what_cannot_be_merged(api: Api, neighbour: Api) -> None:
    one, two, three = [(await new_idea(api))["id"] for _ in range(3)]
    theirs = (await new_idea(neighbour))["id"]
    await made(await merge(api, one, two), 200)
    for idea, into, status, code in (
        (one, three, 409, "already_merged"),
        (two, one, 409, "merge_cycle"),
        (three, three, 422, "invalid"),
        (three, "nothing", 422, "invalid"),
        (three, theirs, 422, "invalid"),
        (theirs, three, 404, "not_found"),
    ):
        answer = await merge(api, idea, into)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (idea, into)
        assert status != 422 or answer.json()["errors"][0]["pointer"] == "/body/into"
    for idea, status, code in ((three, 409, "not_merged"), (theirs, 404, "not_found")):
        answer = await api.feedback.post(f"/v1/ideas/{idea}:unmerge", json={"dry_run": True})
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_crowd_votes_while_ideas_are_merged(api: Api, database: Databases) -> None:
    """No vote is lost and nobody meets a deadlock; taken apart in the end, each idea has what named it."""
    chance = random.Random(3)
    ideas = [(await new_idea(api, key=f"idea-{number}"))["id"] for number in range(4)]

    def say() -> Any:
        name = {"external_id": f"u{chance.randrange(15)}"}
        if chance.random() < 0.5:
            return api.feedback.post("/v1/votes", json={"idea_id": chance.choice(ideas), "contact": name})
        body = {"text": "Slow", "contact": name, "ideas": chance.sample(ideas, 2)}
        return api.feedback.post("/v1/feedback", json=body)

    def move() -> Any:
        one, other = chance.sample(ideas, 2)
        if chance.random() < 0.6:
            return merge(api, one, other, dry_run=chance.random() < 0.2)
        return api.feedback.post(f"/v1/ideas/{one}:unmerge")

    calls = [say for _ in range(90)] + [move for _ in range(30)]
    chance.shuffle(calls)
    answers = await asyncio.gather(*(call() for call in calls))
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert any(answer.status_code == 200 and "survivor" in answer.text for answer in answers)
    feedback = await database("feedback")
    for idea in ideas:
        await api.feedback.post(f"/v1/ideas/{idea}:unmerge")
    async with feedback.read({api.workspace_id}) as read:
        assert (
            await read.value("select count(*) from ideas where root <> id and workspace_id = $1", api.workspace_id) == 0
        )
        await check_demand(read, api.workspace_id)
        await check_events(read, api.workspace_id)


async def test_comments_and_boards_of_two_ideas_are_one_and_two_again(api: Api) -> None:
    kept, gone = await new_idea(api, "Exports"), await new_idea(api, "CSV please")
    both, alone = await boards.new_board(api, "both"), await boards.new_board(api, "alone")
    for board, idea in ((both, kept), (both, gone), (alone, gone)):
        await boards.place(api, board, idea["id"])

    async def say(idea: Any, text: str, **others: Any) -> Any:
        body = {"text": text, "visibility": "public", **others}
        return await made(await api.feedback.post(f"/v1/ideas/{idea['id']}/comments", json=body))

    async def seen(board: str) -> dict[str, tuple[int, list[str]]]:
        """By idea on the board: how many comments it says it has, and those that it shows."""
        shown: dict[str, tuple[int, list[str]]] = {}
        for idea in (await api.feedback.get(f"/v1/boards/{board}/ideas")).json()["data"]:
            path = f"/v1/boards/{board}/ideas/{idea['id']}/comments"
            listed = (await api.feedback.get(path)).json()["data"]
            shown[idea["id"]] = idea["comments"], [each["text"] for each in listed]
        return shown

    await say(kept, "one")
    there = await say(gone, "two")
    await say(kept, "three")
    await say(gone, "for both only", board=both)
    apart = await seen(both), await seen(alone)
    assert apart[1] == {gone["id"]: (1, ["two"])}

    await made(await merge(api, gone["id"], kept["id"]), 200)
    assert await seen(both) == {kept["id"]: (4, ["one", "two", "three", "for both only"])}
    assert await seen(alone) == {kept["id"]: (3, ["one", "two", "three"])}, "the survivor stands for it"
    for limit in (1, 50):
        listed: list[Any] = []
        query: dict[str, Any] = {"idea_id": kept["id"], "limit": limit}
        while query.get("cursor", "") is not None:
            answer = (await api.feedback.get("/v1/comments", params=query)).json()
            listed += answer["data"]
            query["cursor"] = answer["next_cursor"]
        assert [(each["text"], each["idea_id"]) for each in listed] == [
            ("one", kept["id"]), ("two", gone["id"]), ("three", kept["id"]), ("for both only", gone["id"])
        ]  # fmt: skip
    answer = await say(kept, "and back", parent_id=there["id"])
    assert answer["idea_id"] == gone["id"], "an answer stays with what it answers"
    assert (await seen(alone))[kept["id"]][0] == 4

    # Put there by somebody, it stays; taken off, it takes along what was merged into it.
    third = await new_idea(api, "Third")
    await boards.place(api, alone, third["id"])
    await made(await merge(api, third["id"], kept["id"]), 200)
    for each in (third, gone):
        await made(await api.feedback.post(f"/v1/ideas/{each['id']}:unmerge"), 200)
    assert await seen(both) == {
        kept["id"]: (2, ["one", "three"]),
        gone["id"]: (3, ["two", "for both only", "and back"]),
    }
    assert await seen(alone) == {gone["id"]: (2, ["two", "and back"]), third["id"]: (0, [])}
    await made(await merge(api, gone["id"], kept["id"]), 200)
    assert (await api.feedback.delete(f"/v1/boards/{alone}/placements/{kept['id']}")).status_code == 204
    assert set(await seen(alone)) == {third["id"]}
