"""Scores over HTTP: explained one by one, ranked together."""

import math
from typing import Any
from uuid import UUID

import pytest

from services.scoring.frameworks.parameters import DemandRule
from services.scoring.frameworks.rice import RiceParameters
from services.scoring.rankings import domain as ranking
from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Workspace

FULL: dict[str, Any] = {"impact": 2.0, "confidence": 0.9, "effort": 4.0}


async def test_an_explanation_names_every_input_and_its_source(api: Api, here: Workspace) -> None:
    model_id = await here.model()
    idea_id = await here.idea(title="Export as CSV")
    by_ada = await here.estimate(idea_id, "ada", **FULL)
    by_grace = await here.estimate(idea_id, "grace", effort=2)
    told = await here.demand(idea_id, version=7, contacts=3)
    answer = await api.scoring.get(f"/v1/scores/{idea_id}")
    assert answer.status_code == 200, answer.text
    explained = answer.json()
    assert (explained["title"], explained["kind"], explained["status"]) == ("Export as CSV", "feature", "open")
    assert explained["links"] == {
        "demand": f"/v1/ideas/{idea_id}/demand",
        "votes": f"/v1/votes?idea_id={idea_id}",
        "insights": f"/v1/insights?idea_id={idea_id}",
        "estimates": f"/v1/estimates?idea_id={idea_id}",
        "contributions": f"/v1/contributions/{idea_id}",
        "alignment": f"/v1/alignments/{idea_id}",
        "competition": f"/v1/competition/{idea_id}",
        "provenance": f"/v1/ideas/{idea_id}/provenance",
    }
    (score,) = explained["scores"]
    assert score["model"] == {
        "id": str(model_id),
        "name": "RICE",
        "framework": "rice",
        "formula": "reach * impact * confidence / effort",
        "version": 1,
    }
    assert (score["state"], score["value"], score["missing"]) == ("scored", 30 * 2 * 0.9 / 3, [])
    assert (score["cause"]["kind"], score["cause"]["id"]) == ("demand", str(told.id))
    assert list(score["inputs"]) == ["reach", "impact", "confidence", "effort"]
    reach, effort = score["inputs"]["reach"], score["inputs"]["effort"]
    assert (reach["source"], reach["value"], reach["estimates"]) == ("demand", 30, [])
    assert reach["demand"] == {
        "measure": "contacts",
        "count": 3,
        "per_ask": 10,
        "policy": None,
        "horizon": "quarter",
        "event_id": str(told.id),
        "version": 7,
    }
    assert (effort["source"], effort["value"], effort["demand"]) == ("estimate", 3, None)
    assert effort["unit"] == "person-months"
    day = by_ada[2]["created_at"].date()
    assert reach["words"] == (
        f"30, for 3 contacts who ask for the idea, 10 a quarter for each, as feedback counted on {told.time.date()}"
    )
    assert effort["words"] == (
        f"3, the mean of 2 estimates: 4 estimated by ada on {day}; 2 estimated by grace on {day}"
    )
    assert score["inputs"]["impact"]["words"] == f"2, as estimated by ada on {day}"
    assert score["intact"] is True
    by_whom = {(each["estimator"], each["estimate_id"], each["value"]) for each in effort["estimates"]}
    assert by_whom == {("ada", str(by_ada[2]["id"]), 4), ("grace", str(by_grace[0]["id"]), 2)}
    assert score["inputs"]["confidence"]["flags"] == ["off_scale"]

    value = 1.0
    for each in score["inputs"].values():
        step = each["contribution"]
        value = value * step["operand"] if step["operation"] == "multiply" else value / step["operand"]
    assert value == score["value"]
    logs = [each["contribution"]["log"] for each in score["inputs"].values()]
    assert math.isclose(sum(logs), math.log(score["value"]))


async def test_an_estimate_of_reach_wins_over_demand(api: Api, here: Workspace) -> None:
    await here.model()
    idea_id = await here.idea()
    await here.estimate(idea_id, reach=500, **FULL)
    await here.demand(idea_id)
    (score,) = (await api.scoring.get(f"/v1/scores/{idea_id}")).json()["scores"]
    reach = score["inputs"]["reach"]
    assert (reach["source"], reach["value"], reach["demand"]) == ("estimate", 500, None)


async def test_what_cannot_be_scored_says_what_it_lacks(api: Api, here: Workspace) -> None:
    await here.model()
    idea_id = await here.idea()
    await here.estimate(idea_id, effort=0, impact=1)
    (score,) = (await api.scoring.get(f"/v1/scores/{idea_id}")).json()["scores"]
    assert (score["state"], score["value"], score["missing"]) == (
        "not_scoreable",
        None,
        ["reach", "confidence", "effort"],
    )
    assert {name: each["problem"] for name, each in score["inputs"].items()} == {
        "reach": "missing",
        "impact": None,
        "confidence": "missing",
        "effort": "0 is not above 0",
    }
    assert {each["source"] for each in score["inputs"].values()} == {"none", "estimate"}


