"""Alignment: computed from objectives and contributions, explained by them, and moved by nothing else."""

import math
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from services.scoring.consumers import follow_strategy
from services.scoring.frameworks.alignment import Contributions, Objective, Strategy, align
from services.scoring.frameworks.weighted import WeightedParameters
from services.scoring.models import domain as models
from services.scoring.scores.domain import recompute
from shared.database import Tx
from shared.ids import new_id
from tests.builders import Api
from tests.depth import examples
from tests.scoring.given import Databases, Workspace, contributions, objective, scores

SHARES = st.floats(0, 1)
WEIGHTS = st.floats(1e-3, 1e3)
FIT: dict[str, Any] = {"name": "fit", "weight": 1, "alignment": {"at_full": 10}}


async def model(api: Api, **rule: Any) -> dict[str, Any]:
    """A model whose only criterion is alignment, out of 10."""
    criterion = {**FIT, "alignment": {**FIT["alignment"], **rule}}
    body = {"name": f"Strategy {rule}", "framework": "weighted", "parameters": {"criteria": [criterion]}}
    made = await api.scoring.post("/v1/models", json={**body, "active": True})
    assert made.status_code == 201, made.text
    return made.json()


async def explained(api: Api, idea_id: UUID, model_id: str) -> dict[str, Any]:
    shown = (await api.scoring.get(f"/v1/scores/{idea_id}")).json()["scores"]
    return next(each for each in shown if each["model"]["id"] == model_id)


async def test_alignment_is_explained_by_objective_and_moves_with_the_strategy(api: Api, here: Workspace) -> None:
    made = await model(api)
    assert made["inputs"][0]["alignment"] == {"at_none": 0, "at_full": 10, "weigh": "whole", "unlinked": "zero"}
    idea_id = await here.idea()
    grow, keep = sorted([new_id(), new_id()])
    score = await explained(api, idea_id, made["id"])
    assert (score["state"], score["missing"], score["value"]) == ("not_scoreable", ["fit"], None), "no objective"

    said = await here.objective(grow, weight=3)
    score = await explained(api, idea_id, made["id"])
    assert (score["value"], score["cause"]["kind"], score["cause"]["id"]) == (0, "objective", str(said))
    said = await here.contribute(idea_id, {grow: 0.5, keep: 1.0})
    score = await explained(api, idea_id, made["id"])
    assert (score["value"], score["cause"]["kind"], score["cause"]["id"]) == (5, "contribution", str(said))
    said = await here.objective(keep, weight=1, strategy_version=2)
    score = await explained(api, idea_id, made["id"])
    assert (score["value"], score["cause"]["id"]) == (6.25, str(said))
    fit = score["inputs"]["fit"]
    assert (fit["source"], fit["value"], fit["problem"]) == ("alignment", 6.25, None)
    assert fit["alignment"] == {
        "alignment": 0.625,
        "total": 4,
        "shares": [
            {"objective_id": str(grow), "weight": 3, "contribution": 0.5, "share": 0.375},
            {"objective_id": str(keep), "weight": 1, "contribution": 1, "share": 0.25},
        ],
        "strategy_version": 2,
        "contributions_version": 1,
    }
    alone = (await api.scoring.get(f"/v1/alignments/{idea_id}")).json()
    assert {name: alone[name] for name in fit["alignment"]} == fit["alignment"]

    async def moves() -> list[dict[str, Any]]:
        return [each for each in await here.published() if each["idea_id"] == str(idea_id)]

    before = await moves()
    await here.estimate(idea_id, fit=9)
    await here.objective(keep, version=1, weight=50)
    await here.contribute(await here.idea(), {grow: 1})
    assert await moves() == before, "it is computed and not typed; an old snapshot and another idea move nothing"

    await here.objective(keep, version=2, weight=1, counts=False, status="achieved", strategy_version=3)
    assert (await explained(api, idea_id, made["id"]))["value"] == 5
    await here.objective(grow, version=2, weight=3, counts=False, archived=True, strategy_version=4)
    score = await explained(api, idea_id, made["id"])
    assert (score["state"], score["value"], score["missing"]) == ("not_scoreable", None, ["fit"])
    assert await here.differences() == []


