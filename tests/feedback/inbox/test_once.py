"""What a customer said is stored once, however often and with whom it arrives."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from httpx2 import Response

from services.feedback.customers.domain import Person
from services.feedback.demand import domain as demand
from services.feedback.inbox.api import FEEDBACK
from services.feedback.inbox.domain import Statement
from shared.access.keys import Caller
from shared.database import Database
from shared.edge import Edge
from shared.ids import new_id
from shared.ingest import Submission
from tests.builders import Api
from tests.feedback.given import Databases, made, new_idea
from tests.servers import World

STORED = """
select text, (select count(*) from feedback.events where aggregate_id = f.id) as events
from feedback.feedback f where id = $1
"""


async def say(api: Api, key: str | None = None, **body: Any) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await api.feedback.post("/v1/feedback", json={"text": "Slow", **body}, headers=headers)


async def count(api: Api) -> int:
    return len((await api.feedback.get("/v1/feedback?limit=200")).json()["data"])


async def test_the_same_key_gets_the_same_answer(api: Api, neighbour: Api) -> None:
    first = await say(api, "k1")
    again = await say(api, "k1")
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    other = await say(neighbour, "k1")
    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]
    assert await count(api) == 1


async def test_a_key_belongs_to_one_request(api: Api) -> None:
    await made(await say(api, "k1"))
    vote = {"idea_id": (await new_idea(api))["id"], "contact": {"email": "a@b.co"}}
    for mismatch in (
        await say(api, "k1", text="Fast"),
        await api.feedback.post("/v1/votes", json=vote, headers={"Idempotency-Key": "k1"}),
    ):
        assert (mismatch.status_code, mismatch.json()["code"]) == (422, "idempotency_key_reused")
    assert await count(api) == 1


async def test_another_body_is_told_where_it_differs(api: Api, admin: Database) -> None:
    first = {"contact": {"email": "ada@example.com", "name": "Ada"}, "attributes": {"a/b": "x", "seats": 4}}
    await made(await say(api, "k1", **first))
    other = {"contact": {"email": "bob@example.com", "name": "Ada"}, "attributes": {"seats": "4", "plan": "pro"}}

    async def told(**body: Any) -> list[tuple[str, str]]:
        refused = await say(api, "k1", **body)
        assert (refused.status_code, "bob@" in refused.text, "ada@" in refused.text) == (422, False, False)
        return [(each["pointer"], each["reason"].partition(" the first")[0]) for each in refused.json()["errors"]]

    key = "/header/Idempotency-Key"
    another, otherwise = (
        "belongs to a request with another body",
        "belongs to a request whose body has the same values, written in another way",
    )
    assert await told(**other) == [
        (key, another),
        ("/body/contact/email", "differs from"),
        ("/body/attributes/seats", "differs from"),
        ("/body/attributes/plan", "new:"),
        ("/body/attributes/a~1b", "missing:"),
    ]
    assert await told(attributes=first["attributes"], contact=first["contact"]) == [(key, otherwise)]
    # What is kept tells no word of it, and a row of an older version nothing at all.
    async with admin.system() as tx:
        where = "where workspace_id = $1 and key = 'k1'"
        kept = await tx.value(f"select outline from feedback.idempotency {where}", api.workspace_id)
        assert 40 < len(kept) < 200
        assert not any(word in kept for word in (b"seats", b"contact", b"text"))
        await tx.run(f"update feedback.idempotency set outline = null {where}", api.workspace_id)
    assert await told(**other) == [(key, "belongs to a request with another method, path, body or visitor")]


@pytest.mark.parametrize("key", ["", " ", "a b", "ü", "x" * 201])
async def test_keys_that_are_none(api: Api, key: str) -> None:
    answer = await api.feedback.post("/v1/feedback", json={"text": "x"}, headers=[(b"Idempotency-Key", key.encode())])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/header/Idempotency-Key")


async def test_twins_that_travel_together(api: Api) -> None:
    """Equal keys in one transaction: one is stored, all get its answer; one with another body does not."""
    answers = await asyncio.gather(
        *(say(api, "k1") for _ in range(10)), say(api, "k1", text="Fast"), *(say(api, f"own-{n}") for n in range(5))
    )
    twins, stranger, others = answers[:10], answers[10], answers[11:]
    assert {answer.content for answer in twins} == {twins[0].content}
    assert [answer.status_code for answer in twins] == [201] * 10
    assert sum("idempotency-replayed" not in answer.headers for answer in twins) == 1
    assert (stranger.status_code, stranger.json()["errors"][1]["pointer"]) == (422, "/body/text")
    assert [answer.status_code for answer in others] == [201] * 5
    assert await count(api) == 6


async def test_a_refusal_is_not_remembered(api: Api) -> None:
    refused = await say(api, "k1", ideas=["soon"])
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/body/ideas/0")
    await new_idea(api, key="soon")
    assert (await say(api, "k1", ideas=["soon"])).status_code == 201


async def test_a_statement_of_a_source_is_stored_once(api: Api) -> None:
    body = {"source": "support", "external_id": "t-1"}
    first = await made(await say(api, **body))
    again = await made(await say(api, **{**body, "text": "Else"}), 200)
    assert again == {"id": first["id"], "status": "duplicate"}
    assert (await api.feedback.get(f"/v1/feedback/{first['id']}")).json()["text"] == "Slow"
    assert (await say(api, source="sales", external_id="t-1")).status_code == 201
    assert [(await say(api)).status_code for _ in range(2)] == [201, 201]


async def test_a_statement_that_all_send_at_once(api: Api) -> None:
    idea = await new_idea(api, key="exports")
    answers = await asyncio.gather(
        *(
            say(api, external_id=f"t-{number % 4}", ideas=["exports"], contact={"email": "a@b.co"})
            for number in range(40)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 36 + [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 4
    demand = (await api.feedback.get(f"/v1/ideas/{idea['id']}/demand")).json()
    assert (demand["insights"], demand["contacts"]) == (4, 1)


async def test_each_is_answered_for_itself(api: Api) -> None:
    await new_idea(api, key="known")
    bodies: list[dict[str, Any]] = [
        {"ideas": ["known"]},
        {"ideas": ["known", "unknown", "also-unknown"], "contact": {"external_id": "nobody"}},
        {"contact": {"id": "00000000-0000-7000-8000-000000000000"}},
        {},
    ]
    answers = await asyncio.gather(*(say(api, **body) for body in bodies * 5))
    assert [answer.status_code for answer in answers] == [201, 422, 422, 201] * 5
    assert [error["pointer"] for error in answers[1].json()["errors"]] == ["/body/ideas/1", "/body/ideas/2"]
    assert [error["pointer"] for error in answers[2].json()["errors"]] == ["/body/contact/id"]
    assert await count(api) == 10
    assert (await api.feedback.get("/v1/contacts")).json()["data"] == []


async def test_what_is_answered_is_committed(api: Api, admin: Database) -> None:
    """Each is looked for over another connection at the moment of its answer, with its event."""

    async def store(number: int) -> bool:
        answer = await made(await say(api, text=f"Slow {number}"))
        async with admin.system() as tx:
            row = await tx.one(STORED, answer["id"])
        return row is not None and (row["text"], row["events"]) == (f"Slow {number}", 1)

    assert all(await asyncio.gather(*(store(number) for number in range(60))))


async def test_what_is_stored_already_is_not_stored_again_for_what_is_at_fault_beside_it(
    api: Api, world: World
) -> None:
    """Plain statements have a commit of their own; the batch that they came in fails without them."""
    runtime = cast("Edge", world.apps["feedback"]).direct.runtime
    caller = Caller(new_id(), api.workspace_id, "", frozenset(), 1, "USD")
    plain = Statement(api.workspace_id, "api", "Slow", datetime.now(UTC), caller.actor)
    # What the door lets nobody say: no row can hold it.
    faulty = plain._replace(text="\0", person=Person(api.workspace_id, email="ada@example.com"))
    said = [plain, faulty, plain]
    told = [runtime.submit(FEEDBACK, Submission(caller, each, None)) for each in said]
    answers = await asyncio.gather(*told, return_exceptions=True)
    assert [isinstance(each, Exception) for each in answers] == [False, True, False]
    assert await count(api) == 2


async def test_what_waits_for_its_workspace_is_stored_once_whatever_fails_beside_it(
    api: Api, neighbour: Api, world: World, database: Databases
) -> None:
    runtime = cast("Edge", world.apps["feedback"]).direct.runtime

    def said(where: Api, text: str, *ideas: str) -> Submission[Statement]:
        caller = Caller(new_id(), where.workspace_id, "", frozenset(), 1, "USD")
        person = Person(where.workspace_id, email="ada@example.com")
        each = Statement(where.workspace_id, "api", text, datetime.now(UTC), caller.actor, person=person, ideas=ideas)
        return Submission(caller, each, None)

    idea = (await new_idea(api))["id"]
    async with (await database("feedback")).transaction({api.workspace_id}) as tx:
        await demand.hold(tx, (), [api.workspace_id])
        batch = [said(api, "Slow", idea), said(neighbour, "\0"), said(neighbour, "Fine"), said(neighbour, "Good")]
        told = [runtime.submit(FEEDBACK, each) for each in batch]
        answers = await asyncio.gather(*told[1:], return_exceptions=True)
        assert [isinstance(each, Exception) for each in answers] == [True, False, False]
        assert not told[0].done()
    assert (await told[0]).status == 201
    assert (await count(api), await count(neighbour)) == (1, 2)
