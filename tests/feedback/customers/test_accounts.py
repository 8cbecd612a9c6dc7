"""Accounts: made and updated by the id they have with their owner; what is left out stays."""

from typing import Any

import pytest

from tests.builders import Api
from tests.feedback.given import demand_of, made, new_idea


async def save(api: Api, *accounts: dict[str, Any]) -> list[dict[str, Any]]:
    return (await made(await api.feedback.post("/v1/accounts", json={"accounts": list(accounts)}), 200))["data"]


async def test_what_is_left_out_stays(api: Api) -> None:
    full = {"external_id": "acme", "name": "Acme Inc.", "mrr": 500, "plan": "pro", "attributes": {"a": 1, "b": "x"}}
    (first,) = await save(api, full)
    (second,) = await save(api, {"external_id": "acme", "attributes": {"b": None, "c": True}})
    kept = {**first, "attributes": {"a": 1, "b": None, "c": True}, "version": 2}
    assert second == kept
    shown = await api.feedback.get(f"/v1/accounts/{first['id']}")
    assert (shown.json(), shown.headers["etag"]) == (kept, '"2"')


async def test_an_account_of_which_only_the_id_is_known(api: Api) -> None:
    (account,) = await save(api, {"external_id": "acme"})
    assert (account["name"], account["mrr"], account["plan"], account["attributes"]) == ("acme", 0, None, {})
    (named,) = await save(api, {"external_id": "acme", "name": "Acme Inc."})
    assert named["name"] == "Acme Inc."


async def test_a_name_may_be_the_id(api: Api) -> None:
    await save(api, {"external_id": "acme", "name": "Acme Inc."})
    (account,) = await save(api, {"external_id": "acme", "name": "acme"})
    assert account["name"] == "acme"


async def test_nothing_paid_is_not_nothing_said(api: Api) -> None:
    await save(api, {"external_id": "acme", "mrr": 500})
    assert (await save(api, {"external_id": "acme"}))[0]["mrr"] == 500
    assert (await save(api, {"external_id": "acme", "mrr": 0}))[0]["mrr"] == 0


async def test_answers_are_in_the_order_sent(api: Api) -> None:
    names = ["zeta", "acme", "Ärger", "mid"]
    assert [each["external_id"] for each in await save(api, *({"external_id": name} for name in names))] == names
    listed = (await api.feedback.get("/v1/accounts")).json()["data"]
    assert {each["external_id"] for each in listed} == set(names)


async def test_all_or_none(api: Api) -> None:
    accounts = [{"external_id": "a"}, {"external_id": "b"}, {"external_id": "a"}]
    refused = await api.feedback.post("/v1/accounts", json={"accounts": accounts})
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/body/accounts/2/external_id"]
    assert (await api.feedback.get("/v1/accounts")).json()["data"] == []


@pytest.mark.parametrize("accounts", [[], [{"external_id": str(number)} for number in range(1_001)]])
async def test_between_one_and_a_thousand(api: Api, accounts: list[dict[str, str]]) -> None:
    assert (await api.feedback.post("/v1/accounts", json={"accounts": accounts})).status_code == 422


async def test_demand_follows_revenue_of_every_account_behind_it(api: Api) -> None:
    idea = await new_idea(api)
    for number, account in enumerate(("acme", "acme", "bolt")):
        contact = {"external_id": f"u{number}", "account": account}
        await made(await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], "contact": contact}))
    await save(
        api, {"external_id": "acme", "mrr": 300}, {"external_id": "bolt", "mrr": 20}, {"external_id": "new", "mrr": 7}
    )
    assert await demand_of(api, idea["id"]) == {"votes": 3, "insights": 0, "contacts": 3, "accounts": 2, "mrr": 320}
    await save(api, {"external_id": "acme", "mrr": 100}, {"external_id": "bolt", "name": "Bolt"})
    assert (await demand_of(api, idea["id"]))["mrr"] == 120
    shown = (await api.feedback.get(f"/v1/ideas/{idea['id']}/demand")).json()
    assert [(each["external_id"], each["mrr"], each["contacts"]) for each in shown["top_accounts"]] == [
        ("acme", 100, 2),
        ("bolt", 20, 1),
    ]
    before = shown["version"]
    await save(api, {"external_id": "acme", "mrr": 100})
    assert (await api.feedback.get(f"/v1/ideas/{idea['id']}/demand")).json()["version"] == before


async def test_workspaces_do_not_share_accounts(api: Api, neighbour: Api) -> None:
    (mine,) = await save(api, {"external_id": "acme", "mrr": 1})
    (theirs,) = await save(neighbour, {"external_id": "acme", "mrr": 2})
    assert mine["id"] != theirs["id"]
    assert (await neighbour.feedback.get(f"/v1/accounts/{mine['id']}")).status_code == 404


async def test_accounts_are_found_by_their_id_and_by_how_their_name_begins(api: Api, neighbour: Api) -> None:
    names = ("Acme Inc.", "ACME Labs", "acmé", "Bolt", "An acme", "Ä" * 70)
    ids = {
        name: (await save(api, {"external_id": f"e{number}", "name": name}))[0]["id"]
        for number, name in enumerate(names)
    }
    await save(neighbour, {"external_id": "e0", "name": "Acme elsewhere"})

    async def listed(**query: Any) -> list[str]:
        found: list[str] = []
        while True:
            page = await made(await api.feedback.get("/v1/accounts", params={"limit": 1, **query}), 200)
            found += [each["name"] for each in page["data"]]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    assert await listed(external_id="e3") == ["Bolt"]
    assert await listed(external_id="nobody") == []
    assert await listed(q="acm") == await listed(q="ACM") == ["Acme Inc.", "ACME Labs", "acmé"], "by name"
    assert await listed(q="acme ") == ["Acme Inc.", "ACME Labs"]
    assert await listed(q="ä" * 60) == [names[-1]]
    assert await listed(q="labs") == await listed(q="%") == []
    assert len(ids) == len(await listed())
    for query, pointer in (
        ({"q": "a", "external_id": "e0"}, "/query/q"),
        ({"q": "a" * 61}, "/query/q"),
        ({"q": ""}, "/query/q"),
        ({"q": "a", "cursor": "WzFd"}, "/query/cursor"),
    ):
        answer = await api.feedback.get("/v1/accounts", params=query)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), query
