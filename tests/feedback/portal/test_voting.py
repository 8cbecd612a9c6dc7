"""What visitors want: they vote and follow on boards, as often as they like and once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.feedback.portal.api.seeing import VISITOR_BURST
from services.feedback.portal.viewer import issue
from shared.sealing import Seal
from tests.builders import Api
from tests.feedback.given import Databases, check_demand, check_events, demand_of, made, new_idea
from tests.feedback.portal.given import PUBLISHABLE, new_board, new_contact, place, token
from tests.servers import SEALING_KEY


async def test_a_visitor_votes_once_and_takes_it_back(api: Api, database: Databases) -> None:
    board, idea = await new_board(api), (await new_idea(api))["id"]
    await place(api, board, idea)
    accounts = {"accounts": [{"external_id": "acme", "mrr": 500}]}
    await made(await api.feedback.post("/v1/accounts", json=accounts), 200)
    ada = await new_contact(api, "ada@example.com", account="acme")
    page, visitor = (await api.another(PUBLISHABLE)).feedback, await token(api, ada)
    path = f"/v1/boards/{board}/ideas/{idea}"

    async def vote(status: int = 200, **said: Any) -> Any:
        return await made(await page.put(f"{path}/vote", json=said, headers=visitor), status)

    assert (await made(await page.put(f"{path}/vote"), 403))["code"] == "visitor_needed"
    now = await made(await page.put(f"{path}/vote", headers=visitor), 200)
    assert (now["votes"], now["voted"], now["importance"], now["follows"]) == (1, True, "important", True)
    again = await vote(importance="critical", reason="Month end.")
    assert (again["votes"], again["importance"]) == (1, "critical")
    assert (await vote())["importance"] == "critical", "what is not said again stays"
    assert (await vote(422, importance="urgent"))["errors"][0]["pointer"] == "/body/importance"
    (cast,) = (await api.feedback.get("/v1/votes", params={"idea_id": idea})).json()["data"]
    assert (cast["contact_id"], cast["reason"], cast["source"], cast["mrr"], cast["on_behalf"]) == (
        ada, "Month end.", "board", 500, False
    )  # fmt: skip
    assert (await demand_of(api, idea)) == {"votes": 1, "insights": 0, "contacts": 1, "accounts": 1, "mrr": 500}
    seen = (await page.get(path)).json()
    assert (seen["votes"], seen["voted"], seen["importance"]) == (1, False, None), "whose vote it is nobody else sees"
    # A server that knows its visitors votes for them, and makes whom it names.
    grace = {"contact": {"email": "grace@example.com"}}
    assert (await vote(422, **grace))["errors"][0]["pointer"] == "/body/contact"
    assert (await made(await page.put(f"{path}/vote", json=grace), 403))["code"] == "missing_scope"
    assert (await made(await api.feedback.put(f"{path}/vote", json=grace), 200))["votes"] == 2
    for _ in range(2):
        gone = await made(await page.delete(f"{path}/vote", headers=visitor), 200)
        assert (gone["votes"], gone["voted"], gone["follows"]) == (1, False, False)
    # Following is no vote, and not following takes none back.
    follows = await made(await page.put(f"{path}/follow", headers=visitor), 200)
    assert (follows["votes"], follows["voted"], follows["follows"]) == (1, False, True)
    (own,) = (await page.get(f"/v1/boards/{board}/mine", headers=visitor)).json()["data"]
    assert own == follows
    await vote()
    unfollowed = await made(await page.delete(f"{path}/follow", headers=visitor), 200)
    assert (unfollowed["votes"], unfollowed["voted"], unfollowed["follows"]) == (2, True, False)
    names = [each["contact_id"] for each in (await api.feedback.get(f"/v1/ideas/{idea}/followers")).json()["data"]]
    assert ada not in names
    feedback = await database("feedback")
    async with feedback.read({api.workspace_id}) as read:
        await check_demand(read, api.workspace_id)
        await check_events(read, api.workspace_id)


async def test_votes_for_merged_ideas_are_one_and_go_together(api: Api) -> None:
    board, page = await new_board(api), (await api.another(PUBLISHABLE)).feedback
    visitor = await token(api, await new_contact(api, "ada@example.com"))
    ideas = [(await new_idea(api, title))["id"] for title in ("Export", "Exports")]
    for idea in ideas:
        await place(api, board, idea)
        await made(await page.put(f"/v1/boards/{board}/ideas/{idea}/vote", headers=visitor), 200)
    one, other = ideas
    await made(await api.feedback.post(f"/v1/ideas/{other}:merge", json={"into": one}), 200)
    path = f"/v1/boards/{board}/ideas"
    for what in ("vote", "follow"):
        for method in ("PUT", "DELETE"):
            moved = await page.request(method, f"{path}/{other}/{what}", headers=visitor)
            assert (moved.status_code, moved.headers["location"]) == (308, f"{path}/{one}/{what}")
    assert (await page.get(f"{path}/{one}", headers=visitor)).json()["votes"] == 1
    left = await made(await page.delete(f"{path}/{one}/vote", headers=visitor), 200)
    assert (left["votes"], left["voted"]) == (0, False)
    await made(await api.feedback.post(f"/v1/ideas/{other}:unmerge", json={}), 200)
    shown = (await page.get(path, headers=visitor)).json()["data"]
    assert [(each["votes"], each["voted"]) for each in shown] == [(0, False)] * 2


async def test_where_nobody_votes(api: Api) -> None:
    """Not for what they do not see, not on a board that takes none, not while they are blocked, and not all day."""
    idea, page = (await new_idea(api))["id"], (await api.another(PUBLISHABLE)).feedback
    ada = await new_contact(api, "ada@example.com")
    visitor = await token(api, ada)
    for key, visibility in (("closed", "private"), ("inbox", "one_way"), ("open", "public")):
        board = await new_board(api, key, visibility=visibility)
        await place(api, board, idea)
    path = f"/v1/boards/open/ideas/{idea}"
    for hidden in ("closed", "inbox"):
        for what in ("vote", "follow"):
            answer = await page.put(f"/v1/boards/{hidden}/ideas/{idea}/{what}", headers=visitor)
            assert answer.status_code == 404, answer.text
    await made(await api.feedback.put(f"/v1/trust/contacts/{ada}", json={"level": "blocked"}), 200)
    assert (await made(await page.put(f"{path}/vote", headers=visitor), 403))["code"] == "visitor_blocked"
    await made(await api.feedback.put(f"/v1/trust/contacts/{ada}", json={"level": None}), 200)
    # Whoever shares a key and an Idempotency-Key does not get another's answer.
    once = {"Idempotency-Key": "vote"}
    await made(await page.put(f"{path}/vote", headers=visitor | once), 200)
    replayed = await page.put(f"{path}/vote", headers=visitor | once)
    assert replayed.headers["idempotency-replayed"] == "true"
    grace = await token(api, await new_contact(api, "grace@example.com"))
    await made(await page.put(f"{path}/vote", headers=grace | once), 422)
    closing = await made(await api.feedback.patch("/v1/boards/open", json={"voting": False}), 200)
    assert (closing["voting"], (await page.get("/v1/boards/open/about")).json()["voting"]) == (False, False)
    assert (await made(await page.put(f"{path}/vote", headers=grace), 409))["code"] == "voting_closed"
    assert (await made(await page.delete(f"{path}/vote", headers=visitor), 200))["votes"] == 0, "as one deletes words"
    for _ in range(VISITOR_BURST):
        answer = await page.put(f"{path}/vote", headers=grace)
        if answer.status_code == 429:
            break
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert int(answer.headers["retry-after"]) >= 1
    assert (await page.get(path, headers=grace)).status_code == 200, "reading goes on"
    assert (await page.delete(f"{path}/vote", headers=visitor)).status_code == 200, "and so do others"
    nobody, _ = issue(Seal(SEALING_KEY), api.workspace_id, UUID(int=7), timedelta(hours=1))
    gone = await page.put(f"{path}/follow", headers={"Cairn-Visitor": nobody})
    assert (gone.status_code, gone.json()["code"]) == (403, "visitor_needed")
    await made(await api.feedback.patch(f"/v1/ideas/{idea}", json={"archived": True}), 200)
    assert (await page.delete(f"{path}/vote", headers=visitor)).status_code == 404
