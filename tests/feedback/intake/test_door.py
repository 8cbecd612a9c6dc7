"""What the door believes, keeps and answers."""

import asyncio
import hashlib
import json
import logging
from typing import Any

import pytest

from services.feedback.intake.signatures import SCHEMES, sign
from tests.builders import Api, eventually
from tests.feedback.given import delighted, made, open_door, typeform
from tests.feedback.intake.conftest import Settled


async def kept(api: Api) -> list[dict[str, Any]]:
    return (await api.feedback.get("/v1/deliveries")).json()["data"]


async def test_a_delivery_is_kept_as_it_came(api: Api, settled: Settled) -> None:
    door = await open_door(api)
    body = json.dumps(typeform("r1", "Slow."), indent=3).encode() + b"\n"
    answer = await made(
        await door.deliver(body, **{"user-agent": "Typeform Webhooks", "authorization": "Basic eA=="}), 200
    )
    (delivery,) = await settled(door, "applied")
    assert (delivery["id"], answer["status"]) == (answer["id"], "accepted")
    assert (delivery["verdict"], delivery["bytes"]) == ("verified", len(body))
    assert delivery["sha256"] == hashlib.sha256(body).hexdigest() == delivery["delivery_key"]
    assert "authorization" not in delivery["headers"]
    assert delivery["headers"]["user-agent"] == "Typeform Webhooks"
    raw = await api.feedback.get(f"/v1/deliveries/{answer['id']}/body")
    assert (raw.content, raw.headers["content-type"]) == (body, "application/octet-stream")
    assert raw.headers["content-disposition"] == "attachment"
    assert (await api.feedback.get(f"/v1/deliveries/{answer['id']}")).json() == delivery
    (feedback,) = (await api.feedback.get("/v1/feedback?source=typeform")).json()["data"]
    assert (feedback["text"], feedback["delivery_id"], feedback["connection_id"]) == ("Slow.", answer["id"], door.id)


async def test_what_is_not_signed_is_not_kept(api: Api) -> None:
    door, other = await open_door(api), await open_door(api)
    body = json.dumps(typeform("r1")).encode()
    wrong: list[dict[str, str]] = [
        {},
        {"typeform-signature": ""},
        {"typeform-signature": "sha256=AAAA"},
        {"typeform-signature": "\N{LATIN SMALL LETTER E WITH ACUTE}"},
        other.signed(body),
        door.signed(body + b" "),
        {"typeform-signature": door.signed(body)["typeform-signature"].removeprefix("sha256=")},
        {"authorization": f"Bearer {api.key}"},
    ]
    for headers in wrong:
        refused = await door.client.post(
            door.path, content=body, headers={n.encode(): v.encode() for n, v in headers.items()}
        )
        assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")
    assert await kept(api) == []


async def test_a_delivery_counts_once(api: Api, settled: Settled) -> None:
    door = await open_door(api)
    answers = await asyncio.gather(*(door.deliver(typeform("r1")) for _ in range(10)))
    again = await door.deliver(typeform("r1"))
    found = [await made(answer, 200) for answer in (*answers, again)]
    assert sorted(each["status"] for each in found) == ["accepted"] + ["duplicate"] * 10
    assert len({each["id"] for each in found}) == 1
    assert len(await settled(door)) == 1
    # Another connection is another sender.
    other = await open_door(api)
    assert (await made(await other.deliver(typeform("r1")), 200))["status"] == "accepted"


async def test_a_signed_id_names_a_delivery(api: Api, settled: Settled) -> None:
    """A retry has the id of the first try, with another time and so another signature, and even another body."""
    door = await open_door(api, "standard_webhooks")
    first = await door.deliver({"type": "x", "data": {"text": "a"}}, message_id="msg-1")
    retry = await door.deliver({"type": "x", "data": {"text": "b"}}, message_id="msg-1")
    other = await door.deliver({"type": "x", "data": {"text": "a"}}, message_id="msg-2")
    assert [answer.json()["status"] for answer in (first, retry, other)] == ["accepted", "duplicate", "accepted"]
    assert [each["delivery_key"] for each in await settled(door)] == ["msg-2", "msg-1"]
    long = await made(await door.deliver({"type": "ping"}, message_id="m" * 300), 200)
    almost = await made(await door.deliver({"type": "ping"}, message_id="m" * 299 + "n"), 200)
    assert long["id"] != almost["id"]


async def test_an_unsigned_id_names_nothing(api: Api, settled: Settled) -> None:
    """Where the vendor does not sign ids, anybody who saw a delivery could send it again under another."""
    door = await open_door(api)
    body = json.dumps(typeform("r1")).encode()
    first = await door.deliver(body, **{"webhook-id": "a", "svix-id": "b"})
    again = await door.deliver(body, **{"webhook-id": "c"})
    other = await door.deliver(typeform("r2"), **{"webhook-id": "a"})
    assert [answer.json()["status"] for answer in (first, again, other)] == ["accepted", "duplicate", "accepted"]
    assert all("webhook-id" not in each["headers"] for each in await settled(door))


