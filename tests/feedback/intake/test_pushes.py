"""Pub/Sub's pushes: believed by the token that Google signs, with keys that are fetched seldom and for all."""

import asyncio
import base64
import functools
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from httpx2 import Response

from services.feedback.intake import pushes
from services.feedback.intake.pushes import AFTER_A_FAULT, AGAIN, LONGEST, SHORTEST, USUAL, Keys, kept_for, keys_in
from shared.egress import Reply, Unreachable
from shared.errors import Unavailable
from tests.builders import Api
from tests.feedback.given import Door, made, open_door
from tests.feedback.intake.conftest import Desk
from tests.feedback.intake.payloads import fixture
from tests.feedback.intake.vendor_server import Vendor, running_vendor

ACCOUNT = "pushes@acme.iam.gserviceaccount.com"


@functools.cache
def private(whose: str) -> rsa.RSAPrivateKey:
    """A key of Google's, or of somebody else's; made when it is first wanted."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


def jwk(key_id: str, **others: Any) -> dict[str, Any]:
    public = private("google").public_key().public_numbers()
    known = {"kid": key_id, "kty": "RSA", "use": "sig", "alg": "RS256", "n": number(public.n), "e": number(public.e)}
    return known | others


def token(claims: dict[str, Any], *, whose: str = "google", kid: str = "k1", **head: Any) -> str:
    signed = ".".join(b64(json.dumps(each).encode()) for each in ({"alg": "RS256", "kid": kid, **head}, claims))
    return f"{signed}.{b64(private(whose).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def claims(url: str, **others: Any) -> dict[str, Any]:
    now = int(time.time())
    told = {
        "aud": url, "azp": "113774264463038321964", "email": ACCOUNT, "sub": "113774264463038321964",
        "email_verified": True, "exp": now + 3_600, "iat": now, "iss": "https://accounts.google.com",
    }  # fmt: skip
    return told | others


@pytest.fixture
async def google() -> AsyncGenerator[Vendor]:
    async with running_vendor() as vendor:
        keys = {"keys": [jwk("k1"), jwk("ec", kty="EC"), jwk("enc", use="enc"), {"kid": "odd"}]}
        vendor.answers["/certs"] = (200, {"cache-control": "public, max-age=20000"}, json.dumps(keys).encode())
        yield vendor


async def watched(api: Api, google: Vendor, **push: Any) -> Door:
    told = {"service_account": ACCOUNT, "keys_url": f"{google.url}/certs", **push}
    return await open_door(api, "google_forms", push=told)


async def pushed(door: Door, authorization: str | None, message: str = "m1") -> Response:
    event = fixture("google_forms_push")
    event["message"] |= {"messageId": message}
    headers = {"authorization": authorization} if authorization is not None else {}
    return await door.client.post(door.path, json=event, headers=headers)


async def test_a_push_with_a_token_of_googles_is_taken(desk: Desk, google: Vendor) -> None:
    door = await watched(desk.api, google)
    assert (door.secret, door.shown["push"]["service_account"]) == (None, ACCOUNT)
    answers = await asyncio.gather(
        *(pushed(door, f"Bearer {token(claims(door.url))}", f"m{number}") for number in range(5))
    )
    assert [answer.status_code for answer in answers] == [200] * 5
    assert google.paths() == ["/certs"], "once for all who wait"
    listed = (await desk.api.feedback.get(f"/v1/deliveries?connection_id={door.id}")).json()["data"]
    assert {each["verdict"] for each in listed} == {"verified"}
    assert "authorization" not in str(listed)
    # An audience of the subscription's own.
    named = await watched(desk.api, google, audience="forms")
    assert (await pushed(named, f"Bearer {token(claims('forms'))}")).status_code == 200
    assert (await pushed(named, f"Bearer {token(claims(named.url))}")).status_code == 401
    assert len(google.asked) == 1


async def test_any_other_is_refused(desk: Desk, google: Vendor) -> None:
    door = await watched(desk.api, google)
    good, now = claims(door.url), time.time()
    public = (
        private("google")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    lead = ".".join(b64(json.dumps(each).encode()) for each in ({"alg": "HS256", "kid": "k1"}, good))
    mac = hmac.HMAC(public, hashes.SHA256())
    mac.update(lead.encode())
    whole = token(good)
    head, middle, signature = whole.split(".")
    told: dict[str, str | None] = {
        "missing": None,
        "missing ": "Basic dXNlcjpwYXNz",
        "malformed": "Bearer a.b",
        "malformed ": f"Bearer {head}.{middle}.{signature}!",
        "malformed  ": f"Bearer {'a' * 2000}.{'b' * 2000}.{'c' * 2000}",
        "malformed   ": f"Bearer {token(good, crit=['exp'])}",
        "mismatch": f"Bearer {token(good, whose='stranger')}",
        "mismatch ": f"Bearer {token(good, kid='k2')}",
        "mismatch  ": f"Bearer {b64(json.dumps({'alg': 'none', 'kid': 'k1'}).encode())}.{middle}.{signature}",
        "mismatch   ": f"Bearer {lead}.{b64(mac.finalize())}",
        "mismatch    ": f"Bearer {head}.{b64(json.dumps({**good, 'aud': 'x'}).encode())}.{signature}",
        "mismatch     ": f"Bearer {token(good, alg='RS512')}",
        "has ended": f"Bearer {token({**good, 'exp': now - 61})}",
        "has ended ": f"Bearer {token({key: value for key, value in good.items() if key != 'exp'})}",
        "is of the future": f"Bearer {token({**good, 'iat': now + 120})}",
        "is not of Google's making": f"Bearer {token({**good, 'iss': 'https://accounts.example.com'})}",
        "is not of Google's making ": f"Bearer {token({**good, 'iss': ['https://accounts.google.com']})}",
        "is for another audience": f"Bearer {token({**good, 'aud': 'https://else.example.com'})}",
        "is for another audience ": f"Bearer {token({**good, 'aud': [door.url]})}",
        "is another service account's": f"Bearer {token({**good, 'email': 'other@acme.iam.gserviceaccount.com'})}",
        "has an address that nobody verified": f"Bearer {token({**good, 'email_verified': 'true'})}",
    }
    for reason, authorization in told.items():
        refused = await pushed(door, authorization)
        assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature"), reason
        assert refused.json()["detail"].endswith(f"{reason.strip()}."), (reason, refused.text)
    assert await desk.states() == []
    assert len(google.asked) == 1, "whoever makes up a key's id has nothing fetched"
    health = await made(await desk.api.feedback.get(f"/v1/connections/{door.id}/health"), 200)
    assert (health["refused"], health["last_refusal"]) == (1, "The signature of this delivery is missing.")


async def test_while_keys_cannot_be_had_it_is_to_be_sent_again(
    desk: Desk, google: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = google.answers["/certs"]
    google.answers["/certs"] = (500, {}, b"")
    door, other = await watched(desk.api, google), await open_door(desk.api, "generic", unsigned=True)
    for _ in range(3):
        later = await pushed(door, f"Bearer {token(claims(door.url))}")
        assert (later.status_code, later.headers["retry-after"], later.json()["code"]) == (503, "1", "unavailable")
    assert len(google.asked) == 1, "not for each"
    assert (await other.client.post(other.path, json={"text": "x"})).status_code == 200
    health = await made(await desk.api.feedback.get(f"/v1/connections/{door.id}/health"), 200)
    assert health["last_refusal"].startswith("The keys that this token is signed with cannot be had")
    google.answers["/certs"] = works
    monkeypatch.setattr(pushes, "AFTER_A_FAULT", 0.0)
    assert (await pushed(door, f"Bearer {token(claims(door.url))}")).status_code == 200


async def test_waiting_for_keys_is_for_nobody_else(desk: Desk) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/certs"
    door = await open_door(desk.api, "google_forms", push={"service_account": ACCOUNT, "keys_url": url})
    other = await open_door(desk.api, "generic", unsigned=True)
    waiting = asyncio.create_task(pushed(door, f"Bearer {token(claims(door.url))}"))
    await asked.wait()
    assert (await other.client.post(other.path, json={"text": "x"})).status_code == 200
    assert not waiting.done()
    gone.set()
    assert (await waiting).status_code == 503
    server.close()


async def test_a_connection_is_given_tokens_later(desk: Desk, google: Vendor) -> None:
    door = await open_door(desk.api, "google_forms", unsigned=True)
    assert (await pushed(door, None)).status_code == 200
    push = {"service_account": ACCOUNT, "keys_url": f"{google.url}/certs"}
    path = f"/v1/connections/{door.id}"
    shown = await made(await desk.api.feedback.patch(path, json={"push": push}), 200)
    assert shown["push"] == {**push, "audience": None}
    desk.runtime.memory.pop("connections")  # believed for a moment otherwise
    assert (await pushed(door, None, "m2")).status_code == 401
    assert (await pushed(door, f"Bearer {token(claims(door.url))}", "m2")).status_code == 200
    rotated = await desk.api.feedback.post(f"{path}/secret:rotate", json={})
    assert (rotated.status_code, rotated.json()["code"]) == (409, "no_secret")
    tally = await open_door(desk.api, "tally")
    for wrong in (
        await desk.api.feedback.patch(f"/v1/connections/{tally.id}", json={"push": push}),
        await desk.api.feedback.post("/v1/connections", json={"vendor": "tally", "name": "T", "push": push}),
        await desk.api.feedback.post(
            "/v1/connections", json={"vendor": "google_forms", "name": "T", "push": push, "secret": "s"}
        ),
    ):
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/body/push")
    # The guard holds for keys as for anything else that a caller names.
    inside = await open_door(desk.api, "google_forms", push={**push, "keys_url": "http://10.0.0.1/certs"})
    assert (await pushed(inside, f"Bearer {token(claims(inside.url))}")).status_code == 503


async def test_keys_are_asked_for_seldom() -> None:
    """By a clock of its own: as long as their server says, sooner for an id that is new, later after a fault."""
    now, replies, asked = 0.0, [(200, {"cache-control": "max-age=600"}, ["k1"])], 0

    async def fetch() -> Reply:
        nonlocal asked
        asked += 1
        status, headers, ids = replies[-1]
        if status == 0:
            raise Unreachable("gone")
        return Reply(status, headers, json.dumps({"keys": [jwk(each) for each in ids]}).encode())

    async def at(seconds: float, key_id: str) -> tuple[bool | None, int]:
        nonlocal now
        now = seconds
        try:
            return await keys.get(key_id) is not None, asked
        except Unavailable:
            return None, asked

    keys = Keys(fetch, lambda: now)
    assert await at(0, "k1") == (True, 1)
    assert await at(AGAIN - 1, "k2") == (False, 1)
    replies.append((200, {"cache-control": "max-age=600"}, ["k2"]))
    assert await at(AGAIN, "k2") == (True, 2), "a new one is found in a minute at most"
    assert await at(AGAIN, "k1") == (False, 2), "one that was withdrawn is good no longer"
    assert await at(AGAIN + 599, "k2") == (True, 2)
    replies.append((0, {}, []))
    assert await at(AGAIN + 600, "k2") == (None, 3)
    assert await at(AGAIN + 600 + AFTER_A_FAULT - 0.1, "k2") == (None, 3)
    replies.append((404, {}, ["k2"]))
    assert await at(AGAIN + 600 + AFTER_A_FAULT, "k2") == (None, 4)
    replies.append((200, {}, []))
    assert await at(AGAIN + 600 + 2 * AFTER_A_FAULT, "k2") == (None, 5), "a set without keys is none"
    replies.append((200, {}, ["k2"]))
    assert await at(AGAIN + 600 + 3 * AFTER_A_FAULT, "k2") == (True, 6)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, USUAL), ({"cache-control": "no-cache"}, USUAL), ({"cache-control": "s-max-age=9"}, USUAL),
        ({"cache-control": "public, Max-Age=21600, must-revalidate", "age": "600"}, 21_000),
        ({"cache-control": "max-age=0"}, SHORTEST), ({"cache-control": "max-age=999999999"}, LONGEST),
    ],
)  # fmt: skip
def test_how_long_keys_are_kept(headers: dict[str, str], seconds: float) -> None:
    assert kept_for(headers) == seconds


@pytest.mark.parametrize("body", [b"", b"[]", b'{"keys": 7}', b'{"keys": [null, {"kid": {}, "n": [], "e": 1}]}'])
def test_keys_that_are_none(body: bytes) -> None:
    assert keys_in(body) == {}
    small = jwk("small", n=number(2**1023 + 1))
    even = jwk("even", e=number(4))
    assert list(keys_in(json.dumps({"keys": [small, even, jwk("good")]}).encode())) == ["good"]
