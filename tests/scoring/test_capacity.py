"""Teams, what they have, what is promised, and where that is too much."""

from typing import Any

from tests.builders import Api
from tests.scoring.given import Workspace

BOTH = {"period": ["2027-Q1", "2027-Q2"]}


async def told(api: Api, path: str, *rows: dict[str, Any]) -> None:
    """Set capacities, efforts or commitments."""
    answer = await api.scoring.put(f"/v1/{path}", json={path: list(rows)})
    assert (answer.status_code, answer.json()) == (200, {"saved": len(rows)}), answer.text


async def team(api: Api, name: str, **others: Any) -> str:
    """A team's id."""
    made = await api.scoring.post("/v1/teams", json={"name": name, **others})
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def test_over_commitment_is_found_and_portfolios_take_what_is_stored(
    api: Api, neighbour: Api, here: Workspace
) -> None:
    shop, lab = (
        await team(api, "Shop", skills={"backend": 10, "design": 2}),
        await team(api, "Lab", unit="points", skills={"ml": 3}),
    )
    export, search, gone = [str(await here.idea(title=title)) for title in ("Export", "Search", "Gone")]
    await told(
        api,
        "efforts",
        {"idea_id": export, "skill": "backend", "amount": 8},
        {"idea_id": export, "skill": "mobile", "amount": 1.5},
        {"idea_id": search, "skill": "backend", "amount": 6},
    )
    await told(api, "capacities", {"team_id": shop, "period": "2027-Q2", "skill": "backend", "amount": 4})
    await told(
        api,
        "commitments",
        {"team_id": shop, "idea_id": export, "period": "2027-Q1"},
        {"team_id": shop, "idea_id": search, "period": "2027-Q1", "share": 0.5},
        {"team_id": shop, "idea_id": search, "period": "2027-Q2", "share": 0.5},
        {"team_id": lab, "idea_id": search, "period": "2027-Q1"},
        {"team_id": shop, "idea_id": gone, "period": "2027-Q2"},
    )
    over = (await api.scoring.get("/v1/capacities/over-commitment", params=BOTH)).json()
    assert [
        (each["period"], each["skill"], each["capacity"], each["needed"], each["over"]) for each in over["data"]
    ] == [
        ("2027-Q1", "mobile", 0, 1.5, 1.5),
        ("2027-Q1", "backend", 10, 11, 1),
    ]
    assert [(each["title"], each["amount"]) for each in over["data"][1]["ideas"]] == [("Export", 8), ("Search", 3)]
    assert {(each["title"], each["reason"]) for each in over["not_counted"]} == {
        ("Search", "other_unit"),
        ("Gone", "no_effort"),
    }
    use = (await api.scoring.get("/v1/capacities/use", params={**BOTH, "team_id": shop})).json()["data"]
    assert [(each["skill"], each["capacity"], each["needed"]) for each in use if each["period"] == "2027-Q2"] == [
        ("backend", 4, 3),
        ("design", 2, 0),
    ]

    items = [{"key": "e", "idea_id": export, "value": 9}, {"key": "s", "idea_id": search, "value": 5}]
    stored = {"team_ids": [shop], "periods": ["2027-Q2", "2027-Q1"]}
    plan = await api.scoring.post("/v1/portfolios", json={"items": items, "stored_capacity": stored})
    assert plan.json()["left_out"][0]["reason"].startswith("takes 1.5 of mobile"), plan.text
    assert [each["key"] for each in plan.json()["chosen"]] == ["s"]
    assert [(each["skill"], each["capacity"]) for each in plan.json()["capacity"][:2]] == [
        ("backend", 10),
        ("backend", 4),
    ]
    spare = await api.scoring.post(
        "/v1/portfolios", json={"items": items[1:], "stored_capacity": {**stored, "spare": True}}
    )
    assert spare.json()["chosen"] == [], "10 - 11 and 4 - 3 are left, and 6 are needed"
    for body, pointer in (
        ({"items": [{"key": "g", "idea_id": gone, "value": 1}], "stored_capacity": stored}, "/body/items/0/effort"),
        ({"items": items, "stored_capacity": {**stored, "team_ids": [export]}}, "/body/stored_capacity/team_ids/0"),
        ({"items": items, "stored_capacity": {**stored, "team_ids": [lab]}}, "/body/items/0/effort"),
        ({"items": items}, "/body"),
    ):
        refused = await api.scoring.post("/v1/portfolios", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), refused.text

    await told(api, "commitments", {"team_id": shop, "idea_id": export, "period": "2027-Q1", "share": None})
    await told(api, "capacities", {"team_id": shop, "period": "2027-Q2", "skill": "backend", "amount": None})
    await told(api, "efforts", {"idea_id": export, "skill": "mobile", "amount": None})
    assert (await api.scoring.get("/v1/capacities/over-commitment", params=BOTH)).json()["data"] == []
    assert (await api.scoring.get("/v1/capacities", params={"team_id": shop})).json()["data"] == []
    assert len((await api.scoring.get("/v1/efforts", params={"idea_id": export})).json()["data"]) == 1
    listed: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await api.scoring.get("/v1/commitments", params={"period": "2027-Q1", "limit": 1, **cursor})).json()
        listed += [each["title"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert listed == ["Search", "Search"]

    refused = await neighbour.scoring.put(
        "/v1/commitments", json={"commitments": [{"team_id": shop, "idea_id": export, "period": "2027-Q1"}]}
    )
    assert refused.json()["errors"] == [{"pointer": "/body/commitments/0/team_id", "reason": "no team by that id"}]
    twice = {"idea_id": export, "skill": "backend", "amount": 1}
    refused = await api.scoring.put("/v1/efforts", json={"efforts": [twice, twice]})
    assert refused.json()["errors"][0]["pointer"] == "/body/efforts/1"


async def test_a_team_is_edited_by_who_has_seen_it(api: Api, neighbour: Api) -> None:
    made = await api.scoring.post("/v1/teams", json={"name": "Shop", "skills": {"backend": 3}})
    url, first = made.headers["location"], made.headers["etag"]
    assert (await api.scoring.post("/v1/teams", json={"name": "Shop"})).json()["code"] == "name_taken"
    edited = await api.scoring.patch(url, json={"skills": {"design": 1}}, headers={"If-Match": first})
    assert (edited.json()["skills"], edited.json()["version"]) == ({"design": 1}, 2)
    assert (await api.scoring.patch(url, json={"archived": True}, headers={"If-Match": first})).status_code == 412
    assert (await api.scoring.patch(url, json={"archived": True})).json()["archived"] is True
    assert (await api.scoring.get("/v1/teams", params={"archived": False})).json()["data"] == []
    assert (await neighbour.scoring.get(url)).status_code == 404
