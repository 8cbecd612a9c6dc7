"""Who looks at a board, and what they have to show for it."""

from datetime import timedelta
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
        "id", "title", "description", "status", "votes", "comments", "mine", "created_at"
    }  # fmt: skip
    assert (await api.feedback.get(path, params={"contact_id": ada})).json()["data"] == [shown]
    said = await made(await page.post(f"{path}/{idea['id']}/comments", json={"text": "Me too."}, headers=visitor))
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
        "text": "Call me: +49 30 901820, ada@example.com.",
        "contact": {"email": "ada@example.com"},
        "attributes": {"reply_to": "ada@example.com", "seats": 12},
    }
    id = (await made(await api.feedback.post("/v1/feedback", json=said)))["id"]
    for shown in (
        (await api.feedback.get(f"/v1/feedback/{id}", params={"redact": True})).json(),
        (await api.feedback.get("/v1/feedback", params={"redact": True})).json()["data"][0],
    ):
        assert (shown["text"], shown["contact_id"]) == ("Call me: [phone], [email].", None)
        assert shown["attributes"] == {"reply_to": "[email]", "seats": 12}
    assert (await api.feedback.get(f"/v1/feedback/{id}")).json()["text"] == said["text"]
