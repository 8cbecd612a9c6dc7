"""Demand policies: kept weighed for every idea, side by side, explained account by account, and in models."""

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.consumers import follow_ideas
from services.scoring.demand.domain import month_number
from services.scoring.policies import domain as policies
from services.scoring.policies.parameters import PolicyParameters, SegmentWeight
from services.scoring.policies.worker import differences, weigh_some
from services.scoring.scores.domain import recompute
from shared.database import Tx
from shared.events.base import Delivered, Event
from shared.ids import new_id
from tests.builders import Api, eventually
from tests.depth import examples
from tests.scoring.given import Databases, Workspace, account, estimate, idea, segment, share

FULL: dict[str, Any] = {"impact": 1.0, "confidence": 1.0, "effort": 1.0}
WAITING = """
select exists(select from unweighed where workspace_id = $1) or exists(select from weighings where workspace_id = $1)
"""
SHARES = "select * from shares where workspace_id = $1 order by share_id"
ACCOUNTS = "select * from accounts where workspace_id = $1 order by account_id"
WEIGHTS = "select policy_id, idea_id, state, value from weights where workspace_id = $1 order by policy_id, idea_id"
LONG_AGO = "update scoring.demand_policies set month = month - 3 where workspace_id = $1 and month is not null"


async def settled(here: Workspace) -> None:
    """Return when everything is weighed; what is stored is then what the shares give."""

    async def weighed() -> bool:
        await weigh_some(here.database)
        async with here.database.read({here.id}) as read:
            return not await read.value(WAITING, here.id)

    await eventually(weighed)
    async with here.database.read({here.id}) as read:
        assert await differences(read, here.id) == []
        assert await recompute(read, here.id) == []


async def stored(here: Workspace) -> list[list[Any]]:
    """Shares, accounts and weights as they are stored."""
    async with here.database.read({here.id}) as read:
        return [[tuple(row.values()) for row in await read.all(sql, here.id)] for sql in (SHARES, ACCOUNTS, WEIGHTS)]


