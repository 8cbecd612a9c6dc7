"""What came of estimates is measured by what is published for it, and corrects later ones visibly and reversibly."""

import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.calibration.accuracy import accuracy, reliability
from services.scoring.frameworks.factors import Range
from services.scoring.scores.corrections import Correction, corrected, fitting, for_team
from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Workspace, idea

FULL: dict[str, Any] = {"reach": 40, "impact": 1, "confidence": 0.5}
WEIGHTED: dict[str, Any] = {"criteria": [{"name": "effort", "weight": 1, "lowest": 1, "highest": 5}]}


async def test_a_correction_moves_scores_visibly_and_leaves_no_trace_when_off(
    api: Api, neighbour: Api, here: Workspace
) -> None:
    post, get, patch = api.scoring.post, api.scoring.get, api.scoring.patch
    rice = await here.model()
    scaled = await post(
        "/v1/models", json={"name": "one to five", "framework": "weighted", "parameters": WEIGHTED, "active": True}
    )
    assert scaled.status_code == 201, scaled.text
    team = (await post("/v1/teams", json={"name": "Shop"})).json()["id"]

    async def estimated(idea_id: UUID, estimator: str, effort: float, team_id: str | None) -> None:
        told = {"idea_id": str(idea_id), "input": "effort", "value": effort, "estimator": estimator}
        made = await post("/v1/estimates", json={**told, "team_id": team_id, "discipline": "engineering"})
        assert made.status_code == 201, made.text

    # Ten ideas that the team thought would take two, and that took four; others were right about theirs.
    past = [await here.idea() for _ in range(10)]
    for idea_id in past:
        await estimated(idea_id, "ada", 2, team)
        await estimated(idea_id, "grace", 4, None)
    outcomes: list[dict[str, Any]] = [{"idea_id": str(each), "input": "effort", "actual": 4} for each in past]
    (await api.scoring.put("/v1/outcomes", json={"outcomes": outcomes})).raise_for_status()
    # With hindsight everybody would have been right; what counts is what was estimated by then.
    await estimated(past[0], "ada", 4, team)
    mended = {"outcomes": [{**outcomes[0], "note": "once more"}]}
    (await api.scoring.put("/v1/outcomes", json=mended)).raise_for_status()

    report = (await get("/v1/calibrations", params={"input": "effort"})).json()
    overall, (theirs,), (discipline,) = report["overall"]["amounts"], report["teams"], report["disciplines"]
    assert (overall["n"], overall["mape"], overall["wape"]) == (10, 0.25, 0.25)
    assert overall["ratio"] == pytest.approx(4 / 3)
    assert (theirs["team_id"], discipline["discipline"]) == (team, "engineering")
    assert (theirs["amounts"]["ratio"], theirs["amounts"]["mape"], theirs["amounts"]["small"]) == (2, 0.5, False)
    assert (theirs["amounts"]["weight"], theirs["amounts"]["factor"]) == (0.5, pytest.approx(math.sqrt(2)))

    new, plain = await here.idea(title="new"), await here.idea(title="plain")
    for idea_id in (new, plain):
        await here.estimate(idea_id, **FULL)
    await estimated(new, "ada", 2, team)
    await estimated(new, "grace", 4, None)
    await estimated(plain, "grace", 4, None)
    before, told = await _scores(here), len(await here.published())
    made = await post("/v1/corrections", json={"input": "effort", "team_id": team, "framework": "rice"})
    assert made.status_code == 201, made.text
    correction, url = made.json(), made.headers["location"]
    assert (correction["number"], correction["n"], correction["on"], correction["kind"]) == (1, 10, False, "ratio")
    assert await _scores(here) == before, "nothing corrects a score unasked"

    on = await patch(url, json={"on": True}, headers={"If-Match": made.headers["etag"]})
    assert (on.status_code, on.json()["on"]) == (200, True)
    score = next(each for each in (await get(f"/v1/scores/{new}")).json()["scores"] if each["model"]["id"] == str(rice))
    effort = score["inputs"]["effort"]
    assert effort["raw"] == 3
    assert effort["value"] == pytest.approx((2 * math.sqrt(2) + 4) / 2), "the team's is corrected, grace's is not"
    assert [each["value"] for each in effort["estimates"]] == [2, 4], "shown as they were estimated"
    assert effort["corrections"] == [
        {
            "correction_id": correction["id"],
            "version": 1,
            "kind": "ratio",
            "factor": correction["factor"],
            "n": 10,
            "estimates": 1,
        }
    ]
    assert score["value"] == pytest.approx(40 * 0.5 / effort["value"])
    assert (score["cause"]["kind"], score["cause"]["id"]) == ("correction", correction["id"])
    moved = (await here.published())[told:]
    assert {(each["idea_id"], each["cause"], each["cause_id"]) for each in moved} == {
        (str(new), "correction", correction["id"])
    }, "the ideas that lack an input have no score, and the other model counts on a scale from one to five"
    assert await here.differences() == []
    what_if = (await post("/v1/what-ifs", json={"model_id": str(rice)})).json()["ideas"]
    assert {each["title"]: each["before"]["value"] for each in what_if}["new"] == score["value"]
    run = (await post("/v1/runs", json={"model_id": str(rice), "name": "Q1"})).json()

    again = await post("/v1/corrections", json={"input": "effort", "team_id": team, "framework": "rice", "k": 0})
    second = again.headers["location"]
    assert (again.json()["number"], again.json()["factor"]) == (2, 2)
    (await patch(second, json={"on": True})).raise_for_status()
    in_force = (await get("/v1/corrections", params={"on": True})).json()["data"]
    assert [each["id"] for each in in_force] == [again.json()["id"]], "one of a scope, in place of the other"
    stale = await patch(url, json={"on": True}, headers={"If-Match": on.headers["etag"]})
    assert stale.status_code == 412
    (await patch(second, json={"on": False})).raise_for_status()
    assert await _scores(here) == before
    assert await here.differences() == []
    replayed = (await post(f"/v1/runs/{run['id']}/replays", json={})).json()
    assert replayed["changed"] == 0, "a run is tried again with what was in force when it was taken"
    changed = (await get(f"/v1/runs/{run['id']}/comparison")).json()["changes"]
    assert [each["idea_id"] for each in changed] == [str(new)]
    detail = (await get(url)).json()
    assert (len(detail["pairs"]), detail["pairs"][0]["estimate"], detail["pairs"][0]["actual"]) == (10, 2, 4)
    (switch,) = detail["switches"]
    assert switch["off_at"] is not None
    assert switch["on_by"] == f"key:{api.key_id}"

    nothing = await post("/v1/corrections", json={"input": "reach"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_compare")
    lost = await post("/v1/corrections", json={"input": "effort", "team_id": str(new_id())})
    assert lost.json()["errors"][0]["pointer"] == "/body/team_id"
    outcome = (await get("/v1/outcomes", params={"idea_id": str(past[0])})).json()["data"][0]
    assert outcome["note"] == "once more"
    for path in (url, f"/v1/outcomes/{outcome['id']}"):
        assert (await get(path)).status_code == 200
        assert (await neighbour.scoring.get(path)).status_code == 404
    for bad, pointer in (
        ([outcomes[0], outcomes[0]], "/body/outcomes/1"),
        ([{**outcomes[0], "predicted_at": "2199-01-01T00:00:00Z"}], "/body/outcomes/0/predicted_at"),
        ([{**outcomes[0], "kind": "event"}], "/body/outcomes/0"),
    ):
        refused = await api.scoring.put("/v1/outcomes", json={"outcomes": bad})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_an_outcome_is_held_against_the_estimates_of_what_was_merged_into_its_idea(
    api: Api, here: Workspace
) -> None:
    kept, first, second = [await here.idea() for _ in range(3)]
    await here.estimate(first, "ada", effort=2)
    await here.estimate(second, "ada", effort=3)
    await here.estimate(second, "grace", effort=5)
    outcome = {"outcomes": [{"idea_id": str(kept), "input": "effort", "actual": 8}]}
    (await api.scoring.put("/v1/outcomes", json=outcome)).raise_for_status()

    async def ratios() -> tuple[int, float | None]:
        found = (await api.scoring.get("/v1/calibrations", params={"input": "effort"})).json()["overall"]["amounts"]
        return found["n"], found["ratio"]

    assert await ratios() == (0, None), "nobody has estimated it"
    await here.hear(*(idea(here.id, each, version=2, archived=True, merged_into=kept) for each in (first, second)))
    assert await ratios() == (1, pytest.approx(8 / 4)), "of ada the latest, 3, and 5 of grace"
    await here.estimate(second, "ada", effort=100)
    assert await ratios() == (1, pytest.approx(2)), "that is hindsight"
    await here.estimate(kept, "ada", effort=16)
    moved = {"outcomes": [{**outcome["outcomes"][0], "predicted_at": datetime.now(UTC).isoformat()}]}
    (await api.scoring.put("/v1/outcomes", json=moved)).raise_for_status()
    assert await ratios() == (1, pytest.approx(8 / 16)), "the idea itself has an estimate: those of the others rest"
    await here.hear(*(idea(here.id, each, version=3) for each in (first, second)))
    others = {"outcomes": [{"idea_id": str(second), "input": "effort", "actual": 105}]}
    (await api.scoring.put("/v1/outcomes", json=others)).raise_for_status()
    assert await ratios() == (2, pytest.approx((0.5 * 2) ** 0.5)), "apart again, each by its own"


async def _scores(here: Workspace) -> list[tuple[Any, ...]]:
    async with here.database.read({here.id}) as read:
        rows = await read.all(
            "select model_id, idea_id, state, value, inputs::text as inputs, missing::text as missing from scores "
            "where workspace_id = $1 order by 1, 2",
            here.id,
        )
    return [tuple(row) for row in rows]


async def test_confidence_is_held_against_what_happened_and_work_against_what_was_expected(
    api: Api, neighbour: Api, here: Workspace
) -> None:
    post, get, put = api.scoring.post, api.scoring.get, api.scoring.put
    await here.model()
    ideas = [await here.idea() for _ in range(4)]
    for idea_id, confidence in zip(ideas, (0.9, 0.9, 0.8, 80), strict=True):
        await here.estimate(idea_id, confidence=confidence, reach=10, impact=1, effort=1)
    happened: list[dict[str, Any]] = [
        {"idea_id": str(idea_id), "input": "confidence", "kind": "event", "actual": actual}
        for idea_id, actual in zip(ideas, (1, 0, 0, 1), strict=True)
    ]
    (await put("/v1/outcomes", json={"outcomes": happened})).raise_for_status()
    report = (await get("/v1/calibrations", params={"input": "confidence", "basis": "events"})).json()
    events = report["overall"]["events"]
    assert (report["not_probabilities"], events["n"], events["small"]) == (1, 3, True)
    assert events["brier"] == pytest.approx((0.01 + 0.81 + 0.64) / 3)
    assert [(each["low"], each["n"], each["observed"]) for each in events["bins"]] == [(0.8, 1, 0), (0.9, 2, 0.5)]
    (model,) = (await get("/v1/models")).json()["data"]
    by_model = (await get(f"/v1/calibrations/models/{model['id']}")).json()
    assert [(each["name"], each["report"]["basis"]) for each in by_model["inputs"]] == [
        ("reach", "amounts"),
        ("impact", "amounts"),
        ("confidence", "events"),
        ("effort", "amounts"),
    ]
    assert by_model["inputs"][2]["report"] == report
    assert by_model["inputs"][0]["report"]["overall"]["amounts"]["n"] == 0
    assert (await neighbour.scoring.get(f"/v1/calibrations/models/{model['id']}")).status_code == 404
    made = await post("/v1/corrections", json={"input": "confidence", "basis": "events", "k": 0})
    factor = made.json()["factor"]
    assert factor == pytest.approx(max(0.1, (1.5 / 2.5) / (3.1 / 0.9)))
    (await patch_on(api, made.headers["location"])).raise_for_status()
    (score,) = (await get(f"/v1/scores/{ideas[0]}")).json()["scores"]
    confidence = score["inputs"]["confidence"]
    assert (confidence["raw"], confidence["corrections"][0]["kind"]) == (0.9, "odds")
    assert confidence["value"] == pytest.approx(9 * factor / (1 + 9 * factor))

    team, other = [(await post("/v1/teams", json={"name": name})).json()["id"] for name in ("Shop", "Desk")]
    told: list[dict[str, Any]] = [{"idea_id": str(each), "skill": "backend", "amount": 2} for each in ideas[:3]]
    (await put("/v1/efforts", json={"efforts": told})).raise_for_status()
    work: dict[str, Any] = {"source": "sheets", "period": "2027-Q1", "skill": "backend"}
    actual = [
        {**work, "external_id": "a", "idea_id": str(ideas[0]), "team_id": team, "amount": 3},
        {**work, "external_id": "b", "idea_id": str(ideas[1]), "team_id": team, "amount": 1},
        {**work, "external_id": "c", "idea_id": str(ideas[1]), "team_id": other, "amount": 1},
        {**work, "external_id": "d", "idea_id": str(ideas[2]), "team_id": team, "amount": 9},
    ]
    (await post("/v1/actuals", json={"actuals": actual})).raise_for_status()
    # Too late: this is what it took, not what was expected.
    hindsight = {"efforts": [{**each, "amount": 9} for each in told]}
    (await put("/v1/efforts", json=hindsight)).raise_for_status()
    for idea_id in ideas[:2]:
        await here.hear(idea(here.id, idea_id, 2, status="shipped"))
    efforts = (await get("/v1/calibrations", params={"basis": "efforts"})).json()
    whole, (theirs,), (skill,) = efforts["overall"]["amounts"], efforts["teams"], efforts["skills"]
    assert (whole["n"], whole["mape"]) == (2, pytest.approx((1 / 3 + 0) / 2)), "the third has not shipped"
    assert (theirs["team_id"], theirs["amounts"]["ratio"]) == (team, pytest.approx(1.5)), (
        "what two teams did is neither's"
    )
    assert (skill["skill"], skill["amounts"]["n"]) == ("backend", 2)
    again = await post("/v1/corrections", json={"input": "effort", "basis": "efforts", "team_id": team})
    assert (again.json()["n"], again.json()["factor"]) == (1, pytest.approx(1.5 ** (1 / 11)))
    promised = {"team_id": team, "idea_id": str(ideas[3]), "period": "2027-Q2"}
    (await put("/v1/commitments", json={"commitments": [promised]})).raise_for_status()
    new = {"idea_id": str(ideas[3]), "skill": "backend", "amount": 10}
    (await put("/v1/efforts", json={"efforts": [new]})).raise_for_status()
    (await patch_on(api, again.headers["location"])).raise_for_status()
    for asks, factor in ((False, 1), (True, again.json()["factor"])):
        asked: dict[str, Any] = {"period": "2027-Q2", "team_id": team, "corrected": asks}
        (use,) = (await get("/v1/capacities/use", params=asked)).json()["data"]
        assert (use["factor"], use["needed"]) == (factor, pytest.approx(10 * factor))


async def patch_on(api: Api, url: str) -> Any:
    """Switch a correction on."""
    return await api.scoring.patch(url, json={"on": True})


_AMOUNT = st.floats(1e-3, 1e6)


@given(pairs=st.lists(st.tuples(_AMOUNT, _AMOUNT), max_size=30), k=st.floats(0, 100))
def test_amounts(pairs: list[tuple[float, float]], k: float) -> None:
    found = accuracy(pairs, k)
    assert found.small == (len(pairs) < 10)
    if not pairs:
        assert (found.mape, found.ratio, found.factor) == (None, None, 1)
        return
    assert found.ratio is not None
    # Between no correction and all of it, and the other way round for who is off the other way.
    low, high = sorted([1.0, found.ratio])
    assert min(max(low, 0.1), 10) * (1 - 1e-9) <= found.factor <= min(max(high, 0.1), 10) * (1 + 1e-9)
    assert accuracy([(actual, estimate) for estimate, actual in pairs], k).factor == pytest.approx(1 / found.factor)
    assert accuracy([(4 * estimate, 4 * actual) for estimate, actual in pairs], k).mape == pytest.approx(found.mape)
    right = accuracy([(actual, actual) for _, actual in pairs], k)
    assert (right.mape, right.wape, right.factor) == (0, 0, 1)
    zero = accuracy([*pairs, (1.0, 0.0)], k)
    assert (zero.mape, zero.zeros, zero.factor) == (None, 1, found.factor), "there is no percentage of nothing"


@given(pairs=st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30), k=st.floats(0, 100))
def test_probabilities(pairs: list[tuple[float, bool]], k: float) -> None:
    found = reliability(pairs, k)
    assert found.brier is not None
    assert found.base is not None
    assert 0 <= found.brier <= 1
    assert sum(each.n for each in found.bins) == found.n == len(pairs)
    assert all(each.low <= each.predicted <= each.high + 1e-12 for each in found.bins)
    other = reliability([(1 - p, not happened) for p, happened in pairs], k)
    assert other.brier == pytest.approx(found.brier)
    assert other.factor == pytest.approx(1 / found.factor, rel=1e-6)
    rate = sum(happened for _, happened in pairs) / len(pairs)
    always = reliability([(rate, happened) for _, happened in pairs], k)
    assert always.brier == pytest.approx(found.base, abs=1e-12), "who says how often it happens has that of the base"
    assert always.factor == pytest.approx(1)


_SCALES = st.sampled_from([Range(0), Range(0, 1), Range(1, 5), Range(0, above=True), Range(-1)])


@given(
    kind=st.sampled_from(["ratio", "odds"]),
    factor=st.floats(0.1, 10),
    value=st.floats(0, 1),
    scale=_SCALES,
    scopes=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=4, unique=True),
)
def test_what_is_corrected_stays_on_its_scale_and_once(
    kind: Any, factor: float, value: float, scale: Range, scopes: list[tuple[bool, bool]]
) -> None:
    team = new_id()
    held = [
        Correction(new_id(), 1, "x", team if of_team else None, "rice" if of_rice else None, kind, factor, 5)
        for of_team, of_rice in scopes
    ]
    found = fitting(held, "rice", "x", scale)
    fits = (kind == "ratio" and scale.highest == math.inf and scale.lowest >= 0) or (
        kind == "odds" and scale.highest == 1
    )
    assert bool(found) == (fits and bool(held))
    chosen = for_team(found, team)
    if chosen is not None:
        particular = max((each.team_id is not None, each.framework is not None) for each in found)
        assert (chosen.team_id is not None, chosen.framework is not None) == particular
        assert scale.lowest <= corrected(chosen, value) <= scale.highest
    stranger = for_team(found, new_id())
    assert stranger is None or stranger.team_id is None
    assert fitting(held, "rice", "y", scale) == ()
    back = Correction(new_id(), 1, "x", None, None, kind, 1 / factor, 5)
    there = Correction(new_id(), 1, "x", None, None, kind, factor, 5)
    assert corrected(back, corrected(there, value)) == pytest.approx(value, abs=1e-9)
