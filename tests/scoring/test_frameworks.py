"""Models of every framework through the API: made, fed with estimates and demand, scored, explained, ranked."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import JsonValue

from services.scoring.frameworks import FRAMEWORKS
from services.scoring.models.differences import differences
from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Workspace
from tests.scoring.samples import CANNY, FORMULA, IDS, SAMPLES, WEIGHTED, Sample


async def made(api: Api, framework: str, parameters: dict[str, Any], name: str = "M") -> dict[str, Any]:
    """An active model."""
    body = {"name": name, "framework": framework, "parameters": parameters, "active": True}
    answer = await api.scoring.post("/v1/models", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def estimated(api: Api, idea_id: UUID, /, *, by: str = "ada", **values: float) -> None:
    """Estimates by one person."""
    several = [
        {"idea_id": str(idea_id), "input": name, "value": value, "estimator": by} for name, value in values.items()
    ]
    answer = await api.scoring.post("/v1/estimates/bulk", json={"estimates": several})
    assert answer.status_code == 201, answer.text


async def explained(api: Api, idea_id: UUID) -> dict[str, Any]:
    """The idea's only score."""
    answer = await api.scoring.get(f"/v1/scores/{idea_id}")
    assert answer.status_code == 200, answer.text
    (score,) = answer.json()["scores"]
    return score


def replayed(score: dict[str, Any]) -> float:
    """What a reader of the explanation makes of its steps."""
    value = score["start"]
    for step in score["steps"]:
        match step["operation"]:
            case "add":
                value += step["operand"]
            case "subtract":
                value -= step["operand"]
            case "multiply":
                value *= step["operand"]
            case _:
                value /= step["operand"]
    return value


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
async def test_a_model_tells_what_to_estimate_and_explains_what_comes_of_it(
    api: Api, here: Workspace, sample: Sample
) -> None:
    model = await made(api, sample.framework, sample.parameters)
    assert {each["name"] for each in model["inputs"]} == sample.given.keys()
    idea_id = await here.idea()
    assert (await explained(api, idea_id))["missing"] == [each["name"] for each in model["inputs"]]
    values = {each["estimated_as"]: sample.given[each["name"]] for each in model["inputs"]}
    await estimated(api, idea_id, by="ada", **values)
    score = await explained(api, idea_id)
    assert (score["state"], score["value"], score["missing"]) == ("scored", pytest.approx(sample.value), [])
    assert score["model"]["formula"] == model["formula"]
    assert replayed(score) == score["value"]
    assert score["label"] == sample.label or sample.label is None
    assert list(score["inputs"]) == [each["name"] for each in model["inputs"]]
    for each in model["inputs"]:
        given = score["inputs"][each["name"]]
        assert (given["source"], given["value"], given["unit"]) == (
            "estimate",
            sample.given[each["name"]],
            each["unit"],
        )
        assert [by["estimator"] for by in given["estimates"]] == ["ada"]
    ranked = (await api.scoring.get("/v1/rankings", params={"model_id": model["id"]})).json()["data"]
    assert [(each["idea_id"], each["value"]) for each in ranked] == [(str(idea_id), score["value"])]
    assert await here.differences() == []


async def test_the_list_of_frameworks_is_whole(api: Api) -> None:
    listed = (await api.scoring.get("/v1/frameworks")).json()["data"]
    assert [each["framework"] for each in listed] == list(FRAMEWORKS)
    by_name = {each["framework"]: each for each in listed}
    assert by_name["weighted"]["inputs"] is None
    (priority,) = by_name["moscow"]["inputs"]
    assert (priority["scale"], priority["scale_only"], priority["estimated_as"]) == (
        [4, 3, 2, 1][::-1],
        True,
        "priority",
    )
    effort = by_name["rice"]["inputs"][3]
    assert (effort["lowest"], effort["above_lowest"], effort["highest"]) == (0, True, None)
    for each in listed:
        if each["inputs"] is not None:
            model = await made(api, each["framework"], {}, name=each["title"])
            assert model["inputs"] == each["inputs"]


async def test_demand_feeds_the_inputs_that_say_so(api: Api, here: Workspace) -> None:
    await made(api, "canny", CANNY)
    idea_id = await here.idea()
    await estimated(api, idea_id, worth=3, sure=50, build=5)
    told = await here.demand(idea_id, contacts=25)
    score = await explained(api, idea_id)
    assert score["value"] == pytest.approx(1000 * (122 / 3) * 0.5 / 25)
    asked = score["inputs"]["asked"]
    assert (asked["source"], asked["demand"]["event_id"], asked["demand"]["measure"]) == (
        "demand",
        str(told.id),
        "votes",
    )
    await estimated(api, idea_id, asked=50)
    assert (await explained(api, idea_id))["inputs"]["asked"]["source"] == "estimate"


