"""How sure a ranking is: spreads, simulations, what to refine, what changes the choice."""

import math
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.scoring.candidates.draws import Believed, Subject, columns, draw, stream
from services.scoring.frameworks.rice import RECIPES
from services.scoring.frameworks.spreads import Lognormal, Normal, Pert, Spread, Uniform
from services.scoring.uncertainty.refinement import gains, perfect
from services.scoring.uncertainty.standings import ranks, standings, ties
from shared.ids import new_id
from tests.builders import Api
from tests.depth import examples
from tests.scoring.given import Workspace

SPREADS = (
    Pert(kind="pert", low=2, likely=4, high=12),
    Lognormal(kind="lognormal", p10=20, p90=90),
    Normal(kind="normal", mean=10, sd=3),
    Uniform(kind="uniform", low=2, high=6),
)
RICE = RECIPES["intercom"]


@pytest.mark.parametrize("spread", SPREADS, ids=lambda spread: spread.kind)
def test_draws_have_the_mean_and_the_deviation_they_say(spread: Spread) -> None:
    drawn = draw(Believed([spread.mean], [spread]), stream(7, "x"), 100_000)
    assert drawn.mean() == pytest.approx(spread.mean, rel=0.02)
    assert drawn.std() == pytest.approx(spread.sd, rel=0.03)
    if isinstance(spread, Lognormal):
        assert np.quantile(drawn, (0.1, 0.9)) == pytest.approx([20, 90], rel=0.03)
    assert (draw(Believed([spread.mean], [spread]), stream(7, "x"), 100) == drawn[:100]).all()


def test_a_spread_that_is_none_is_refused() -> None:
    read = TypeAdapter[Spread](Spread).validate_python
    for wrong in (
        {"kind": "pert", "low": 3, "likely": 2, "high": 5},
        {"kind": "lognormal", "p10": 5, "p90": 5},
        {"kind": "lognormal", "p10": 1e-9, "p90": 1e12},
        {"kind": "normal", "mean": 1, "sd": 0},
        {"kind": "uniform", "low": 1, "high": 1},
        {"kind": "beta", "low": 1, "high": 2},
    ):
        with pytest.raises(ValidationError):
            read(wrong)


def test_estimators_who_disagree_are_a_mixture_and_doubt_keeps_the_mean() -> None:
    believed = Believed([2.0, 4.0], [None, None])
    drawn = draw(believed, stream(1, "x"), 20_000)
    assert set(drawn.tolist()) == {2.0, 4.0}
    assert drawn.mean() == pytest.approx(3, abs=0.02)
    doubted = draw(Believed([5.0], [None]), stream(1, "x"), 100_000, doubt=0.3)
    assert (doubted.mean(), doubted.std() / doubted.mean()) == (
        pytest.approx(5, rel=0.01),
        pytest.approx(0.3, rel=0.03),
    )
    counted = draw(Believed([5.0], [None], counted=True), stream(1, "x"), 10, doubt=0.3)
    assert set(counted.tolist()) == {5.0}


@examples(25)
@given(
    figures=st.lists(
        st.lists(st.sampled_from([math.nan, 0.0, 1.0, 2.5, 1e9]), min_size=6, max_size=6), min_size=1, max_size=7
    ),
    k=st.integers(1, 8),
)
def test_ranks_are_an_order_in_every_draw(figures: list[list[float]], k: int) -> None:
    values = np.array(figures)
    ranked = ranks(values, stream(1, "equals"))
    assert np.sort(ranked, axis=0).tolist() == [[place + 1] * 6 for place in range(len(values))]
    for draw_ in range(6):
        known = [
            (rank, value)
            for rank, value in zip(ranked[:, draw_], values[:, draw_], strict=True)
            if not math.isnan(value)
        ]
        assert [value for _, value in sorted(known)] == sorted((value for _, value in known), reverse=True)
        assert [rank for rank, _ in sorted(known)] == list(range(1, len(known) + 1)), "what is refused comes last"
    found = standings(values, ranked, k, 0.8)
    assert sum(each.top for each in found) == pytest.approx(min(k, len(values)))
    assert all(each.rank_low <= each.mean_rank + 1 and each.rank_low <= each.rank_high for each in found)
    order = sorted(range(len(found)), key=lambda place: found[place].mean_rank)
    assert [place for group in ties(values, order, 0.9) for place in group] == order


def test_the_value_of_information_is_what_arithmetic_says() -> None:
    """One idea is worth 10 for sure, the other anything from 0 to 16: knowing it is worth E[max(it - 10, 0)]."""
    sure = {"impact": Believed([1.0], [None]), "confidence": Believed([1.0], [None]), "effort": Believed([1.0], [None])}
    certain = Subject(UUID(int=1), {"reach": Believed([10.0], [None]), **sure})
    wide = Subject(UUID(int=2), {"reach": Believed([8.0], [Uniform(kind="uniform", low=0, high=16)]), **sure})
    drawn = [columns(each, tuple(RICE.inputs), 1, 20_000, {}) for each in (certain, wide)]
    (gain,) = gains(RICE, drawn, 1, 10)
    assert (gain.place, gain.input) == (1, "reach")
    assert gain.gain == pytest.approx(6**2 / 2 / 16, rel=0.02)
    assert (gain.changes, gain.above, gain.below) == (pytest.approx(6 / 16, abs=0.03), pytest.approx(10, abs=0.5), None)
    everything = perfect(np.array([RICE.score(each).values for each in drawn]), 1)
    assert gain.gain == pytest.approx(everything, rel=0.05), "nothing else is uncertain"
    assert gains(RICE, drawn, 2, 10) == [], "both are taken, whatever is learnt"


