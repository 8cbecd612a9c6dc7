"""Schemes with code of their own, and ed25519: published vectors first, then what a stranger might try."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.feedback.intake.signatures import SCHEMES, Verdict, decode_key, sign, verify
from services.feedback.intake.vouching import QUERY, URL

RAW = b'{"test": 2432232314}'
STANDARD = SCHEMES["standard_webhooks"]
# Svix's server, test_asymmetric_key_signing: the reference for v1a.
V1A_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
V1A_AT = 1614265330
V1A = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(V1A_AT),
    "webhook-signature": (
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
    ),
}
# HubSpot's API clients, tests of their signature helpers.
HUBSPOT = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
HUBSPOT_URL = "https://www.example.com/webhook_uri"
HUBSPOT_V1 = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW",'
    b'"appId":54321}]'
)
# A capture of Qualtrics' deliveries (kyma-incubator/connector-tools), whose secret is published with it.
QUALTRICS_MSG = (
    '{"Status":"Complete","SurveyID":"SV_1AmkKSDmoZ4XlQx","ResponseID":"R_0B7IcnXszjEUHLP",'
    '"CompletedDate":"2019-06-25 07:58:25","BrandID":"sapdevelopment"}'
)
QUALTRICS_HMAC = (
    "c2c585a404c239aa3063b462cc33551d3ed3ed2de0899f58d456fc0ef7ebef6f"
    "3c3af44957989bd0592603e41edde9528f7d9ed09ee128bf719aa12f46e5c598"
)


def test_the_published_ed25519_vector_verifies() -> None:
    assert verify(STANDARD, [V1A_KEY], V1A, RAW, V1A_AT) is Verdict.VERIFIED
    assert verify(STANDARD, [V1A_KEY], V1A, RAW + b" ", V1A_AT) is Verdict.MISMATCH
    assert verify(STANDARD, [V1A_KEY], V1A, RAW, V1A_AT + 301) is Verdict.STALE
    branded = {name.replace("webhook-", "svix-"): value for name, value in V1A.items()}
    assert verify(SCHEMES["svix"], [V1A_KEY], branded, RAW, V1A_AT) is Verdict.VERIFIED


def test_both_versions_at_once_and_either_kind_of_secret() -> None:
    shared = "whsec_" + base64.b64encode(b"k" * 24).decode()
    both = sign(STANDARD, shared, RAW, now=V1A_AT, message_id=V1A["webhook-id"])["webhook-signature"]
    headers = {**V1A, "webhook-signature": f"v1,AAAA {V1A['webhook-signature']} {both}"}
    assert verify(STANDARD, [V1A_KEY], headers, RAW, V1A_AT) is Verdict.VERIFIED
    assert verify(STANDARD, [shared], headers, RAW, V1A_AT) is Verdict.VERIFIED
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    wrong = "whpk_" + base64.b64encode(other).decode()
    assert verify(STANDARD, [wrong], headers, RAW, V1A_AT) is Verdict.MISMATCH
    assert verify(STANDARD, [wrong, shared], headers, RAW, V1A_AT) is Verdict.VERIFIED


def test_a_public_key_is_never_the_key_of_an_hmac() -> None:
    """Whoever has read it, which is everybody, could sign with it."""
    forged = sign(STANDARD, "whsec_" + V1A_KEY.removeprefix("whpk_"), RAW, now=V1A_AT, message_id="m")
    assert verify(STANDARD, [V1A_KEY], forged, RAW, V1A_AT) is Verdict.MISMATCH


@pytest.mark.parametrize("offered", ["v1a,", "v1a,AAAA", "v1a,§", "v1a," + "A" * 88, "v1a,===="])
def test_nonsense_for_an_ed25519_signature(offered: str) -> None:
    headers = {**V1A, "webhook-signature": offered}
    assert not verify(STANDARD, [V1A_KEY], headers, RAW, V1A_AT).accepted


@pytest.mark.parametrize("secret", ["whpk_AAAA", "whpk_", "whsk_AAAA", "whpk_" + "A" * 100])
def test_a_key_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^is "):
        decode_key(STANDARD, secret)


def test_hubspot_v1() -> None:
    headers = {"x-hubspot-signature": "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"}
    for known in (headers, {**headers, "x-hubspot-signature-version": "v1"}):
        assert verify(SCHEMES["hubspot"], [HUBSPOT], known, HUBSPOT_V1, 0) is Verdict.VERIFIED
        assert verify(SCHEMES["hubspot"], [HUBSPOT], known, HUBSPOT_V1 + b" ", 0) is Verdict.MISMATCH
        assert verify(SCHEMES["hubspot"], ["other", HUBSPOT], known, HUBSPOT_V1, 0) is Verdict.VERIFIED


def test_hubspot_v2_signs_the_url() -> None:
    headers = {
        "x-hubspot-signature": "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
        "x-hubspot-signature-version": "v2",
        URL: HUBSPOT_URL,
    }
    raw = b'{"example_field":"example_value"}'
    assert verify(SCHEMES["hubspot"], [HUBSPOT], headers, raw, 0) is Verdict.VERIFIED
    assert verify(SCHEMES["hubspot"], [HUBSPOT], {**headers, URL: HUBSPOT_URL + "/"}, raw, 0) is Verdict.MISMATCH


def test_hubspot_v3_signs_the_time_too() -> None:
    at = 1693657560.0
    raw = b"{'example_field':'example_value'}"
    headers = {
        "x-hubspot-signature-v3": "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
        "x-hubspot-request-timestamp": "1693657560000",
        # HubSpot sends the old one along; the newest decides.
        "x-hubspot-signature": "00",
        URL: HUBSPOT_URL,
    }
    assert verify(SCHEMES["hubspot"], [HUBSPOT], headers, raw, at) is Verdict.VERIFIED
    assert verify(SCHEMES["hubspot"], [HUBSPOT], headers, raw, at + 301) is Verdict.STALE
    assert verify(SCHEMES["hubspot"], [HUBSPOT], headers, raw + b" ", at) is Verdict.MISMATCH
    later = {**headers, "x-hubspot-request-timestamp": "1693657560001"}
    assert verify(SCHEMES["hubspot"], [HUBSPOT], later, raw, at) is Verdict.MISMATCH
    for stamp in ("", "NaN", "-1", "1e9", "9" * 99, "\u0661"):
        assert not verify(
            SCHEMES["hubspot"], [HUBSPOT], {**headers, "x-hubspot-request-timestamp": stamp}, raw, at
        ).accepted


@pytest.mark.parametrize("version", ["v3", "v0", "", "V1"])
def test_hubspot_versions_that_nobody_described(version: str) -> None:
    made = hashlib.sha256(HUBSPOT.encode() + b"{}").hexdigest()
    headers = {"x-hubspot-signature": made, "x-hubspot-signature-version": version}
    assert verify(SCHEMES["hubspot"], [HUBSPOT], headers, b"{}", 0) is Verdict.MALFORMED


def test_qualtrics_signs_a_decoded_form_field() -> None:
    raw = urlencode({"Topic": "x.completedResponse.SV", "MSG": QUALTRICS_MSG, "HMAC": QUALTRICS_HMAC}).encode()
    scheme = SCHEMES["qualtrics"]
    assert verify(scheme, ["kyma4ever"], {}, raw, 0) is Verdict.VERIFIED
    assert verify(scheme, ["kyma4ever"], {}, raw.replace(b"+", b"%20"), 0) is Verdict.VERIFIED
    assert verify(scheme, ["kyma4never"], {}, raw, 0) is Verdict.MISMATCH
    assert verify(scheme, ["kyma4ever"], {}, raw.replace(b"R_0B", b"R_1B"), 0) is Verdict.MISMATCH
    assert verify(scheme, ["kyma4ever"], {}, raw + b"&MSG=%7B%7D", 0) is Verdict.MALFORMED, "which one is read?"
    assert verify(scheme, ["kyma4ever"], {}, b"ResponseID=R_1&SurveyID=S", 0) is Verdict.MISSING
    assert verify(scheme, ["kyma4ever"], {}, b"a=1&" * 5_000, 0) is Verdict.MALFORMED
    assert verify(scheme, [], {}, b"ResponseID=R_1", 0) is Verdict.UNSIGNED


def test_canny_signs_its_nonce_only() -> None:
    scheme = SCHEMES["canny"]
    made = base64.b64encode(hmac.digest(b"key", b"nonce-1", "sha256")).decode()
    headers = {"canny-nonce": "nonce-1", "canny-signature": made}
    assert verify(scheme, ["key"], headers, b"{}", 0) is Verdict.VERIFIED
    assert verify(scheme, ["key"], {**headers, "canny-nonce": "nonce-2"}, b"{}", 0) is Verdict.MISMATCH
    assert verify(scheme, ["key"], {"canny-signature": made}, b"{}", 0) is Verdict.MISSING
    assert sign(scheme, "key", b"whatever", message_id="nonce-1") == headers


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer s3cret"},
        {"authorization": "bearer  s3cret "},
        {"authorization": "Basic " + base64.b64encode(b"any:s3cret").decode()},
        {"authorization": "Basic " + base64.b64encode(b"s3cret:").decode()},
        {"x-cairn-token": "s3cret"},
        {QUERY: "a=b&access_token=s3cret"},
    ],
)
def test_a_token_by_any_way(headers: dict[str, str]) -> None:
    for vendor in ("token", "sprig", "cloudevents", "generic"):
        assert verify(SCHEMES[vendor], ["old", "s3cret"], headers, b"{}", 0) is Verdict.VERIFIED
        assert verify(SCHEMES[vendor], ["other"], headers, b"{}", 0) is Verdict.MISMATCH
        assert verify(SCHEMES[vendor], ["s3cret"], {}, b"{}", 0) is Verdict.MISSING
        assert verify(SCHEMES[vendor], [], {}, b"{}", 0) is Verdict.UNSIGNED


@pytest.mark.parametrize(
    "headers", [{"authorization": "Basic §§"}, {"authorization": "Bearer"}, {"authorization": "s3cret"}, {QUERY: "x"}]
)
def test_no_token(headers: dict[str, str]) -> None:
    assert not verify(SCHEMES["token"], ["s3cret"], headers, b"{}", 0).accepted


def test_survicate_signs_and_sends_its_token_besides() -> None:
    scheme = SCHEMES["survicate"]
    # By the vendor's recipe: hash_hmac("sha256", body, secret), in lower case.
    signed = {"hmac": hmac.new(b"s3cret", RAW, "sha256").hexdigest(), "token": "t"}
    assert verify(scheme, ["s3cret"], signed, RAW, 0) is Verdict.VERIFIED
    assert verify(scheme, ["s3cret"], signed, RAW + b" ", 0) is Verdict.MISMATCH
    assert verify(scheme, ["s3cret"], {"token": "t"}, RAW, 0) is Verdict.MISMATCH
    assert verify(scheme, ["other"], {"hmac": signed["hmac"]}, RAW, 0) is Verdict.MISMATCH
    assert verify(scheme, ["t"], {"token": "t", "hmac": "whatever"}, RAW, 0) is Verdict.VERIFIED
    assert verify(scheme, ["t"], {"token": "u"}, RAW, 0) is Verdict.MISMATCH
    assert verify(scheme, ["t"], {}, RAW, 0) is Verdict.MISSING


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("application/json", json.dumps({"account_token": "NPS-1", "response": {}}).encode()),
        ("application/x-www-form-urlencoded", b"account_token=NPS-1&response[id]=1"),
    ],
)
def test_wootric_has_its_token_in_the_body(kind: str, raw: bytes) -> None:
    headers = {"content-type": kind}
    assert verify(SCHEMES["wootric"], ["NPS-1"], headers, raw, 0) is Verdict.VERIFIED
    assert verify(SCHEMES["wootric"], ["NPS-2"], headers, raw, 0) is Verdict.MISMATCH
    assert verify(SCHEMES["wootric"], ["NPS-1"], headers, b"nothing", 0) is Verdict.MISSING


def test_an_empty_secret_lets_nobody_in() -> None:
    for vendor, scheme in SCHEMES.items():
        if scheme.own:
            for headers in ({}, {"authorization": "Bearer "}, {"token": ""}, {"x-hubspot-signature": ""}):
                assert not verify(scheme, [""], headers, b"account_token=&HMAC=&MSG=", 0).accepted, vendor
