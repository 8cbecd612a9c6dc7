"""What single vendors need of the door: forms, tokens, challenges, handshakes, several responses in one delivery."""

import asyncio
import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from services.feedback.intake import worker
from tests.builders import Api
from tests.feedback.given import made, open_door
from tests.feedback.intake.conftest import Desk, Settled
from tests.feedback.intake.payloads import fixture


async def said(api: Api, source: str) -> list[dict[str, Any]]:
    return (await api.feedback.get(f"/v1/feedback?source={source}&limit=200")).json()["data"]


@pytest.mark.parametrize(
    "vendor",
    [
        "asknicely", "canny", "cloudevents", "freshdesk", "generic", "github", "google_forms", "intercom", "linear",
        "posthog", "product_fruits", "slack", "smartsurvey", "sprig", "survicate", "zendesk",
    ],
)  # fmt: skip
async def test_what_a_vendor_signs_becomes_feedback(api: Api, settled: Settled, vendor: str) -> None:
    door = await open_door(api, vendor)
    assert (await door.client.post(door.path, json=fixture(vendor))).status_code == 401
    await made(await door.deliver(fixture(vendor)), 200)
    await settled(door)
    again = await made(await door.deliver(fixture(vendor)), 200)
    assert again["status"] == "duplicate"
    (delivery,) = await settled(door, "applied")
    assert delivery["verdict"] == "verified"
    (feedback,) = await said(api, vendor)
    assert feedback["text"] or feedback["answers"]


async def test_jotform_comes_unsigned_and_in_parts(api: Api, settled: Settled) -> None:
    door = await open_door(api, "jotform", rules={"questions": {"recommend": "nps"}})
    assert door.shown["secret"] is None
    parts = {name: (None, value) for name, value in fixture("jotform").items()}
    await made(await door.client.post(door.path, files=parts), 200)
    (delivery,) = await settled(door, "applied")
    assert delivery["verdict"] == "unsigned"
    (feedback,) = await said(api, "jotform")
    assert feedback["text"] == "Exports break / often"
    assert {"nps": 0.0}.items() <= {each["kind"]: each["value"] for each in feedback["answers"]}.items()


@pytest.mark.parametrize("form", [False, True])
async def test_wootric_by_its_account_token(api: Api, settled: Settled, form: bool) -> None:
    door = await open_door(api, "wootric", secret="NPS-1234")

    async def send(token: str) -> int:
        body = {**fixture("wootric"), "account_token": token}
        if not form:
            return (await door.client.post(door.path, json=body)).status_code
        pairs = [
            ("account_token", token),
            ("event_name", "created"),
            ("response[id]", "55"),
            ("response[text]", "Slow"),
        ]
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return (await door.client.post(door.path, content=urlencode(pairs), headers=kind)).status_code

    assert [await send("NPS-9999"), await send("NPS-1234")] == [401, 200]
    (delivery,) = await settled(door)
    assert delivery["state"] == "applied"


async def test_hubspot_signs_the_address_it_was_given(api: Api) -> None:
    door = await open_door(api, "hubspot", secret="client-secret")
    body = json.dumps(fixture("hubspot")).encode()
    for url, status in ((door.url + "?a=b", 200), (door.url, 401), ("http" + door.url[5:], 401)):
        signature = hashlib.sha256(b"client-secretPOST" + url.encode() + body).hexdigest()
        headers = {"x-hubspot-signature": signature, "x-hubspot-signature-version": "v2"}
        assert (await door.client.post(door.path + "?a=b", content=body, headers=headers)).status_code == status


async def test_slack_is_answered_with_its_challenge(api: Api) -> None:
    door = await open_door(api, "slack")
    asked = {"token": "t", "challenge": "3eZbrw1a é", "type": "url_verification"}
    assert await made(await door.deliver(asked), 200) == {"challenge": "3eZbrw1a é"}
    assert (await door.client.post(door.path, json=asked)).status_code == 401, "it is signed like any other"
    # What only looks like it is a delivery.
    for odd in (
        {"note": "url_verification"},
        {"type": "url_verification", "challenge": {"a": 1}},
        b'["url_verification"',
    ):
        assert "challenge" not in await made(await door.deliver(odd), 200)
    kept = (await api.feedback.get("/v1/deliveries")).json()["data"]
    assert len(kept) == 3


