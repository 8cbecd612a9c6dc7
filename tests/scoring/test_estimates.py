"""Estimates: whose counts, and what they do to a score."""

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.estimates import domain as estimates
from services.scoring.estimates.domain import Draft
from services.scoring.scores.inputs import mean
from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Workspace

FULL: dict[str, Any] = {"reach": 100.0, "impact": 2.0, "confidence": 0.8, "effort": 4.0}


def body(idea_id: object, name: str, value: object, estimator: str = "ada", **others: object) -> dict[str, Any]:
    """An estimate as a caller sends it."""
    return {"idea_id": str(idea_id), "input": name, "value": value, "estimator": estimator, **others}


async def test_the_latest_of_each_estimator_counts(api: Api, here: Workspace) -> None:
    await here.model()
    idea_id = await here.idea()
    await here.estimate(idea_id, **FULL)
    made: list[str] = []
    for value, estimator in ((8, "grace"), (2, "ada"), (6, "grace")):
        answer = await api.scoring.post("/v1/estimates", json=body(idea_id, "effort", value, estimator))
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/v1/estimates/{answer.json()['id']}"
        made.append(answer.json()["id"])
    row = (await here.scores())[idea_id]
    assert row["value"] == 100 * 2 * 0.8 / 4, "the mean of 2 by ada and 6 by grace"
    assert (row["cause"], str(row["cause_id"])) == ("estimate", made[-1])

    listed = await api.scoring.get("/v1/estimates", params={"idea_id": str(idea_id), "input": "effort"})
    assert [each["id"] for each in listed.json()["data"]] == [made[2], made[1]]
    everything = await api.scoring.get(
        "/v1/estimates", params={"idea_id": str(idea_id), "superseded": True, "limit": 2}
    )
    assert [each["current"] for each in everything.json()["data"]] == [True, True]
    rest = await api.scoring.get(
        "/v1/estimates",
        params={"idea_id": str(idea_id), "superseded": True, "cursor": everything.json()["next_cursor"]},
    )
    assert len(rest.json()["data"]) == 5
    assert rest.json()["next_cursor"] is None


async def test_a_withdrawn_estimate_counts_no_more_and_brings_none_back(api: Api, here: Workspace) -> None:
    await here.model()
    idea_id = await here.idea()
    await here.estimate(idea_id, **FULL)
    latest = (await here.estimate(idea_id, effort=8))[0]["id"]
    for _ in range(2):
        assert (await api.scoring.delete(f"/v1/estimates/{latest}")).status_code == 204
    row = (await here.scores())[idea_id]
    assert (row["state"], row["missing"], row["cause_id"]) == ("not_scoreable", '["effort"]', latest)
    assert (await here.published())[-1]["previous"] == 20
    shown = (await api.scoring.get(f"/v1/estimates/{latest}")).json()
    assert shown["current"] is False
    assert shown["withdrawn_at"] is not None
    assert await here.differences() == []


async def test_several_at_once_are_one_transaction(api: Api, here: Workspace) -> None:
    await here.model()
    ideas = [await here.idea() for _ in range(3)]
    several = [body(idea_id, name, value) for idea_id in ideas for name, value in FULL.items()]
    answer = await api.scoring.post("/v1/estimates/bulk", json={"estimates": several})
    assert answer.status_code == 201, answer.text
    sent = [(each["idea_id"], each["input"]) for each in several]
    assert [(each["idea_id"], each["input"]) for each in answer.json()["data"]] == sent
    assert {row["value"] for row in (await here.scores()).values()} == {40}
    moves = [event for event in await here.published() if event["cause"] == "estimate"]
    assert len(moves) == len(ideas), "one move for each idea, not for each input"

    twice = await api.scoring.post("/v1/estimates/bulk", json={"estimates": [*several, several[0]]})
    assert twice.status_code == 422
    assert twice.json()["errors"][0]["pointer"] == f"/body/estimates/{len(several)}"
    assert (await api.scoring.post("/v1/estimates/bulk", json={"estimates": []})).status_code == 422


async def test_an_idea_may_be_estimated_before_scoring_has_heard_of_it(api: Api, here: Workspace) -> None:
    await here.model()
    idea_id = new_id()
    answer = await api.scoring.post("/v1/estimates", json=body(idea_id, "effort", 1, discipline="design", note="a day"))
    assert answer.status_code == 201
    assert (await here.scores())[idea_id]["state"] == "not_scoreable"


async def test_a_workspace_that_fills_faster_than_statistics_stays_quick(here: Workspace) -> None:
    seconds: list[float] = []
    for _ in range(9):
        drafts = [Draft(new_id(), name, 1, "ada", None, None) for _ in range(200) for name in FULL]
        async with here.database.transaction({here.id}) as tx:
            began = time.perf_counter()
            await estimates.add(tx, here.id, drafts)
            seconds.append(time.perf_counter() - began)
    # A plan that reads the workspace for each estimate is 60 times slower by then, and gets worse.
    assert min(seconds[-3:]) < 10 * max(seconds[:3])


async def test_refused(api: Api) -> None:
    idea_id = new_id()
    for wrong in (
        body(idea_id, "Effort", 1),
        body(idea_id, "effort", 1e13),
        body(idea_id, "effort", "much"),
        body(idea_id, "effort", 1, ""),
        body(idea_id, "effort", 1, discipline="astrology"),
        body("not-an-id", "effort", 1),
    ):
        assert (await api.scoring.post("/v1/estimates", json=wrong)).status_code == 422, wrong
    assert (await api.scoring.get(f"/v1/estimates/{idea_id}")).status_code == 404
    assert (await api.scoring.delete(f"/v1/estimates/{idea_id}")).status_code == 404
    assert (await api.scoring.get("/v1/estimates")).status_code == 422


async def test_a_neighbour_sees_and_moves_nothing(api: Api, neighbour: Api, here: Workspace) -> None:
    await here.model()
    idea_id = await here.idea()
    estimate_id = (await here.estimate(idea_id, **FULL))[0]["id"]
    before = await here.scores()
    assert (await neighbour.scoring.get(f"/v1/estimates/{estimate_id}")).status_code == 404
    assert (await neighbour.scoring.delete(f"/v1/estimates/{estimate_id}")).status_code == 404
    assert (await neighbour.scoring.get("/v1/estimates", params={"idea_id": str(idea_id)})).json()["data"] == []
    assert (await neighbour.scoring.post("/v1/estimates", json=body(idea_id, "effort", 1))).status_code == 201
    assert await here.scores() == before


async def test_a_key_needs_its_scope(api: Api) -> None:
    reader = await api.another({"scores:read"})
    refused = await reader.scoring.post("/v1/estimates", json=body(new_id(), "effort", 1))
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20))
def test_a_mean_has_no_order_and_stays_within(values: list[float]) -> None:
    assert mean(values) == mean(values[::-1])
    assert min(values) <= mean(values) <= max(values)
    assert mean([values[0]] * len(values)) == values[0]