async def test_an_id_in_another_spelling_than_the_signed_one_names_nothing(api: Api, settled: Settled) -> None:
    door = await open_door(api, "standard_webhooks")
    body = json.dumps({"type": "x", "data": {"text": "Slow"}}).encode()
    signed = {name.replace("webhook-", "svix-"): value for name, value in door.signed(body, message_id="m1").items()}
    first = await door.client.post(door.path, content=body, headers=signed)
    again = await door.client.post(door.path, content=body, headers={**signed, "webhook-id": "m2"})
    assert [answer.json()["status"] for answer in (first, again)] == ["accepted", "duplicate"]
    (delivery,) = await settled(door, "applied")
    assert delivery["delivery_key"] == "m1"


async def test_a_stale_signature_is_refused(api: Api) -> None:
    door = await open_door(api, "standard_webhooks")
    body = b'{"type": "ping"}'
    headers = sign(SCHEMES["standard_webhooks"], door.secret, body, now=1_700_000_000, message_id="m1")
    assert (await door.client.post(door.path, content=body, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("vendor", "payload", "reason"),
    [
        ("formbricks", {"event": "testEndpoint"}, "ping"),
        ("standard_webhooks", {"type": "webhook.ping"}, "ping"),
        ("typeform", {"event_type": "form_deleted"}, "unknown_event_type form_deleted"),
        ("tally", {"eventType": "FORM_CLOSED"}, "unknown_event_type FORM_CLOSED"),
        ("delighted", {"event_type": "person.created"}, "unknown_event_type person.created"),
    ],
)
async def test_pings_and_strange_events_are_welcome(
    api: Api, settled: Settled, vendor: str, payload: Any, reason: str
) -> None:
    """A vendor whose event is refused switches the endpoint off."""
    door = await open_door(api, vendor)
    await made(await door.deliver(payload), 200)
    assert [each["reason"] for each in await settled(door, "ignored")] == [reason]
    listed = (await api.feedback.get("/v1/deliveries?state=ignored")).json()["data"]
    assert [each["connection_id"] for each in listed] == [door.id]
    assert (await api.feedback.get("/v1/feedback")).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"not json", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"null", "missing /form_response"),
        (b'{"event_type": "form_response", "form_response": {}}', "no_record_key /form_response/token"),
    ],
)
async def test_what_cannot_be_read_waits_for_somebody(api: Api, settled: Settled, body: bytes, reason: str) -> None:
    door = await open_door(api)
    await made(await door.deliver(body), 200)
    (delivery,) = await settled(door, "quarantined")
    assert delivery["reason"] == reason
    listed = (await api.feedback.get(f"/v1/deliveries?state=quarantined&connection_id={door.id}")).json()["data"]
    assert listed == [delivery]
    assert (await api.feedback.get(f"/v1/deliveries/{delivery['id']}/body")).content == body


async def test_a_response_that_grows(api: Api, settled: Settled) -> None:
    """Delighted sends the bare score first and the comment later; what is late does not overwrite."""
    door = await open_door(api, "delighted")
    await door.deliver(delighted("r1", updated_at=1_700_000_000, kind="created"))
    await settled(door)
    await door.deliver(delighted("r1", updated_at=1_700_000_100, comment="Exports are slow."))
    await settled(door)
    await door.deliver(delighted("r1", updated_at=1_700_000_050, comment="Exp"))
    await settled(door)
    (feedback,) = (await api.feedback.get("/v1/feedback")).json()["data"]
    assert (feedback["text"], feedback["version"]) == ("Exports are slow.", 2)
    assert [each["state"] for each in await settled(door)] == ["applied"] * 3


async def test_who_answered(api: Api, settled: Settled) -> None:
    """By the id that a rule finds, else by address, else by the vendor's own id, which is nobody else's."""
    rules = {"contact": "uid", "account": "firm"}
    door = await open_door(api, rules=rules)
    await door.deliver(typeform("r1", uid="u1", firm="acme", email="ada@example.com"))
    await door.deliver(typeform("r2", email="ADA@example.com"))
    await door.deliver(typeform("r3"))
    tally = await open_door(api, "tally")
    fields = [{"key": "q", "label": "Why?", "type": "TEXTAREA", "value": "Slow"}]
    data = {"submissionId": "s1", "respondentId": "p1", "fields": fields}
    await tally.deliver({"eventId": "e1", "eventType": "FORM_RESPONSE", "data": data})
    await settled(door)
    await settled(tally)
    contacts = (await api.feedback.get("/v1/contacts")).json()["data"]
    assert sorted((each["external_id"], each["email"]) for each in contacts) == [
        ("tally:p1", None), ("u1", "ada@example.com")
    ]  # fmt: skip
    said = (await api.feedback.get("/v1/feedback?source=typeform")).json()["data"]
    known = next(each["id"] for each in contacts if each["external_id"] == "u1")
    assert [each["contact_id"] for each in said] == [None, known, known]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_the_door_takes_post_head_and_options(api: Api, method: str) -> None:
    door = await open_door(api)
    refused = await door.client.request(method, door.path)
    assert refused.status_code == 405
    assert {"POST", "HEAD", "OPTIONS"} <= set(refused.headers["allow"].replace(" ", "").split(","))


