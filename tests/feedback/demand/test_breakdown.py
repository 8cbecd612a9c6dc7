"""Who wants an idea, by group: unique at each level, whatever the groups."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from shared.database import Database
from shared.ids import new_id
from tests.builders import Api
from tests.feedback.given import made, new_idea

LEVELS = ("votes", "insights", "contacts", "accounts", "mrr", "mrr_at_vote", "accounts_without_vote")
# As if they had been cast then: the API dates a vote by its clock.
BACKDATE = "update feedback.votes set created_at = $2 where id = $1"
SEGMENT = """
with made as (
    insert into feedback.segments (id, workspace_id, key, name, selects)
    values ($1, $2, $3, $3, 'accounts') returning id
)
insert into feedback.segment_members (segment_id, member_id, workspace_id)
select made.id, a.id, $2 from made, feedback.accounts a where a.workspace_id = $2 and a.external_id = any($4::text[])
"""


async def breakdown(api: Api, idea: str, by: str, **query: Any) -> Any:
    return await made(await api.feedback.get(f"/v1/ideas/{idea}/demand/breakdown", params={"by": by} | query), 200)


def by_key(groups: Iterable[Any]) -> dict[str | None, tuple[int, ...]]:
    return {group["key"]: tuple(group[level] for level in LEVELS) for group in groups}


async def pay(api: Api, **mrr: int) -> None:
    accounts = [{"external_id": name, "mrr": amount, "plan": name[0]} for name, amount in mrr.items()]
    await made(await api.feedback.post("/v1/accounts", json={"accounts": accounts}), 200)


async def test_each_level_counts_for_itself(api: Api, admin: Database, neighbour: Api) -> None:
    idea = (await new_idea(api, key="csv-export"))["id"]
    await pay(api, acme=100, bolt=40)

    async def vote(who: str, account: str | None, month: int, source: str) -> None:
        contact = {"external_id": who} | ({"account": account} if account else {})
        body = {"idea_id": idea, "contact": contact, "source": source}
        cast = await made(await api.feedback.post("/v1/votes", json=body))
        async with admin.system() as tx:
            await tx.run(BACKDATE, cast["id"], datetime(2026, month, 10, tzinfo=UTC))

    async def say(who: str | None, account: str | None, day: str) -> None:
        contact = {"external_id": who} | ({"account": account} if account else {}) if who else None
        body = {"text": "Export!", "contact": contact, "ideas": [idea], "said_at": day, "source": "mail"}
        await made(await api.feedback.post("/v1/feedback", json=body))

    await vote("ada", "acme", 1, "portal")
    await pay(api, acme=150)
    await vote("ben", "acme", 2, "portal")
    await vote("cem", None, 2, "support")
    await say("ada", "acme", "2026-03-01T00:00:00Z")
    await say("dia", "bolt", "2026-03-02T00:00:00Z")
    await say(None, None, "2026-03-03T00:00:00Z")
    await pay(api, acme=90)
    async with admin.system() as tx:
        await tx.run(SEGMENT, new_id(), api.workspace_id, "big", ["acme"])
        await tx.run(SEGMENT, new_id(), api.workspace_id, "all", ["acme", "bolt"])

    # votes, insights, contacts, accounts, what they pay, what they paid, accounts that never voted
    total = {None: (3, 3, 4, 2, 130, 150, 1)}
    months = await breakdown(api, idea, "month")
    assert by_key(months["groups"]) == {
        "2026-01": (1, 0, 1, 1, 90, 100, 0),
        "2026-02": (2, 0, 2, 1, 90, 150, 0),
        "2026-03": (0, 3, 2, 2, 130, 0, 2),
    }
    assert [group["key"] for group in months["groups"]] == sorted(group["key"] for group in months["groups"])
    assert by_key((await breakdown(api, idea, "segment"))["groups"]) == {
        "all": (2, 2, 3, 2, 130, 150, 1),
        "big": (2, 1, 2, 1, 90, 150, 0),
        None: (1, 1, 1, 0, 0, 0, 0),
    }
    assert by_key((await breakdown(api, idea, "plan"))["groups"]) == {
        "a": (2, 1, 2, 1, 90, 150, 0),
        "b": (0, 1, 1, 1, 40, 0, 1),
        None: (1, 1, 1, 0, 0, 0, 0),
    }
    assert by_key((await breakdown(api, idea, "source"))["groups"]) == {
        "portal": (2, 0, 2, 1, 90, 150, 0),
        "support": (1, 0, 1, 0, 0, 0, 0),
        "mail": (0, 3, 2, 2, 130, 0, 2),
    }
    accounts = await breakdown(api, idea, "account", limit=1)
    assert by_key(accounts["groups"]) == {"acme": (2, 1, 2, 1, 90, 150, 0)}
    more = await breakdown(api, idea, "account", limit=1, cursor=accounts["next_cursor"])
    assert by_key(more["groups"]) == {"bolt": (0, 1, 1, 1, 40, 0, 1)}
    assert more["next_cursor"] is None
    products = await breakdown(api, idea, "product")
    assert by_key(products["groups"]) == total
    assert products["groups"][0]["top_accounts"] == ["acme", "bolt"]
    for found in (months, accounts, more, products):
        assert by_key([found["total"]]) == total
        assert found["explained"]
    # What is kept as totals says the same.
    kept = (await api.feedback.get(f"/v1/ideas/{idea}/demand")).json()
    assert {level: kept[level] for level in LEVELS[:5]} == dict(zip(LEVELS[:5], total[None], strict=False))
    path = f"/v1/ideas/{idea}/demand/breakdown"
    assert (await neighbour.feedback.get(path)).status_code == 404
    for wrong in ({"by": "month", "cursor": accounts["next_cursor"]}, {"by": "account", "cursor": "x"}, {"by": "x"}):
        assert (await api.feedback.get(path, params=wrong)).status_code == 422


async def test_above_ideas_everybody_counts_once(api: Api, neighbour: Api) -> None:
    await made(await api.feedback.post("/v1/products", json={"key": "app", "name": "App"}))
    ideas = [(await new_idea(api, product="app"))["id"], (await new_idea(api))["id"]]
    await pay(api, acme=100, bolt=40)

    async def vote(who: str, account: str | None, *about: int) -> None:
        contact = {"external_id": who} | ({"account": account} if account else {})
        for idea in about:
            await made(await api.feedback.post("/v1/votes", json={"idea_id": ideas[idea], "contact": contact}))

    await vote("ada", "acme", 0, 1)
    await vote("ben", "acme", 1)
    await vote("cem", "bolt", 1)
    await vote("dia", None, 0)

    async def demand(by: str, **query: Any) -> Any:
        return await made(await api.feedback.get("/v1/demand", params={"by": by} | query), 200)

    everything = await demand("plan")
    assert by_key([everything["total"]]) == {None: (5, 0, 4, 2, 140, 140, 0)}
    assert by_key(everything["groups"]) == {
        "a": (3, 0, 2, 1, 100, 100, 0),
        "b": (1, 0, 1, 1, 40, 40, 0),
        None: (1, 0, 1, 0, 0, 0, 0),
    }
    assert by_key((await demand("product"))["groups"]) == {
        "app": (2, 0, 2, 1, 100, 100, 0),
        None: (3, 0, 3, 2, 140, 140, 0),
    }
    accounts = await demand("account", limit=1)
    assert by_key(accounts["groups"]) == {"acme": (3, 0, 2, 1, 100, 100, 0)}
    rest = await demand("account", limit=1, cursor=accounts["next_cursor"])
    assert (by_key(rest["groups"]), rest["next_cursor"]) == ({"bolt": (1, 0, 1, 1, 40, 40, 0)}, None)
    of_app = await demand("account", product="app")
    assert (of_app["product"], by_key([of_app["total"]])) == ("app", {None: (2, 0, 2, 1, 100, 100, 0)})
    assert (await api.feedback.get("/v1/demand", params={"product": "none"})).status_code == 422
    foreign = await made(await neighbour.feedback.get("/v1/demand"), 200)
    assert (by_key([foreign["total"]]), foreign["groups"]) == ({None: (0,) * len(LEVELS)}, [])


async def test_nobody_asks(api: Api) -> None:
    idea = (await new_idea(api))["id"]
    for by in ("segment", "account", "plan", "month", "source", "product"):
        found = await breakdown(api, idea, by)
        assert (by_key([found["total"]]), found["groups"]) == ({None: (0,) * len(LEVELS)}, [])