async def policy(api: Api, name: str, **parameters: Any) -> dict[str, Any]:
    body = {"name": name, "parameters": parameters}
    answer = await api.scoring.post("/v1/demand-policies", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def got(api: Api, path: str, **parameters: Any) -> Any:
    answer = await api.scoring.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_wins_depends_on_the_policy_and_every_account_is_accounted_for(api: Api, here: Workspace) -> None:
    """Whale asks for SSO; four small accounts and two strangers ask for dark mode; both, for exports."""
    sso, dark, exports = [await here.idea(title=title) for title in ("SSO", "Dark mode", "Exports")]
    vip, people = new_id(), new_id()
    whale, *small = accounts = [new_id() for _ in range(5)]
    await here.hear(segment(here.id, vip, "accounts"), segment(here.id, people, "contacts"))
    await here.hear(
        account(here.id, whale, 900_000, segments=[vip]),
        *(account(here.id, each, 1_000 * (place + 1)) for place, each in enumerate(small)),
        share(here.id, sso, whale, months={"2026-01": 1}),
        *(share(here.id, dark, each, months={"2026-02": 2}) for each in small),
        share(here.id, dark, None, months={"2026-01": 1, "2026-02": 1}),
        *(share(here.id, exports, each, months={"2026-01": 1}) for each in accounts),
    )
    kinds: dict[str, dict[str, Any]] = {
        "flat": {"kind": "flat"},
        "account": {"kind": "account"},
        "mrr": {"kind": "mrr", "unknown": "leave_out"},
        "vip": {"kind": "segment", "segments": [{"segment_id": str(vip), "weight": 7}], "otherwise": 1},
        "capped": {"kind": "mrr", "unknown": "leave_out", "cap": 0.25},
        "strict": {"kind": "mrr"},
    }
    made = {name: await policy(api, name, **parameters) for name, parameters in kinds.items()}
    ids = {name: each["id"] for name, each in made.items()}
    assert all(each["weighing"] for each in made.values())
    await settled(here)

    async def weights(name: str) -> dict[str, float]:
        listed = await got(api, f"/v1/demand-policies/{ids[name]}/ideas")
        return {each["title"]: each["weighed"]["weight"] for each in listed["data"]}

    assert await weights("flat") == {"SSO": 1, "Dark mode": 10, "Exports": 5}
    assert await weights("account") == {"SSO": 1, "Dark mode": 6, "Exports": 5}
    assert await weights("mrr") == {"SSO": 900_000, "Dark mode": 10_000, "Exports": 910_000}
    assert await weights("vip") == {"SSO": 7, "Dark mode": 6, "Exports": 11}
    # The whale and the largest of the others are cut to a quarter each, beside 3,000, 2,000 and 1,000; the four that
    # want dark mode, to the smallest of them.
    assert await weights("capped") == {"Exports": 12_000, "Dark mode": 4_000}
    refused = await got(api, f"/v1/demand-policies/{ids['capped']}/ideas", state="not_weighed")
    assert [(each["title"], each["weighed"]["state"]) for each in refused["data"]] == [("SSO", "infeasible")]
    (unknown,) = (await got(api, f"/v1/demand-policies/{ids['strict']}/ideas", state="not_weighed"))["data"]
    assert (unknown["title"], unknown["weighed"]["state"], unknown["weighed"]["unknown_contacts"]) == (
        "Dark mode",
        "unknown",
        2,
    )

    asked = [ids["account"], ids["mrr"], ids["capped"]]
    side = await got(api, "/v1/comparisons/demand-policies", policy_id=asked)
    assert [each["winner"]["title"] for each in side["policies"]] == ["Dark mode", "Exports", "Exports"]
    assert (side["changes_winner"], side["ideas"], side["left_out"], side["whole"]) == (True, 2, 1, True)
    (left,) = side["left_out_ideas"]
    assert [each["state"] for each in left["states"]] == ["weighed", "weighed", "infeasible"]
    assert [pair["tau"] for pair in side["pairs"]] == [-1, -1, 1]
    assert {mover["apart"] for mover in side["movers"]} == {1}

    # Account by account, over pages, with what the cap took: exactly what the idea weighs.
    for each in ids.values():
        await adds_up(api, each, exports, accounts)
    capped = await got(api, f"/v1/demand-policies/{ids['capped']}/ideas/{exports}")
    parts = {each["account_id"]: each for each in capped["accounts"]}
    assert (parts[str(whale)]["weight"], parts[str(whale)]["share"], parts[str(whale)]["cut"]) == (3_000, 0.25, 897_000)
    assert capped["cut"] == 897_000 + 1_000
    strangers = await got(api, f"/v1/demand-policies/{ids['flat']}/ideas/{dark}")
    assert [(each["last_asked"], each["weight"]) for each in strangers["without_account"]] == [
        ("2026-01", 1),
        ("2026-02", 1),
    ]

    # One of the accounts goes, another pays more: only what it asks for moves.
    gone = share(here.id, dark, small[0], 2, months={})
    await here.hear(gone, account(here.id, small[1], 50_000, 2))
    await settled(here)
    assert await weights("mrr") == {"SSO": 900_000, "Dark mode": 57_000, "Exports": 958_000}
    for path in (f"/v1/demand-policies/{ids['mrr']}/ideas/{new_id()}", f"/v1/demand-policies/{new_id()}/ideas/{dark}"):
        assert (await api.scoring.get(path)).status_code == 404


async def adds_up(api: Api, policy_id: str, idea_id: UUID, accounts: list[UUID]) -> None:
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = await got(api, f"/v1/demand-policies/{policy_id}/ideas/{idea_id}", **query)
        listed = [each["weight"] for each in page["accounts"]] + [each["weight"] for each in page["without_account"]]
        assert sum(listed) + page["others"] == page["weight"] == page["kept"]
        seen += page["accounts"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert {each["account_id"] for each in seen} == {str(each) for each in accounts}
    assert len(seen) == len(accounts)
    assert sum(each["weight"] for each in seen) == page["weight"]


async def test_a_model_weighs_demand_by_a_policy_and_says_so(api: Api, here: Workspace) -> None:
    idea_id = await here.idea()
    acme, bolt = new_id(), new_id()
    await here.estimate(idea_id, **FULL)
    await here.demand(idea_id, contacts=2)
    await here.hear(account(here.id, acme, 300), account(here.id, bolt, None))
    await here.hear(share(here.id, idea_id, acme), share(here.id, idea_id, bolt))
    by_revenue = await policy(api, "Revenue", kind="mrr")
    reach = {"policy_id": by_revenue["id"], "per_ask": 2}
    body = {"name": "RICE", "framework": "rice", "active": True, "parameters": {"reach": reach}}
    model = (await api.scoring.post("/v1/models", json=body)).json()
    await settled(here)

    async def score() -> Any:
        return (await got(api, f"/v1/scores/{idea_id}"))["scores"][0]

    refused = await score()
    assert (refused["state"], refused["missing"]) == ("not_scoreable", ["reach"])
    told = refused["inputs"]["reach"]["demand"]["policy"]
    assert (told["state"], told["unknown"], told["unknown_accounts"]) == ("unknown", [str(bolt)], 1)

    # Somebody says what it pays.
    paid = account(here.id, bolt, 100, 2)
    await here.hear(paid)
    await settled(here)
    scored = await score()
    assert (scored["value"], scored["cause"]["kind"], scored["cause"]["id"]) == (800, "demand", str(paid.id))
    demand = scored["inputs"]["reach"]["demand"]
    assert (demand["measure"], demand["count"], demand["event_id"]) == ("policy", 2, str(paid.id))
    assert (demand["policy"]["name"], demand["policy"]["revision"]) == ("Revenue", 1)
    assert [(each["account_id"], each["weight"]) for each in demand["policy"]["accounts"]] == [
        (str(acme), 300),
        (str(bolt), 100),
    ]

    # Another policy by the same name: a move with that cause, told to everybody; a run still knows what it froze.
    run = (await api.scoring.post("/v1/runs", json={"model_id": model["id"], "name": "Q1"})).json()
    path = f"/v1/demand-policies/{by_revenue['id']}"
    edited = await api.scoring.patch(path, json={"parameters": {"kind": "account"}}, headers={"If-Match": '"1"'})
    assert (edited.json()["revision"], edited.json()["weighing"]) == (2, True)
    await settled(here)
    moved = await score()
    assert (moved["value"], moved["cause"]["kind"], moved["cause"]["id"]) == (4, "policy", by_revenue["id"])
    event = (await here.published())[-1]
    assert (event["cause"], event["previous"], event["value"]) == ("policy", 800, 4)
    revisions = (await got(api, f"{path}/revisions"))["data"]
    assert [(each["revision"], each["parameters"]["kind"]) for each in revisions] == [(2, "account"), (1, "mrr")]
    reach["per_ask"] = 4
    replayed = await api.scoring.post(f"/v1/runs/{run['id']}/replays", json={"parameters": {"reach": reach}})
    (change,) = replayed.json()["changes"]
    assert (change["value_before"], change["value_after"]) == (800, 1600), "by the weight that was frozen"

    # Named by a model it stays; then it goes, with all that ideas weigh by it.
    kept = await api.scoring.delete(path)
    assert (kept.status_code, kept.json()["code"]) == (409, "policy_in_use")
    await api.scoring.patch(f"/v1/models/{model['id']}", json={"parameters": {}})
    assert (await api.scoring.delete(path)).status_code == 204
    assert (await api.scoring.delete(path)).status_code == 404


async def test_asks_age_by_the_month_and_say_why(api: Api, here: Workspace) -> None:
    now = datetime.now(UTC)
    idea_id = await here.idea()
    acme = new_id()
    await here.estimate(idea_id, **FULL)
    await here.hear(share(here.id, idea_id, acme, months={f"{now:%Y-%m}": 1}))
    fresh = await policy(api, "Fresh", kind="account", half_life_months=3)
    assert fresh["as_of_month"] == f"{now:%Y-%m}"
    body = {"framework": "rice", "active": True, "parameters": {"reach": {"policy_id": fresh["id"]}}}
    assert (await api.scoring.post("/v1/models", json={"name": "RICE", **body})).status_code == 201
    await settled(here)
    # Months pass, backwards: the ask was made in the month that weights were of, and then it is three months old.
    old = month_number(f"{now:%Y-%m}") - 3
    await here.hear(share(here.id, idea_id, acme, 2, months={f"{old // 12}-{old % 12 + 1:02}": 1}))
    async with api.admin.system() as tx:
        await tx.run(LONG_AGO, here.id)
    await settled(here)
    last = (await here.published())[-1]
    assert (last["cause"], last["cause_id"], last["value"]) in (
        ("time", fresh["id"], 0.5),
        # The service's own job has read the share first, and counted to today.
        ("demand", last["cause_id"], 0.5),
    )
    shown = await got(api, f"/v1/demand-policies/{fresh['id']}")
    assert shown["as_of_month"] == f"{now:%Y-%m}"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"kind": "segment"}, "needs the weight"),
        ({"kind": "mrr", "otherwise": 1}, "does not look at segments"),
        ({"kind": "flat", "revenue": "at_vote"}, "does not look at revenue"),
        ({"kind": "account", "cap": 0}, "greater than or equal to 0.01"),
        ({"kind": "account", "importance": {"nice": -1}}, "greater than or equal to 0"),
        ({"kind": "account", "half_life_months": 0}, "greater than 0"),
        ({"kind": "segment", "segments": [{"segment_id": str(UUID(int=7)), "weight": 1}]}, "no such segment"),
    ],
)
async def test_refused_with_what_to_mend(api: Api, parameters: dict[str, Any], reason: str) -> None:
    answer = await api.scoring.post("/v1/demand-policies", json={"name": "x", "parameters": parameters})
    assert answer.status_code == 422
    assert reason in answer.json()["errors"][0]["reason"]


