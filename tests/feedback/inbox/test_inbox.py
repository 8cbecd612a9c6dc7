"""Feedback and insights as they are shown, linked, listed."""

from typing import Any

import pytest

from tests.builders import Api
from tests.feedback.given import demand_of, made, new_idea


async def say(api: Api, text: str = "Exports are slow at month end.", **body: Any) -> str:
    return (await made(await api.feedback.post("/v1/feedback", json={"text": text, **body})))["id"]


async def test_what_was_said_is_shown_as_it_was_said(api: Api) -> None:
    text = '  Ça marche… 🎉\nbut \\ "slow"\t'
    id = await say(
        api, text, source="support", external_id="t-1", said_at="2026-05-01T12:00:00+02:00", language="fr",
        source_url="https://example.com/t/1", attributes={"plan": "pro", "seats": 7, "vip": True, "note": None},
        contact={"email": "ada@example.com"},
    )  # fmt: skip
    shown = (await api.feedback.get(f"/v1/feedback/{id}")).json()
    assert shown["text"] == text
    assert shown["attributes"] == {"plan": "pro", "seats": 7, "vip": True, "note": None}
    assert (shown["source"], shown["external_id"], shown["language"], shown["version"]) == ("support", "t-1", "fr", 1)
    assert (shown["said_at"], shown["answers"]) == ("2026-05-01T10:00:00Z", [])
    contact = (await api.feedback.get(f"/v1/contacts/{shown['contact_id']}")).json()
    assert contact["email"] == "ada@example.com"


async def test_an_insight_names_the_words(api: Api) -> None:
    idea, id = await new_idea(api, key="exports"), await say(api, contact={"external_id": "u1"})
    body = {"feedback_id": id, "idea_id": "exports", "excerpt": {"start": 0, "end": 7}}
    first = await made(await api.feedback.post("/v1/insights", json=body))
    assert (first["idea_id"], first["excerpt"], first["linked_by"]) == (
        idea["id"], {"start": 0, "end": 7}, f"key:{api.key_id}"
    )  # fmt: skip
    again = await made(await api.feedback.post("/v1/insights", json={**body, "excerpt": None}), 200)
    assert again == first
    assert (await demand_of(api, idea["id"]))["insights"] == 1
    assert (await api.feedback.delete(f"/v1/insights/{first['id']}")).status_code == 204
    assert (await api.feedback.delete(f"/v1/insights/{first['id']}")).status_code == 404
    assert await demand_of(api, idea["id"]) == {"votes": 0, "insights": 0, "contacts": 0, "accounts": 0, "mrr": 0}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"feedback_id": "a4beac76-d8ce-4afe-ade0-a116e21de5db"}, "/body/feedback_id"),
        ({"idea_id": "unknown"}, "/body/idea_id"),
        ({"excerpt": {"start": 0, "end": 1_000}}, "/body/excerpt"),
        ({"excerpt": {"start": 5, "end": 5}}, "/body/excerpt"),
    ],
)
async def test_an_insight_must_fit(api: Api, change: dict[str, Any], pointer: str) -> None:
    await new_idea(api, key="exports")
    body = {"feedback_id": await say(api), "idea_id": "exports", **change}
    refused = await api.feedback.post("/v1/insights", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_lists(api: Api) -> None:
    one, two = await new_idea(api, key="one"), await new_idea(api, key="two")
    said = [
        await say(api, source=source, contact={"external_id": name}, ideas=["one"] if name == "u1" else ["one", "two"])
        for source, name in (("support", "u1"), ("support", "u2"), ("api", "u1"), ("sales", "u3"), ("support", "u1"))
    ]
    contact = (await api.feedback.get(f"/v1/feedback/{said[0]}")).json()["contact_id"]

    async def listed(path: str) -> list[dict[str, Any]]:
        """All rows, a page of two at a time."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = (await api.feedback.get(f"{path}limit=2{cursor}")).json()
            rows += page["data"]
            if page["next_cursor"] is None:
                return rows
            cursor = f"&cursor={page['next_cursor']}"

    assert [each["id"] for each in await listed("/v1/feedback?")] == said[::-1]
    assert [each["id"] for each in await listed("/v1/feedback?source=support&")] == [said[4], said[1], said[0]]
    assert [each["id"] for each in await listed(f"/v1/feedback?contact_id={contact}&")] == [said[4], said[2], said[0]]
    both = f"/v1/feedback?contact_id={contact}&source=support&"
    assert [each["id"] for each in await listed(both)] == [said[4], said[0]]
    assert await listed("/v1/feedback?source=standard_webhooks&") == []

    insights = await listed("/v1/insights?")
    assert [each["feedback_id"] for each in insights] == [said[0], said[1], said[1], said[2], said[3], said[3], said[4]]
    of_two = [each for each in insights if each["idea_id"] == two["id"]]
    assert await listed(f"/v1/insights?idea_id={two['id']}&") == of_two
    of_second = [each for each in insights if each["feedback_id"] == said[1]]
    assert await listed(f"/v1/insights?feedback_id={said[1]}&") == of_second
    assert await listed(f"/v1/insights?feedback_id={said[1]}&idea_id={one['id']}&") == [
        each for each in of_second if each["idea_id"] == one["id"]
    ]


async def test_a_neighbour_sees_nothing(api: Api, neighbour: Api) -> None:
    await new_idea(api, key="exports")
    id = await say(api, ideas=["exports"])
    (insight,) = (await api.feedback.get("/v1/insights")).json()["data"]
    assert (await neighbour.feedback.get(f"/v1/feedback/{id}")).status_code == 404
    assert (await neighbour.feedback.delete(f"/v1/insights/{insight['id']}")).status_code == 404
    for path in ("/v1/feedback", "/v1/insights", f"/v1/insights?feedback_id={id}"):
        assert (await neighbour.feedback.get(path)).json()["data"] == []
