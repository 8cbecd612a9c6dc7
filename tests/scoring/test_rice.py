"""RICE: published figures, refusals, and what holds for any figures."""

import json
import math
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.frameworks.factors import Contribution, Factor, Outcome
from services.scoring.frameworks.rice import MANY, RANGES, Scale, explain, score

SHARED = Path(__file__).parents[3] / "shared" / "vectors" / "rice.json"

# Each with the page it was read on. Arithmetic checked; their authority is that of a web page.
PUBLISHED = [
    ("Feature A, timeclick-software/awesome-time-tracking, rice-framework.md", (2000, 2, 0.8, 4), "intercom", 800),
    ("A, beginpm.com, what-is-the-rice-scoring-model", (1000, 2, 0.8, 5), "intercom", 320),
    ("B, beginpm.com, what-is-the-rice-scoring-model", (500, 1, 0.9, 2), "intercom", 225),
    ("Dark mode, agentcalc.com, rice-feature-prioritization-calculator", (8000, 1, 0.9, 2), "intercom", 3600),
    ("Referral program, agentcalc.com, the same page", (3000, 3, 0.5, 3), "intercom", 1500),
    ("Onboarding improvement, hashbuilds.com, what-is-rice-score", (5000, 2, 0.8, 2), "intercom", 4000),
    ("AI Copilot, unifiedproductgraph.org, rice-scoring: 1 to 5 on every factor", (4, 5, 3, 2), "ordinal", 30),
    ("Real-time Collab, unifiedproductgraph.org, the same page", (3, 4, 2, 5), "ordinal", 4.8),
    ("zero reach is valid", (0, 3, 1, 2), "intercom", 0),
]
REFUSED = [
    ("no effort at all, where airfocus divides by max(1e-12, effort)", (100, 1, 0.8, 0), "intercom", ["effort"]),
    ("confidence not given", (100, 1, None, 1), "intercom", ["confidence"]),
    ("nothing given", (None, None, None, None), "intercom", ["reach", "impact", "confidence", "effort"]),
    ("confidence in per cent", (100, 1, 80, 1), "intercom", ["confidence"]),
    ("no confidence", (100, 1, 0, 1), "intercom", ["confidence"]),
    ("negative reach and effort", (-1, 1, 1, -1), "intercom", ["reach", "effort"]),
    ("not a number", (math.nan, 1, 1, 1), "intercom", ["reach"]),
    ("infinite", (math.inf, 1, 1, 1), "intercom", ["reach"]),
    ("over all numbers", (1e300, 1, 1, 1e-300), "intercom", ["effort"]),
    ("a share on a scale of 1 to 5", (4, 5, 0.8, 2), "ordinal", ["confidence"]),
    ("six out of five", (6, 5, 3, 2), "ordinal", ["reach"]),
]
FACTORS = ("reach", "impact", "confidence", "effort")


def one(figures: tuple[float | None, ...], scale: Scale = "intercom") -> Outcome:
    """One idea's outcome."""
    return score(*([figure] for figure in figures), scale=scale)[0]


def why(figures: tuple[float | None, ...], scale: Scale = "intercom") -> dict[str, Factor]:
    """What became of one idea's figures."""
    return explain(*figures, scale=scale)


@pytest.mark.parametrize(("figures", "scale", "value"), [case[1:] for case in PUBLISHED], ids=[c[0] for c in PUBLISHED])
def test_published(figures: tuple[float, ...], scale: Scale, value: float) -> None:
    assert one(figures, scale).value == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(("figures", "scale", "missing"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_refused(figures: tuple[float | None, ...], scale: Scale, missing: list[str]) -> None:
    assert one(figures, scale) == Outcome(None, tuple(missing))
    factors = why(figures, scale)
    assert [name for name, factor in factors.items() if factor.problem] == missing
    assert all(factor.contribution is None for factor in factors.values())


def test_refusal_says_why() -> None:
    problems = {name: factor.problem for name, factor in why((None, 1, 80, 0)).items()}
    assert problems == {
        "reach": "missing",
        "impact": None,
        "confidence": "80 is not above 0 and at most 1",
        "effort": "0 is not above 0",
    }


def test_off_scale_is_taken_and_flagged() -> None:
    factors = why((500, 1.5, 0.9, 2))
    assert {name for name, factor in factors.items() if factor.flags == ("off_scale",)} == {"impact", "confidence"}
    assert not any(factor.flags for factor in why((500, 0.25, 0.8, 2)).values())


def test_columns_must_match() -> None:
    with pytest.raises(ValueError, match="zip"):
        score([1, 2], [1], [1], [1])
    with pytest.raises(ValueError, match="different lengths"):
        score([1] * MANY, [1], [1], [1])


def _apply(steps: list[Contribution]) -> float:
    value = 1.0
    for step in steps:
        value = value * step.operand if step.operation == "multiply" else value / step.operand
    return value


positive = st.floats(min_value=1e-9, max_value=1e12)


@given(reach=st.one_of(st.just(0.0), positive), impact=positive, confidence=st.floats(1e-9, 1), effort=positive)
def test_contributions_decompose_exactly(reach: float, impact: float, confidence: float, effort: float) -> None:
    outcome = one((reach, impact, confidence, effort))
    assert outcome.value is not None
    factors = why((reach, impact, confidence, effort))
    steps = [factor.contribution for factor in factors.values() if factor.contribution]
    assert len(steps) == 4
    assert _apply(steps) == outcome.value
    logs = [step.log for step in steps]
    if reach == 0:
        assert logs[0] is None
    else:
        assert sum(log for log in logs if log is not None) == pytest.approx(math.log(outcome.value), abs=1e-6)


anything = st.one_of(st.none(), st.floats())


@given(st.lists(st.tuples(anything, anything, anything, anything), max_size=5), st.sampled_from(get_args(Scale)))
def test_any_figures_give_a_finite_value_or_what_is_missing(rows: list[Any], scale: Scale) -> None:
    columns = [[row[position] for row in rows] for position in range(4)]
    outcomes = score(*columns, scale=scale)
    assert len(outcomes) == len(rows)
    for row, outcome in zip(rows, outcomes, strict=True):
        assert (outcome.value is None) == bool(outcome.missing)
        problems = [name for name, factor in why(row, scale).items() if factor.problem]
        assert tuple(problems) == outcome.missing
        assert outcome.value is None or (math.isfinite(outcome.value) and outcome.value >= 0)
        assert outcome == one(row, scale), "an idea's score depends on its own figures alone"


@given(
    st.lists(st.tuples(anything, anything, anything, anything), min_size=1, max_size=8),
    st.sampled_from(get_args(Scale)),
)
def test_many_at_once_score_as_each_alone(rows: list[Any], scale: Scale) -> None:
    many = rows * MANY
    together = score(*([row[position] for row in many] for position in range(4)), scale=scale)
    assert together == [one(row, scale) for row in rows] * MANY


def test_scales_cover_the_same_inputs() -> None:
    assert all(tuple(ranges) == FACTORS for ranges in RANGES.values())


@pytest.mark.skipif(not SHARED.exists(), reason="the shared vectors lie beside the repository, where there are any")
def test_shared_vectors() -> None:
    for vector in json.loads(SHARED.read_text()):
        figures = tuple(vector["inputs"][name] for name in FACTORS)
        outcome = one(figures, "ordinal" if "1-5 ordinal" in vector.get("note", "") else "intercom")
        if vector["expected"] == "NOT_SCOREABLE":
            assert outcome.value is None, vector["id"]
        else:
            assert outcome.value == pytest.approx(vector["expected"], abs=vector["tolerance"]), vector["id"]
