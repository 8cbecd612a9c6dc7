"""A sender without a vendor's scheme signs in the way that its connection describes."""

import hmac
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.builders import Api
from tests.feedback.given import Door, made, open_door
from tests.feedback.intake.conftest import Settled

BODY = json.dumps({"id": "r-1", "text": "Too slow", "idea": "speed"}).encode()


async def sent(door: Door, headers: dict[str, str], body: bytes = BODY) -> dict[str, Any]:
    answer = await door.client.post(door.path, content=body, headers=headers)
    return {"status": answer.status_code, **answer.json()}


async def test_an_hmac_of_the_body(api: Api, settled: Settled) -> None:
    door = await open_door(api, "generic", signing={"header": "X-Forms-Signature", "prefix": "sha256="})
    assert door.shown["signing"]["header"] == "x-forms-signature"
    signature = "sha256=" + hmac.new(door.secret.encode(), BODY, "sha256").hexdigest()
    for headers in ({}, {"authorization": f"Bearer {door.secret}"}, {"x-forms-signature": signature[:-1] + "g"}):
        assert (await sent(door, headers))["status"] == 401
    assert (await sent(door, {"x-forms-signature": signature}, BODY + b" "))["code"] == "bad_signature"
    assert (await sent(door, {"x-forms-signature": signature, "idempotency-key": "a"}))["status"] == "accepted"
    # Seen on its way and sent again under another name: that name is not signed.
    assert (await sent(door, {"x-forms-signature": signature, "idempotency-key": "b"}))["status"] == "duplicate"
    (delivery,) = await settled(door, "applied")
    assert delivery["verdict"] == "verified"
    assert delivery["headers"]["x-forms-signature"] == signature
    assert "idempotency-key" not in delivery["headers"]


async def test_the_signature_is_verified_again_with_the_evidence(api: Api, settled: Settled) -> None:
    idea = await made(await api.feedback.post("/v1/ideas", json={"title": "Speed", "key": "speed"}))
    door = await open_door(api, "generic", rules={"idea": "idea"}, signing={"header": "X-Sig", "encoding": "base64"})
    signature = b64encode(hmac.digest(door.secret.encode(), BODY, "sha256")).decode()
    await sent(door, {"x-sig": signature})
    await settled(door, "applied")
    told = (await api.feedback.get(f"/v1/ideas/{idea['id']}/provenance")).text
    assert '"verified_again":"verified"' in told


async def test_time_and_name_are_signed_where_they_are_named(api: Api) -> None:
    signing = {
        "header": "X-Sig", "algorithm": "sha512", "encoding": "base64", "key": "base64", "timestamp_header": "X-At",
        "timestamp_unit": "ms", "id_header": "X-Name", "lead": "v0:{id}:{timestamp}:",
    }  # fmt: skip
    door = await open_door(api, "generic", signing=signing)

    def signed(name: str, at: float) -> dict[str, str]:
        stamp = str(int(at * 1000))
        key = b64decode(door.secret.removeprefix("whsec_"))
        lead = f"v0:{name}:{stamp}:".encode()
        return {"x-sig": b64encode(hmac.digest(key, lead + BODY, "sha512")).decode(), "x-at": stamp, "x-name": name}

    now = datetime.now(UTC).timestamp()
    assert (await sent(door, signed("a", now)))["status"] == "accepted"
    assert (await sent(door, signed("a", now + 1)))["status"] == "duplicate"
    assert (await sent(door, signed("b", now)))["status"] == "accepted"
    assert (await sent(door, signed("c", now - 301)))["code"] == "bad_signature"
    assert (await sent(door, {**signed("d", now), "x-name": "e"}))["code"] == "bad_signature"
    rotated = await api.feedback.post(f"/v1/connections/{door.id}/secret:rotate", json={"secret": "not base64!"})
    assert (await made(rotated, 422))["errors"][0]["pointer"] == "/body/secret"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"vendor": "typeform", "signing": {"header": "x"}}, "/body/signing"),
        ({"signing": {"header": "x"}, "unsigned": True}, "/body/signing"),
        ({"signing": {"header": "Authorization"}}, "/body/signing/header"),
        ({"signing": {"header": "x y"}}, "/body/signing/header"),
        ({"signing": {}}, "/body/signing/header"),
        ({"signing": {"header": "x", "algorithm": "md5"}}, "/body/signing/algorithm"),
        ({"signing": {"header": "x", "timestamp_header": "y"}}, "/body/signing"),
        ({"signing": {"header": "x", "lead": "{id}."}}, "/body/signing"),
        ({"signing": {"header": "x", "lead": "{body}"}}, "/body/signing"),
        ({"signing": {"header": "x", "lead": "{"}}, "/body/signing"),
        (
            {"signing": {"header": "x", "timestamp_header": "t", "id_header": "i", "lead": "{i{timestamp}d}"}},
            "/body/signing",
        ),
        ({"signing": {"header": "x", "lead": "\n"}}, "/body/signing/lead"),
        ({"signing": {"header": "x", "key": "base64"}, "secret": "n°t"}, "/body/secret"),
    ],
)
async def test_a_way_that_could_never_verify_is_pointed_at(api: Api, change: dict[str, Any], pointer: str) -> None:
    body = {"vendor": "generic", "name": "Forms", **change}
    refused = await made(await api.feedback.post("/v1/connections", json=body), 422)
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