async def test_a_batch_takes_few_statements_however_large(api: Api, here: Workspace) -> None:
    await model(api)
    grow, ideas = new_id(), [new_id() for _ in range(100)]
    await here.objective(grow)
    seen: list[str] = []
    here.database.observers.append(seen.append)
    try:
        await here.hear(*(contributions(here.id, each, {grow: 1.0}) for each in ideas))
    finally:
        here.database.observers.remove(seen.append)
    assert len(seen) == 8, seen
    assert {row["value"] for row in (await here.scores()).values()} == {10}


async def test_what_remains_and_who_has_not_been_looked_at(api: Api, here: Workspace) -> None:
    remaining = await model(api, weigh="remaining", unlinked="missing")
    idea_id = await here.idea()
    half, none = sorted([new_id(), new_id()])
    await here.objective(half, weight=2, progress=0.25)
    await here.objective(none, weight=1)
    assert (await explained(api, idea_id, remaining["id"]))["missing"] == ["fit"], "nobody has looked"
    await here.contribute(idea_id, {})
    assert (await explained(api, idea_id, remaining["id"]))["value"] == 0, "somebody has"
    await here.contribute(idea_id, {half: 1}, version=2)
    assert (await explained(api, idea_id, remaining["id"]))["value"] == pytest.approx(10 * 1.5 / 2.5)
    said = await here.objective(half, version=2, weight=2, progress=0.5)
    score = await explained(api, idea_id, remaining["id"])
    assert (score["value"], score["cause"]["id"]) == (5, str(said)), "a check-in"
    await here.objective(half, version=3, weight=2, progress=1)
    await here.objective(none, version=2, weight=1, progress=1)
    assert (await explained(api, idea_id, remaining["id"]))["state"] == "not_scoreable", "nothing remains"


async def test_what_if_objectives_weighed_otherwise(api: Api, here: Workspace) -> None:
    made = await model(api)
    one, two = [await here.idea(title=title) for title in ("one", "two")]
    grow, keep = new_id(), new_id()
    await here.objective(grow, weight=3)
    await here.objective(keep, weight=1, counts=False, status="draft", strategy_version=2)
    await here.contribute(one, {grow: 1})
    await here.contribute(two, {grow: 0.5, keep: 1})
    supposed = [{"objective_id": str(grow), "weight": 1}, {"objective_id": str(keep), "weight": 3}]
    asked = await api.scoring.post("/v1/what-ifs", json={"model_id": made["id"], "objectives": supposed})
    assert asked.status_code == 200, asked.text
    found = [
        (each["title"], each["rose"], each["before"]["value"], each["after"]["value"]) for each in asked.json()["ideas"]
    ]
    assert found == [("two", 1, 5, 8.75), ("one", -1, 10, 2.5)]
    shares = asked.json()["ideas"][0]["after"]["inputs"]["fit"]["alignment"]["shares"]
    assert {each["objective_id"]: each["share"] for each in shares} == {str(grow): 0.125, str(keep): 0.75}
    lost = {"model_id": made["id"], "objectives": [{"objective_id": str(new_id()), "weight": 1}]}
    refused = await api.scoring.post("/v1/what-ifs", json=lost)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/body/objectives")
    simulated = await api.scoring.post("/v1/simulations", json={"model_id": made["id"], "k": 1})
    assert simulated.status_code == 200, simulated.text
    assert {each["certain"] for each in simulated.json()["ideas"]} == {True}, "computed, so it does not vary"


