"""Views behind a key, and their pages for everybody."""

import base64
import hashlib
import json
import re
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response

from services.roadmap.app import create_app
from services.roadmap.views import domain
from shared.ids import new_id
from tests.builders import Api
from tests.roadmap.given import Said
from tests.servers import World, lifespan


async def create(api: Api, slug: str = "roadmap", **fields: Any) -> dict[str, Any]:
    response = await api.roadmap.post(
        "/v1/views", json={"slug": slug, "title": "What we are working on", "published": True, **fields}
    )
    assert response.status_code == 201, response.text
    return response.json()


async def plan(api: Api, **fields: Any) -> str:
    body = {"title": "Single sign-on", "idea_ids": [str(new_id())], **fields}
    response = await api.roadmap.post("/v1/items", json=body)
    assert response.status_code == 201, response.text
    return response.json()["id"]


async def page(api: Api, slug: str = "roadmap", **headers: str) -> Response:
    return await api.anonymous.roadmap.get(f"/p/{api.slug}/{slug}", headers=headers)


async def test_a_view_is_made_listed_edited_and_deleted(api: Api) -> None:
    view = await create(api, published=False)
    assert view["url"] == f"https://roadmap.test/p/{api.slug}/roadmap"
    assert (view["statuses"], view["fields"]) == (["in_progress", "planned", "considering"], ["summary", "target"])
    other = await create(api, "internal")

    listed = (await api.roadmap.get("/v1/views", params={"limit": 1})).json()
    assert [each["id"] for each in listed["data"]] == [view["id"]]
    listed = (await api.roadmap.get("/v1/views", params={"cursor": listed["next_cursor"]})).json()
    assert ([each["id"] for each in listed["data"]], listed["next_cursor"]) == ([other["id"]], None)

    path = f"/v1/views/{view['id']}"
    edited = await api.roadmap.patch(
        path, json={"title": "Roadmap", "statuses": ["shipped", "planned"]}, headers={"If-Match": '"1"'}
    )
    assert edited.headers["etag"] == '"2"'
    assert (edited.json()["title"], edited.json()["statuses"]) == ("Roadmap", ["shipped", "planned"])
    assert (await api.roadmap.get(path)).json() == edited.json()
    assert (await api.roadmap.patch(path, json={"title": "Roadmap"})).headers["etag"] == '"2"'
    assert (await api.roadmap.patch(path, json={"title": "X"}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await api.roadmap.delete(path, headers={"If-Match": '"1"'})).status_code == 412

    assert (await api.roadmap.delete(path)).status_code == 204
    assert (await api.roadmap.get(path)).status_code == 404
    assert (await api.roadmap.delete(path)).status_code == 404


async def test_a_slug_is_taken_once_a_workspace(api: Api, neighbour: Api) -> None:
    await create(api)
    await create(neighbour)
    response = await api.roadmap.post("/v1/views", json={"slug": "roadmap", "title": "Again"})
    assert response.status_code == 409
    assert response.json()["code"] == "slug_taken"


@pytest.mark.parametrize(
    "fields",
    [
        {"slug": "Über"},
        {"slug": "a/b"},
        {"slug": "-"},
        {"statuses": []},
        {"statuses": ["planned", "planned"]},
        {"statuses": ["done"]},
        {"fields": ["mrr"]},
        {"fields": ["votes", "votes"]},
        {"introduction": "x" * 2_001},
        {"title": "\ud800"},
        {"audience": "everyone"},
    ],
)
async def test_what_a_view_cannot_be(api: Api, fields: dict[str, Any]) -> None:
    response = await api.roadmap.post(
        "/v1/views",
        content=json.dumps({"slug": "roadmap", "title": "Roadmap", **fields}),
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 422


async def test_a_neighbours_view_is_not_there(api: Api, neighbour: Api) -> None:
    path = f"/v1/views/{(await create(neighbour))['id']}"
    assert (await api.roadmap.get(path)).status_code == 404
    assert (await api.roadmap.patch(path, json={"published": False})).status_code == 404
    assert (await api.roadmap.delete(path)).status_code == 404
    assert (await api.roadmap.get("/v1/views")).json()["data"] == []
    assert (await page(api)).status_code == 404


async def test_a_published_view_is_readable_by_anyone(api: Api, said: Said) -> None:
    wanted, also = await said.idea("Offline mode"), await said.idea("Sync")
    await said.demand(wanted, votes=41, people=37)
    await said.demand(also, votes=2, people=2)
    model_id = new_id()
    await said.score(wanted, model_id, 12.5)
    await said.score(also, model_id, 99.0)
    await said.score(also, new_id(), None)
    item_id = await plan(
        api, title="Work offline", idea_ids=[str(wanted), str(also)], summary="On a plane.", target="2027-02-15"
    )
    await plan(api, title="Unseen", status="considering")
    await create(
        api,
        introduction="Plans change.",
        statuses=["in_progress", "planned"],
        fields=["summary", "target", "shipped", "people", "votes", "scores"],
    )

    answer = await api.anonymous.roadmap.get(f"/p/{api.slug}/roadmap.json")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    view = answer.json()
    item = (await api.roadmap.get(f"/v1/items/{item_id}")).json()
    assert view == {
        "workspace": "A test's",
        "title": "What we are working on",
        "introduction": "Plans change.",
        "updated_at": max(item["updated_at"], view["updated_at"]),
        "columns": [
            {"status": "in_progress", "name": "Now", "meaning": "In progress", "items": []},
            {
                "status": "planned",
                "name": "Next",
                "meaning": "Planned",
                "items": [
                    {
                        "id": item_id,
                        "title": "Work offline",
                        "summary": "On a plane.",
                        "target": "2027-Q1",
                        "people": 37,
                        "votes": 43,
                        "scores": [{"model_id": str(model_id), "value": 99.0}],
                    }
                ],
            },
        ],
    }
    html = (await page(api)).text
    for words in ("Work offline", "On a plane.", "Q1 2027", "37 people asked", "43 votes", "Score 99", "Nothing here"):
        assert words in html
    assert "Unseen" not in html


async def test_a_shipped_item_says_when(api: Api) -> None:
    item_id = await plan(api, target="2027-02-15")
    for status in ("in_progress", "shipped"):
        response = await api.roadmap.post(f"/v1/items/{item_id}/status", json={"status": status, "note": "hush"})
    await create(api, statuses=["shipped"], fields=["target", "shipped"])
    (item,) = (await api.anonymous.roadmap.get(f"/p/{api.slug}/roadmap.json")).json()["columns"][0]["items"]
    assert item == {"id": item_id, "title": "Single sign-on", "shipped": response.json()["shipped_at"][:10]}


async def test_a_long_column_shows_its_newest(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest is what shipped last, not what was planned last."""
    monkeypatch.setattr(domain, "MOST_SHOWN", 2)
    planned = [await plan(api, title=str(number)) for number in range(3)]
    shipping = [await plan(api, title=title) for title in ("late", "soon", "early")]
    for item_id in reversed(shipping):
        for status in ("in_progress", "shipped"):
            await api.roadmap.post(f"/v1/items/{item_id}/status", json={"status": status})
    await create(api, statuses=["planned", "shipped"], fields=[])
    columns = (await api.anonymous.roadmap.get(f"/p/{api.slug}/roadmap.json")).json()["columns"]
    assert [{item["id"] for item in column["items"]} for column in columns] == [set(planned[1:]), set(shipping[:2])]


async def test_nothing_else_of_the_workspace_is_there(api: Api, said: Said) -> None:
    """Every place that could leak holds a word of its own; a view that allows nothing shows none of them."""
    idea_id = await said.idea("SECRET-idea-title")
    await said.demand(idea_id, votes=77001, people=77002)
    model_id = new_id()
    score_id = await said.score(idea_id, model_id, 77003.5)
    item_id = await plan(api, idea_ids=[str(idea_id)], title="Shown", summary="SECRET-summary", target="2031-05-17")
    await api.roadmap.post(f"/v1/items/{item_id}/status", json={"status": "in_progress", "note": "SECRET-note"})
    await plan(api, title="SECRET-other-status", status="considering")
    await create(api, "hidden", title="SECRET-view", published=False)
    view = await create(api, statuses=["in_progress"], fields=[])

    for ending in ("", ".json"):
        text = (await api.anonymous.roadmap.get(f"/p/{api.slug}/roadmap{ending}")).text
        assert "Shown" in text
        for secret in ("SECRET", "7700", "2031", str(idea_id), str(model_id), str(score_id), str(api.key_id)):
            assert secret not in text
        assert str(api.workspace_id) not in text
        assert view["id"] not in text


async def test_what_is_not_published_is_not_there(api: Api) -> None:
    view = await create(api, published=False)
    unknown = ("/p/nobody/roadmap", f"/p/{api.slug}/other", f"/p/{api.slug}/%00", f"/p/{api.slug}/%FF", "/p/A/B")
    for path in (f"/p/{api.slug}/roadmap", *unknown):
        response = await api.anonymous.roadmap.get(path)
        assert response.status_code == 404
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert "There is no page here" in response.text
        response = await api.anonymous.roadmap.get(path + ".json")
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["access-control-allow-origin"] == "*"

    await api.roadmap.patch(f"/v1/views/{view['id']}", json={"published": True})
    assert (await page(api)).status_code == 200
    await api.roadmap.patch(f"/v1/views/{view['id']}", json={"published": False})
    assert (await page(api)).status_code == 404


@pytest.mark.parametrize("ending", ["", ".json"])
async def test_a_page_that_has_not_changed_is_not_sent_again(api: Api, ending: str) -> None:
    await create(api)
    path = f"/p/{api.slug}/roadmap{ending}"
    first = await api.anonymous.roadmap.get(path)
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert first.headers["cache-control"] == "public, max-age=60"

    for held in (tag, f'"other", W/{tag}', "*"):
        response = await api.anonymous.roadmap.get(path, headers={"If-None-Match": held})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == tag
        assert response.headers["cache-control"] == "public, max-age=60"

    await plan(api)
    response = await api.anonymous.roadmap.get(path, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["etag"] != tag
    head = await api.anonymous.roadmap.head(path)
    assert (head.status_code, head.headers["etag"]) == (200, response.headers["etag"])


async def test_a_page_lets_nothing_in(api: Api) -> None:
    await create(api, title="<script>alert(1)</script>")
    await plan(api, title="<img src=x onerror=alert(1)>", summary='"><b>bold</b>')
    response = await page(api)
    assert "<script" not in response.text
    assert "<img" not in response.text
    assert "<b>" not in response.text
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    (style,) = re.findall(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    assert " style=" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    answer = await api.anonymous.roadmap.get(f"/p/{api.slug}/roadmap.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_empty_roadmap_says_so(api: Api) -> None:
    await create(api)
    assert "Nothing here yet" in (await page(api)).text


async def test_a_reader_meets_a_page_when_the_database_is_away(world: World) -> None:
    settings = world.settings("roadmap", database_url="postgresql://nobody@127.0.0.1:1/none", role="api")
    async with (
        lifespan(create_app(settings)) as app,
        AsyncClient(transport=ASGITransport(app), base_url="https://roadmap.test") as client,
    ):
        response = await client.get("/p/acme/roadmap")
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert "Back in a moment" in response.text
        assert (await client.get("/p/acme/roadmap.json")).headers["content-type"] == "application/problem+json"
