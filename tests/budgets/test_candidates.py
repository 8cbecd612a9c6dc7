"""The first ideas of a rare kind are looked up, and those of a frequent one are not looked for all the way down."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from services.scoring.candidates import domain as candidates
from services.scoring.candidates.domain import Choice
from services.scoring.comparisons import domain as comparisons
from services.scoring.policies.worker import weigh_some
from services.scoring.policy_comparisons import domain as policy_comparisons
from services.scoring.policy_comparisons import store
from services.scoring.rankings import domain as rankings
from services.scoring.rankings import store as rankings_store
from shared.database import Read
from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Databases, Workspace, share

WINDOW, DEPTH = 4, 8
KINDS = {"feature": 9, "enabler": 9, "debt": 2}
"""Ideas of each, the best first: as many features as are looked at, and then some."""
LOOKING = {
    rankings_store.NOW["scored"],
    rankings_store.OF["scored"],
    *rankings_store.FEW.values(),
    store.TOP,
    store.TOP_OF,
}
FULL: dict[str, Any] = {"impact": 1.0, "confidence": 1.0, "effort": 1.0}
Ranked = tuple[list[UUID], list[UUID], list[UUID]]
FILTERS: dict[str, Any] = {"status": None, "product_id": None}


async def _ran(here: Workspace, *asked: Any) -> Sequence[tuple[str, str]]:
    """The statements that look for candidates of a kind, and their plans as the service's role has them."""
    model_ids, policy_ids, kind, among = asked
    seen: list[tuple[str, tuple[Any, ...]]] = []

    class Noting(Read):
        async def all(self, sql: str, *args: Any) -> Any:
            if sql in LOOKING:
                seen.append((sql, args))
            return await super().all(sql, *args)

    async with here.database.read({here.id}) as read:
        noting = Noting(read.connection, ())
        await candidates.load(noting, here.id, model_ids[0], Choice(among, kind))
        await comparisons.top(noting, here.id, model_ids, among, kind=kind, **FILTERS)
        await policy_comparisons.top(noting, here.id, policy_ids, among, kind=kind, **FILTERS)
        for setting in ("enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"):
            await read.value(f"select set_config('{setting}', 'off', true)")
        plans = [await read.all(f"explain (costs off) {sql}", *args) for sql, args in seen]
    return [(sql, "\n".join(row[0] for row in plan)) for (sql, _), plan in zip(seen, plans, strict=True)]


@pytest.fixture
async def here(api: Api, database: Databases) -> Workspace:
    """Scoring in the test's workspace."""
    return Workspace(await database("scoring"), api.workspace_id)


@pytest.fixture
async def ranked(api: Api, here: Workspace, monkeypatch: pytest.MonkeyPatch) -> Ranked:
    """Models, policies, and ideas, the best first."""
    monkeypatch.setattr(rankings, "WINDOW", WINDOW)
    monkeypatch.setattr(rankings, "DEPTH", DEPTH)
    monkeypatch.setattr(policy_comparisons, "DEPTH", DEPTH)
    kinds = [kind for kind, many in KINDS.items() for _ in range(many)]
    ideas = [await here.idea(kind=kind) for kind in kinds]
    for place, idea_id in enumerate(ideas):
        await here.estimate(idea_id, reach=100 - place, **FULL)
    await here.hear(
        *(share(here.id, idea_id, new_id(), months={"2026-01": 100 - place}) for place, idea_id in enumerate(ideas))
    )
    models = [await here.model(name=name) for name in ("A", "B")]
    policies: list[UUID] = []
    for name in ("A", "B"):
        made = await api.scoring.post("/v1/demand-policies", json={"name": name, "parameters": {"kind": "flat"}})
        policies.append(UUID(made.json()["id"]))
    while await weigh_some(here.database):
        pass
    return models, policies, ideas


async def test_a_rare_kind_is_looked_up(here: Workspace, ranked: Ranked) -> None:
    models, policies, ideas = ranked
    ran = await _ran(here, models, policies, "debt", 5)
    found = [plan for _, plan in ran]
    looked_up = sum("ideas_kind" in plan for plan in found)
    assert looked_up == 1 + len(models) + 1, "once for each ranking, once for policies"
    assert any("scores_pkey" in plan for plan in found)
    assert any("weights_pkey" in plan for plan in found)
    for plan in found:
        assert "Seq Scan" not in plan, plan
        assert "scores_ranking" not in plan, plan
        assert "weights_ranking" not in plan, plan
    async with here.database.read({here.id}) as read:
        first = await candidates.load(read, here.id, models[0], Choice(5, "debt"))
    assert [each.idea_id for each in first] == ideas[-KINDS["debt"] :]


async def test_a_frequent_kind_is_walked_no_farther_than_so_deep(api: Api, here: Workspace, ranked: Ranked) -> None:
    models, policies, ideas = ranked
    among = WINDOW + 1
    walked = [plan for _, plan in await _ran(here, models, policies, "feature", among) if "_ranking" in plan]
    assert len(walked) == 2 * (1 + len(models)) + len(policies), "two windows of each model, and each policy at once"
    for plan in walked:
        assert "Limit" in plan, plan
        assert "ideas_ranked" in plan or "ideas_pkey" in plan, plan
        assert "Seq Scan" not in plan, plan
    async with here.database.read({here.id}) as read:
        first = await candidates.load(read, here.id, models[0], Choice(among, "feature"))
    assert [each.idea_id for each in first] == ideas[:among]

    asked: dict[str, Any] = {"among": among, "kind": "enabler"}
    for far in (
        await api.scoring.post("/v1/simulations", json={"model_id": str(models[0]), **asked}),
        await api.scoring.get("/v1/comparisons/models", params={"model_id": [str(each) for each in models], **asked}),
        await api.scoring.get(
            "/v1/comparisons/demand-policies", params={"policy_id": [str(each) for each in policies], **asked}
        ),
    ):
        assert (far.status_code, far.json()["code"]) == (409, "too_far_down"), far.text
