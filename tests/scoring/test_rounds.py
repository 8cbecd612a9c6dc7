"""Rounds: hidden, revealed, agreed on and closed; and how far estimates lie apart."""

from typing import Any

import pytest

from shared.ids import new_id
from tests.builders import Api
from tests.scoring.given import Workspace


async def test_values_stay_hidden_until_revealed_and_what_is_agreed_moves_the_score(
    api: Api, neighbour: Api, here: Workspace
) -> None:
    await here.model()
    idea_id = await here.idea()
    await here.estimate(idea_id, "ada", reach=10, impact=1, confidence=1)
    opened = await api.scoring.post(
        "/v1/rounds", json={"name": "Effort", "idea_ids": [str(idea_id)], "inputs": ["effort", "impact"]}
    )
    assert opened.status_code == 201, opened.text
    url = opened.headers["location"]
    reader = await api.another({"scores:read"})

    async def give(estimator: str, value: float, **others: Any) -> Any:
        figure = {"idea_id": str(idea_id), "input": "effort", "value": value, **others}
        body = {"estimator": estimator, "discipline": "engineering", "values": [figure]}
        return await api.scoring.put(f"{url}/values", json=body)

    for estimator, value in (("ada", 2.125), ("bob", 77.125), ("ada", 3.125)):
        answer = await give(estimator, value)
        assert answer.json() == {"estimator": estimator, "given": 1}, answer.text
    hidden = await reader.scoring.get(f"{url}/results")
    assert (hidden.status_code, hidden.json()["code"]) == (409, "round_hidden")
    for path in ("", "/progress", "/results"):
        shown = await reader.scoring.get(f"{url}{path}")
        assert ".125" not in shown.text, "nothing of a value is seen by anybody"
    progress = (await reader.scoring.get(f"{url}/progress")).json()
    assert (progress["asked"], [each["estimator"] for each in progress["participants"]]) == (2, ["ada", "bob"])
    assert (await here.scores())[idea_id]["state"] == "not_scoreable", "a hidden value is no estimate"
    early = await api.scoring.post(f"{url}:close", json={"agreed": []})
    assert (early.status_code, early.json()["code"]) == (409, "round_open")
    for wrong in ({"idea_id": str(new_id())}, {"input": "reach"}):
        assert (await give("cy", 1, **wrong)).json()["errors"][0]["pointer"] == f"/body/values/0/{next(iter(wrong))}"

    for _ in range(2):
        revealed = await api.scoring.post(f"{url}:reveal")
        assert (revealed.status_code, revealed.json()["state"]) == (200, "revealed"), revealed.text
    late = await give("bob", 3)
    assert (late.status_code, late.json()["code"]) == (409, "round_revealed")
    (result,) = (await reader.scoring.get(f"{url}/results")).json()["data"]
    assert [(each["estimator"], each["value"]) for each in result["values"]] == [("ada", 3.125), ("bob", 77.125)]
    assert result["spread"] == {
        "n": 2,
        "mean": 40.125,
        "median": 40.125,
        "lowest": 3.125,
        "highest": 77.125,
        "deviation": pytest.approx(74 / 2**0.5),
    }

    agreed = {"agreed": [{"idea_id": str(idea_id), "input": "effort", "value": 5}]}
    twice = {"agreed": agreed["agreed"] * 2}
    assert (await api.scoring.post(f"{url}:close", json=twice)).json()["errors"][0]["pointer"] == "/body/agreed/1"
    closed = await api.scoring.post(f"{url}:close", json=agreed)
    assert (closed.status_code, closed.json()["round"]["state"]) == (200, "closed"), closed.text
    written = closed.json()["estimates"][0]["estimate_id"]
    estimate = (await api.scoring.get(f"/v1/estimates/{written}")).json()
    assert (estimate["round_id"], estimate["note"]) == (opened.json()["id"], "Agreed in the round 'Effort'.")
    row = (await here.scores())[idea_id]
    assert (row["value"], row["cause"], str(row["cause_id"])) == (2, "estimate", written)
    for verb, body in (("reveal", None), ("close", agreed)):
        again = await api.scoring.post(f"{url}:{verb}", json=body)
        assert (again.status_code, again.json()["code"]) == (409, "round_closed"), "nothing of it changes any more"
    assert (await give("bob", 1)).status_code == 409
    assert [each["id"] for each in (await api.scoring.get("/v1/rounds?state=closed")).json()["data"]] == [
        opened.json()["id"]
    ]
    assert (await api.scoring.get("/v1/rounds?state=open")).json()["data"] == []
    assert (await neighbour.scoring.get(url)).status_code == 404
    assert (await reader.scoring.post(f"{url}:reveal")).status_code == 403


async def test_a_spread_is_by_input_and_discipline_and_of_what_counts(api: Api, here: Workspace) -> None:
    idea_id = await here.idea()
    url = "/v1/estimates/spread"
    assert (await api.scoring.get(url, params={"idea_id": str(idea_id)})).json()["inputs"] == []
    for estimator, discipline, value in (
        ("ada", "design", 9),
        ("ada", "design", 2),
        ("bob", "design", 4),
        ("cy", None, 6),
    ):
        body = {"idea_id": str(idea_id), "input": "effort", "value": value, "estimator": estimator}
        made = await api.scoring.post("/v1/estimates", json={**body, "discipline": discipline})
        assert made.status_code == 201, made.text
    await here.estimate(idea_id, impact=1)
    found = (await api.scoring.get(url, params={"idea_id": str(idea_id)})).json()
    assert (found["estimates"], found["whole"]) == (4, True)
    effort, impact = found["inputs"]
    assert effort["spread"] == {"n": 3, "mean": 4, "median": 4, "lowest": 2, "highest": 6, "deviation": 2}
    assert [(each["discipline"], each["spread"]["n"], each["spread"]["mean"]) for each in effort["disciplines"]] == [
        (None, 1, 6),
        ("design", 2, 3),
    ]
    assert (impact["input"], impact["spread"]["deviation"]) == ("impact", None)
