"""Everybody at once: totals stay what a recount gives, and nobody meets a race as a failure of ours."""

import asyncio
import random
from collections.abc import Awaitable
from typing import Any

from httpx2 import Response

from tests.builders import Api
from tests.feedback.given import Databases, check_demand, check_events, made, new_idea

ACCOUNTS = ("acme", "bolt", "cord")
PEOPLE = 12


def person(chance: random.Random) -> dict[str, Any]:
    """By id or by address, each said to be of one account or another."""
    number = chance.randrange(PEOPLE)
    known = {"external_id": f"u{number}"} if chance.random() < 0.5 else {"email": f"u{number}@example.com"}
    return {**known, **({"account": chance.choice(ACCOUNTS)} if chance.random() < 0.4 else {})}


async def test_a_crowd_on_few_ideas(api: Api, database: Databases) -> None:
    chance = random.Random(7)
    ideas = [(await new_idea(api, key=f"idea-{number}"))["id"] for number in range(3)]
    for number in range(PEOPLE):
        body = {"external_id": f"u{number}", "email": f"u{number}@example.com", "account": "acme"}
        await made(await api.feedback.post("/v1/contacts", json=body), 200)
    contacts = (await api.feedback.get("/v1/contacts")).json()["data"]
    votes = [
        (await made(await api.feedback.post("/v1/votes", json={"idea_id": idea, "contact": {"id": contact["id"]}})))[
            "id"
        ]
        for idea in ideas
        for contact in contacts[:4]
    ]

    def vote() -> Awaitable[Response]:
        return api.feedback.post("/v1/votes", json={"idea_id": chance.choice(ideas), "contact": person(chance)})

    def withdraw() -> Awaitable[Response]:
        return api.feedback.delete(f"/v1/votes/{chance.choice(votes)}")

    def say() -> Awaitable[Response]:
        said = {"text": "Slow", "contact": person(chance), "ideas": chance.sample(ideas, 2)}
        return api.feedback.post("/v1/feedback", json={**said, "external_id": f"s{chance.randrange(8)}"})

    def move() -> Awaitable[Response]:
        path = f"/v1/contacts/{chance.choice(contacts)['id']}"
        return api.feedback.patch(path, json={"account": chance.choice(ACCOUNTS)})

    def pay() -> Awaitable[Response]:
        accounts = chance.sample(ACCOUNTS, 2)
        body = [{"external_id": account, "mrr": chance.randrange(1_000)} for account in accounts]
        return api.feedback.post("/v1/accounts", json={"accounts": body})

    def ship() -> Awaitable[Response]:
        return api.feedback.patch(f"/v1/ideas/{chance.choice(ideas)}", json={"title": f"Idea {chance.random()}"})

    calls = [
        call
        for call, times in ((vote, 60), (say, 30), (withdraw, 15), (move, 15), (pay, 15), (ship, 10))
        for _ in range(times)
    ]
    chance.shuffle(calls)
    answers = await asyncio.gather(*(call() for call in calls))

    assert {answer.status_code for answer in answers} <= {200, 201, 204, 404}
    assert all(answer.status_code != 404 or answer.request.method == "DELETE" for answer in answers)
    feedback = await database("feedback")
    async with feedback.read({api.workspace_id}) as read:
        await check_demand(read, api.workspace_id)
        await check_events(read, api.workspace_id)
        assert await read.value("select count(*) from contacts where workspace_id = $1", api.workspace_id) == PEOPLE


async def test_newcomers_whom_all_meet_at_once_are_made_once(api: Api) -> None:
    idea = await new_idea(api)
    body = {"contact": {"external_id": "u1", "email": "u1@example.com", "account": "acme"}}
    answers = await asyncio.gather(
        *(api.feedback.post("/v1/votes", json={**body, "idea_id": idea["id"]}) for _ in range(20)),
        *(api.feedback.post("/v1/feedback", json={**body, "text": "Slow"}) for _ in range(20)),
        *(api.feedback.post("/v1/contacts", json=body["contact"]) for _ in range(10)),
    )
    assert sorted({answer.status_code for answer in answers}) == [200, 201]
    assert len((await api.feedback.get("/v1/contacts")).json()["data"]) == 1
    assert len((await api.feedback.get("/v1/accounts")).json()["data"]) == 1
    assert [answer.json()["status"] for answer in answers[:20]].count("created") == 1
