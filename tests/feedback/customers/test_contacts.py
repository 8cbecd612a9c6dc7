"""Contacts: recognised by their owner's id or by their address, and never by a neighbour's."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response

from services.feedback.customers.domain import Person, recognise
from tests.builders import Api
from tests.feedback.given import Databases, demand_of, made, new_idea


async def save(api: Api, **contact: Any) -> dict[str, Any]:
    return await made(await api.feedback.post("/v1/contacts", json=contact), 200)


async def everybody(api: Api) -> list[dict[str, Any]]:
    return (await api.feedback.get("/v1/contacts")).json()["data"]


async def test_known_again_by_id_or_by_address(api: Api) -> None:
    first = await save(api, external_id="u1", email="Ada@Example.com ", name="Ada", account="acme")
    assert (first["email"], first["name"]) == ("ada@example.com", "Ada")
    for named in ({"external_id": "u1"}, {"email": "ADA@example.com"}, {"id": first["id"]}):
        assert (await save(api, **named))["id"] == first["id"]
    assert len(await everybody(api)) == 1


async def test_what_is_said_for_the_first_time_is_learned(api: Api) -> None:
    """Somebody who voted by address and is later named by id and address is one person, also when named by id alone."""
    first = await save(api, email="ada@example.com")
    learned = await save(api, external_id="u1", email="ada@example.com", name="Ada")
    assert (learned["id"], learned["external_id"], learned["name"]) == (first["id"], "u1", "Ada")
    assert (await save(api, external_id="u1"))["id"] == first["id"]
    other = await save(api, external_id="u2")
    assert (await save(api, external_id="u2", email="ben@example.com"))["email"] == "ben@example.com"
    assert (await save(api, email="ben@example.com"))["id"] == other["id"]
    # What is known stays: a source does not overwrite another.
    assert (await save(api, external_id="u1", name="Countess", email="else@example.com"))["name"] == "Ada"


async def test_the_id_decides_where_it_and_the_address_disagree(api: Api) -> None:
    ada = await save(api, external_id="u1", email="ada@example.com")
    ben = await save(api, external_id="u2", email="ben@example.com")
    assert (await save(api, external_id="u1", email="ben@example.com"))["id"] == ada["id"]
    # An address that two people share belongs to the first; the second is somebody else, without it.
    third = await save(api, external_id="u3", email="ada@example.com", account="acme")
    assert third["id"] not in (ada["id"], ben["id"])
    assert (third["external_id"], third["email"]) == ("u3", None)
    assert (await save(api, email="ada@example.com"))["id"] == ada["id"]
    assert (await save(api, external_id="u3", email="ada@example.com"))["id"] == third["id"]
    assert len(await everybody(api)) == 3


async def test_one_address_claimed_by_two_ids_in_one_batch(api: Api, database: Databases) -> None:
    feedback = await database("feedback")
    known = await save(api, email="team@example.com")

    def person(external_id: str | None, email: str | None = "team@example.com") -> Person:
        return Person(api.workspace_id, None, external_id, email)

    async with feedback.transaction({api.workspace_id}) as tx:
        persons = [person("u1"), person("u2"), person(None), person("u2", None), person("u3", None), person("u3")]
        first, second, nobody, again, third, same = await recognise(tx, persons)
    assert str(first) == str(nobody) == known["id"]
    assert (second, third) == (again, same)
    assert len({first, second, third}) == 3
    assert {each["external_id"]: each["email"] for each in await everybody(api)} == {
        "u1": "team@example.com", "u2": None, "u3": None
    }  # fmt: skip


async def test_a_newcomer_named_three_ways_in_one_batch_is_one(api: Api, database: Databases) -> None:
    feedback = await database("feedback")
    async with feedback.transaction({api.workspace_id}) as tx:
        found = await recognise(
            tx,
            [
                Person(api.workspace_id, None, None, "ada@example.com"),
                Person(api.workspace_id, None, "u1", None, "Ada"),
                Person(api.workspace_id, None, "u1", "ada@example.com", None, "acme"),
            ],
        )
    assert len(set(found)) == 1
    (contact,) = await everybody(api)
    assert (contact["external_id"], contact["email"], contact["name"]) == ("u1", "ada@example.com", "Ada")
    assert contact["account_id"] is not None


async def test_ids_of_another_workspace_are_nobody(api: Api, neighbour: Api, database: Databases) -> None:
    """Also in a batch that holds requests of both."""
    theirs = await save(neighbour, external_id="u1")
    await save(api, external_id="u1")
    refused = await api.feedback.post("/v1/contacts", json={"id": theirs["id"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/body/id"
    feedback = await database("feedback")
    async with feedback.transaction({api.workspace_id, neighbour.workspace_id}) as tx:
        found = await recognise(
            tx,
            [
                Person(api.workspace_id, UUID(theirs["id"])),
                Person(neighbour.workspace_id, UUID(theirs["id"])),
                Person(api.workspace_id, uuid4()),
            ],
        )
    assert [each and str(each) for each in found] == [None, theirs["id"], None]


async def test_a_batch_of_two_workspaces_keeps_them_apart(api: Api, neighbour: Api) -> None:
    """Requests of all workspaces share transactions: an idea or a contact of the other is still none."""
    mine, theirs = await new_idea(api, key="same"), await new_idea(neighbour, key="same")
    contact = await save(neighbour, external_id="u1")

    def vote(caller: Api, idea: Any, contact: dict[str, Any]) -> Awaitable[Response]:
        return caller.feedback.post("/v1/votes", json={"idea_id": idea["id"], "contact": contact})

    answers = await asyncio.gather(
        vote(api, mine, {"external_id": "u1"}),
        vote(neighbour, theirs, {"id": contact["id"]}),
        vote(api, theirs, {"external_id": "u2"}),
        vote(api, mine, {"id": contact["id"]}),
        vote(neighbour, mine, {"external_id": "u2"}),
    )
    assert [answer.status_code for answer in answers] == [201, 201, 422, 422, 422]
    assert [answer.json()["errors"][0]["pointer"] for answer in answers[2:]] == [
        "/body/idea_id", "/body/contact/id", "/body/idea_id"
    ]  # fmt: skip
    assert (await demand_of(api, mine["id"]))["votes"] == (await demand_of(neighbour, theirs["id"]))["votes"] == 1


async def test_what_is_asked_for_moves_along(api: Api) -> None:
    idea = await new_idea(api)
    body = {"accounts": [{"external_id": "acme", "mrr": 100}, {"external_id": "bolt", "mrr": 5}]}
    await api.feedback.post("/v1/accounts", json=body)
    for name in ("u1", "u2"):
        contact = {"external_id": name, "account": "acme"}
        await made(await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], "contact": contact}))
    assert (await demand_of(api, idea["id"]))["mrr"] == 100
    # By saying so along with something else, and by editing.
    await save(api, external_id="u1", account="bolt")
    assert await demand_of(api, idea["id"]) == {"votes": 2, "insights": 0, "contacts": 2, "accounts": 2, "mrr": 105}
    second = await save(api, external_id="u2")
    edited = await api.feedback.patch(f"/v1/contacts/{second['id']}", json={"account": "cord"})
    assert edited.status_code == 200
    assert await demand_of(api, idea["id"]) == {"votes": 2, "insights": 0, "contacts": 2, "accounts": 2, "mrr": 5}


async def test_editing(api: Api) -> None:
    contact = await save(api, external_id="u1", email="ada@example.com")
    await save(api, external_id="u2", email="ben@example.com")
    path = f"/v1/contacts/{contact['id']}"
    tag = (await api.feedback.get(path)).headers["etag"]
    edited = await api.feedback.patch(
        path, json={"name": "Ada", "attributes": {"role": "admin"}}, headers={"If-Match": tag}
    )
    assert (edited.status_code, edited.json()["name"], edited.json()["email"]) == (200, "Ada", "ada@example.com")
    late = await api.feedback.patch(path, json={"name": "Eve"}, headers={"If-Match": tag})
    assert (late.status_code, late.headers["etag"]) == (412, edited.headers["etag"])
    for taken in ({"email": "ben@example.com"}, {"external_id": "u2"}):
        clash = await api.feedback.patch(path, json=taken)
        assert (clash.status_code, clash.json()["code"]) == (409, "identity_taken")
    assert (await api.feedback.patch(f"/v1/contacts/{uuid4()}", json={"name": "Eve"})).status_code == 404
    assert (await api.feedback.get(path)).json() == edited.json()


@pytest.mark.parametrize("contact", [{}, {"name": "Ada"}, {"email": "ada"}, {"external_id": ""}, {"email": "a@b.c\0"}])
async def test_somebody_must_be_named(api: Api, contact: dict[str, str]) -> None:
    assert (await api.feedback.post("/v1/contacts", json=contact)).status_code == 422


async def test_lists(api: Api) -> None:
    accounts = [
        (await save(api, external_id=f"u{number}", account=f"a{number % 2}"))["account_id"] for number in range(5)
    ]
    first = (await api.feedback.get("/v1/contacts?limit=2")).json()
    await save(api, external_id="late", account="a0")
    second = (await api.feedback.get(f"/v1/contacts?limit=2&cursor={first['next_cursor']}")).json()
    assert [each["external_id"] for each in (*first["data"], *second["data"])] == ["u0", "u1", "u2", "u3"]
    of_one = (await api.feedback.get(f"/v1/contacts?account_id={accounts[0]}&limit=3")).json()
    rest = (await api.feedback.get(f"/v1/contacts?account_id={accounts[0]}&cursor={of_one['next_cursor']}")).json()
    assert [each["external_id"] for each in (*of_one["data"], *rest["data"])] == ["u0", "u2", "u4", "late"]
    assert rest["next_cursor"] is None


async def test_found_by_how_they_are_called(api: Api, neighbour: Api) -> None:
    """By name, by the last of several names, by address: each listed once, however many of those begin so."""
    people = {
        "ada": {"name": "Ada Lovelace", "email": "ada@example.com"},
        "love": {"name": "LOVE", "email": "love@love.example"},
        "lo": {"email": "lovelace@example.com"},
        "ben": {"name": "Ben  van  der Love ", "email": "b@example.com"},
        "ä": {"name": "Ä" * 70},
        "gone": {"name": "Love Gone"},
    }
    ids = {key: (await save(api, external_id=key, **who))["id"] for key, who in people.items()}
    await save(neighbour, external_id="ada", **people["ada"])
    merged = {"contact_id": ids["ada"], "duplicate_id": ids["gone"]}
    await made(await api.feedback.post("/v1/contacts:merge", json=merged), 200)

    async def listed(q: str, limit: int) -> list[str]:
        found: list[str] = []
        query: dict[str, Any] = {"q": q, "limit": limit}
        while True:
            page = await made(await api.feedback.get("/v1/contacts", params=query), 200)
            found += [each["external_id"] for each in page["data"]]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    for limit in (1, 2, 50):
        assert await listed("lov", limit) == await listed("LOV", limit) == ["love", "ben", "ada", "lo"], limit
    assert await listed("ada ", 50) == ["ada"]
    assert await listed("ä" * 60, 50) == ["ä"]
    assert await listed("van", 50) == await listed("%", 50) == []
    for query, pointer in (
        ({"q": "a", "email": "ada@example.com"}, "/query/q"),
        ({"q": "a", "account_id": str(uuid4())}, "/query/q"),
        ({"q": "a" * 61}, "/query/q"),
        ({"q": ""}, "/query/q"),
        ({"q": "a", "cursor": "WzFd"}, "/query/cursor"),
    ):
        answer = await api.feedback.get("/v1/contacts", params=query)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), query
