"""Whether a team needs a technical product manager, over HTTP."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.tpm_hiring import (
    CHANGE,
    COMPLEXITY,
    SOURCES,
    Assessed,
    Facts,
    Thresholds,
    assess,
    turning,
)
from tests.builders import Api
from tests.depth import examples
from tests.scoring.given import Workspace


async def test_an_assessment_gives_its_reasons_and_what_would_change_it(
    api: Api, neighbour: Api, here: Workspace
) -> None:
    asked: dict[str, Any] = {"engineers": 5, "technical_pms": 0, "complexity": 90, "change": 90}
    made = await api.scoring.post("/v1/assessments", json=asked)
    assert made.status_code == 201, made.text
    found = made.json()
    assert (found["score"], found["band"], found["gated"]) == (76, "plan_next_two_quarters", True)
    assert sum(part["points"] for part in found["parts"]) == pytest.approx(76)
    changes = {each["name"]: (each["at"], each["band"]) for each in found["changes"]}
    assert changes["engineers"] == (8, "hire_now")
    await here.idea(kind="migration")
    counted = {"engineers": 16, "technical_pms": 2, "integrations": 10, "components": 15}
    later = (await api.scoring.post("/v1/assessments", json=counted)).json()
    assert later["counted"] == {"integrations": 10, "components": 15, "migrations": 1}
    assert {part["name"]: part["value"] for part in later["parts"]} == {
        "complexity": 50,
        "team": 0,
        "change": pytest.approx(5),
        "debt": 0,
    }
    assert (later["origins"]["migrations"], later["origins"]["integrations"]) == ("computed", "asked")
    assert (later["origins"]["radar_moves"], later["origins"]["debt"]) == ("missing", "computed")
    bare = (await api.scoring.post("/v1/assessments", json={"engineers": 16, "technical_pms": 2})).json()
    assert (bare["state"], bare["missing"], bare["score"]) == ("not_scoreable", ["complexity"], None)
    strict = {**asked, "thresholds": {"least_engineers": 4, "hire_now": 76}, "sources": {"hire_now": "our own"}}
    hired = (await api.scoring.post("/v1/assessments", json=strict)).json()
    assert hired["band"] == "hire_now"
    assert hired["sources"]["hire_now"] == "our own"
    assert hired["sources"]["least_engineers"] == "set by the caller, who did not say where it is from"
    assert hired["sources"]["plan"] == "ours: no published standard"
    unknown = await api.scoring.post("/v1/assessments", json={**asked, "sources": {"x": "y"}})
    assert unknown.json()["errors"][0]["pointer"] == "/body"
    trend = (await api.scoring.get("/v1/assessments")).json()["data"]
    assert [each["score"] for each in trend] == [76, None, pytest.approx(21.25), 76]
    url = made.headers["location"]
    assert (await api.scoring.get(url)).json() == found
    assert (await neighbour.scoring.get(url)).status_code == 404


async def test_the_interest_of_debt_is_computed(api: Api) -> None:
    body = {"title": "Taxes", "component": "billing", "principal": 9, "interest": 20, "probability": 0.5}
    made = await api.scoring.post("/v1/debts", json={**body, "day_cost": 700})
    assert made.status_code == 201, made.text
    asked: dict[str, Any] = {"engineers": 2, "technical_pms": 0, "complexity": 50, "change": 50}
    found = (await api.scoring.post("/v1/assessments", json={**asked, "thresholds": {"debt_weight": 1}})).json()
    days = 2 * 5 * 365.25 / 12 / 7
    (debt,) = [part for part in found["parts"] if part["name"] == "debt"]
    assert (debt["value"], found["origins"]["debt"]) == (pytest.approx(100 * 10 / days), "computed")
    told = (await api.scoring.post("/v1/assessments", json={**asked, "debt": 15})).json()
    assert told["origins"]["debt"] == "asked"
    nobody = (await api.scoring.post("/v1/assessments", json={**asked, "engineers": 0})).json()
    assert nobody["origins"]["debt"] == "missing"


_SIGNALS = st.dictionaries(st.sampled_from([*COMPLEXITY, *CHANGE]), st.integers(0, 60).map(float), min_size=1)


@examples(20)
@given(
    engineers=st.integers(0, 60).map(float),
    pms=st.integers(0, 6).map(float),
    complexity=st.one_of(st.none(), st.integers(0, 100).map(float)),
    counts=_SIGNALS,
    hire=st.integers(50, 90).map(float),
)
def test_what_turns_a_band_is_the_nearest_that_does(
    engineers: float, pms: float, complexity: float | None, counts: dict[str, float], hire: float
) -> None:
    facts = Facts(engineers, pms, complexity, 50.0, 10.0, counts)
    thresholds = Thresholds(hire_now=hire, debt_weight=0.1)
    now = assess(facts, thresholds)
    if isinstance(now, Refusal):
        assert turning(facts, thresholds) == []
        return
    found = {name: (value, at, band) for name, value, at, band in turning(facts, thresholds)}
    for name, step in (("engineers", 1.0), ("technical_pms", 1.0), ("debt", 0.5)):
        value = getattr(facts, name)
        walked: float | None = None
        for away in range(1, 101):
            for other in (value - step * away, value + step * away):
                inside = other >= 0 and (name != "debt" or other <= 100)
                then = assess(replace(facts, **{name: other}), thresholds) if inside else now
                if walked is None and isinstance(then, Assessed) and then.band != now.band:
                    walked = other
        held = found.get(name)
        if walked is not None:
            assert held is not None
            assert abs(held[1] - value) == pytest.approx(abs(walked - value)), name
    assert SOURCES.keys() == Thresholds.model_fields.keys(), "each threshold says where it is from"
