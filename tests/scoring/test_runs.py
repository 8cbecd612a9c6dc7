"""Runs: frozen, compared, decided on, tried again; and what would be if something were otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.scoring.rankings import domain as ranking
from services.scoring.runs.comparison import Place, compare
from shared.database import Database
from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Workspace, idea

FULL: dict[str, Any] = {"impact": 1, "confidence": 1, "effort": 1}


def test_what_has_no_value_stands_in_no_order() -> None:
    """However many without a value come before it in the list: it has not moved."""
    first, last, scored = new_id(), new_id(), new_id()

    def places(*rows: tuple[UUID, float | None]) -> list[Place]:
        return [Place(idea_id, "", position, value, {}) for position, (idea_id, value) in enumerate(rows, start=1)]

    found = compare(
        places((scored, 2), (first, None), (last, None)), places((last, None), (first, None), (scored, None))
    )
    assert [(each.idea_id, each.by) for each in found.moves] == [(scored, -2)]
    assert found.same == 2


async def test_a_run_is_frozen_compared_and_tried_again(
    api: Api, neighbour: Api, here: Workspace, admin: Database
) -> None:
    model_id = await here.model()
    one, two, three = [await here.idea(title=title) for title in ("one", "two", "three")]
    for idea_id, reach in ((one, 30), (two, 20), (three, 10)):
        await here.estimate(idea_id, reach=reach, **FULL)
    await here.estimate(three, fit=9)
    archived = await here.idea(archived=True)
    await here.estimate(archived, reach=99, **FULL)
    made = await api.scoring.post("/v1/runs", json={"model_id": str(model_id), "name": "Q1"})
    assert made.status_code == 201, made.text
    run = made.json()
    url = made.headers["location"]
    assert (run["ideas"], run["scored"], run["framework"], len(run["digest"])) == (3, 3, "rice", 64)

    await here.estimate(three, reach=100)
    await here.estimate(await here.idea(title="new"), reach=5, **FULL)
    first = await api.scoring.get(f"{url}/entries", params={"limit": 2})
    rest = await api.scoring.get(f"{url}/entries", params={"limit": 2, "cursor": first.json()["next_cursor"]})
    entries = first.json()["data"] + rest.json()["data"]
    assert [(each["title"], each["position"], each["value"]) for each in entries] == [
        ("one", 1, 30),
        ("two", 2, 20),
        ("three", 3, 10),
    ]
    assert entries[0]["inputs"]["reach"]["value"] == 30

    now = (await api.scoring.get(f"{url}/comparison")).json()
    assert [(each["title"], each["before"], each["after"], each["rose"]) for each in now["changes"]] == [
        ("new", None, 4, 0),
        ("three", 3, 1, 2),
        ("one", 1, 2, -1),
        ("two", 2, 3, -1),
    ]
    assert now["changes"][1]["inputs"] == {"reach": [10, 100]}
    assert now["tau"] == pytest.approx(-1 / 3), "of three pairs two are the other way round"
    later = (await api.scoring.post("/v1/runs", json={"model_id": str(model_id), "name": "Q2"})).json()
    against = (await api.scoring.get(f"{url}/comparison", params={"other": later["id"]})).json()
    assert against["changes"] == now["changes"]
    listed = (await api.scoring.get("/v1/runs", params={"model_id": str(model_id)})).json()["data"]
    assert [each["name"] for each in listed] == ["Q2", "Q1"]

    by_fit = {"criteria": [{"name": "fit", "weight": 1}]}
    replayed = await api.scoring.post(f"{url}/replays", json={"framework": "weighted", "parameters": by_fit})
    assert replayed.status_code == 200, replayed.text
    places = {each["title"]: (each["before"], each["after"]) for each in replayed.json()["changes"]}
    assert places["three"] == (3, 1), "estimates that the run's own model does not read are kept as well"
    same = (await api.scoring.post(f"{url}/replays", json={})).json()
    assert (same["changed"], same["same"], same["tau"]) == (0, 3, 1)
    wrong = await api.scoring.post(f"{url}/replays", json={"framework": "weighted"})
    assert wrong.json()["errors"][0]["pointer"] == "/body/parameters/criteria"

    decided = await api.scoring.post(f"{url}/decisions", json={"reason": "Agreed.", "decided_by": "ada"})
    assert decided.status_code == 201, decided.text
    override = {"kind": "override", "idea_id": str(two), "action": "include", "reason": "Promised."}
    assert (await api.scoring.post(f"{url}/decisions", json=override)).status_code == 201
    for body, pointer in (
        ({**override, "reason": None}, "/body/reason"),
        ({**override, "action": None}, "/body/action"),
        ({**override, "idea_id": str(archived)}, "/body/idea_id"),
    ):
        refused = await api.scoring.post(f"{url}/decisions", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert [each["kind"] for each in (await api.scoring.get(f"{url}/decisions")).json()["data"]] == [
        "decision",
        "override",
    ]
    verified = (await api.scoring.get(f"{url}/verification")).json()
    assert (verified["intact"], verified["decisions"], verified["digest"]) == (True, 2, run["digest"])
    async with admin.system() as tx:
        changed = "update scoring.run_decisions set reason = 'Other.' where run_id = $1 and position = 1"
        await tx.run(changed, run["id"])
    assert (await api.scoring.get(f"{url}/verification")).json()["broken_at"] == 1
    async with admin.system() as tx:
        await tx.run("update scoring.run_entries set value = 31 where run_id = $1 and position = 1", run["id"])
    verified = (await api.scoring.get(f"{url}/verification")).json()
    assert (verified["intact"], verified["computed"] == run["digest"]) == (False, False)
    for path in ("", "/entries", "/decisions", "/verification", "/comparison"):
        assert (await neighbour.scoring.get(f"{url}{path}")).status_code == 404
        for method in ("PUT", "PATCH", "DELETE"):
            assert (await api.scoring.request(method, f"{url}{path}", json={"name": "x"})).status_code == 405
    for table, column in (("runs", "name"), ("run_entries", "title"), ("run_decisions", "kind")):
        for statement in (f"update {table} set {column} = {column}", f"delete from {table}", f"truncate {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with here.database.transaction({here.id}) as tx:
                    await tx.run(statement)
    inactive = await here.model(name="off", active=False)
    refused = await api.scoring.post("/v1/runs", json={"model_id": str(inactive), "name": "x"})
    assert refused.json()["code"] == "model_inactive"


async def test_a_what_if_explains_itself_and_stores_nothing(api: Api, here: Workspace) -> None:
    model_id = await here.model()
    one, two = [await here.idea(title=title) for title in ("one", "two")]
    await here.estimate(one, reach=30, **FULL)
    await here.estimate(two, reach=20, **FULL)
    before = await here.scores()
    asked = {"model_id": str(model_id), "inputs": [{"idea_id": str(two), "input": "effort", "value": 0.5}]}
    answer = await api.scoring.post("/v1/what-ifs", json=asked)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [(each["title"], each["rose"]) for each in found["ideas"]] == [("two", 1), ("one", -1)]
    after = found["ideas"][0]["after"]
    assert (after["value"], after["place"], after["inputs"]["effort"]["source"]) == (40, 1, "supposed")
    assert after["steps"][-1]["result"] == 40
    assert found["ideas"][0]["before"]["value"] == 20
    assert await here.scores() == before
    lost = {**asked, "inputs": [{"idea_id": str(one), "input": "effort", "value": None}]}
    (first, last) = (await api.scoring.post("/v1/what-ifs", json=lost)).json()["ideas"]
    assert (first["title"], last["after"]["state"], last["after"]["missing"]) == ("two", "not_scoreable", ["effort"])
    ice = {**asked, "framework": "ice", "inputs": []}
    other = (await api.scoring.post("/v1/what-ifs", json=ice)).json()
    assert other["ideas"][0]["after"]["missing"] == ["ease"]
    for wrong in ({"inputs": [{"idea_id": str(one), "input": "joy", "value": 1}]}, {"parameters": {"scale": "x"}}):
        assert (await api.scoring.post("/v1/what-ifs", json={**asked, **wrong})).status_code == 422
    unknown: list[dict[str, Any]] = [{"idea_id": str(each), "input": "effort", "value": 1} for each in (two, new_id())]
    refused = await api.scoring.post("/v1/what-ifs", json={**asked, "inputs": unknown})
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/body/inputs/1/idea_id"]


async def test_a_portfolio_of_scored_ideas(api: Api, here: Workspace) -> None:
    model_id = await here.model()
    one, two, bare = [await here.idea(title=title) for title in ("one", "two", "bare")]
    await here.estimate(one, reach=30, **FULL)
    await here.estimate(two, reach=20, **FULL)
    capacity = [{"skill": "backend", "amounts": [3]}]
    items: list[dict[str, Any]] = [
        {"key": "one", "idea_id": str(one), "effort": {"backend": 3}},
        {"key": "two", "idea_id": str(two), "effort": {"backend": 2}},
        {
            "key": "debt",
            "kind": "debt",
            "spread": {"kind": "uniform", "low": 0, "high": 30},
            "effort": {"backend": 1},
        },
    ]
    asked: dict[str, Any] = {"model_id": str(model_id), "items": items, "capacity": capacity, "robust": {"samples": 20}}
    answer = await api.scoring.post("/v1/portfolios", json=asked)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["state"], found["value"], found["gap"]) == ("solved", 35, 0)
    assert {each["key"] for each in found["chosen"]} == {"two", "debt"}
    assert found["capacity"] == [{"skill": "backend", "period": 0, "capacity": 3, "used": 3}]
    assert {each["kind"]: each["of_used"] for each in found["kinds"]} == {
        "feature": pytest.approx(2 / 3),
        "debt": pytest.approx(1 / 3),
    }
    assert found["left_out"][0]["key"] == "one"
    assert (found["left_out"][0]["price"], set(found["left_out"][0]["displaces"])) == (5, {"two", "debt"})
    assert found["prices"][0]["price"] == 10, "four months: one and debt"
    assert 0 < found["robust"]["chosen"]["one"] < 1
    balanced = (await api.scoring.post("/v1/portfolios/fronts", json={**asked, "seconds": 1})).json()
    assert [(each["business"], each["technical"]) for each in balanced["points"]] == [(30, 0), (20, 15)]
    items[0]["must"], items[1]["must"] = True, True
    torn = (await api.scoring.post("/v1/portfolios", json=asked)).json()
    assert (torn["state"], torn["conflict_is_least"]) == ("infeasible", True)
    assert {(each["kind"], each["name"]) for each in torn["conflict"]} == {
        ("capacity", "backend"),
        ("must", "one"),
        ("must", "two"),
    }
    items.append({"key": "bare", "idea_id": str(bare)})
    unscored = (await api.scoring.post("/v1/portfolios", json=asked)).json()
    assert (unscored["state"], unscored["missing"]) == ("not_scoreable", ["bare"])
    for wrong in (
        {"items": [{"key": "x"}]},
        {"items": [{"key": "x", "value": 1, "needs": ["y"]}]},
        {"items": [{"key": "x", "value": 1, "effort": {"cobol": 1}}]},
        {"items": [{"key": "x", "idea_id": str(new_id())}]},
    ):
        assert (await api.scoring.post("/v1/portfolios", json={**asked, **wrong})).status_code == 422
    unknown: dict[str, Any] = {"key": "x", "idea_id": str(new_id())}
    refusals: list[tuple[list[dict[str, Any]], str]] = [
        ([items[0], unknown], "/body/items/1/idea_id"),
        ([items[0], {**items[0], "key": "again"}], "/body"),
    ]
    for wrong_items, pointer in refusals:
        refused = await api.scoring.post("/v1/portfolios", json={**asked, "items": wrong_items})
        assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


@pytest.mark.parametrize("window", [1_000, 1])
async def test_a_ranking_can_be_seen_as_it_was(
    api: Api, here: Workspace, admin: Database, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    """Days pass by moving what is stored into the past. However few places a page looks at, all of them make it up."""
    monkeypatch.setattr(ranking, "WINDOW", window)
    model_id = await here.model()
    one, two = [await here.idea(title=title) for title in ("one", "two")]
    await here.estimate(one, reach=30, **FULL)
    await here.estimate(two, reach=20, **FULL)
    today = datetime.now(UTC).date()

    async def a_day_passes() -> None:
        async with admin.system() as tx:
            ids = str(model_id)
            await tx.run(
                "update scoring.scores set computed_at = computed_at - interval '1 day' where model_id = $1", ids
            )
            await tx.run("update scoring.score_days set since = since - 1, until = until - 1 where model_id = $1", ids)
            await tx.run("update scoring.idea_days set until = until - 1 where workspace_id = $1", here.id)

    async def ranked(days_ago: int, **others: Any) -> list[tuple[str, float | None]]:
        asked = {"model_id": str(model_id), "as_of": str(today - timedelta(days_ago)), "limit": 1, **others}
        found: list[tuple[str, float | None]] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = await api.scoring.get("/v1/rankings", params={**asked, **({"cursor": cursor} if cursor else {})})
            assert answer.status_code == 200, answer.text
            found += [(each["title"], each["value"]) for each in answer.json()["data"]]
            cursor = answer.json()["next_cursor"]
        return found

    await a_day_passes()
    await a_day_passes()
    await here.estimate(two, reach=40)
    await here.estimate(two, reach=50)
    await a_day_passes()
    await here.estimate(one, effort=0)
    assert await ranked(0) == [("two", 50)]
    assert await ranked(0, state="not_scoreable") == [("one", None)]
    assert await ranked(1) == [("two", 50), ("one", 30)], "the last move of the day counts"
    assert await ranked(1, state="not_scoreable") == []
    assert await ranked(2) == [("one", 30), ("two", 20)]
    assert await ranked(3) == [("one", 30), ("two", 20)]
    assert await ranked(4) == [], "nothing was scored then"
    ahead = await api.scoring.get(
        "/v1/rankings", params={"model_id": str(model_id), "as_of": str(today + timedelta(2))}
    )
    assert (ahead.status_code, ahead.json()["errors"][0]["pointer"]) == (422, "/query/as_of"), "nothing is shown yet"

    async def history(idea_id: Any) -> list[Any]:
        found: list[Any] = []
        asked = {"model_id": str(model_id), "limit": 1}
        while True:
            answer = await api.scoring.get(f"/v1/scores/{idea_id}/history", params=asked)
            assert answer.status_code == 200, answer.text
            found += answer.json()["data"]
            asked["cursor"] = answer.json()["next_cursor"]
            if asked["cursor"] is None:
                return found

    def days(found: list[Any]) -> list[Any]:
        return [tuple(each[name] for name in ("since", "until", "value", "version")) for each in found]

    t = [str(today - timedelta(days_ago)) for days_ago in range(4)]
    moved = await history(one)
    assert days(moved) == [(t[0], None, None, 3), (t[3], t[0], 30, 2)]
    assert [(each["missing"], each["cause"]["kind"]) for each in moved] == [(["effort"], "estimate"), ([], "estimate")]
    assert days(await history(two)) == [(t[1], None, 50, 4), (t[3], t[1], 20, 2)], "a day is what it ended with"

    await here.hear(idea(here.id, two, 2, title="second", kind="debt"))
    await here.hear(idea(here.id, two, 3, title="the second", kind="debt"))
    await here.hear(idea(here.id, one, 2, title="one", archived=True))
    assert await ranked(0) == [("the second", 50)]
    assert await ranked(1) == [("two", 50), ("one", 30)], "as both were called, and neither was archived"
    assert await ranked(1, kind="debt") == []
    await a_day_passes()
    await here.hear(idea(here.id, one, 3, title="one"))
    await here.hear(idea(here.id, two, 4, title="the second", kind="debt", status="shipped"))
    assert await ranked(0, status="open") == []
    assert await ranked(1, status="open", kind="debt") == [("the second", 50)]
    product = new_id()
    await here.hear(idea(here.id, two, 5, title="the second", kind="debt", product_id=product))
    assert await ranked(0, product_id=str(product)) == [("the second", 50)]
    assert await ranked(1, product_id=str(product)) == [], "it was of none"
    await a_day_passes()
    await here.hear(idea(here.id, two, 6, title="the second", kind="debt"))
    assert await ranked(0, product_id=str(product)) == []
    assert await ranked(1, product_id=str(product)) == [("the second", 50)]
    await a_day_passes()
    here_and_now = {"model_id": str(model_id), "product_id": str(product)}
    await here.hear(idea(here.id, one, 4, title="one", product_id=product))
    await here.estimate(one, effort=1)
    assert [each["title"] for each in (await api.scoring.get("/v1/rankings", params=here_and_now)).json()["data"]] == [
        "one"
    ]
    simulated = await api.scoring.post("/v1/simulations", json={**here_and_now, "samples": 100})
    assert [each["title"] for each in simulated.json()["ideas"]] == ["one"]
    assert await ranked(4) == [("two", 50), ("one", 30)]
