"""Actuals add up however they are told, and work is held against the policy that is in force."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.actuals import domain as actuals
from services.scoring.actuals.domain import Draft
from services.scoring.allocations.classes import Class
from services.scoring.balance.domain import check_next
from services.scoring.balance.shares import begins, months, parts
from services.scoring.balance.suggestion import Owed, suggest
from services.scoring.teams import domain as teams
from shared.events.feedback import IdeaKind
from shared.ids import new_id
from tests.builders import Api
from tests.depth import examples
from tests.scoring.given import Databases, Workspace

Q1 = "2027-Q1"
CLASSES: list[dict[str, Any]] = [
    {"name": "features", "kinds": ["feature", "research"], "target": 0.6, "tolerance": 0.1},
    {"name": "enablers", "kinds": ["enabler"], "target": 0.2},
    {"name": "debt", "kinds": ["debt"], "target": 0.2, "tolerance": 0},
]


async def checked(here: Workspace) -> list[dict[str, Any]]:
    """What was told of balances, once nothing of this workspace waits to be looked at."""
    waiting = "select count(*) from balance_checks where workspace_id = $1"
    while True:
        async with here.database.system() as tx:
            await check_next(tx)
        async with here.database.read({here.id}) as read:
            if not await read.value(waiting, here.id):
                break
    return [each for each in await here.published() if "balance_id" in each]


def _shares(event: dict[str, Any], measure: str) -> list[tuple[str, float]]:
    return [(each["kind"], each["share"]) for each in event[measure]]


async def test_work_is_held_against_the_policy_of_its_team(api: Api, neighbour: Api, here: Workspace) -> None:
    post, get, put = api.scoring.post, api.scoring.get, api.scoring.put
    feature, enabler, debt, migration = [
        await here.idea(kind=kind) for kind in ("feature", "enabler", "debt", "migration")
    ]
    team = (await post("/v1/teams", json={"name": "Shop", "skills": {"backend": 10}})).json()["id"]
    other = (await post("/v1/teams", json={"name": "Desk"})).json()["id"]
    efforts = [(feature, "backend", 6), (enabler, "backend", 1), (enabler, "design", 1), (debt, "backend", 2)]
    told: list[dict[str, Any]] = [
        {"idea_id": str(idea_id), "skill": skill, "amount": amount} for idea_id, skill, amount in efforts
    ]
    (await put("/v1/efforts", json={"efforts": told})).raise_for_status()
    promised = [
        {"team_id": team, "idea_id": str(idea_id), "period": Q1} for idea_id in (feature, enabler, debt, migration)
    ]
    (await put("/v1/commitments", json={"commitments": promised})).raise_for_status()

    asked: dict[str, Any] = {"period": Q1, "team_id": team}
    bare = (await get("/v1/balance", params=asked)).json()["data"]
    assert [(each["allocation_id"], each["planned"]["effort"], each["breaches"]) for each in bare] == [(None, 10, [])]
    assert bare[0]["planned"]["not_counted"] == 1, "nobody has said what the migration takes"

    first = await post("/v1/allocations", json={"since": "2027-01-01", "classes": CLASSES})
    assert first.status_code == 201, first.text
    assert (first.json()["version"], first.headers["etag"]) == (1, '"1"')
    (kept,) = (await get("/v1/balance", params=asked)).json()["data"]
    assert [(each["name"], each["share"], each["breach"]) for each in kept["planned"]["classes"]] == [
        ("features", 0.6, None),
        ("enablers", 0.2, None),
        ("debt", 0.2, None),
    ]
    assert [each["share"] for each in kept["actual"]["classes"]] == [None, None, None]
    (shared,) = await checked(here)
    by_kind = [("debt", 0.2), ("enabler", 0.2), ("feature", 0.6)]
    assert _shares(shared, "planned") == by_kind
    assert (shared["actual"], shared["breaches"]) == ([], []), "nothing is done yet, and the policy is kept to"

    work: dict[str, Any] = {"source": "sheets", "team_id": team, "period": Q1, "skill": "backend"}
    done = [
        {**work, "external_id": "1", "idea_id": str(feature), "amount": 8},
        {**work, "external_id": "2", "idea_id": str(debt), "amount": 1},
        {**work, "external_id": "3", "idea_id": str(migration), "amount": 1},
        {**work, "external_id": "4", "idea_id": str(new_id()), "amount": 5},
    ]
    made = await post("/v1/actuals", json={"actuals": done})
    assert made.status_code == 200, made.text
    assert {each["change"] for each in made.json()["data"]} == {"created"}
    (now,) = (await get("/v1/balance", params=asked)).json()["data"]
    assert [(each["name"], each["share"], each["breach"]) for each in now["actual"]["classes"]] == [
        ("features", 0.8, "over"),
        ("enablers", 0.0, "under"),
        ("debt", 0.1, "under"),
        ("other", 0.1, None),
    ]
    assert now["actual"]["not_counted"] == 1, "scoring has not heard of that idea"
    found = (await get("/v1/balance/breaches", params=asked)).json()["data"]
    assert [(each["measure"], each["name"], each["side"]) for each in found] == [
        ("actual", "features", "over"),
        ("actual", "enablers", "under"),
        ("actual", "debt", "under"),
    ]
    (_, event) = await checked(here)
    assert _shares(event, "planned") == by_kind
    assert _shares(event, "actual") == [("debt", 0.1), ("feature", 0.8), ("migration", 0.1)]
    assert (event["team_id"], event["period"], event["allocation_id"]) == (team, Q1, first.json()["id"])
    assert [(each["name"], each["share"], each["target"]) for each in event["breaches"]] == [
        ("features", 0.8, 0.6),
        ("enablers", 0.0, 0.2),
        ("debt", 0.1, 0.2),
    ]

    await post("/v1/actuals", json={"actuals": done})
    assert len(await checked(here)) == 2, "told again, and nothing is other than before"
    mended = [
        {**done[0], "amount": 6},
        {**done[1], "amount": 2},
        {**done[2], "amount": None},
        {**done[3], "idea_id": str(enabler), "amount": 2},
    ]
    again = await post("/v1/actuals", json={"actuals": mended})
    assert [each["change"] for each in again.json()["data"]] == ["replaced", "replaced", "removed", "replaced"]
    (*_, kept_again) = await checked(here)
    assert (kept_again["breaches"], kept_again["version"]) == ([], 3), "told that it is kept again"
    (await put("/v1/commitments", json={"commitments": [{**promised[2], "share": 0.5}]})).raise_for_status()
    (*_, shifted) = await checked(here)
    assert shifted["version"] == 4, "what is promised is shared out otherwise"
    assert _shares(shifted, "planned") == [("debt", 0.1111), ("enabler", 0.2222), ("feature", 0.6667)]
    assert _shares(shifted, "actual") == _shares(kept_again, "actual") == by_kind

    # A team's own policy, from a later day: it is for the next quarter alone, and has versions of its own.
    theirs = {"team_id": team, "since": "2027-02-01", "classes": CLASSES[:1]}
    own = await post("/v1/allocations", json=theirs, headers={"If-Match": '"0"'})
    assert own.json()["version"] == 1
    stale = await post("/v1/allocations", json=theirs, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    both = (await get("/v1/balance", params={"period": [Q1, "2027-Q2"], "team_id": [team, other]})).json()["data"]
    policies = {(each["period"], each["team"]): each["allocation_id"] for each in both}
    assert policies == {
        (Q1, "Shop"): first.json()["id"],
        (Q1, "Desk"): first.json()["id"],
        (Q1, None): first.json()["id"],
        ("2027-Q2", "Shop"): own.json()["id"],
        ("2027-Q2", "Desk"): first.json()["id"],
        ("2027-Q2", None): first.json()["id"],
    }
    listed = (await get("/v1/allocations")).json()["data"]
    assert [each["id"] for each in listed] == [own.json()["id"], first.json()["id"]]
    (await post("/v1/allocations", json={"since": "2027-01-01", "classes": []})).raise_for_status()
    ended = (await get("/v1/balance", params=asked)).json()["data"][0]
    assert (ended["allocation_id"], ended["planned"]["classes"]) == (None, [])

    for path in (first.headers["location"], f"/v1/actuals/{made.json()['data'][0]['id']}"):
        assert (await get(path)).status_code == 200
        assert (await neighbour.scoring.get(path)).status_code == 404
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"since": "2027-01-01", "classes": [*CLASSES, {"name": "x", "kinds": ["debt"], "target": 0}]}, "/body"),
        ({"since": "2027-01-01", "classes": [{**CLASSES[0], "name": "other"}]}, "/body"),
        ({"since": "2027-01-01", "classes": [{**CLASSES[0], "target": 0.7}, {**CLASSES[1], "target": 0.4}]}, "/body"),
        ({"since": "2027-01-01", "classes": [], "team_id": str(new_id())}, "/body/team_id"),
    ]
    for body, pointer in refusals:
        refused = await post("/v1/allocations", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    for bad, pointer in (
        ([done[0], done[0]], "/body/actuals/1/external_id"),
        ([{**done[0], "team_id": str(new_id())}], "/body/actuals/0/team_id"),
    ):
        refused = await post("/v1/actuals", json={"actuals": bad})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_share_for_debt_is_suggested_from_its_interest(api: Api) -> None:
    get = api.scoring.get
    for title, principal, interest, others in (
        ("worth it", 30, 10, {"probability": 0.5}),
        ("not within a year", 100, 2, {}),
        ("paid", 1, 10, {"state": "paid"}),
    ):
        body: dict[str, Any] = {"title": title, "principal": principal, "interest": interest, **others}
        made = await api.scoring.post("/v1/debts", json={**body, "component": "billing", "day_cost": 700})
        assert made.status_code == 201, made.text
    unknown = (await get("/v1/balance/suggestion")).json()
    assert (unknown["state"], unknown["share"], unknown["debts"]) == ("not_computable", None, 2)
    found = (await get("/v1/balance/suggestion", params={"days_a_month": 50})).json()
    assert (found["share"], found["days"], found["capacity_from"]) == (30 / (50 * 12), 30, "asked")
    assert (found["interest_share"], found["interest_share_left"]) == (7 / 50, 2 / 50)
    assert [(each["title"], each["payback_months"]) for each in found["worth_paying"]] == [("worth it", 6)]
    await api.scoring.post("/v1/teams", json={"name": "Shop", "unit": "person_days", "skills": {"a": 100, "b": 50}})
    by_teams = (await get("/v1/balance/suggestion", params={"period": "2027-Q1", "horizon": 60})).json()
    assert (by_teams["days_a_month"], by_teams["capacity_from"]) == (50, "teams")
    assert by_teams["share"] == pytest.approx(130 / (50 * 60)), "in five years both are worth it"
    await api.scoring.post("/v1/teams", json={"name": "Desk", "unit": "points", "skills": {"a": 5}})
    points = (await get("/v1/balance/suggestion", params={"period": "2027-Q1"})).json()
    assert points["state"] == "not_computable", "nobody knows how long a point is"


# What is told of work, in any order, again, otherwise, and taken back.

_TOLD = st.lists(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        st.tuples(
            st.integers(0, 1), st.sampled_from([Q1, "2027-Q2"]), st.one_of(st.none(), st.floats(0, 1e6).map(float))
        ),
        min_size=1,
    ),
    min_size=1,
    max_size=6,
)


@examples(10)
@given(batches=_TOLD)
async def test_sums_are_those_of_what_was_told_last(
    database: Databases, batches: list[dict[str, tuple[int, str, float | None]]]
) -> None:
    workspace_id, ideas = new_id(), [new_id(), new_id()]
    scoring = await database("scoring")
    last: dict[str, tuple[int, str, float]] = {}
    async with scoring.transaction({workspace_id}) as tx:
        team: UUID = (await teams.create(tx, workspace_id, "Shop", "points", {}))["id"]
        for batch in batches:
            drafts = [
                Draft("sheets", name, ideas[which], team, period, "backend", amount)
                for name, (which, period, amount) in batch.items()
            ]
            told = await actuals.record(tx, workspace_id, drafts, "ada")
            for name, each in zip(batch, told, strict=True):
                which, period, amount = batch[name]
                now = None if amount is None else (which, period, amount)
                before = last.pop(name, None)
                if now is not None:
                    last[name] = now
                changes = {(True, True): "unchanged", (True, False): "created", (False, True): "removed"}
                expected = "unchanged" if now == before else changes.get((before is None, now is None), "replaced")
                assert each.change == expected
        rows = await tx.all(
            "select idea_id, period, amount::float8 as amount from spent where workspace_id = $1", workspace_id
        )
        sums = {(row["idea_id"], row["period"]): row["amount"] for row in rows}
        stored = await tx.value("select count(*) from actuals where workspace_id = $1", workspace_id)
        await tx.run("delete from balance_checks where workspace_id = $1", workspace_id)
    assert stored == len(last)
    wanted: dict[tuple[UUID, str], float] = {}
    for which, period, amount in last.values():
        wanted[ideas[which], period] = wanted.get((ideas[which], period), 0.0) + amount
    assert {key: pytest.approx(each) for key, each in sums.items()} == {
        key: each for key, each in wanted.items() if each > 0
    }


_EFFORTS = st.dictionaries(
    st.sampled_from(["feature", "enabler", "debt", "migration", "research"]),
    # Half of the smallest number is nothing.
    st.just(0.0) | st.floats(1e-6, 1e6),
    max_size=5,
)


@given(efforts=_EFFORTS, target=st.floats(0, 1), tolerance=st.floats(0, 1), factor=st.sampled_from([0.5, 4.0]))
def test_shares_add_up_and_do_not_depend_on_the_unit(
    efforts: Mapping[IdeaKind, float], target: float, tolerance: float, factor: float
) -> None:
    classes = [
        Class("features", ("feature", "research"), target, tolerance),
        Class("debt", ("debt",), 1 - target, tolerance),
    ]
    made = parts(efforts, classes)
    whole = sum(efforts.values())
    if whole == 0:
        assert [(each.share, each.breach) for each in made] == [(None, None)] * 2
        return
    assert sum(each.share or 0 for each in made) == pytest.approx(1)
    for each in made:
        if each.target is None or each.share is None:
            assert each.breach is None
        else:
            assert (each.breach is None) == (abs(each.share - each.target) <= tolerance + 1e-9)
    scaled = parts({kind: effort * factor for kind, effort in efforts.items()}, classes)
    assert [each.share for each in scaled] == pytest.approx([each.share for each in made])


@given(
    debts=st.lists(st.tuples(st.floats(0, 1e3), st.floats(0, 1e2)), max_size=6),
    capacity=st.floats(0.1, 1e4),
    horizon=st.floats(1, 120),
)
def test_a_longer_horizon_makes_no_less_worth_paying(
    debts: list[tuple[float, float]], capacity: float, horizon: float
) -> None:
    owed = [Owed(new_id(), "x", principal, interest) for principal, interest in debts]
    found, longer = suggest(owed, capacity, horizon), suggest(owed, capacity, 2 * horizon)
    assert 0 <= found.share <= 1
    assert set(found.worth) <= set(longer.worth)
    assert longer.left <= found.left <= found.interest_share
    assert all(each.principal / each.interest < horizon for each in found.worth)


def test_periods_begin_and_last() -> None:
    begin = {"2027-Q3": date(2027, 7, 1), "2027-02": date(2027, 2, 1), "2027-W01": date(2027, 1, 4)}
    assert {period: begins(period) for period in begin} == begin
    assert begins("2027-W53") == date(2028, 1, 3), "the year has 52: it is the week after them"
    assert [months(period) for period in ("2027-Q3", "2027-02")] == [3, 1]
    assert months("2027-W01") == pytest.approx(12 / 365.25 * 7)
