"""Models over the same ideas, two ideas under one model, and what an unrelated idea moves: nothing."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.scoring.comparisons.agreement import agree, midranks
from services.scoring.comparisons.reasons import Reasons, account, log_mean
from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import DemandRule
from services.scoring.frameworks.rice import RiceParameters
from services.scoring.models import domain as models
from shared.ids import new_id
from tests.builders import Api
from tests.depth import examples
from tests.scoring.given import Databases, Workspace
from tests.scoring.given import idea as said
from tests.scoring.samples import IDS, SAMPLES, Sample

FULL: dict[str, Any] = {"impact": 1.0, "confidence": 1.0, "effort": 1.0}
WHOLE = """
select model_id, idea_id, id, state, value, inputs::text, missing::text, cause, cause_id, computed_at, version
from scores where workspace_id = $1
"""


def test_agreement_is_what_one_counts_on_paper() -> None:
    # Of six pairs the second column has one tie, three alike and two the other way round: (3 - 2) / sqrt(6 * 5).
    values = np.array([[1.0, 1, 4], [2, 3, 3], [3, 2, 2], [4, 2, 1]])
    found = agree(values, 2)
    assert found.pairs == [
        (0, 1, pytest.approx(1 / math.sqrt(30))),
        (0, 2, pytest.approx(-1)),
        (1, 2, pytest.approx(-1 / math.sqrt(30))),
    ]
    assert midranks(values[:, 1]).tolist() == [4, 1, 2.5, 2.5]
    assert found.apart == [0, 3], "4, 4, 1 and 1, 2.5, 4: three places each; the first of equals first"
    assert agree(np.empty((0, 2)), 5).pairs == [(0, 1, None)]
    assert agree(np.ones((3, 2)), 5).apart == []


def reasons(framework: str, parameters: dict[str, Any], a: dict[str, float], b: dict[str, float]) -> Reasons:
    one = FRAMEWORKS[framework]
    tuned = one.parameters.model_validate(parameters)
    found = account(one.explain(a, tuned), one.explain(b, tuned))
    assert found is not None
    return found


def test_a_difference_is_what_one_counts_on_paper() -> None:
    a = {"reach": 100.0, "impact": 2.0, "confidence": 0.5, "effort": 4.0}
    b = {"reach": 200.0, "impact": 0.5, "confidence": 0.5, "effort": 8.0}
    rice = reasons("rice", {}, a, b)
    assert [each.times for each in rice.parts] == pytest.approx([0.5, 4, 1, 2])
    assert (rice.difference, rice.log) == (25 - 6.25, pytest.approx(math.log(4)))
    # The logarithmic mean of 25 and 6.25 is 18.75 / ln 4: reach takes ln 2 of it, impact adds ln 4, effort ln 2.
    assert [each.difference for each in rice.parts] == pytest.approx([-9.375, 18.75, 0, 9.375])
    assert [each.reached for each in rice.parts] == [3.125, 12.5, 12.5, 25]

    job = {"user_business_value": 8.0, "time_criticality": 5.0, "risk_reduction": 2.0, "job_size": 5.0}
    wsjf = reasons("wsjf", {}, job, {**job, "user_business_value": 2, "risk_reduction": 3, "job_size": 2})
    assert [each.reached for each in wsjf.parts] == [8, 8, 7.5, 3]
    # 15/5 against 10/2. The sum's ln 1.5 is shared by 6 and -1 of 5; the size is ln 0.4.
    shared = math.log(1.5) / 5
    assert [each.log for each in wsjf.parts] == pytest.approx([6 * shared, 0, -shared, math.log(0.4)])

    mean = reasons(
        "weighted",
        {"criteria": [{"name": "x", "weight": 3}, {"name": "y", "weight": 1}]},
        {"x": 1, "y": 0},
        {"x": 0, "y": 2},
    )
    assert [each.difference for each in mean.parts if each.inputs] == pytest.approx([0.75, -0.5])
    assert mean.log == pytest.approx(math.log(1.5))
    assert reasons("rice", {}, {**a, "reach": 0}, b).log is None
    assert log_mean(5e-324, 1e-323) > 0


def within(range: Range) -> st.SearchStrategy[float]:
    if range.only:
        return st.sampled_from([float(step) for step in range.steps])
    return st.floats(range.lowest, min(range.highest, 1000), exclude_min=range.above).map(lambda x: round(x, 3))


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
@examples(12)
@given(data=st.data())
def test_parts_add_up_to_the_difference_under_every_framework(sample: Sample, data: st.DataObject) -> None:
    framework = FRAMEWORKS[sample.framework]
    parameters: Any = framework.parameters.model_validate(sample.parameters)
    inputs = parameters.recipe().inputs
    rows: list[dict[str, float]] = [
        data.draw(st.fixed_dictionaries({name: within(each.range) for name, each in inputs.items()})) for _ in "ab"
    ]
    a, b = (framework.explain(row, parameters) for row in rows)
    (left, right) = framework.score({name: [row[name] for row in rows] for name in inputs}, parameters)
    assume(left.value is not None and right.value is not None)
    found = account(a, b)
    assert found is not None
    assert left.value is not None
    assert right.value is not None
    assert found.difference == left.value - right.value
    parts = [each.difference for each in found.parts]
    assert math.fsum([*parts, found.rounding]) == pytest.approx(found.difference, rel=1e-15, abs=5e-324)
    size = math.fsum(map(abs, [left.value, right.value, *parts, *(step.result for step in (*a.steps, *b.steps))]))
    assert abs(found.rounding) <= 1e-12 * size
    assert found.parts[-1].reached == left.value
    for each in found.parts:
        assert each.a != each.b or each.difference == 0, "what is the same in both accounts for nothing"
    turned = account(b, a)
    assert turned is not None
    assert [-each.difference for each in turned.parts] == pytest.approx(parts, rel=1e-6, abs=1e-12 * size)
    if min(left.value, right.value) > 0:
        assert found.log is not None
        assert math.fsum(each.log or 0 for each in found.parts) == pytest.approx(
            found.log, abs=1e-12 * size / min(left.value, right.value) + 1e-12
        )


async def test_models_and_ideas_are_compared(api: Api, neighbour: Api, here: Workspace) -> None:
    one = await here.model(RiceParameters(reach=DemandRule(measure="contacts")), name="contacts")
    other = await here.model(RiceParameters(reach=DemandRule(measure="accounts")), name="accounts")
    off = await here.model(name="off", active=False)
    ideas = [await here.idea(title=str(place)) for place in range(4)]
    for idea_id, (contacts, accounts) in zip(ideas, ((1, 1), (2, 3), (3, 2), (4, 2)), strict=True):
        await here.estimate(idea_id, **FULL)
        await here.demand(idea_id, contacts=contacts, accounts=accounts)
    unscored = await here.idea()
    of: dict[str, Any] = {"model_id": [str(one), str(other)]}
    answer = await api.scoring.get("/v1/comparisons/models", params=of)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["ideas"], found["left_out"], found["whole"]) == (4, 0, True)
    assert [each["name"] for each in found["models"]] == ["contacts", "accounts"]
    assert found["pairs"] == [{"first": str(one), "second": str(other), "tau": pytest.approx(1 / math.sqrt(30))}]
    farthest = found["disagreements"][0]
    assert (farthest["title"], farthest["apart"]) == ("1", 2)
    assert [(each["value"], each["place"]) for each in farthest["places"]] == [(2, 3), (3, 1)]
    few = (await api.scoring.get("/v1/comparisons/models", params={**of, "among": 2, "most": 1})).json()
    assert (few["ideas"], few["whole"], len(few["disagreements"])) == (3, False, 1), "two of each, one of them twice"

    between = {"model_id": str(one), "a": str(ideas[3]), "b": str(ideas[1])}
    answer = await api.scoring.get("/v1/comparisons/ideas", params=between)
    assert answer.status_code == 200, answer.text
    why = answer.json()
    assert (why["above"], why["difference"], why["a"]["value"], why["b"]["value"]) == ("a", 2, 4, 2)
    assert next((each["term"], each["difference"]) for each in why["parts"]) == ("reach", pytest.approx(2))
    assert why["inputs"]["reach"] == {
        "unit": "people or events per period",
        "a": 4,
        "b": 2,
        "a_source": "demand",
        "b_source": "demand",
    }

    refused = {
        "not_scoreable": {**between, "b": str(unscored)},
        "model_inactive": {**between, "model_id": str(off)},
        "invalid": {**between, "b": between["a"]},
        "not_found": {**between, "b": str(new_id())},
    }
    for code, params in refused.items():
        assert (await api.scoring.get("/v1/comparisons/ideas", params=params)).json()["code"] == code
    for status, ids in ((422, [one]), (422, [one, one]), (404, [one, new_id()]), (409, [one, off])):
        wrong = await api.scoring.get("/v1/comparisons/models", params={"model_id": list(map(str, ids))})
        assert wrong.status_code == status, wrong.text
    assert (await neighbour.scoring.get("/v1/comparisons/models", params=of)).status_code == 404
    assert (await neighbour.scoring.get("/v1/comparisons/ideas", params=between)).status_code == 404


INPUTS = sorted({name for sample in SAMPLES for name in sample.given})
FACTS = st.one_of(
    st.tuples(st.just("estimate"), st.sampled_from(INPUTS), st.sampled_from([0.0, 0.5, 1.0, 3.0, 1e6])),
    st.tuples(st.just("demand"), st.just(""), st.integers(0, 1_000_000)),
    st.tuples(st.just("idea"), st.just(""), st.booleans()),
)


@examples(4)
@given(st.lists(FACTS, min_size=1, max_size=6))
async def test_an_unrelated_idea_moves_no_other_score(database: Databases, facts: list[tuple[str, str, Any]]) -> None:
    """Under every framework at once, whatever is said of the new idea; and no score moves without an event."""
    here = Workspace(await database("scoring"), new_id())
    for sample in {sample.framework: sample for sample in SAMPLES}.values():
        framework = FRAMEWORKS[sample.framework]
        parameters = framework.parameters.model_validate(sample.parameters)
        async with here.database.transaction({here.id}) as tx:
            await models.create(
                tx, here.id, name=framework.name, framework=framework.name, parameters=parameters, active=True
            )
    kept = [await here.idea() for _ in range(2)]
    for idea_id in kept:
        await here.estimate(idea_id, "ada", **dict.fromkeys(INPUTS, 1.0))
        await here.demand(idea_id)
    before, told = await whole(here), len(await here.published())
    assert sum(row["value"] is not None for row in before.values()) > len(FRAMEWORKS), "there is something to move"
    unrelated = await here.idea()
    for version, (kind, name, value) in enumerate(facts, start=2):
        match kind:
            case "estimate":
                await here.estimate(unrelated, "ada", **{name: value})
            case "demand":
                await here.demand(unrelated, version, value)
            case _:
                await here.hear(said(here.id, unrelated, version, archived=value))
    after = await whole(here)
    assert {key: row for key, row in after.items() if key[1] in kept} == before
    events = await here.published()
    assert {event["idea_id"] for event in events[told:]} == {str(unrelated)}
    last = {(event["model_id"], event["idea_id"]): event for event in events}
    assert {
        (str(model_id), str(idea_id)): (row["version"], row["value"], row["cause"], str(row["cause_id"]))
        for (model_id, idea_id), row in after.items()
    } == {key: (event["version"], event.get("value"), event["cause"], event["cause_id"]) for key, event in last.items()}


async def whole(here: Workspace) -> dict[tuple[Any, Any], dict[str, Any]]:
    """Every score with all that is stored of it, by model and idea."""
    async with here.database.read({here.id}) as read:
        return {(row["model_id"], row["idea_id"]): dict(row) for row in await read.all(WHOLE, here.id)}
