"""Who looks at a board, and what they have to show for it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.feedback.portal.viewer import issue
from shared.sealing import Seal
from tests.builders import Api
from tests.feedback.given import made, new_idea
from tests.feedback.portal.given import PUBLISHABLE, new_board, new_contact, place, token
from tests.servers import SEALING_KEY


async def test_a_visitor_is_whom_the_teams_server_says(api: Api, neighbour: Api) -> None:
    board, idea = await new_board(api, visibility="private"), await new_idea(api)
    await place(api, board, idea["id"])
    ada = await new_contact(api, "ada@example.com")
    assert (await api.feedback.put(f"/v1/boards/{board}/members/{ada}")).status_code == 204
    page = (await api.another(PUBLISHABLE)).feedback
    path = f"/v1/boards/{board}/ideas"
    assert (await page.get(path)).status_code == 404, "as if there were no such board"
    assert (await page.get(path, params={"contact_id": ada})).json()["code"] == "missing_scope"
    assert (await page.get(path, params={"viewer": "team"})).json()["code"] == "missing_scope"
    both = await api.feedback.get(path, params={"viewer": "team", "contact_id": ada})
    assert (both.status_code, both.json()["errors"][0]["pointer"]) == (422, "/query/viewer")
    reader = (await api.another(PUBLISHABLE | {"customers:read"})).feedback
    assert (await reader.get(path, params={"contact_id": ada})).status_code == 200
    for what in ("vote", "follow", f"comments/{idea['id']}"):
        taken = await reader.delete(f"{path}/{idea['id']}/{what}", params={"contact_id": ada})
        assert (taken.status_code, taken.json()["code"]) == (403, "missing_scope"), "nobody's but by who may do it"
    words = {"text": "Me too.", "contact": {"id": ada}}
    assert (await page.post(f"{path}/{idea['id']}/comments", json=words)).json()["code"] == "missing_scope"
    elsewhere = await new_contact(neighbour, "ada@example.com")
    ended, _ = issue(Seal(SEALING_KEY), api.workspace_id, UUID(ada), timedelta(seconds=-1))
    for bad in (await token(neighbour, elsewhere), {"Cairn-Visitor": ended}, {"Cairn-Visitor": "made-up"}):
        refused = await page.get(path, headers=bad)
        assert (refused.status_code, refused.json()["code"]) == (403, "visitor_needed")
    visitor = await token(api, ada)
    (shown,) = (await page.get(path, headers=visitor)).json()["data"]
    assert set(shown) == {
        "id", "title", "description", "status", "votes", "comments", "mine", "voted", "importance", "follows",
        "created_at",
    }  # fmt: skip
    assert (await api.feedback.get(path, params={"contact_id": ada})).json()["data"] == [shown]
    said = await made(await page.post(f"{path}/{idea['id']}/comments", json={"text": "Me too. Ada"}, headers=visitor))
    for sight, expected in (({"viewer": "team"}, [said["id"]]), ({"contact_id": ada}, [said["id"]])):
        seen = (await api.feedback.get(f"{path}/{idea['id']}/comments", params=sight)).json()["data"]
        assert [each["id"] for each in seen] == expected
    closing = {"comments": False, "submissions": False}
    await made(await api.feedback.patch(f"/v1/boards/{board}", json=closing, headers={"If-Match": '"7"'}), 412)
    await made(await api.feedback.patch(f"/v1/boards/{board}", json=closing, headers={"If-Match": '"1"'}), 200)
    for closed, body in ((f"{path}/{idea['id']}/comments", {"text": "x"}), (path[:-5] + "submissions", {"title": "x"})):
        assert (await page.post(closed, json=body, headers=visitor)).status_code == 409
    await made(await api.feedback.patch(f"/v1/boards/{board}", json={"archived": True}), 200)
    assert (await page.get(path, headers=visitor)).status_code == 404


async def test_a_frontend_can_show_feedback_without_the_person(api: Api) -> None:
    said = {
        "text": "Call Lovelace: +49 30 901820, ada@example.com.",
        "contact": {"email": "ada@example.com", "name": "Ada Lovelace"},
        "attributes": {"reply_to": "ada@example.com", "seats": 12},
    }
    id = (await made(await api.feedback.post("/v1/feedback", json=said)))["id"]
    for shown in (
        (await api.feedback.get(f"/v1/feedback/{id}", params={"redact": True})).json(),
        (await api.feedback.get("/v1/feedback", params={"redact": True})).json()["data"][0],
    ):
        assert (shown["text"], shown["contact_id"]) == ("Call [name]: [phone], [email].", None)
        assert shown["attributes"] == {"reply_to": "[email]", "seats": 12}
    assert (await api.feedback.get(f"/v1/feedback/{id}")).json()["text"] == said["text"]


async def test_pages_use_publishable_keys_from_their_origins_alone(api: Api) -> None:
    board, home = await new_board(api), "https://app.example.com"
    path = f"/v1/boards/{board}/ideas"

    async def key(scopes: list[str], origins: list[str], status: int = 201) -> Any:
        body = {"name": "page", "scopes": scopes, "origins": origins}
        return await made(await api.feedback.post("/v1/keys", json=body), status)

    for scopes, origin, pointer in (
        (["boards:read", "ideas:read"], home, "/body/origins"),
        (["boards:read"], "*", "/body/origins/0"),
        (["boards:read"], "http://app.example.com", "/body/origins/0"),
        (["boards:read"], f"{home}/page", "/body/origins/0"),
    ):
        assert (await key(scopes, [origin], 422))["errors"][0]["pointer"] == pointer
    published = await key(["boards:read"], [home, "http://localhost:5173"])
    successor = await made(await api.feedback.post(f"/v1/keys/{published['id']}:rotate", json={}), 201)
    assert successor["origins"] == published["origins"] == ["http://localhost:5173", home]
    secret = await key(["boards:read"], [])

    def headers(key: Any, origin: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {key['key']}", **({} if origin is None else {"Origin": origin})}

    anonymous = api.anonymous.feedback
    asking = {"Origin": home, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    told = await anonymous.options(path, headers=asking)
    assert (told.status_code, told.content, told.headers["access-control-allow-origin"]) == (204, b"", home)
    assert "authorization" in told.headers["access-control-allow-headers"]
    assert "PUT" in told.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in told.headers
    assert (await anonymous.options("/v1/ideas", headers=asking)).status_code == 405, "inside is for no page"
    for who, origin, status, allowed in (
        (successor, home, 200, home),
        (published, "http://localhost:5173", 200, "http://localhost:5173"),
        (published, "https://evil.example.com", 403, None),
        (published, "null", 403, None),
        (published, None, 200, None),
        (secret, home, 200, None),
    ):
        answer = await anonymous.get(path, headers=headers(who, origin))
        assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (status, allowed), origin
    missing = await anonymous.get(f"{path}/{secret['id']}", headers=headers(published, home))
    assert (missing.status_code, missing.headers["access-control-allow-origin"]) == (404, home), "a problem can be read"
    refused = await anonymous.get("/v1/ideas", headers=headers(published, home))
    assert refused.json()["code"] == "missing_scope"