async def test_what_is_critical_to_somebody_can_weigh_more(api: Api, here: Workspace) -> None:
    """Acme's two contacts say nice and critical, a third did not vote; two strangers, one of whom voted: important."""
    idea_id, acme = await here.idea(), new_id()
    await here.hear(
        account(here.id, acme, 1_000),
        share(here.id, idea_id, acme, months={"2026-01": 3}, votes=2, nice=1, important=0, critical=1),
        share(here.id, idea_id, None, months={"2026-01": 1, "2026-02": 1}, votes=1, important=1),
    )
    kinds: dict[str, dict[str, Any]] = {
        "flat": {"kind": "flat", "importance": {}},
        "account": {"kind": "account", "importance": {"critical": 5}},
        "mrr": {"kind": "mrr", "unknown": "leave_out", "importance": {"critical": 0}},
    }
    made = {name: await policy(api, name, **parameters) for name, parameters in kinds.items()}
    await settled(here)

    async def explained(name: str) -> dict[str, Any]:
        return await got(api, f"/v1/demand-policies/{made[name]['id']}/ideas/{idea_id}")

    # 1 + 3 + 1 of Acme, and 2 + 1 of the strangers.
    flat = await explained("flat")
    assert (flat["weight"], flat["kept"], flat["accounts"][0]["weight"]) == (8, 8, 5)
    assert flat["accounts"][0]["importance"] == pytest.approx(5 / 3)
    assert [each["importance"] for each in flat["without_account"]] == [1.5, 1.5]
    counted = await explained("account")
    assert (counted["weight"], counted["accounts"][0]["importance"]) == (8, 5)
    # To whom it matters most counts: nice and unsaid are 1, and a critical vote is worth nothing here.
    revenue = await explained("mrr")
    assert (revenue["weight"], revenue["accounts"][0]["importance"]) == (1_000, 1)


