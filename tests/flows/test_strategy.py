"""From an objective on the roadmap to a score that explains itself by it."""

from typing import Any

from tests.builders import Api, eventually


async def test_an_objective_becomes_a_score(api: Api) -> None:
    fit: dict[str, Any] = {"name": "fit", "weight": 1, "highest": 1, "alignment": {}}
    body: dict[str, Any] = {
        "name": "Strategy",
        "framework": "weighted",
        "parameters": {"criteria": [fit]},
        "active": True,
    }
    assert (await api.scoring.post("/v1/models", json=body)).status_code == 201
    idea = (await api.feedback.post("/v1/ideas", json={"title": "Single sign-on"})).json()["id"]
    grow, keep = [
        (await api.roadmap.post("/v1/objectives", json={"title": title, "weight": weight})).json()["id"]
        for title, weight in (("Grow", 3), ("Keep", 1))
    ]

    async def said() -> bool:
        given = {"contributions": [{"objective_id": grow, "weight": 0.5}]}
        return (await api.roadmap.put(f"/v1/contributions/{idea}", json=given)).status_code == 200

    # Roadmap hears of the idea a moment later.
    await eventually(said)

    async def scored(value: float, cause: str) -> dict[str, Any]:
        (score,) = (await api.scoring.get(f"/v1/scores/{idea}")).json()["scores"]
        assert (score["value"], score["cause"]["kind"]) == (value, cause), score
        return score

    await eventually(lambda: scored(0.375, "contribution"))
    weighed = await api.roadmap.patch(f"/v1/objectives/{keep}", json={"weight": 3})
    assert weighed.status_code == 200
    score = await eventually(lambda: scored(0.25, "objective"))
    alignment = score["inputs"]["fit"]["alignment"]
    assert [(each["objective_id"], each["share"]) for each in alignment["shares"]] == [(grow, 0.25)]
    changes = (await api.roadmap.get(f"/v1/objectives/{keep}/changes")).json()["data"]
    assert changes[-1]["strategy_version"] == alignment["strategy_version"], "the strategy that it was computed against"