async def test_a_vendor_looks_whether_the_address_is_there(api: Api) -> None:
    door = await open_door(api)
    there = await door.client.head(door.path)
    assert (there.status_code, there.content) == (200, b"")
    for path in (door.path + "x", door.path[:-1], "/v1/hooks/" + "a" * 5_000, "/v1/hooks/%00", "/v1/hooks/%ff"):
        assert (await door.client.head(path)).status_code == 404
        assert (await door.client.post(path, content=b"{}")).status_code == 404
    slash = await door.client.post(door.path + "/", content=b"{}")
    assert slash.status_code == 404


async def test_while_disabled_it_answers_and_keeps_nothing(api: Api) -> None:
    """With 404 or 410, vendors would switch the endpoint off for good."""
    door = await open_door(api)
    path = f"/v1/connections/{door.id}"
    await made(await api.feedback.patch(path, json={"enabled": False}), 200)

    async def ignored() -> bool:
        return (await made(await door.deliver(b"{}"), 200)) == {"id": None, "status": "ignored"}

    await eventually(ignored)
    before = len(await kept(api))
    await made(await door.deliver(typeform("r1")), 200)
    assert (await door.client.post(door.path, content=b"{}")).status_code == 401
    assert (await door.client.head(door.path)).status_code == 200
    assert len(await kept(api)) == before
    await made(await api.feedback.patch(path, json={"enabled": True}), 200)

    async def accepted() -> bool:
        return (await made(await door.deliver(typeform("r1")), 200))["status"] != "ignored"

    await eventually(accepted)


async def test_a_body_beyond_the_limit(api: Api) -> None:
    door = await open_door(api)
    assert (await door.deliver(b"x" * 1_100_000)).status_code == 413
    assert await kept(api) == []


async def test_logs_tell_no_secrets(api: Api, settled: Settled, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        door = await open_door(api, secret="a secret that only tests know")
        await door.deliver(typeform("r1", "my own words", email="ada@example.com"))
        await door.deliver(b"my own words")
        await door.client.post(door.path, content=b"my own words", headers={"typeform-signature": "sha256=AAAA"})
        await settled(door)
    # The test's own client tells what it asks for.
    told = "\n".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if record.name.startswith("cairn")
    )
    assert "/v1/hooks/{" in told
    for secret in (door.secret, door.path.rpartition("/")[2], "my own words", "ada@example.com", str(api.key)):
        assert secret not in told


async def test_neighbours_see_nothing(api: Api, neighbour: Api, settled: Settled) -> None:
    door = await open_door(api)
    id = (await made(await door.deliver(typeform("r1")), 200))["id"]
    await settled(door)
    for path in (f"/v1/deliveries/{id}", f"/v1/deliveries/{id}/body"):
        assert (await neighbour.feedback.get(path)).status_code == 404
    for query in ("", f"?connection_id={door.id}", "?state=received", f"?state=ignored&connection_id={door.id}"):
        assert (await neighbour.feedback.get(f"/v1/deliveries{query}")).json()["data"] == []


async def test_deliveries_have_pages(api: Api, settled: Settled) -> None:
    door, other = await open_door(api), await open_door(api)
    for number in range(4):
        await door.deliver({"event_type": "else", "number": number})
        await other.deliver(f"not json {number}".encode())
    everything = await settled(door) and (await api.feedback.get("/v1/deliveries")).json()["data"]
    for query, expected in (
        ("", everything),
        (f"connection_id={door.id}&", [each for each in everything if each["connection_id"] == door.id]),
        ("state=quarantined&", [each for each in everything if each["connection_id"] == other.id]),
        (f"state=ignored&connection_id={door.id}&", [each for each in everything if each["connection_id"] == door.id]),
        (f"state=ignored&connection_id={other.id}&", []),
    ):
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await api.feedback.get(f"/v1/deliveries?{query}limit=3{cursor}")).json()
            seen += [each["id"] for each in page["data"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == [each["id"] for each in expected], query