async def test_models_with_other_scales_for_a_word_need_not_share_estimates(api: Api, here: Workspace) -> None:
    await made(api, "rice", {"reach": None}, name="RICE")
    reads = {"impact": "ice_impact", "confidence": "ice_confidence"}
    ice = await made(api, "ice", {"reads": reads}, name="ICE")
    assert [each["estimated_as"] for each in ice["inputs"]] == ["ice_impact", "ice_confidence", "ease"]
    idea_id = await here.idea()
    await estimated(api, idea_id, reach=100, impact=2, confidence=0.8, effort=4)
    await estimated(api, idea_id, ice_impact=8, ice_confidence=7, ease=9)
    scores = (await api.scoring.get(f"/v1/scores/{idea_id}")).json()["scores"]
    assert {each["model"]["name"]: each["value"] for each in scores} == {"RICE": 40, "ICE": 504}
    # A share is no confidence of 1 to 10: without `reads` it is refused, not scored low.
    await made(api, "ice", {}, name="mixed up")
    scores = (await api.scoring.get(f"/v1/scores/{idea_id}")).json()["scores"]
    (mixed,) = [each for each in scores if each["model"]["name"] == "mixed up"]
    assert (mixed["missing"], mixed["inputs"]["confidence"]["problem"]) == (
        ["confidence"],
        "0.8 is not at least 1 and at most 10",
    )


async def test_people_who_disagree_about_a_category_have_none(api: Api, here: Workspace) -> None:
    await made(api, "moscow", {})
    idea_id = await here.idea()
    await estimated(api, idea_id, priority=4)
    await estimated(api, idea_id, by="grace", priority=3)
    score = await explained(api, idea_id)
    assert (score["value"], score["label"], score["inputs"]["priority"]["value"]) == (None, None, 3.5)
    assert score["inputs"]["priority"]["problem"] == "3.5 is not one of 1, 2, 3, 4"
    await estimated(api, idea_id, by="grace", priority=4)
    assert (await explained(api, idea_id))["label"] == "must"


async def test_an_edit_is_a_revision_that_rescores(api: Api, neighbour: Api, here: Workspace) -> None:
    model = await made(api, "formula", FORMULA)
    idea_id = await here.idea()
    await estimated(api, idea_id, gain=5, urgency=0.5, weeks=0.5)
    before = await explained(api, idea_id)
    changed = {**FORMULA, "formula": "(gain + 4 * urgency) / weeks"}
    path = f"/v1/models/{model['id']}"
    edited = await api.scoring.patch(path, json={"parameters": changed})
    assert edited.status_code == 200, edited.text
    assert (edited.json()["revision"], edited.json()["formula"]) == (2, "(gain + 4 * urgency) / weeks")
    after = await explained(api, idea_id)
    assert (before["value"], after["value"]) == (6 / 0.25 - 3, 14)
    assert (after["model"]["version"], after["cause"]["kind"]) == (2, "model")
    renamed = await api.scoring.patch(path, json={"name": "Other"})
    assert renamed.json()["parameters"] == edited.json()["parameters"]

    newest = (await api.scoring.get(f"{path}/revisions", params={"limit": 1})).json()
    rest = (await api.scoring.get(f"{path}/revisions", params={"limit": 1, "cursor": newest["next_cursor"]})).json()
    assert rest["next_cursor"] is None
    (second,), (first,) = newest["data"], rest["data"]
    assert (second["revision"], second["formula"]) == (2, "(gain + 4 * urgency) / weeks")
    assert second["changes"] == [{"pointer": "/formula", "before": FORMULA["formula"], "after": changed["formula"]}]
    assert (first["revision"], first["changes"], first["parameters"]) == (1, [], model["parameters"])
    assert (await neighbour.scoring.get(f"{path}/revisions")).status_code == 404


def test_differences_are_told_where_they_are() -> None:
    before: JsonValue = {"a": 1, "b": [{"w": 1}, {"w": 2}], "c": None, "d/e": 1, "same": {"x": [1]}}
    after: JsonValue = {"a": 2, "b": [{"w": 1}, {"w": 3}, {"w": 4}], "c": {"y": 1}, "d/e": 2, "same": {"x": [1]}}
    assert [(each.pointer, each.before, each.after) for each in differences(before, after)] == [
        ("/a", 1, 2),
        ("/b/1/w", 2, 3),
        ("/b/2", None, {"w": 4}),
        ("/c", None, {"y": 1}),
        ("/d~1e", 1, 2),
    ]