async def test_an_idea_is_scored_by_every_active_model(api: Api, here: Workspace) -> None:
    for measure in ("contacts", "accounts", "votes", "insights"):
        await here.model(RiceParameters(reach=DemandRule(measure=measure)), name=measure)
    await here.model(name="off", active=False)
    idea_id = await here.idea()
    await here.estimate(idea_id, impact=1, confidence=1, effort=1)
    await here.demand(idea_id, contacts=2, accounts=1, votes=3, insights=4)
    explained = (await api.scoring.get(f"/v1/scores/{idea_id}")).json()
    values = {score["model"]["name"]: score["value"] for score in explained["scores"]}
    assert values == {"contacts": 2, "accounts": 1, "votes": 3, "insights": 4}


async def test_known_without_a_model_is_not_unknown(api: Api, neighbour: Api, here: Workspace) -> None:
    idea_id = await here.idea()
    assert (await api.scoring.get(f"/v1/scores/{idea_id}")).json()["scores"] == []
    assert (await api.scoring.get(f"/v1/scores/{new_id()}")).status_code == 404
    assert (await neighbour.scoring.get(f"/v1/scores/{idea_id}")).status_code == 404


async def _pages(api: Api, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await api.scoring.get("/v1/rankings", params={**params, **cursor})
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        if answer.json()["next_cursor"] is None:
            return found
        cursor = {"cursor": answer.json()["next_cursor"]}


async def test_a_ranking_goes_from_high_to_low_in_pages(api: Api, here: Workspace) -> None:
    model_id = await here.model()
    ranked: list[Any] = []
    for number, contacts in enumerate((5, 0, 3, 3, 3, 9)):
        idea_id = await here.idea(title=f"idea {number}")
        await here.estimate(idea_id, **FULL)
        await here.demand(idea_id, contacts=contacts)
        ranked.append((contacts * 10 * 2 * 0.9 / 4, str(idea_id)))
    unscored = [str(await here.idea()) for _ in range(3)]
    archived = await here.idea(archived=True)
    await here.estimate(archived, reach=10_000, **FULL)
    merged = await here.idea(merged_into=UUID(ranked[0][1]))
    await here.estimate(merged, **{name: 10 * value for name, value in FULL.items()})
    for limit in (1, 2, 50):
        rows = await _pages(api, model_id=str(model_id), limit=limit)
        assert [(row["value"], row["idea_id"]) for row in rows] == sorted(ranked, reverse=True)
        rest = await _pages(api, model_id=str(model_id), state="not_scoreable", limit=limit)
        assert [row["idea_id"] for row in rest] == unscored[::-1]
    assert rest[0]["missing"] == ["reach", "impact", "confidence", "effort"]
    assert rows[0]["title"] == "idea 5"


@pytest.mark.parametrize("few", [2_000, 1, 0])
async def test_a_ranking_can_be_of_one_kind_or_status(
    api: Api, here: Workspace, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Whether ideas of the kind are few enough to be looked up, or the ranking is walked three places at a time."""
    monkeypatch.setattr(ranking, "FEW", few)
    monkeypatch.setattr(ranking, "WINDOW", 3)
    model_id = await here.model()
    made: list[tuple[str, str, str, float | None]] = []
    for number, (kind, status) in enumerate((("feature", "open"), ("debt", "open"), ("debt", "shipped")) * 3):
        idea_id = await here.idea(kind=kind, status=status)
        reach = float(number % 4) if number < 7 else None
        if reach is not None:
            await here.estimate(idea_id, reach=reach, **FULL)
        made.append((str(idea_id), kind, status, reach))
    await here.idea(kind="debt", archived=True)
    of = {"model_id": str(model_id)}
    for asked in ({}, {"kind": "debt"}, {"status": "shipped"}, {"kind": "debt", "status": "open"}, {"gate": "block"}):
        left = [
            (reach, id)
            for id, kind, status, reach in made
            if (asked.get("kind") or kind, asked.get("status") or status) == (kind, status) and "gate" not in asked
        ]
        for limit in (1, 2, 50):
            rows = await _pages(api, **of, **asked, limit=limit)
            wanted = sorted((each for each in left if each[0] is not None), reverse=True)
            assert [row["idea_id"] for row in rows] == [id for _, id in wanted], (asked, limit)
            rest = await _pages(api, **of, **asked, limit=limit, state="not_scoreable")
            assert [row["idea_id"] for row in rest] == sorted((id for reach, id in left if reach is None), reverse=True)


async def test_a_ranking_is_of_an_active_model_of_ones_own(api: Api, neighbour: Api, here: Workspace) -> None:
    model_id = await here.model(active=False)
    asked = {"model_id": str(model_id)}
    refused = await api.scoring.get("/v1/rankings", params=asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "model_inactive")
    assert (await neighbour.scoring.get("/v1/rankings", params=asked)).status_code == 404
    assert (await api.scoring.get("/v1/rankings")).status_code == 422
    on = await here.model(name="on")
    for cursor in ("x", "WzFd", "W251bGwsbnVsbF0", "WyJuYW4iLCJ4Il0"):
        wrong = await api.scoring.get("/v1/rankings", params={"model_id": str(on), "cursor": cursor})
        assert wrong.status_code == 422
