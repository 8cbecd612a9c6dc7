"""What outsiders bring waits, is decided, and earns trust."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.trust.levels import EARNED, Level, Standing, judge
from tests.builders import Api
from tests.feedback.given import demand_of, made, new_idea
from tests.feedback.portal.given import PUBLISHABLE, decide, new_board, new_contact, place, token

LEVELS = st.sampled_from(["trusted", "unknown", "blocked", None])


@given(source=LEVELS, contact=LEVELS, approved=st.integers(0, 20), refused=st.integers(0, 5))
def test_trust(source: Level | None, contact: Level | None, approved: int, refused: int) -> None:
    state, why = judge(Standing(source), Standing(contact, approved, refused))
    assert (state == "rejected") == ("blocked" in (source, contact))
    assert why == "unknown" or state != "pending"
    if state == "shown" and "trusted" not in (source, contact):
        assert contact is None
        assert approved >= EARNED * (1 + refused)


async def waiting(api: Api, state: str = "pending") -> list[Any]:
    return (await api.feedback.get("/v1/moderation", params={"state": state})).json()["data"]


async def test_a_submission_is_an_idea_once_it_is_approved(api: Api) -> None:
    board = await new_board(api)
    ada = await new_contact(api, "ada@example.com")
    page, visitor = (await api.another(PUBLISHABLE)).feedback, await token(api, ada)
    body = {"title": "PDF for ada@example.com", "description": "Call +49 30 901820."}
    await made(await page.post(f"/v1/boards/{board}/submissions", json=body), 403)
    brought = await made(await page.post(f"/v1/boards/{board}/submissions", json=body, headers=visitor))
    assert brought["state"] == "pending"
    assert (await api.feedback.get("/v1/ideas")).json()["data"] == []
    (entry,) = await waiting(api)
    assert (entry["subject_id"], entry["title"], entry["source"]) == (brought["id"], body["title"], f"board:{board}")
    await decide(api, "approve", brought["id"])
    assert await waiting(api) == []
    (idea,) = (await page.get(f"/v1/boards/{board}/ideas", headers=visitor)).json()["data"]
    assert (idea["title"], idea["description"], idea["mine"]) == ("PDF for [email]", "Call [phone].", True)
    assert idea["votes"] == 1
    assert (await demand_of(api, idea["id"]))["contacts"] == 1
    (own,) = (await page.get(f"/v1/boards/{board}/submissions", headers=visitor)).json()["data"]
    assert (own["idea_id"], own["state"]) == (idea["id"], "shown")
    await decide(api, "reject", brought["id"])
    assert (await page.get(f"/v1/boards/{board}/ideas")).json()["data"] == []
    await decide(api, "approve", brought["id"])
    (again,) = (await page.get(f"/v1/boards/{board}/ideas")).json()["data"]
    assert (again["id"], again["mine"], again["votes"]) == (idea["id"], False, 1)
    history = (await api.feedback.get(f"/v1/moderation/{entry['id']}/history")).json()["data"]
    assert [each["state"] for each in history] == ["pending", "shown", "rejected", "shown"]
    assert history[-1] | {"reason": "tried", "decided_by": f"key:{api.key_id}"} == history[-1]


async def test_trust_is_earned_said_and_lost(api: Api) -> None:
    board, idea = await new_board(api), await new_idea(api)
    await place(api, board, idea["id"])
    ada = await new_contact(api, "ada@example.com")
    page, visitor = (await api.another(PUBLISHABLE)).feedback, await token(api, ada)
    path = f"/v1/boards/{board}/ideas/{idea['id']}/comments"

    async def say(text: str = "We need this.") -> Any:
        return await made(await page.post(path, json={"text": text}, headers=visitor))

    async def seen() -> list[str]:
        """By everybody; the number beside the idea says the same."""
        comments = [each["id"] for each in (await page.get(path)).json()["data"]]
        assert (await page.get(f"/v1/boards/{board}/ideas/{idea['id']}")).json()["comments"] == len(comments)
        return comments

    first = [(await say())["id"] for _ in range(EARNED)]
    assert await seen() == []
    await decide(api, "approve", *first)
    assert await seen() == first
    fourth = await say()
    assert fourth["state"] == "shown", "three approvals have earned it"
    # Other words than a moderator saw are looked at by whoever is not trusted any more.
    await decide(api, "spam", fourth["id"])
    assert await seen() == first
    reworded = await made(await page.patch(f"{path}/{first[0]}", json={"text": "Buy!"}, headers=visitor), 200)
    assert (reworded["state"], await seen()) == ("pending", first[1:])
    await made(await api.feedback.put(f"/v1/trust/boards/{board}", json={"level": "trusted"}), 200)
    assert (await say())["state"] == "shown"
    await made(await api.feedback.put(f"/v1/trust/contacts/{ada}", json={"level": "blocked"}), 200)
    before = await seen()
    assert (await say("Buy! Buy!"))["state"] == "pending", "who is blocked is not told"
    assert await seen() == before
    assert [each["decided_by"] for each in await waiting(api, "rejected")] == ["trust:contact_blocked"]
    said = {each["name"]: each for each in (await api.feedback.get("/v1/trust")).json()["data"]}
    assert (said[ada]["approved"], said[ada]["refused"], said[board]["level"]) == (EARNED, 1, "trusted")
    assert (await page.delete(f"{path}/{first[0]}", headers=visitor)).status_code == 204
    assert all(each["subject_id"] != first[0] for each in await waiting(api)), "nothing is left to decide"
    grace = await token(api, await new_contact(api, "grace@example.com"))
    assert (await page.delete(f"{path}/{first[1]}", headers=grace)).status_code == 404
    unknown = {"entry_ids": [ada], "decision": "approve"}
    refused = await made(await api.feedback.post("/v1/moderation/decisions", json=unknown), 422)
    assert refused["errors"][0]["pointer"] == "/body/entry_ids/0"
