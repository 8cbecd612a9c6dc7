"""No route shows or changes what belongs to another workspace."""

import functools
from typing import Any

from deploy import SERVICES
from shared.database import Database
from tests.builders import Api, eventually
from tests.contracts.crowd import DOCUMENTS
from tests.contracts.operations import NOTHING, Operation, operations
from tests.contracts.population import populate

OPERATIONS = [(service, each) for service in SERVICES for each in operations(DOCUMENTS[service])]
# What a caller may be told of a record that is not theirs: that there is none, or that the request is no good.
NOTHING_THERE = {404, 422}
# Answers for scored ideas, a revealed round or a dry run, and there are none here. Row security holds there too.
NOT_YET = {"compare_ideas", "get_round_results", "list_rehearsed_records"}
# Bodies of those that cannot be empty, by how their paths end: else the body would be refused first.
NOTHING_NEEDED: dict[str, Any] = {}
NEEDED: dict[str, Any] = {
    "/rounds/{round_id}:close": {"agreed": []},
    "/rounds/{round_id}/values": {"estimator": "me", "values": [{"idea_id": NOTHING, "input": "effort", "value": 1}]},
    "/status": {"status": "shipped"},
    "/contributions/{idea_id}": {"contributions": []},
    "/key-results": {"title": "Mine", "unit": "%", "target": 1},
    "/check-ins": {"value": 1},
    "/comments": {"text": "Mine"},
    "/comments/{comment_id}": {"text": "Mine"},
    "/submissions": {"title": "Mine"},
    "/ideas/{idea_id}:merge": {"into": "csv-export"},
    "/components": {"key": "spare", "name": "Spare"},
    "/corrections/{correction_id}": {"on": True},
    "/followers": {"contact": {"external_id": "u1"}},
    "/plans/{plan_id}:adopt": {"reason": "Mine"},
    "/plans/{plan_id}:withdraw": {"reason": "Mine"},
}


SHARED = {
    "workspace_slug", "view_slug", "form", "period", "position", "create_connection/vendor", "create_debt/principal",
    "update_debt/principal",
}  # fmt: skip
"""Names of values that are nobody's secret."""


def query(operation: Operation, ids: dict[str, str]) -> dict[str, list[str]]:
    """Values for each parameter in the query that names a record, or several."""
    names = {parameter.get("name", "") for parameter in operation.parameters if parameter.get("in") == "query"}
    own = {name: ids.get(f"{operation.id}/{name}") or ids.get(name) for name in names}
    return {name: value.split(",") for name, value in own.items() if value}


def named(operation: Operation, service: str, ids: dict[str, str]) -> str:
    """The operation's path with the ids in it."""
    return operation.url(**ids | {"message_id": ids[f"parked_{service}"]})


async def test_reading_another_workspaces_ids_finds_nothing(api: Api, neighbour: Api, admin: Database) -> None:
    theirs = await populate(neighbour, admin)
    hidden = [value for name, value in theirs.items() if name not in SHARED]
    reads = [
        (service, each)
        for service, each in OPERATIONS
        if each.method == "get" and each.scopes and each.id not in NOT_YET
    ]

    async def arrived(service: str, url: str, parameters: dict[str, list[str]]) -> bool:
        """Scores and projections are there as well: then there is something to leak."""
        response = await neighbour.of(service).get(url, params=parameters)
        assert response.status_code == 200, f"the owner reads {url}: {response.text}"
        return True

    strangers = api, await api.another()
    for service, operation in reads:
        url, parameters = named(operation, service, theirs), query(operation, theirs)
        label = f"{url} {parameters}"
        await eventually(functools.partial(arrived, service, url, parameters))
        for stranger in strangers:
            response = await stranger.of(service).get(url, params=parameters)
            if "{" in operation.path:
                assert response.status_code == 404, f"{label}: {response.text}"
            else:
                assert response.status_code in {200, 404}, f"{label}: {response.text}"
                assert not parameters or not response.json().get("data"), f"{label}: {response.text}"
            leaked = [value for value in hidden if value in response.text and value not in label]
            assert not leaked, label
        response = await neighbour.anonymous.of(service).get(url, params=parameters)
        assert response.status_code == 401, label


