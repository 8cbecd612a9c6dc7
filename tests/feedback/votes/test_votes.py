"""Votes over HTTP: one a contact, seen by everyone once it is answered."""

import asyncio
from typing import Any
from uuid import uuid4

from shared.database import Database
from tests.builders import Api
from tests.feedback.given import demand_of, made, new_idea

VOTER = "select contact_id::text from feedback.votes where id = $1"


def vote(idea: str, name: str = "u1", **others: Any) -> dict[str, Any]:
    return {"idea_id": idea, "contact": {"external_id": name}, **others}


async def test_the_first_vote_stands(api: Api) -> None:
    idea = await new_idea(api, key="dark-mode")
    first = await made(await api.feedback.post("/v1/votes", json=vote("dark-mode", importance="nice", reason="Eyes")))
    again = await made(await api.feedback.post("/v1/votes", json=vote(idea["id"], importance="critical")), 200)
    assert again == {**first, "status": "duplicate"}
    (shown,) = (await api.feedback.get(f"/v1/votes?idea_id={idea['id']}")).json()["data"]
    assert (shown["id"], shown["importance"], shown["reason"], shown["cast_by"]) == (
        first["id"], "nice", "Eyes", str(api.key_id)
    )  # fmt: skip


async def test_on_behalf_of_somebody_who_pays(api: Api) -> None:
    idea = await new_idea(api)
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 900}]})
    body = vote(idea["id"], on_behalf=True, source_url="https://example.com/t/1")
    body["contact"]["account"] = "acme"
    await made(await api.feedback.post("/v1/votes", json=body))
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 1}]})
    (shown,) = (await api.feedback.get(f"/v1/votes?idea_id={idea['id']}")).json()["data"]
    # What the account paid at the time stays with the vote; demand follows what it pays now.
    assert (shown["on_behalf"], shown["source_url"], shown["mrr"]) == (True, "https://example.com/t/1", 900)
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
