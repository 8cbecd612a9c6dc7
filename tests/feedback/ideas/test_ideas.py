"""Ideas over HTTP: keys, editing, lists."""

from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from tests.builders import Api
from tests.feedback.given import made, new_idea


async def test_a_new_idea(api: Api) -> None:
    answer = await api.feedback.post("/v1/ideas", json={"title": " Export: CSV & PDF "})
    idea = await made(answer)
    del idea["similar"]
    assert (idea["title"], idea["kind"], idea["status"], idea["archived"], idea["version"]) == (
        "Export: CSV & PDF", "feature", "open", False, 1
    )  # fmt: skip
    assert idea["key"].startswith("export-csv-pdf-")
    assert answer.headers["location"] == f"/v1/ideas/{idea['id']}"
    shown = await api.feedback.get(answer.headers["location"])
    assert (shown.json(), shown.headers["etag"]) == (idea, answer.headers["etag"])


@pytest.mark.parametrize("title", ["日本語", "!!!", "Ünïcode"])
async def test_any_title_gives_a_key(api: Api, title: str) -> None:
    idea = await new_idea(api, title)
    body = {"idea_id": idea["key"], "contact": {"email": "a@b.co"}}
    assert (await made(await api.feedback.post("/v1/votes", json=body)))["idea_id"] == idea["id"]


async def test_keys_are_taken_once_in_a_workspace(api: Api, neighbour: Api) -> None:
    await new_idea(api, key="csv-export")
    clash = await api.feedback.post("/v1/ideas", json={"title": "Other", "key": "csv-export"})
    assert (clash.status_code, clash.json()["code"]) == (409, "key_taken")
    await new_idea(neighbour, key="csv-export")


@pytest.mark.parametrize(
    "key", ["a4beac76-d8ce-4afe-ade0-a116e21de5db", "4a667bed82364c6fb7e9f670d55374bb", "Upper", "-edge", "a" * 65, ""]
)
async def test_keys_that_are_none(api: Api, key: str) -> None:
    """What looks like an id would be taken for one, and the idea never be found by it."""
    refused = await api.feedback.post("/v1/ideas", json={"title": "Idea", "key": key})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/body/key"


async def test_editing_knows_what_it_edits(api: Api) -> None:
    idea = await new_idea(api)
    path = f"/v1/ideas/{idea['id']}"
    edited = await api.feedback.patch(path, json={"title": "Other", "kind": "debt"}, headers={"If-Match": '"1"'})
    assert (edited.status_code, edited.headers["etag"], edited.json()["version"]) == (200, '"2"', 2)
    late = await api.feedback.patch(path, json={"title": "Third"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.headers["etag"]) == (412, '"2"')
    same = await api.feedback.patch(path, json={"title": "Other"}, headers={"If-Match": "*"})
    assert same.headers["etag"] == '"2"'
    strange = await api.feedback.patch(path, json={"title": "Other"}, headers={"If-Match": '"x"'})
    assert (strange.status_code, strange.json()["errors"][0]["pointer"]) == (422, "/header/If-Match")
    assert (await api.feedback.get(path)).json() == edited.json()
    assert (await api.feedback.patch(f"/v1/ideas/{uuid4()}", json={})).status_code == 404


async def test_lists_filter_and_hold_still(api: Api) -> None:
    made_of: dict[str, tuple[str, str]] = {}
    for status, kind, _ in product(("open", "declined"), ("feature", "debt"), range(2)):
        idea = await new_idea(api, kind=kind)
        if status != "open":
            await api.feedback.patch(f"/v1/ideas/{idea['id']}", json={"status": status})
        made_of[idea["id"]] = (status, kind)
    for status, kind in product((None, "open", "declined", "shipped"), (None, "feature", "debt", "research")):
        query = {name: value for name, value in (("status", status), ("kind", kind)) if value}
        expected = [
            id for id, (one, other) in reversed(made_of.items()) if status in (None, one) and kind in (None, other)
        ]
        seen: list[str] = []
        cursor: dict[str, Any] = {}
        for number in range(10):
            page = (await api.feedback.get("/v1/ideas", params={**query, **cursor, "limit": 3})).json()
            seen += [each["id"] for each in page["data"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
            if number == 0:
                # Somebody adds one meanwhile: what follows the page before does not move.
                late = await new_idea(api, kind=kind or "feature")
                made_of[late["id"]] = ("open", kind or "feature")
        assert seen == expected, query


async def test_ideas_of_a_neighbour_do_not_exist(api: Api, neighbour: Api) -> None:
    idea = await new_idea(neighbour)
    for answer in (
        await api.feedback.get(f"/v1/ideas/{idea['id']}"),
        await api.feedback.get(f"/v1/ideas/{idea['id']}/demand"),
        await api.feedback.patch(f"/v1/ideas/{idea['id']}", json={"title": "Mine"}),
    ):
        assert answer.status_code == 404
    assert (await api.feedback.get("/v1/ideas")).json() == {"data": [], "next_cursor": None}