async def test_names_versions_and_limits_are_minded(api: Api, here: Workspace) -> None:
    first = await policy(api, "A", kind="flat")
    parameters = {"kind": "segment", "segments": [{"segment_id": str(new_id()), "weight": 1}]}
    path = f"/v1/demand-policies/{first['id']}"
    for status, answer in (
        (409, await api.scoring.post("/v1/demand-policies", json={"name": "A", "parameters": {"kind": "flat"}})),
        (412, await api.scoring.patch(path, json={"name": "B"}, headers={"If-Match": '"9"'})),
        (422, await api.scoring.patch(path, json={"parameters": parameters})),
        (404, await api.scoring.patch(f"/v1/demand-policies/{new_id()}", json={})),
        (422, await api.scoring.get("/v1/comparisons/demand-policies", params={"policy_id": [first["id"]] * 2})),
        (
            404,
            await api.scoring.get(
                "/v1/comparisons/demand-policies", params={"policy_id": [first["id"], str(new_id())]}
            ),
        ),
        (422, await api.scoring.get(f"{path}/ideas", params={"cursor": "x"})),
    ):
        assert answer.status_code == status, answer.text
    unknown = {"name": "RICE", "framework": "rice", "parameters": {"reach": {"policy_id": str(new_id())}}}
    refused = await api.scoring.post("/v1/models", json=unknown)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/body/parameters")
    for number in range(policies.MOST - 1):
        await policy(api, f"P{number}", kind="account")
    full = await api.scoring.post("/v1/demand-policies", json={"name": "Q", "parameters": {"kind": "flat"}})
    assert (full.status_code, full.json()["code"]) == (409, "too_many_policies")


