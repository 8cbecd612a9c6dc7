"""Technical debt: what it comes to, and that it ranks among features."""

from typing import Any

import pytest

from tests.builders import Api
from tests.scoring.given import Workspace

TOLD: dict[str, Any] = {
    "title": "Two ways to compute taxes",
    "component": "billing",
    "principal": 10,
    "interest": 4,
    "probability": 0.5,
    "day_cost": 700,
}


async def test_a_debt_ranks_among_features_until_it_is_paid(api: Api, neighbour: Api, here: Workspace) -> None:
    made = await api.scoring.post("/v1/models", json={"name": "CD3", "framework": "cd3", "active": True})
    model_id = made.json()["id"]
    feature, paying, other = [await here.idea(title=title) for title in ("feature", "paying", "other")]
    await here.estimate(feature, cost_of_delay=300, duration=2)

    async def ranking() -> list[tuple[str, float]]:
        found = await api.scoring.get("/v1/rankings", params={"model_id": model_id})
        return [(each["title"], each["value"]) for each in found.json()["data"]]

    added = await api.scoring.post("/v1/debts", json={**TOLD, "idea_id": str(paying), "changes": 40, "complexity": 25})
    assert added.status_code == 201, added.text
    url, debt = added.headers["location"], added.json()
    assert (debt["cost_of_delay"], debt["payback_months"], debt["hotspot"]) == (1400, 5, 1000)
    weekly = 1400 / (365.25 / 12 / 7)
    assert await ranking() == [("paying", pytest.approx(weekly / 2)), ("feature", 150)]

    grown = await api.scoring.patch(url, json={"growth": 0.1, "evidence": ["incident 17"]})
    curve = (await api.scoring.get(f"{url}/curve", params={"months": 6})).json()
    assert [each["carried"] for each in curve["months"][:4]] == [0, 1400, pytest.approx(2940), pytest.approx(4634)]
    assert {each["paid_now"] for each in curve["months"]} == {7000}
    assert curve["breaks_even"] == 5, "8,547 by then, and 6,497 a month before"
    assert curve["months"][1]["paid_then"] == 8400

    words = await api.scoring.get("/v1/charts/debt.txt", params={"debt_id": debt["id"], "months": 6})
    assert words.text.splitlines()[1:4] == [
        "carrying has cost as much by month 5",
        "month 0: 0 carried, 7000 paid off",
        "month 1: 1400 carried, 7000 paid off",
    ]

    await api.scoring.patch(url, json={"idea_id": str(other), "interest": 1})
    assert await ranking() == [("feature", 150), ("other", pytest.approx(weekly / 8))]
    stale = await api.scoring.patch(url, json={"state": "paid"}, headers={"If-Match": grown.headers["etag"]})
    assert stale.status_code == 412
    await api.scoring.patch(url, json={"state": "paid"})
    assert await ranking() == [("feature", 150)]
    changes = (await api.scoring.get(f"{url}/changes", params={"limit": 3})).json()
    rest = (await api.scoring.get(f"{url}/changes", params={"cursor": changes["next_cursor"]})).json()
    trend = [
        (each["version"], each["state"]["interest"], each["state"]["state"]) for each in changes["data"] + rest["data"]
    ]
    assert trend == [(1, 4, "open"), (2, 4, "open"), (3, 1, "open"), (4, 1, "paid")]

    idle = (await api.scoring.post("/v1/debts", json={**TOLD, "interest": 0})).json()
    assert (idle["payback_months"], idle["hotspot"]) == (None, None)
    assert (await api.scoring.get(f"/v1/debts/{idle['id']}/curve")).json()["breaks_even"] is None
    listed = (await api.scoring.get("/v1/debts", params={"state": "open", "component": "billing"})).json()["data"]
    assert [each["id"] for each in listed] == [idle["id"]]
    refused = await api.scoring.patch(url, json={"title": None})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/body/title")
    assert (await neighbour.scoring.get(url)).status_code == 404