def _wrong() -> list[tuple[str, dict[str, Any], str, str]]:
    """What callers do wrong: framework, parameters, where, and what they are told."""
    two = [{"name": "a", "weight": 1}, {"name": "a", "weight": 2}]
    return [
        ("ice", {"combine": "guess"}, "/combine", "'product' or 'mean'"),
        ("ice", {"reads": {"joy": "x"}}, "", "joy is no input"),
        ("ice", {"scale": "ten", "extra": 1}, "/extra", "not permitted"),
        ("weighted", {}, "/criteria", "required"),
        ("weighted", {"criteria": []}, "/criteria", "at least 1"),
        ("weighted", {"criteria": two}, "", "two have the same name"),
        ("weighted", {"criteria": [{"name": "a", "weight": 0}]}, "/criteria/0/weight", "greater than 0"),
        ("weighted", {"criteria": [{**WEIGHTED[0], "lowest": 10}]}, "/criteria/0", "lowest must be below highest"),
        ("value_effort", {"middle_value": 10}, "", "a middle must be below"),
        ("formula", {"formula": "a", "inputs": []}, "/inputs", "at least 1"),
        ("formula", {"formula": "a +", "inputs": [{"name": "a"}]}, "", "character 4"),
        ("formula", {"formula": "{a}", "inputs": [{"name": "a"}]}, "", "character 1: '{' starts nothing known"),
        ("formula", {"formula": "a", "inputs": [{"name": "a", "unit": "//"}]}, "/inputs/0", "is no unit"),
        ("formula", {"formula": "a", "language": 2, "inputs": [{"name": "a"}]}, "/language", "1"),
        (
            "canny",
            {"impact": [{"name": "p", "scale": "percentage"}], "effort": [{"name": "e"}]},
            "",
            "not be a percentage",
        ),
        ("airfocus", {"values": [{"name": "a"}], "costs": [{"name": "a"}]}, "", "two criteria have the same name"),
        ("jira_product_discovery", {"fields": [{"name": "a", "weight": -1}]}, "", "must be positive"),
        ("aha", {"metrics": [{"name": "a", "highest": -1}]}, "/metrics/0", "lowest must be below highest"),
        ("rice", {"reach": {"measure": "stars"}}, "/reach/measure", "'contacts'"),
    ]


@pytest.mark.parametrize(("framework", "parameters", "where", "reason"), _wrong())
async def test_what_is_wrong_is_pointed_at(
    api: Api, framework: str, parameters: dict[str, Any], where: str, reason: str
) -> None:
    refused = await api.scoring.post("/v1/models", json={"name": "M", "framework": framework, "parameters": parameters})
    assert refused.status_code == 422, refused.text
    (error,) = refused.json()["errors"]
    assert (error["pointer"], reason in error["reason"]) == (f"/body/parameters{where}", True), error
    sound = next(sample for sample in SAMPLES if sample.framework == framework)
    model = await made(api, framework, sound.parameters)
    refused = await api.scoring.patch(f"/v1/models/{model['id']}", json={"parameters": parameters})
    assert refused.status_code == 422, refused.text
    (error,) = refused.json()["errors"]
    assert (error["pointer"], reason in error["reason"]) == (f"/body/parameters{where}", True), error
    assert (await api.scoring.get(f"/v1/models/{model['id']}")).json() == model


async def test_a_body_of_no_framework_is_refused(api: Api) -> None:
    bodies: list[tuple[Any, str]] = [
        ({"name": "M", "framework": "astrology"}, "/body"),
        ({"name": "M"}, "/body"),
        ({"framework": "ice"}, "/body/name"),
        ({"name": "M", "framework": "ice", "parameters": None}, "/body/parameters"),
        ({"name": "M", "framework": "ice", "parameters": []}, "/body/parameters"),
        ([], "/body"),
    ]
    for body, pointer in bodies:
        refused = await api.scoring.post("/v1/models", json=body)
        assert refused.status_code == 422, body
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    model = await made(api, "ice", {})
    wrong: list[Any] = [[], "x", 1]
    for parameters in wrong:
        refused = await api.scoring.patch(f"/v1/models/{model['id']}", json={"parameters": parameters})
        assert refused.json()["errors"][0]["pointer"] == "/body/parameters"
    unknown = await api.scoring.patch(f"/v1/models/{new_id()}", json={"parameters": {}})
    assert unknown.status_code == 404
