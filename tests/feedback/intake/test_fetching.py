"""Thin events: answered at once, fetched later, patiently, and only from where one may."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.feedback.fetches import worker as fetching
from services.feedback.fetches.sources import LONGEST_WAIT, retry_after
from services.feedback.intake.signatures import SCHEMES, sign
from shared.egress import Egress, networks
from tests.builders import eventually
from tests.feedback.given import Door, made, open_door
from tests.feedback.intake.conftest import Desk
from tests.feedback.intake.payloads import fixture
from tests.feedback.intake.vendor_server import Vendor, running_vendor

LOOPBACK = networks("127.0.0.0/8")
BARE: dict[str, str] = {}
DETAILS = "/v3/surveys/4471/responses/9001/details"
DUE = "select extract(epoch from due_at - now())::float from feedback.fetches where workspace_id = $1"
HURRY = "update feedback.fetches set due_at = now() where workspace_id = $1"


@pytest.fixture
async def vendor() -> AsyncGenerator[Vendor]:
    async with running_vendor() as vendor:
        yield vendor


@pytest.fixture
async def egress() -> AsyncGenerator[Egress]:
    egress = Egress(LOOPBACK)
    yield egress
    await egress.aclose()


async def surveymonkey(desk: Desk, vendor: Vendor, **others: Any) -> Door:
    credentials = {"token": "sm-token", "base_url": vendor.url}
    return await open_door(desk.api, "surveymonkey", credentials=credentials, **others)


async def delivery(desk: Desk) -> dict[str, Any]:
    (found,) = (await desk.api.feedback.get("/v1/deliveries")).json()["data"]
    return found


async def hurry(desk: Desk) -> None:
    async with desk.admin.system() as tx:
        await tx.run(HURRY, desk.api.workspace_id)


async def due(desk: Desk) -> float:
    async with desk.admin.system() as tx:
        return await tx.value(DUE, desk.api.workspace_id)


async def test_surveymonkey_is_fetched_and_read(desk: Desk, vendor: Vendor, egress: Egress) -> None:
    vendor.answers[DETAILS] = fixture("fetched/surveymonkey")
    door = await surveymonkey(desk, vendor, rules={"questions": {"q1": "nps"}})
    assert door.shown["fetches"] is True
    assert "sm-token" not in str(door.shown)
    await made(await door.deliver(fixture("surveymonkey")), 200)
    await desk.read()
    assert (await delivery(desk))["state"] == "fetching"
    listed = (await desk.api.feedback.get(f"/v1/deliveries?state=fetching&connection_id={door.id}")).json()["data"]
    assert len(listed) == 1
    assert vendor.asked == [], "nothing is asked in the request, nor by whoever reads deliveries"
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    found = await delivery(desk)
    assert (found["state"], found["fetched"]) == ("applied", True)
    assert await desk.said() == ["The importer drops rows.\n\nThe API"]
    (method, path, headers, _) = vendor.asked[0]
    assert (method, path) == ("GET", DETAILS + "?simple=true")
    assert headers["authorization"] == "Bearer sm-token"
    assert not await fetching.fetch_some(desk.runtime, egress), "nothing is left to fetch"


async def test_qualtrics_is_fetched_and_read(desk: Desk, vendor: Vendor, egress: Egress) -> None:
    vendor.answers["/API/v3/surveys/SV_1/responses/R_1"] = fixture("fetched/qualtrics")
    credentials = {"token": "q-token", "base_url": vendor.url}
    door = await open_door(desk.api, "qualtrics", unsigned=True, credentials=credentials)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    body = b"Topic=acme.surveyengine.completedResponse.SV_1&Status=Complete&SurveyID=SV_1&ResponseID=R_1"
    await made(await door.client.post(door.path, content=body, headers=kind), 200)
    await desk.read()
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    assert await desk.said() == ["Zu langsam"]
    assert vendor.asked[0][2]["x-api-token"] == "q-token"


async def test_a_watch_of_google_forms_is_fetched_page_by_page_and_from_where_it_stopped(
    desk: Desk, vendor: Vendor, egress: Egress
) -> None:
    whole = fixture("fetched/google_forms")
    first, second = ({"responses": [each]} for each in whole["responses"])
    vendor.answers |= {
        "/token": {"access_token": "at-1", "expires_in": 3599},
        "/v1/forms/f-1": whole["form"],
        "/v1/forms/f-1/responses": [{**first, "nextPageToken": "p2"}, second],
    }
    credentials = {"client_id": "c", "client_secret": "s", "refresh_token": "r", "base_url": vendor.url}
    door = await open_door(desk.api, "google_forms", unsigned=True, credentials=credentials)
    event = fixture("google_forms_push")

    async def push(message: str, at: str) -> None:
        event["message"] |= {"messageId": message, "publishTime": at}
        await made(await door.client.post(door.path, json=event), 200)
        await desk.read()
        await fetching.fetch_some(desk.runtime, egress)
        await desk.read()

    await push("m1", "2026-04-07T10:05:00Z")
    assert await desk.states() == ["applied"]
    stored = (await desk.api.feedback.get("/v1/feedback")).json()["data"]
    assert len(stored) == 2
    assert vendor.asked[0][3] == b"grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r"
    assert all(headers["authorization"] == "Bearer at-1" for _, _, headers, _ in vendor.asked[1:])
    assert [path for path in vendor.paths() if "responses" in path] == [
        "/v1/forms/f-1/responses?pageSize=500", "/v1/forms/f-1/responses?pageSize=500&pageToken=p2"
    ]  # fmt: skip
    await push("m2", "2026-04-07T11:05:00Z")
    assert vendor.paths()[-1] == "/v1/forms/f-1/responses?pageSize=500&filter=timestamp+%3E%3D+2026-04-07T09%3A55%3A00Z"
    assert len((await desk.api.feedback.get("/v1/feedback")).json()["data"]) == 2, "the overlap doubles nothing"
    # A form that has been there for a while.
    many = [{**whole["responses"][0], "responseId": f"many-{number}"} for number in range(1_200)]
    vendor.answers["/v1/forms/f-1/responses"] = {"responses": many}
    await push("m3", "2026-04-07T12:05:00Z")
    assert await desk.states() == ["applied"] * 3
    rows = 0
    path = "/v1/feedback?limit=200"
    while path:
        page = (await desk.api.feedback.get(path)).json()
        rows += len(page["data"])
        path = page["next_cursor"] and f"/v1/feedback?limit=200&cursor={page['next_cursor']}"
    assert rows == 1_202


async def test_submissions_of_hubspot_are_fetched_at_once_and_each_once(
    desk: Desk, vendor: Vendor, egress: Egress
) -> None:
    """One of them is gone by then: the rest is read. Asked for again after a while, where the vendor says so."""
    read = "/crm/v3/objects/feedback_submissions/batch/read"
    some = {
        **fixture("fetched/hubspot"),
        "numErrors": 1,
        "errors": [{"status": "error", "category": "OBJECT_NOT_FOUND"}],
    }
    vendor.answers[read] = [(429, {"retry-after": "9"}, b"{}"), (207, BARE, json.dumps(some).encode())]
    credentials = {"token": "pat-token", "base_url": vendor.url}
    door = await open_door(desk.api, "hubspot", secret="client-secret", credentials=credentials)
    body = json.dumps(fixture("hubspot_submissions")).encode()
    await made(await door.client.post(door.path, content=body, headers=hubspot_signed("client-secret", body)), 200)
    await desk.read()
    await fetching.fetch_some(desk.runtime, egress)
    assert 7 < await due(desk) <= 9
    await hurry(desk)
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    stored = (await desk.api.feedback.get("/v1/feedback")).json()["data"]
    assert {(each["external_id"], each["text"]) for each in stored} == {
        (f"{door.id}:9001", "Exports time out"), (f"{door.id}:9002", "")
    }  # fmt: skip
    method, _, headers, asked = vendor.asked[-1]
    assert (method, headers["authorization"]) == ("POST", "Bearer pat-token")
    assert json.loads(asked)["inputs"] == [{"id": "9001"}, {"id": "9002"}]
    assert "hs_content" in json.loads(asked)["properties"]


def hubspot_signed(secret: str, body: bytes) -> dict[str, str]:
    return {**sign(SCHEMES["hubspot"], secret, body), "content-type": "application/json"}


async def test_a_vendor_that_says_wait_is_left_alone(desk: Desk, vendor: Vendor, egress: Egress) -> None:
    vendor.answers[DETAILS] = [(429, {"retry-after": "77"}, b"{}"), fixture("fetched/surveymonkey")]
    door = await surveymonkey(desk, vendor)
    await made(await door.deliver(fixture("surveymonkey")), 200)
    other = {**fixture("surveymonkey"), "event_id": "ev-78", "object_id": "9002"}
    await desk.read()
    await fetching.fetch_some(desk.runtime, egress, limit=1)
    assert 70 < await due(desk) <= 77
    shown = await made(await desk.api.feedback.get(f"/v1/connections/{door.id}/health"), 200)
    assert (shown["fetching"], shown["fetch_failure"]) == (1, "the vendor answered 429")
    assert not await fetching.fetch_some(desk.runtime, egress), "not before"
    assert len(vendor.asked) == 1
    await made(await door.deliver(other), 200)
    await hurry(desk)
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    assert await desk.said() == ["The importer drops rows.\n\nThe API"]


async def test_who_answers_late_keeps_nobody_else_waiting(
    desk: Desk, vendor: Vendor, egress: Egress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SLOW_SECONDS", 0)
    slow, other = await surveymonkey(desk, vendor), await surveymonkey(desk, vendor)
    for door, number in ((slow, 1), (slow, 2), (other, 3)):
        body = {**fixture("surveymonkey"), "event_id": f"ev-{number}", "object_id": f"900{number}"}
        vendor.answers[DETAILS.replace("9001", f"900{number}")] = [fixture("fetched/surveymonkey")] * 2
        await made(await door.deliver(body), 200)
        if number != 1:
            await desk.read()

    async def twice() -> bool:
        # Other tests' may be due as well.
        await fetching.fetch_some(desk.runtime, egress, limit=1)
        return len(vendor.asked) == 2

    await eventually(twice)
    assert "9003" in vendor.asked[1][1], "not the other that the late one has"


@pytest.mark.parametrize("answer", [(500, BARE, b""), (503, BARE, b"{}"), (200, BARE, b"<html>"), (429, BARE, b"")])
async def test_faults_that_pass_are_tried_again_later_and_later(
    desk: Desk, vendor: Vendor, egress: Egress, answer: Any
) -> None:
    vendor.answers[DETAILS] = [answer, answer, fixture("fetched/surveymonkey")]
    door = await surveymonkey(desk, vendor)
    await made(await door.deliver(fixture("surveymonkey")), 200)
    await desk.read()
    waits: list[float] = []
    for _ in range(2):
        await fetching.fetch_some(desk.runtime, egress)
        waits.append(await due(desk))
        await hurry(desk)
    assert 3 < waits[0] < 7 < waits[1] < 13
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    assert (await delivery(desk))["state"] == "applied"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, BARE, b"{}"), "not fetched: the vendor answered 401"),
        ((404, BARE, b"{}"), "not fetched: the vendor answered 404"),
        ((302, {"location": "http://127.0.0.1/"}, b""), "not fetched: the vendor answered 302"),
        ({"id": None, "pages": "none"}, ""),
    ],
)
async def test_faults_that_stay_are_set_aside_and_can_be_tried_again(
    desk: Desk, vendor: Vendor, egress: Egress, answer: Any, reason: str
) -> None:
    vendor.answers[DETAILS] = (200, {}, json.dumps(answer).encode()) if reason == "" else answer
    door = await surveymonkey(desk, vendor)
    await made(await door.deliver(fixture("surveymonkey")), 200)
    await desk.read()
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    found = await delivery(desk)
    if reason:
        assert (found["state"], found["reason"]) == ("quarantined", reason)
    else:
        assert found["state"] in ("applied", "quarantined"), "odd, and kept all the same"
    assert len(vendor.asked) == 1
    vendor.answers[DETAILS] = fixture("fetched/surveymonkey")
    path = f"/v1/deliveries/{found['id']}:reprocess"
    await made(await desk.api.feedback.post(path, json={"refetch": True}), 200)
    await desk.read()
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    assert await desk.said() == ["The importer drops rows.\n\nThe API"]


async def test_without_credentials_it_waits_for_them_in_quarantine(desk: Desk, vendor: Vendor, egress: Egress) -> None:
    vendor.answers[DETAILS] = fixture("fetched/surveymonkey")
    door = await open_door(desk.api, "surveymonkey")
    await made(await door.deliver(fixture("surveymonkey")), 200)
    await desk.read()
    await fetching.fetch_some(desk.runtime, egress)
    found = await delivery(desk)
    assert (found["state"], found["reason"]) == ("quarantined", "not fetched: no_credentials")
    shown = await made(await desk.api.feedback.get(f"/v1/connections/{door.id}/health"), 200)
    assert (shown["quarantined"], shown["fetching"], shown["last_failure"]) == (1, 0, "not fetched: no_credentials")
    credentials = {"token": "sm-token", "base_url": vendor.url}
    await made(await desk.api.feedback.patch(f"/v1/connections/{door.id}", json={"credentials": credentials}), 200)
    await made(await desk.api.feedback.post(f"/v1/connections/{door.id}/deliveries:reprocess", json={}), 200)
    await desk.read()
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    assert (await delivery(desk))["state"] == "applied"


async def test_what_was_fetched_is_read_again_without_asking(desk: Desk, vendor: Vendor, egress: Egress) -> None:
    vendor.answers[DETAILS] = fixture("fetched/surveymonkey")
    door = await surveymonkey(desk, vendor)
    await made(await door.deliver(fixture("surveymonkey")), 200)
    await desk.read()
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    rules = {"questions": {"q1": "nps"}}
    await made(await desk.api.feedback.patch(f"/v1/connections/{door.id}", json={"rules": rules}), 200)
    found = await delivery(desk)
    await made(await desk.api.feedback.post(f"/v1/deliveries/{found['id']}:reprocess"), 200)
    await desk.read()
    (stored,) = (await desk.api.feedback.get("/v1/feedback")).json()["data"]
    assert {each["key"]: each["kind"] for each in stored["answers"]}["q1"] == "nps"
    assert len(vendor.asked) == 1


async def test_without_the_allowance_the_loopback_is_never_dialled(desk: Desk, vendor: Vendor) -> None:
    vendor.answers[DETAILS] = fixture("fetched/surveymonkey")
    door = await surveymonkey(desk, vendor)
    await made(await door.deliver(fixture("surveymonkey")), 200)
    await desk.read()
    strict = Egress()
    await fetching.fetch_some(desk.runtime, strict)
    await strict.aclose()
    found = await delivery(desk)
    assert (found["state"], found["reason"]) == (
        "quarantined", "not fetched: the address leads to an address that is not public"
    )  # fmt: skip
    assert vendor.asked == []


async def test_a_fetch_whose_worker_died_is_taken_over(
    desk: Desk, vendor: Vendor, egress: Egress, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.answers[DETAILS] = fixture("fetched/surveymonkey")
    door = await surveymonkey(desk, vendor)
    await made(await door.deliver(fixture("surveymonkey")), 200)
    await desk.read()

    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fetching, "_settle", dies)
        with pytest.raises(KeyboardInterrupt):
            await fetching.fetch_some(desk.runtime, egress)
    assert not await fetching.fetch_some(desk.runtime, egress), "somebody has it"
    await hurry(desk)
    await fetching.fetch_some(desk.runtime, egress)
    await desk.read()
    assert await desk.said() == ["The importer drops rows.\n\nThe API"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 0.0),
        ("120", 120.0),
        ("9" * 30, LONGEST_WAIT),
        ("Thu, 26 Nov 2026 12:01:00 GMT", 60.0),
        ("Thu, 26 Nov 2026 11:00:00 GMT", 0.0),
        ("Thu, 26 Nov 2099 11:00:00 GMT", LONGEST_WAIT),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, datetime(2026, 11, 26, 12, tzinfo=UTC)) == seconds
