"""What inputs follow from, in every framework: one way to say it, on the scale of the input."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.parameters import AlignmentRule, CompetitionRule, DemandRule, Fixed, Followed
from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Workspace

DECLARED: dict[str, dict[str, Any]] = {
    "weighted": {"criteria": [{"name": "x", "weight": 2}]},
    "formula": {"formula": "x", "inputs": [{"name": "x", "highest": 10}]},
    "canny": {"impact": [{"name": "x"}], "effort": [{"name": "effort"}]},
    "airfocus": {"values": [{"name": "x"}], "costs": [{"name": "cost"}]},
    "jira_product_discovery": {"fields": [{"name": "x"}]},
    "aha": {"metrics": [{"name": "x"}]},
}
"""Frameworks whose inputs a team declares, each with an input `x` of a scale from 0."""
OWN = {name: each.parameters for name, each in FRAMEWORKS.items() if issubclass(each.parameters, Fixed)}


def test_every_framework_can_take_its_inputs_from_what_is_known() -> None:
    # What is a must somebody decides.
    assert OWN.keys() | DECLARED.keys() == FRAMEWORKS.keys() - {"moscow"}
    for parameters in OWN.values():
        for input, declared in parameters().recipe().inputs.items():
            low, high = declared.range.lowest, min(declared.range.highest, 100.0)
            rule = {"alignment": {"at_none": low, "at_full": high}}
            # What has a field of its own says it there.
            given: dict[str, Any] = {"sources": {input: rule}, **dict.fromkeys(parameters().own())}
            found = AlignmentRule(at_none=low, at_full=high)
            assert parameters.model_validate(given).rules() == {input: found}
            assert (found.at(0), found.at(0.5), found.at(1)) == (low, (low + high) / 2, high)
    for name, body in DECLARED.items():
        (field,) = (key for key, value in body.items() if isinstance(value, list) and value[0]["name"] == "x")
        rules: list[dict[str, Any]] = [{"demand": {}}, {"alignment": {"at_full": 5}}, {"competition": {"at_full": 5}}]
        for rule in rules:
            given = {**body, field: [{**body[field][0], **rule}]}
            (found,) = FRAMEWORKS[name].parameters.model_validate(given).rules().values()
            assert type(found) in {DemandRule, AlignmentRule, CompetitionRule}
        with pytest.raises(ValidationError, match="within its range"):
            FRAMEWORKS[name].parameters.model_validate(
                {**body, field: [{**body[field][0], "alignment": {"at_full": 999_999}}]}
            )
    assert len(Followed.__subclasses__()) >= len(DECLARED), "each declares what it follows from in the same words"


@pytest.mark.parametrize(
    ("framework", "sources", "reason"),
    [
        ("rice", {"fun": {"demand": {}}}, "fun is no input"),
        ("rice", {"impact": {}}, "impact names neither"),
        ("rice", {"reach": {"alignment": {}}}, "said in `reach` already"),
        ("ice", {"impact": {"alignment": {"at_full": 10}}}, "goes from 0 to 10"),
        ("ice", {"ease": {"alignment": {"at_none": 5, "at_full": 5}}}, "at_none must be below at_full"),
        ("wsjf", {"job_size": {"demand": {}, "competition": {}}}, "not from several"),
    ],
)
def test_refused_with_what_to_mend(framework: str, sources: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        FRAMEWORKS[framework].parameters.model_validate({"sources": sources})


async def test_rice_takes_its_impact_from_the_strategy_and_says_so(api: Api, here: Workspace) -> None:
    parameters = {"sources": {"impact": {"alignment": {"at_none": 0.25, "at_full": 3}}}}
    body = {"name": "RICE", "framework": "rice", "parameters": parameters, "active": True}
    model = (await api.scoring.post("/v1/models", json=body)).json()
    told = {each["name"]: each["alignment"] for each in model["inputs"]}
    assert told["impact"] == {"at_none": 0.25, "at_full": 3, "weigh": "whole", "unlinked": "zero"}
    grow, idea_id = new_id(), await here.idea()
    await here.objective(grow)
    await here.estimate(idea_id, reach=100, impact=1, confidence=1, effort=1)
    (score,) = (await api.scoring.get(f"/v1/scores/{idea_id}")).json()["scores"]
    assert (score["value"], score["inputs"]["impact"]["source"]) == (25, "alignment")
    await here.contribute(idea_id, {grow: 1})
    (score,) = (await api.scoring.get(f"/v1/scores/{idea_id}")).json()["scores"]
    assert (score["value"], score["cause"]["kind"]) == (300, "contribution")
    assert "contributes to an objective: 100%" in score["inputs"]["impact"]["words"]