IDEAS, PAYERS, VERSIONS = 2, 2, 3


@examples(4)
@given(st.data())
async def test_in_any_order_and_grouping_the_weights_are_the_same(database: Databases, data: st.DataObject) -> None:
    """Duplicated, reordered and batched otherwise, with weighing in between: the newest counts, and nothing is lost."""
    scoring = await database("scoring")
    here = Workspace(scoring, new_id())
    ideas, accounts = [new_id() for _ in range(IDEAS)], [new_id() for _ in range(PAYERS)]
    people = new_id()
    await here.hear(segment(here.id, people, "contacts"))
    async with scoring.transaction({here.id}) as tx:
        await policies.create(tx, here.id, "mrr", PolicyParameters(kind="mrr", cap=0.75))
        table = [SegmentWeight(segment_id=people, weight=5)]
        await policies.create(tx, here.id, "people", PolicyParameters(kind="segment", segments=table, otherwise=1))
        await _estimated(tx, here.id, ideas)
    events: list[Delivered[Event]] = [idea(here.id, each) for each in ideas]
    for version, place in itertools.product(range(1, VERSIONS + 1), range(PAYERS)):
        paid = data.draw(st.none() | st.integers(0, 100))
        events.append(account(here.id, accounts[place], paid, version))
        for each in ideas:
            asked, among = data.draw(st.integers(0, 2)), data.draw(st.sampled_from([(), (people,)]))
            months = {"2026-01": asked} if asked else {}
            events.append(share(here.id, each, accounts[place], version, months=months, segments=among))
    await here.hear(*events)
    await settled(here)
    before = await stored(here)
    shuffled = data.draw(st.permutations(events))
    async with scoring.transaction({here.id}) as tx:
        await tx.run("delete from shares where workspace_id = $1", here.id)
        await tx.run("delete from accounts where workspace_id = $1", here.id)
    for start in range(0, len(shuffled), 5):
        async with scoring.transaction({here.id}) as tx:
            await follow_ideas(tx, [*shuffled[start : start + 5], shuffled[0]])
        if data.draw(st.booleans()):
            await weigh_some(scoring)
    await settled(here)
    assert await stored(here) == before


async def _estimated(tx: Tx, workspace_id: UUID, ideas: list[UUID]) -> None:
    for each in ideas:
        await estimate(tx, workspace_id, each, **FULL)
