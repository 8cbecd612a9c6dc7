"""Whether a team needs a technical product manager, over HTTP."""

from typing import Any

import pytest

from tests.builders import Api
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
    bare = (await api.scoring.post("/v1/assessments", json={"engineers": 16, "technical_pms": 2})).json()
    assert (bare["state"], bare["missing"], bare["score"]) == ("not_scoreable", ["complexity"], None)
    strict = {**asked, "thresholds": {"least_engineers": 4, "hire_now": 76}}
    assert (await api.scoring.post("/v1/assessments", json=strict)).json()["band"] == "hire_now"
    trend = (await api.scoring.get("/v1/assessments")).json()["data"]
    assert [each["score"] for each in trend] == [76, None, pytest.approx(21.25), 76]
    url = made.headers["location"]
    assert (await api.scoring.get(url)).json() == found
    assert (await neighbour.scoring.get(url)).status_code == 404