async def estimate(api: Api, idea_id: UUID, **inputs: Any) -> None:
    """Estimates over HTTP: a number is a point, an object a spread."""
    body: list[dict[str, Any]] = [
        {"idea_id": str(idea_id), "input": name, "estimator": "ada"}
        | ({"spread": given} if isinstance(given, dict) else {"value": given})
        for name, given in inputs.items()
    ]
    answer = await api.scoring.post("/v1/estimates/bulk", json={"estimates": body})
    assert answer.status_code == 201, answer.text


async def test_a_simulation_calls_a_tie_a_tie_and_names_what_to_refine(
    api: Api, neighbour: Api, here: Workspace
) -> None:
    model_id = await here.model()
    rest: dict[str, Any] = {"impact": 1, "confidence": 1, "effort": 1}
    far, near, wide, unknown = [await here.idea(title=title) for title in ("far", "near", "wide", "unknown")]
    await estimate(api, far, reach=100, **rest)
    await estimate(api, near, reach=10, **rest)
    pert = {"kind": "pert", "low": 2, "likely": 8, "high": 20}
    await estimate(api, wide, reach=pert, **rest)
    stored = (await api.scoring.get("/v1/estimates", params={"idea_id": str(wide), "input": "reach"})).json()["data"][0]
    assert (stored["value"], stored["spread"]) == (9, pert)
    assert (await here.scores())[wide]["value"] == 9, "scores use the mean"
    asked = {"model_id": str(model_id), "k": 2, "samples": 1_000, "idea_ids": [str(unknown)]}
    answer = await api.scoring.post("/v1/simulations", json=asked)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [each["title"] for each in found["ideas"]] == ["far", "near", "wide", "unknown"]
    assert found["ties"] == [[str(near), str(wide)]]
    first, second, third, last = found["ideas"]
    assert (first["top"], first["rank_low"], first["rank_high"], first["certain"]) == (1, 1, 1, True)
    assert 0.5 < second["top"] < 0.9
    assert second["top"] + third["top"] == pytest.approx(1)
    assert (third["value"], third["certain"], third["p10"] < 9 < third["p90"]) == (9, False, True)
    assert (last["refused"], last["value"], last["mean"], last["mean_rank"]) == (1, None, None, 4)
    assert [(each["idea_id"], each["input"]) for each in found["refine"]] == [(str(wide), "reach")]
    assert found["refine"][0]["share"] == pytest.approx(1, abs=0.1)
    assert (await api.scoring.post("/v1/simulations", json=asked)).json() == found, "the same seed, the same answer"
    without = (await api.scoring.post("/v1/simulations", json={**asked, "idea_ids": [], "among": 3})).json()
    assert without["ideas"][2]["p10"] == third["p10"], "others do not change an idea's draws"

    assert (await neighbour.scoring.post("/v1/simulations", json=asked)).status_code == 422
    for wrong in ({"idea_ids": [str(new_id())]}, {"samples": 10}, {"k": 0}):
        assert (await api.scoring.post("/v1/simulations", json={**asked, **wrong})).status_code == 422
    both = {"idea_id": str(near), "input": "reach", "estimator": "ada", "value": 1, "spread": pert}
    assert (await api.scoring.post("/v1/estimates", json=both)).json()["value"] == 1, "a point of one's own"
    assert (await api.scoring.post("/v1/estimates", json={**both, "value": None, "spread": None})).status_code == 422


async def test_sensitivity_finds_where_the_choice_turns(api: Api, here: Workspace) -> None:
    criteria = [{"name": "worth", "weight": 0.5}, {"name": "fit", "weight": 0.5}]
    made = await api.scoring.post(
        "/v1/models",
        json={"name": "W", "framework": "weighted", "active": True, "parameters": {"criteria": criteria}},
    )
    one, other = [await here.idea(title=title) for title in ("one", "other")]
    await here.estimate(one, worth=9, fit=4)
    await here.estimate(other, worth=5, fit=6)
    answer = await api.scoring.post("/v1/sensitivities", json={"model_id": made.json()["id"], "k": 1})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["chosen"] == [str(one)]
    # 4 a = 2 b: the worth's weight must fall to half of the other.
    turned = {each["name"]: each for each in found["weights"]}
    assert turned["worth"]["down"] == {"factor": pytest.approx(0.5, rel=1e-3), "value": pytest.approx(0.25, rel=1e-3)}
    assert turned["worth"]["up"] is None
    assert turned["fit"]["up"]["factor"] == pytest.approx(2, rel=1e-3)
    assert (turned["worth"]["enters"], turned["worth"]["leaves"]) == ([str(other)], [str(one)])
    assert turned["worth"]["pointer"] == "/criteria/0/weight"
    # 6.5 against 5.5: two points of any one criterion, and the nearest in proportion is that of nine.
    nearest = found["inputs"][0]
    assert (nearest["idea_id"], nearest["input"], nearest["chosen"]) == (str(one), "worth", True)
    assert nearest["down"]["value"] == pytest.approx(7, abs=0.01)
    # 10 is the most that a criterion takes: what is beyond it is no figure that the idea could have.
    assert [each for each in found["inputs"] if each["chosen"] and each["up"]] == []
    joining = {each["input"]: each["up"]["value"] for each in found["inputs"] if not each["chosen"]}
    assert joining == {"worth": pytest.approx(7, abs=0.01), "fit": pytest.approx(8, abs=0.01)}
