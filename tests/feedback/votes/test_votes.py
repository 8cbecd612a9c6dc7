"""Votes over HTTP: one a contact, seen by everyone once it is answered."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from services.feedback.customers.domain import Person
from services.feedback.votes import domain as votes
from services.feedback.votes.domain import Ballot
from shared.database import Database
from tests.builders import Api
from tests.feedback.given import Databases, demand_of, made, new_idea, told_shares
from tests.feedback.portal.given import new_board, place

VOTER = "select contact_id::text from feedback.votes where id = $1"


def vote(idea: str, name: str = "u1", **others: Any) -> dict[str, Any]:
    return {"idea_id": idea, "contact": {"external_id": name}, **others}


async def test_one_vote_however_often_it_is_cast(api: Api) -> None:
    """What is said again replaces what was said before; what is left out stays."""
    idea = await new_idea(api, key="dark-mode")
    body = vote("dark-mode", importance="nice", reason="Eyes", source="portal")
    first = await made(await api.feedback.post("/v1/votes", json=body))
    assert first["status"] == "created"
    again = await made(await api.feedback.post("/v1/votes", json=vote(idea["id"], importance="critical")), 200)
    assert again == {**first, "status": "updated"}
    same = await made(await api.feedback.post("/v1/votes", json=vote(idea["id"], source="mail")), 200)
    assert same == {**first, "status": "duplicate"}
    (shown,) = (await api.feedback.get(f"/v1/votes?idea_id={idea['id']}")).json()["data"]
    assert (shown["id"], shown["importance"], shown["reason"], shown["cast_by"], shown["source"], shown["version"]) == (
        first["id"], "critical", "Eyes", str(api.key_id), "portal", 2
    )  # fmt: skip
    assert (await demand_of(api, idea["id"]))["votes"] == 1
    # Two at once, by one contact that has not voted yet: one vote, as the one that was answered last said it.
    answers = await asyncio.gather(
        *(api.feedback.post("/v1/votes", json=vote(idea["id"], "u2", importance=each)) for each in ("nice", "critical"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 201]


async def test_editing(api: Api, neighbour: Api) -> None:
    idea = await new_idea(api)
    cast = await made(await api.feedback.post("/v1/votes", json=vote(idea["id"])))
    path = f"/v1/votes/{cast['id']}"
    edited = await api.feedback.patch(path, json={"importance": "critical"}, headers={"If-Match": '"1"'})
    shown = await made(edited, 200)
    assert (shown["importance"], shown["version"], edited.headers["etag"]) == ("critical", 2, '"2"')
    # Nothing new is no change.
    assert (await made(await api.feedback.patch(path, json={"importance": "critical"}), 200))["version"] == 2
    late = await api.feedback.patch(path, json={"reason": "x"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert (await api.feedback.get(path)).json() == shown
    assert (await api.feedback.patch(path, json={"importance": "huge"})).status_code == 422
    for stranger, other in ((neighbour, path), (api, f"/v1/votes/{uuid4()}")):
        assert (await stranger.feedback.get(other)).status_code == 404
        assert (await stranger.feedback.patch(other, json={"reason": "x"})).status_code == 404


async def test_votes_of_a_contact_and_filters(api: Api) -> None:
    ideas = [(await new_idea(api, key=f"idea-{number}"))["id"] for number in range(3)]
    for number, idea in enumerate(ideas):
        importance = ("nice", "critical", "critical")[number]
        await made(await api.feedback.post("/v1/votes", json=vote(idea, importance=importance, on_behalf=number == 2)))
    await made(await api.feedback.post("/v1/votes", json=vote(ideas[0], "u2", source="support")))
    contact = (await api.feedback.get("/v1/votes", params={"idea_id": ideas[1]})).json()["data"][0]["contact_id"]

    async def listed(**query: Any) -> list[str]:
        found = await made(await api.feedback.get("/v1/votes", params=query), 200)
        return [each["idea_id"] for each in found["data"]]

    assert await listed(contact_id=contact) == ideas
    assert await listed(contact_id=contact, importance="critical") == ideas[1:]
    assert await listed(contact_id=contact, importance="critical", on_behalf=True) == ideas[2:]
    assert await listed(idea_id=ideas[0], contact_id=contact) == ideas[:1]
    assert await listed(idea_id=ideas[0], source="support", on_behalf=False) == ideas[:1]
    assert await listed(contact_id=str(uuid4())) == []


async def test_on_behalf_of_somebody_who_pays(api: Api) -> None:
    idea = await new_idea(api)
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 900}]})
    body = vote(idea["id"], on_behalf=True, source_url="https://example.com/t/1")
    body["contact"]["account"] = "acme"
    await made(await api.feedback.post("/v1/votes", json=body))
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 1}]})
    (shown,) = (await api.feedback.get(f"/v1/votes?idea_id={idea['id']}")).json()["data"]
    # What the account paid at the time stays with the vote; demand follows what it pays now.
    assert (shown["on_behalf"], shown["source_url"]) == (True, "https://example.com/t/1")
    assert (shown["mrr"], shown["mrr_now"]) == (900, 1)
    assert (await demand_of(api, idea["id"]))["mrr"] == 1


async def test_a_name_in_any_spelling(api: Api) -> None:
    """Spellings of one id meet in one batch."""
    idea = await new_idea(api)
    names = [idea["id"], idea["id"].upper(), idea["id"].replace("-", "")]
    answers = await asyncio.gather(*(api.feedback.post("/v1/votes", json=vote(name, f"u-{name}")) for name in names))
    assert [(answer.status_code, answer.json()["idea_id"]) for answer in answers] == [(201, idea["id"])] * 3


async def test_each_is_answered_for_itself(api: Api) -> None:
    """One that names nothing does not harm those that share its transaction, and leaves nobody behind."""
    idea = await new_idea(api)
    bodies = [vote(idea["id"], f"u{number}") if number % 2 else vote("nothing", f"x{number}") for number in range(20)]
    answers = await asyncio.gather(*(api.feedback.post("/v1/votes", json=body) for body in bodies))
    assert [answer.status_code for answer in answers] == [422, 201] * 10
    assert {answer.json()["errors"][0]["pointer"] for answer in answers[::2]} == {"/body/idea_id"}
    contacts = (await api.feedback.get("/v1/contacts")).json()["data"]
    assert all(contact["external_id"].startswith("u") for contact in contacts)
    assert (await demand_of(api, idea["id"]))["votes"] == 10


async def test_what_is_answered_is_committed(api: Api, admin: Database) -> None:
    """Each is looked for over another connection at the moment of its answer."""
    idea = await new_idea(api)

    async def cast(number: int) -> bool:
        answer = await made(await api.feedback.post("/v1/votes", json=vote(idea["id"], f"u{number}")))
        async with admin.system() as tx:
            return await tx.value(VOTER, answer["id"]) == answer["contact_id"]

    assert all(await asyncio.gather(*(cast(number) for number in range(40))))


async def test_withdrawing(api: Api, neighbour: Api) -> None:
    idea = await new_idea(api)
    votes = [
        (await made(await api.feedback.post("/v1/votes", json=vote(idea["id"], f"u{number}"))))["id"]
        for number in range(3)
    ]
    assert (await neighbour.feedback.delete(f"/v1/votes/{votes[0]}")).status_code == 404
    answers = await asyncio.gather(*(api.feedback.delete(f"/v1/votes/{votes[0]}") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404, 404]
    assert (await api.feedback.delete(f"/v1/votes/{uuid4()}")).status_code == 404
    listed = (await api.feedback.get(f"/v1/votes?idea_id={idea['id']}")).json()["data"]
    assert [each["id"] for each in listed] == votes[1:]
    assert (await demand_of(api, idea["id"]))["votes"] == 2
    # Changing one's mind again is a new vote.
    again = await made(await api.feedback.post("/v1/votes", json=vote(idea["id"], "u0")))
    assert again["id"] not in votes


async def test_the_list_has_pages(api: Api) -> None:
    idea = await new_idea(api)
    for number in range(5):
        await made(await api.feedback.post("/v1/votes", json=vote(idea["id"], f"u{number}")))
    path = f"/v1/votes?idea_id={idea['id']}"
    first = (await api.feedback.get(f"{path}&limit=3")).json()
    await made(await api.feedback.post("/v1/votes", json=vote(idea["id"], "late")))
    second = (await api.feedback.get(f"{path}&limit=3&cursor={first['next_cursor']}")).json()
    assert first["data"] + second["data"] == (await api.feedback.get(path)).json()["data"]
    assert (len(second["data"]), second["next_cursor"]) == (3, None)
    assert (await api.feedback.get("/v1/votes")).status_code == 422


async def test_what_trends_is_what_was_voted_for_lately(api: Api, database: Databases) -> None:
    """One of today outweighs three of six weeks ago, which are worth an eighth each; not nine of them."""
    feedback, board = await database("feedback"), await new_board(api)
    now = datetime.now(UTC)
    ago = {"new": [0], "older": [42] * 3, "old": [42] * 9, "oldest": [4_000] * 12, "never": []}
    for key, days in ago.items():
        await place(api, board, (await new_idea(api, key=key))["id"])
        ballots = [
            Ballot(key, Person(api.workspace_id, external_id=f"u{n}"), None, False, api.key_id, None, None,
                   cast_at=now - timedelta(days=each))
            for n, each in enumerate(days)
        ]  # fmt: skip
        async with feedback.transaction({api.workspace_id}) as tx:
            await votes.cast(tx, ballots)
    ids = {each["id"]: each["key"] for each in (await api.feedback.get("/v1/ideas")).json()["data"]}

    async def listed(where: str, sort: str) -> list[str]:
        await told_shares(feedback, api.workspace_id)
        found: list[str] = []
        query: dict[str, Any] = {"sort": sort, "limit": 2}
        while True:
            page = await made(await api.feedback.get(where, params=query), 200)
            found += [ids[each["id"]] for each in page["data"]]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    for where in ("/v1/ideas", f"/v1/boards/{board}/ideas"):
        assert await listed(where, "votes") == ["oldest", "old", "older", "new", "never"]
        assert await listed(where, "trending") == ["old", "new", "older", "oldest", "never"]
        refused = await made(await api.feedback.get(where, params={"sort": "trending", "cursor": "WyJhIl0"}), 422)
        assert refused["errors"][0]["pointer"] == "/query/cursor"
    named = {key: id for id, key in ids.items()}
    (cast,) = (await api.feedback.get("/v1/votes", params={"idea_id": named["new"]})).json()["data"]
    assert (await api.feedback.delete(f"/v1/votes/{cast['id']}")).status_code == 204
    assert await listed("/v1/ideas", "trending") == ["old", "older", "oldest", "never", "new"]
    # What is merged counts where it went, and comes back.
    await made(await api.feedback.post(f"/v1/ideas/{named['old']}:merge", json={"into": "never"}), 200)
    assert await listed("/v1/ideas", "trending") == ["never", "older", "oldest", "new"]
    await made(await api.feedback.post(f"/v1/ideas/{named['old']}:unmerge"), 200)
    assert await listed("/v1/ideas", "trending") == ["old", "older", "oldest", "never", "new"]
