"""What respondents say reaches scores: needs as inputs with their sample, Kano as a label and a gate."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from shared.statistics.intervals import wilson
from tests.builders import Api
from tests.feedback.given import made
from tests.scoring.given import Workspace, kano, need

MANY = (0, 0, 10, 30, 60)
"""A hundred answers, 90 of them high."""
MET = (40, 30, 10, 10, 10)
"""A hundred, 20 of them high."""


async def activate(api: Api, framework: str, **parameters: Any) -> str:
    body = {"name": f"By {framework} {new_id()}", "framework": framework, "active": True, "parameters": parameters}
    return (await made(await api.scoring.post("/v1/models", json=body)))["id"]


async def explained(api: Api, idea_id: UUID) -> Any:
    return await made(await api.scoring.get(f"/v1/scores/{idea_id}"), 200)


async def test_importance_and_satisfaction_follow_from_the_need_that_is_served(api: Api, here: Workspace) -> None:
    await activate(api, "opportunity")
    idea_id, one, other = await here.idea(), new_id(), new_id()
    event = need(here.id, one, 1, MANY, MET, [idea_id])
    await here.hear(event)
    await here.settle()
    (score,) = (await explained(api, idea_id))["scores"]
    assert (score["value"], score["label"], score["state"]) == (9 + (9 - 2), "extreme_opportunity", "scored")
    assert score["cause"]["kind"] == "need"
    assert score["cause"]["id"] == str(event.id)
    importance = score["inputs"]["importance"]
    assert (importance["source"], importance["value"], importance["flags"]) == ("survey", 9, [])
    told, share = importance["survey"], wilson(90, 100)
    assert (told["interval"]["low"], told["interval"]["high"]) == (10 * share.low, 10 * share.high)
    assert {name: told[name] for name in ("need_id", "measure", "n", "small_sample", "needs", "event_id")} == {
        "need_id": str(one), "measure": "importance", "n": 100, "small_sample": False, "needs": 1,
        "event_id": str(event.id),
    }  # fmt: skip

    # Of two needs the more under-served one counts; few respondents are flagged, not hidden.
    await here.hear(need(here.id, other, 1, (0, 0, 0, 0, 3), (3, 0, 0, 0, 0), [idea_id]))
    await here.settle()
    (score,) = (await explained(api, idea_id))["scores"]
    importance = score["inputs"]["importance"]
    assert (score["value"], importance["flags"], importance["survey"]["needs"]) == (20, ["small_sample"], 2)

    # Somebody's estimate wins; what is archived or served no more says nothing.
    await here.estimate(idea_id, importance=5)
    await here.hear(need(here.id, other, 2, (0, 0, 0, 0, 3), (3, 0, 0, 0, 0), [idea_id], archived=True))
    await here.settle()
    (score,) = (await explained(api, idea_id))["scores"]
    assert [score["inputs"][name]["source"] for name in ("importance", "satisfaction")] == ["estimate", "survey"]
    assert (score["value"], score["inputs"]["satisfaction"]["survey"]["need_id"]) == (5 + (5 - 2), str(one))
    await here.hear(need(here.id, one, 2, MANY, MET, []))
    await here.settle()
    (score,) = (await explained(api, idea_id))["scores"]
    assert (score["state"], score["missing"]) == ("not_scoreable", ["satisfaction"])
    assert await here.differences() == []


async def test_a_run_keeps_needs_and_simulations_draw_from_the_sample(api: Api, here: Workspace) -> None:
    model_id = await activate(api, "opportunity")
    well_known, hardly_known = await here.idea(), await here.idea()
    await here.hear(
        need(here.id, new_id(), 1, MANY, MET, [well_known]),
        need(here.id, new_id(), 1, (0, 0, 1, 0, 3), (3, 0, 0, 0, 1), [hardly_known]),
    )
    await here.settle()
    simulated = await made(await api.scoring.post("/v1/simulations", json={"model_id": model_id, "k": 1}), 200)
    assert [each["certain"] for each in simulated["ideas"]] == [False, False]
    assert {each["idea_id"] for each in simulated["refine"]} == {str(hardly_known)}, "ask those of whom few were asked"

    run = await made(await api.scoring.post("/v1/runs", json={"name": "Before", "model_id": model_id}))
    await here.hear(need(here.id, new_id(), 1, (0, 0, 0, 0, 9), (9, 0, 0, 0, 0), [well_known]))
    path = f"/v1/runs/{run['id']}"
    by_means = {"framework": "opportunity", "parameters": {"scale": "five"}}
    replayed = await made(await api.scoring.post(f"{path}/replays", json=by_means), 200)
    changed = {each["idea_id"]: (each["value_before"], each["value_after"]) for each in replayed["changes"]}
    assert changed[str(well_known)] == (16, 4.5 + (4.5 - 2.2)), "by the needs of then"
    assert (await made(await api.scoring.get(f"{path}/verification"), 200))["intact"]


@pytest.mark.parametrize(
    ("counts", "state", "label", "gate"),
    [
        ({"M": 60, "A": 20, "I": 20}, "identified", "M", "must_have"),
        ({"A": 70, "I": 10}, "identified", "A", "pass"),
        ({"I": 40, "A": 5}, "identified", "I", "block"),
        ({"A": 11, "I": 10}, "not_identified", None, "undecided"),
        ({"Q": 9}, "not_scoreable", None, "unknown"),
    ],
)
async def test_kano_is_a_label_and_a_gate(
    api: Api, here: Workspace, counts: dict[str, int], state: str, label: str | None, gate: str
) -> None:
    await here.model()
    asked, unasked = await here.idea(), await here.idea()
    await here.hear(kano(here.id, asked, 1, I=1), kano(here.id, asked, 2, **counts), kano(here.id, asked, 1, M=9))
    shown = (await explained(api, asked))["kano"]
    assert (shown["state"], shown["label"], shown["gate"], shown["source"]) == (state, label, gate, "survey")
    assert (shown["n"], shown["small_sample"]) == (sum(counts.values()), sum(counts.values()) < 30)
    assert (await explained(api, unasked))["kano"] is None
    if shown["interval"] is not None:
        assert shown["interval"]["low"] <= shown["share"] <= shown["interval"]["high"]
        assert shown["worse_interval"]["low"] <= shown["worse"] <= shown["worse_interval"]["high"]

    (model,) = (await made(await api.scoring.get("/v1/models"), 200))["data"]
    for chosen in ("must_have", "pass", "block", "undecided", "unknown"):
        by_gate = f"/v1/rankings?model_id={model['id']}&state=not_scoreable&gate={chosen}"
        for path in (by_gate, f"{by_gate}&as_of={datetime.now(UTC).date()}", f"/v1/kano?gate={chosen}"):
            listed = (await made(await api.scoring.get(path), 200))["data"]
            assert [each["idea_id"] for each in listed] == ([str(asked)] if chosen == gate else []), path
    ranked = await made(await api.scoring.get(f"/v1/rankings?model_id={model['id']}&state=not_scoreable"), 200)
    assert {each["idea_id"]: each["gate"] for each in ranked["data"]} == {str(asked): gate, str(unasked): None}


async def test_methods_that_contradict_each_other_are_told(api: Api, here: Workspace) -> None:
    moscow, opportunity = await activate(api, "moscow"), await activate(api, "opportunity")
    must, wont, sure, content = [await here.idea() for _ in range(4)]
    for idea_id, priority in ((must, 4), (wont, 1), (sure, 4), (content, 4)):
        await here.estimate(idea_id, priority=priority)
    await here.hear(
        kano(here.id, must, I=90, A=5),
        kano(here.id, wont, M=20, A=5),
        kano(here.id, sure, I=11, A=10),
        need(here.id, new_id(), 1, MET, MANY, [content]),
        need(here.id, new_id(), 1, MANY, MET, [must]),
    )
    await here.settle()
    listed: dict[str, Any] = {}
    path: str | None = "/v1/crosschecks?limit=1"
    while path is not None:
        page = await made(await api.scoring.get(path), 200)
        listed |= {each["idea_id"]: each["warnings"] for each in page["data"]}
        path = page["next_cursor"] and f"/v1/crosschecks?limit=1&cursor={page['next_cursor']}"
    found = {idea_id: [each["code"] for each in warnings] for idea_id, warnings in listed.items()}
    assert found == {
        str(must): ["must_but_indifferent", "under_served_but_indifferent"],
        str(wont): ["wont_but_must_be"],
        str(content): ["must_but_over_served"],
    }, "what is not identified contradicts nobody"
    assert listed[str(wont)][0]["small_sample"]
    assert set(listed[str(content)][0]["model_ids"]) == {moscow, opportunity}
    for idea_id in (must, wont, sure, content):
        assert (await explained(api, idea_id))["warnings"] == listed.get(str(idea_id), [])

    ranked = (await made(await api.scoring.get("/v1/opportunities"), 200))["data"]
    assert [(each["score"], each["label"]) for each in ranked] == [(16, "extreme_opportunity"), (2, "over_served")]
    assert ranked[0]["bounds"]["low"] < 16 < ranked[0]["bounds"]["high"]
    assert ranked[0]["importance"]["n"] == 100
    assert (await made(await api.scoring.get("/v1/opportunities?state=not_scoreable"), 200))["data"] == []