async def test_the_challenge_is_no_other_vendors(api: Api) -> None:
    door = await open_door(api, "typeform")
    answer = await made(await door.deliver({"challenge": "x", "type": "url_verification"}), 200)
    assert answer["status"] == "accepted"


async def test_cloudevents_ask_before_they_deliver(api: Api) -> None:
    door, other = await open_door(api, "cloudevents"), await open_door(api, "typeform")
    asked = {"WebHook-Request-Origin": "events.example.com", "WebHook-Request-Rate": "120"}
    answer = await door.client.options(door.path, headers=asked)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["webhook-allowed-origin"] == "events.example.com"
    assert answer.headers["webhook-allowed-rate"] == "120"
    assert "POST" in answer.headers["allow"]
    unrated = await door.client.options(door.path, headers={"WebHook-Request-Origin": "events.example.com"})
    assert unrated.headers["webhook-allowed-rate"] == "*"
    for path, headers in ((door.path, {}), (door.path, {"WebHook-Request-Origin": "a b\tc"}), (other.path, asked)):
        refused = await door.client.options(path, headers=headers)
        assert refused.status_code == 200
        assert "webhook-allowed-origin" not in refused.headers
    assert (await door.client.options(door.path + "x", headers=asked)).status_code == 404


async def test_cloudevents_bring_their_token_either_way(api: Api, settled: Settled) -> None:
    door = await open_door(api, "cloudevents")
    event = {"specversion": "1.0", "type": "t", "source": "/s"}
    kind = {"content-type": "application/cloudevents+json"}
    first = await door.client.post(
        door.path, content=json.dumps({**event, "id": "1", "data": {"text": "a"}}),
        headers={**kind, "authorization": f"Bearer {door.secret}"},
    )  # fmt: skip
    second = await door.client.post(
        f"{door.path}?access_token={door.secret}", content=json.dumps({**event, "id": "2", "data": {"text": "b"}}),
        headers=kind,
    )  # fmt: skip
    assert [first.status_code, second.status_code] == [200, 200]
    assert (await door.client.post(f"{door.path}?access_token=x", content=b"{}", headers=kind)).status_code == 401
    for delivery in await settled(door, "applied"):
        assert door.secret not in json.dumps(delivery)
    assert len(await said(api, "cloudevents")) == 2


async def test_binary_cloudevents_with_equal_data_are_two(api: Api, settled: Settled) -> None:
    """Their ids are in headers; by the body alone the second would pass for a retry of the first, and be lost."""
    door = await open_door(api, "cloudevents")

    async def send(number: int) -> str:
        headers = {
            "ce-specversion": "1.0", "ce-type": "t", "ce-source": "/s", "ce-id": str(number),
            "content-type": "application/json", "authorization": f"Bearer {door.secret}",
        }  # fmt: skip
        answer = await door.client.post(door.path, content=b'{"text":"Too slow"}', headers=headers)
        return (await made(answer, 200))["status"]

    assert [await send(1), await send(2), await send(1)] == ["accepted", "accepted", "duplicate"]
    await settled(door)
    assert len(await said(api, "cloudevents")) == 2


async def test_a_batch_of_cloudevents(api: Api, settled: Settled) -> None:
    door = await open_door(api, "cloudevents")
    await made(
        await door.deliver(fixture("cloudevents_batch"), **{"content-type": "application/cloudevents-batch+json"}), 200
    )
    await settled(door, "applied")
    assert sorted(each["text"] for each in await said(api, "cloudevents")) == ["a", "b"]