async def test_a_run_keeps_the_strategy_that_it_was_taken_under(api: Api, here: Workspace) -> None:
    made = await model(api)
    one, two = [await here.idea(title=title) for title in ("one", "two")]
    grow, keep = new_id(), new_id()
    await here.objective(grow, weight=3)
    await here.objective(keep, weight=1, strategy_version=2)
    await here.contribute(one, {grow: 1})
    await here.contribute(two, {keep: 1})
    run = (await api.scoring.post("/v1/runs", json={"model_id": made["id"], "name": "Q1"})).headers["location"]
    await here.objective(grow, version=2, weight=1, strategy_version=3)
    await here.objective(keep, version=2, weight=3, strategy_version=4)
    assert (await explained(api, one, made["id"]))["value"] == 2.5
    replayed = await api.scoring.post(f"{run}/replays", json={})
    assert replayed.status_code == 200, replayed.text
    assert (replayed.json()["changes"], replayed.json()["tau"]) == ([], 1), "the same model on what was known then"
    turned = {"criteria": [{**FIT, "better": "lower"}]}
    other = (await api.scoring.post(f"{run}/replays", json={"parameters": turned})).json()
    assert {each["title"]: each["after"] for each in other["changes"]} == {"two": 1, "one": 2}
    assert (await api.scoring.get(f"{run}/verification")).json()["intact"]


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"highest": 5}, "from 0 to 10"),
        ({"lowest": 1}, "from 0 to 10"),
        ({"competition": {}}, "one of demand, alignment and competition"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused(others: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        WeightedParameters.model_validate({"criteria": [{**FIT, **others}]})


@given(
    weights=st.lists(WEIGHTS, min_size=1, max_size=6),
    given_shares=st.lists(SHARES, min_size=6, max_size=6),
    doubled=st.floats(1e-2, 1e2),
)
def test_alignment_is_a_share_that_adds_up(weights: list[float], given_shares: list[float], doubled: float) -> None:
    ids = [new_id() for _ in weights]
    strategy = Strategy(1, {id: Objective(weight) for id, weight in zip(ids, weights, strict=True)})
    said = Contributions(dict(zip(ids, given_shares, strict=False)), 1)
    found = align(strategy, said)
    assert found is not None
    assert 0 <= found.alignment <= 1
    assert math.isclose(math.fsum(each.share for each in found.shares), found.alignment, abs_tol=1e-12)
    backwards = Strategy(1, dict(reversed(list(strategy.objectives.items()))))
    assert align(backwards, said) == found, "in whatever order"
    scaled = Strategy(1, {id: Objective(each.weight * doubled) for id, each in strategy.objectives.items()})
    again = align(scaled, said)
    assert again is not None
    assert math.isclose(again.alignment, found.alignment, rel_tol=1e-9, abs_tol=1e-12), "weights are beside each other"
    full = align(strategy, Contributions(dict.fromkeys(ids, 1.0), 1))
    assert full is not None
    assert full.alignment == 1
    more = align(strategy, Contributions({**said.weights, ids[0]: 1.0}, 1))
    assert more is not None
    assert more.alignment >= found.alignment
    idle = Strategy(1, {id: Objective(each.weight, counts=False) for id, each in strategy.objectives.items()})
    assert align(idle, said) is None


class Undone(Exception):
    """What ends an example."""


@examples(8)
@given(
    figures=st.lists(st.tuples(st.floats(0.1, 9), SHARES, st.booleans()), min_size=4, max_size=4),
    plan=st.lists(st.lists(st.integers(0, 7), min_size=1, max_size=8), max_size=6),
)
async def test_however_the_roadmap_is_heard_scores_end_the_same(
    database: Databases, figures: list[tuple[float, float, bool]], plan: list[list[int]]
) -> None:
    """Two objectives and two ideas, two snapshots of each."""
    workspace_id, ids = new_id(), [new_id() for _ in range(4)]
    facts = [
        event
        for version in (1, 2)
        for which in (0, 1)
        for weight, share, counts in [figures[2 * which + version - 1]]
        for event in (
            objective(
                workspace_id,
                ids[which],
                version,
                weight,
                counts=counts,
                progress=share,
                strategy_version=2 * version + which,
            ),
            contributions(workspace_id, ids[2 + which], {ids[0]: share, ids[1]: 1 - share}, version),
        )
    ]
    parameters = WeightedParameters.model_validate({"criteria": [FIT]})

    async def ends(tx: Tx, batches: list[list[int]]) -> dict[UUID, Any]:
        await models.create(tx, workspace_id, name="A", framework="weighted", parameters=parameters, active=True)
        for batch in batches:
            await follow_strategy(tx, [facts[which] for which in batch])
        assert await recompute(tx, workspace_id) == []
        held = await scores(tx, workspace_id)
        return {id: (row["state"], row["value"], from_json(row["inputs"])) for id, row in held.items()}

    found: list[dict[UUID, Any]] = []
    for batches in ([list(range(8))], [*plan, [7, 6, 5, 4], [0, 1, 2, 3]]):
        with suppress(Undone):
            async with (await database("scoring")).transaction({workspace_id}) as tx:
                found.append(await ends(tx, batches))
                raise Undone
    assert found[0] == found[1]
    assert set(found[0]) == set(ids[2:])
