"""What holds of every framework that scores single ideas, for any figures."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.factors import Explained
from services.scoring.frameworks.parameters import Parameters
from services.scoring.frameworks.recipe import to_array
from tests.depth import examples
from tests.scoring.samples import IDS, SAMPLES, Sample


def of(sample: Sample) -> Parameters:
    """The sample's parameters, read."""
    return FRAMEWORKS[sample.framework].parameters.model_validate(sample.parameters)


def replayed(explained: Explained) -> float:
    """What the steps make, applied in order by plain arithmetic."""
    value = explained.start
    for step in explained.steps:
        match step.operation:
            case "add":
                value += step.operand
            case "subtract":
                value -= step.operand
            case "multiply":
                value *= step.operand
            case "divide":
                value /= step.operand
        assert value == step.result
    return value


def test_every_framework_has_a_sample() -> None:
    assert {sample.framework for sample in SAMPLES} == set(FRAMEWORKS)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_a_sample_scores_and_explains_itself(sample: Sample) -> None:
    framework, parameters = FRAMEWORKS[sample.framework], of(sample)
    assert parameters.recipe().inputs.keys() == sample.given.keys()
    (outcome,) = framework.score({name: [value] for name, value in sample.given.items()}, parameters)
    assert outcome.value == pytest.approx(sample.value, abs=1e-9)
    explained = framework.explain(sample.given, parameters)
    assert replayed(explained) == outcome.value
    assert explained.label == sample.label or sample.label is None
    steps = {(step.operation, step.operand) for step in explained.steps}
    contributions = [factor.contribution for factor in explained.factors.values() if factor.contribution]
    assert all((each.operation, each.operand) in steps for each in contributions)
    assert {name for step in explained.steps for name in step.inputs} == sample.given.keys()
    stored = type(parameters).model_validate_json(parameters.model_dump_json())
    assert stored == parameters


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_each_input_is_needed(sample: Sample) -> None:
    framework, parameters = FRAMEWORKS[sample.framework], of(sample)
    for name in sample.given:
        for wrong in (None, math.nan, math.inf, -math.inf, -1e12):
            broken = {**sample.given, name: wrong}
            (outcome,) = framework.score({each: [value] for each, value in broken.items()}, parameters)
            assert (outcome.value, outcome.missing) == (None, (name,))
            explained = framework.explain(broken, parameters)
            assert [each for each, factor in explained.factors.items() if factor.problem] == [name]
            assert (explained.steps, explained.label) == ((), None)


figures = st.one_of(
    st.none(), st.floats(), st.floats(0, 10), st.integers(0, 10), st.sampled_from([0.0, 1.0, 4.0, -0.0, 1e-300, 1e300])
)


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
@examples(15)  # there are as many runs as frameworks, and what they share is met in each
@given(data=st.data())
def test_any_figures_give_a_finite_value_or_what_is_missing(sample: Sample, data: st.DataObject) -> None:
    framework, parameters = FRAMEWORKS[sample.framework], of(sample)
    names = list(parameters.recipe().inputs)
    rows: list[Any] = data.draw(st.lists(st.tuples(*[figures] * len(names)), min_size=1, max_size=4))
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    outcomes = framework.score(columns, parameters)
    by_recipe = parameters.recipe().score({name: to_array(column) for name, column in columns.items()})
    for position, outcome in enumerate(outcomes):
        row = {name: column[position] for name, column in columns.items()}
        explained = framework.explain(row, parameters)
        problems = tuple(name for name, factor in explained.factors.items() if factor.problem)
        assert problems == outcome.missing
        assert (outcome.value is None) == bool(outcome.missing)
        # The ideas beside it change nothing.
        assert framework.score({name: [value] for name, value in row.items()}, parameters) == [outcome]
        if outcome.value is None:
            assert np.isnan(by_recipe.values[position])
        else:
            assert math.isfinite(outcome.value)
            assert replayed(explained) == outcome.value == by_recipe.values[position]


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_columns_must_match(sample: Sample) -> None:
    columns = {name: np.ones(2) for name in sample.given}
    columns[next(iter(columns))] = np.ones(1)
    recipe = of(sample).recipe()
    if len(columns) > 1:
        with pytest.raises(ValueError, match="different lengths"):
            recipe.score(columns)
    assert recipe.score({name: np.ones(0) for name in sample.given}).outcomes() == []


def test_off_scale_is_flagged_and_between_names_is_refused() -> None:
    wsjf = FRAMEWORKS["wsjf"].parameters().recipe()
    values = {"user_business_value": 4.0, "time_criticality": 5.0, "risk_reduction": 0.0, "job_size": 8.0}
    factors = wsjf.explain(values).factors
    assert [name for name, factor in factors.items() if factor.flags] == ["user_business_value", "risk_reduction"]
    torn = FRAMEWORKS["moscow"].parameters().recipe().explain({"priority": 3.5})
    assert torn.factors["priority"].problem == "3.5 is not one of 1, 2, 3, 4"


def test_a_name_that_is_no_input_cannot_be_read_elsewhere() -> None:
    with pytest.raises(ValueError, match="joy is no input; the inputs are impact, confidence, ease"):
        FRAMEWORKS["ice"].parameters.model_validate({"reads": {"joy": "ice_joy"}})