async def test_writing_to_another_workspaces_ids_changes_nothing(api: Api, neighbour: Api, admin: Database) -> None:
    theirs = await populate(neighbour, admin)

    async def settled() -> bool:
        """The idea has followed the item that it was planned as."""
        return (await neighbour.feedback.get(f"/v1/ideas/{theirs['idea_id']}")).json()["status"] == "planned"

    await eventually(settled)
    before = await snapshot(neighbour, theirs)
    for service, operation in OPERATIONS:
        if operation.method in {"get", "head"} or operation.scopes is None or "{" not in operation.path:
            continue
        body = next((body for ending, body in NEEDED.items() if operation.path.endswith(ending)), NOTHING_NEEDED)
        response = await api.of(service).request(operation.method.upper(), named(operation, service, theirs), json=body)
        assert response.status_code == 404, f"{operation.method} {operation.path}: {response.text}"
    assert await snapshot(neighbour, theirs) == before


async def test_naming_another_workspaces_records_in_a_body_finds_nothing(
    api: Api, neighbour: Api, admin: Database
) -> None:
    theirs = await populate(neighbour, admin)
    mine = await populate(api, admin)
    who = {"email": "me@example.com"}
    for path, body in (
        ("/v1/votes", {"idea_id": theirs["idea_id"], "contact": who}),
        ("/v1/votes", {"idea_id": mine["idea_id"], "contact": {"id": theirs["contact_id"]}}),
        ("/v1/insights", {"feedback_id": theirs["feedback_id"], "idea_id": mine["idea_id"]}),
        ("/v1/insights", {"feedback_id": mine["feedback_id"], "idea_id": theirs["idea_id"]}),
        ("/v1/insights", {"feedback_id": mine["feedback_id"], "need_id": theirs["need_id"]}),
        ("/v1/inbox/actions", {"action": "link", "ids": [mine["feedback_id"]], "need_id": theirs["need_id"]}),
        ("/v1/feedback", {"text": "x", "contact": {"id": theirs["contact_id"]}}),
    ):
        response = await api.feedback.post(path, json=body)
        assert response.status_code in NOTHING_THERE, f"{path} {body}: {response.text}"
    # Scoring and roadmap accept ideas that they have not heard of yet. They must not tell what they have heard of.
    item = await api.roadmap.post("/v1/items", json={"idea_ids": [theirs["idea_id"]], "title": "Theirs?"})
    assert "Export" not in (await api.roadmap.get(item.headers["location"])).text
    untitled = await api.roadmap.post("/v1/items", json={"idea_ids": [theirs["idea_id"]]})
    assert "Export" not in untitled.text
    await api.scoring.post(
        "/v1/estimates",
        json={"idea_id": theirs["idea_id"], "input": "effort", "value": 99, "estimator": "a-spy-elsewhere"},
    )
    assert (
        "a-spy-elsewhere"
        not in (await neighbour.scoring.get("/v1/estimates", params={"idea_id": theirs["idea_id"]})).text
    )
    assert "Export" not in (await api.scoring.get(f"/v1/scores/{theirs['idea_id']}")).text


async def snapshot(owner: Api, ids: dict[str, str]) -> dict[str, str]:
    """What the owner sees of their own records that only a request changes."""
    paths = {
        "feedback": (
            f"/v1/ideas/{ids['idea_id']}",
            f"/v1/feedback/{ids['feedback_id']}",
            f"/v1/contacts/{ids['contact_id']}",
            f"/v1/connections/{ids['connection_id']}",
            f"/v1/keys/{ids['key_id']}",
            f"/v1/votes?idea_id={ids['idea_id']}",
            f"/v1/insights?idea_id={ids['idea_id']}",
            f"/v1/inbox/{ids['feedback_id']}",
            f"/v1/needs/{ids['need_id']}",
            "/v1/operations/feedback/parked",
        ),
        "scoring": (f"/v1/models/{ids['model_id']}", f"/v1/estimates/{ids['estimate_id']}"),
        "roadmap": (f"/v1/views/{ids['view_id']}", "/v1/items"),
    }
    seen: dict[str, str] = {}
    for service, each in paths.items():
        for path in each:
            response = await owner.of(service).get(path)
            assert response.status_code == 200, response.text
            body = response.json()
            body.pop("last_used_at", None)
            seen[path] = str(body)
    return seen