async def test_equal_bodies_under_different_names_are_two(api: Api, settled: Settled) -> None:
    door = await open_door(api, "generic")
    body = b'{"comment": "Too slow"}'
    names = ["a", "b", "a"]
    answers = [await made(await door.deliver(body, **{"idempotency-key": name}), 200) for name in names]
    assert [each["status"] for each in answers] == ["accepted", "accepted", "duplicate"]
    await settled(door)
    assert len(await said(api, "generic")) == 2


async def test_a_nonce_of_cannys_is_good_once(api: Api, settled: Settled) -> None:
    """It is all that is signed: whoever saw it could send any body with it."""
    door = await open_door(api, "canny")
    body = json.dumps(fixture("canny")).encode()
    await made(await door.deliver(body, message_id="nonce-1"), 200)
    forged = json.dumps(fixture("canny_vote")).encode()
    answer = await door.client.post(door.path, content=forged, headers=door.signed(body, message_id="nonce-1"))
    assert (await made(answer, 200))["status"] == "duplicate"
    await settled(door)
    assert len(await said(api, "canny")) == 1


async def test_one_event_per_answer_makes_one_response(desk: Desk) -> None:
    door = await open_door(desk.api, "survicate", rules={"questions": {"12": "text"}})
    deliveries = [fixture(name) for name in ("survicate_answer", "survicate", "survicate_completed")]
    for delivery in deliveries[:1]:
        await made(await door.deliver(delivery), 200)
    await desk.read()
    for delivery in deliveries[1:]:
        await made(await door.deliver(delivery), 200)
    await desk.read()
    # Tried again by the sender, the body says so, and changes nothing.
    deliveries[0]["deliveryTries"] = 7
    await made(await door.deliver(deliveries[0]), 200)
    await desk.read()
    assert await desk.states() == ["applied"] * 4
    (feedback,) = await said(desk.api, "survicate")
    assert sorted(answer["key"] for answer in feedback["answers"]) == ["11", "11/comment", "12"]
    assert set(feedback["text"].split("\n\n")) == {"Dark mode", "Fast reply"}
    assert feedback["contact_id"]
    assert feedback["attributes"]["plan"] == "pro"


async def test_answers_of_one_response_read_at_once_are_all_kept(desk: Desk) -> None:
    """By several workers: each unites its answer with what is stored, and none may miss another."""
    door = await open_door(desk.api, "sprig")
    bodies = [{**fixture("sprig"), "id": n, "questionId": n, "response": f"words {n}"} for n in range(24)]
    await asyncio.gather(*(door.deliver(body) for body in bodies))
    while "received" in await desk.states():
        await asyncio.gather(*(worker.process_some(desk.runtime, limit=1) for _ in range(4)))
    (feedback,) = await said(desk.api, "sprig")
    assert {answer["value"] for answer in feedback["answers"]} == {f"words {n}" for n in range(24)}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\0", b"\xff\xfe", b"null", b"[]", b"{}", b"[[[]]]", b"a=1&b[c]=2", b"--b\r\n\r\n", b'{"a":' * 3_000,
        b'{"type":"url_verification"', b"[" + b"{}," * 5_000 + b"{}]", b'{"id":1e999,"text":"\\ud800"}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("vendor", ["jotform", "qualtrics", "wootric", "cloudevents", "generic", "hubspot", "slack"])
async def test_whatever_comes_is_kept_with_a_reason(desk: Desk, vendor: str, body: bytes) -> None:
    if vendor in ("hubspot", "slack"):
        door = await open_door(desk.api, vendor)
        answer = await door.deliver(body)
    else:
        door = await open_door(desk.api, vendor, **({} if vendor == "jotform" else {"unsigned": True}))
        kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b")
        for kind in kinds[1:]:
            await made(
                await door.client.post(door.path, content=body + kind.encode(), headers={"content-type": kind}), 200
            )
        answer = await door.client.post(door.path, content=body, headers={"content-type": kinds[0]})
    await made(answer, 200)
    await desk.read()
    for delivery in (await desk.api.feedback.get("/v1/deliveries")).json()["data"]:
        assert delivery["state"] in ("ignored", "quarantined", "applied")
        assert delivery["reason"] or delivery["state"] == "applied"
