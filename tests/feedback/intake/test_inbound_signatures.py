"""Signatures: published vectors, the stored samples, the reference library, rotation, clocks and hostile headers."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.feedback.intake.signatures import SCHEMES, Verdict, decode_key, sign, verify

SAMPLES = Path(__file__).parents[4] / "shared" / "webhooks" / "samples"
SIGNED_SAMPLES = [
    path
    for vendor in SCHEMES
    for path in sorted((SAMPLES / vendor).glob("*.meta.json"))
    if json.loads(path.read_text()).get("vector")
]
NOW = 1_700_000_000.0
SECRET = "whsec_" + "c2VjcmV0LW9mLTI0LWJ5dGVzLSEh"

# Published: the dev vector of the Standard Webhooks libraries (Svix's is the same), GitHub's documentation page on
# validating deliveries, and Slack's on verifying requests.
PUBLISHED = {
    "standard_webhooks": (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        b'{"test": 2432232314}',
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        1614265330,
    ),
    "github": (
        "It's a Secret to Everybody",
        b"Hello, World!",
        {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        0,
    ),
    "slack": (
        "8f742231b10e8888abcd99yyyzzz85a5",
        (
            b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
            b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
            b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
            b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
        ),
        {
            "x-slack-request-timestamp": "1531420618",
            "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        },
        1531420618,
    ),
}


@pytest.mark.parametrize("vendor", PUBLISHED)
def test_published_vectors_verify(vendor: str) -> None:
    secret, raw, headers, now = PUBLISHED[vendor]
    assert verify(SCHEMES[vendor], [secret], headers, raw, now) is Verdict.VERIFIED
    assert verify(SCHEMES[vendor], [secret], headers, raw + b" ", now) is Verdict.MISMATCH
    assert verify(SCHEMES[vendor], [secret + "BBBB"], headers, raw, now) is Verdict.MISMATCH


@pytest.mark.skipif(not SIGNED_SAMPLES, reason="the shared samples are not beside this checkout")
@pytest.mark.parametrize("path", SIGNED_SAMPLES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_samples_verify(path: Path) -> None:
    meta: dict[str, Any] = json.loads(path.read_text())
    headers = {name.lower(): value for name, value in meta.get("headers", {}).items()}
    raw = (path.parent / meta["body_file"]).read_bytes()
    if meta["vendor"] == "qualtrics":
        raw = urlencode({"HMAC": meta["vector"]["expected"], "MSG": raw.decode().strip()}).encode()
    if meta["case"] == "kat_v1_events_array":
        raw = raw.strip()
    now: float = meta["vector"].get("now_for_test", 0)
    if stamp := headers.get("x-zendesk-webhook-signature-timestamp"):
        now = datetime.fromisoformat(stamp).timestamp()
    scheme, secrets = SCHEMES[meta["vendor"]], [meta["vector"]["secret"]]
    assert verify(scheme, secrets, headers, raw, now) is Verdict.VERIFIED
    cut = raw[:-1] if scheme.signs_body else raw
    assert verify(scheme, secrets, headers, cut, now) is (Verdict.MISMATCH if scheme.signs_body else Verdict.VERIFIED)


@pytest.mark.parametrize("vendor", [name for name, scheme in SCHEMES.items() if scheme.header and scheme.signs_body])
def test_what_we_sign_we_verify_and_nothing_else(vendor: str) -> None:
    scheme, raw = SCHEMES[vendor], b'{"score":0}'
    headers = sign(scheme, SECRET, raw, now=NOW, message_id="msg_1")
    assert verify(scheme, [SECRET], headers, raw, NOW) is Verdict.VERIFIED
    assert verify(scheme, [SECRET], headers, b'{"score":9}', NOW) is Verdict.MISMATCH
    other = SECRET[:-4] + "ISEh"
    assert verify(scheme, [other], headers, raw, NOW) is Verdict.MISMATCH
    assert verify(scheme, [other, SECRET], headers, raw, NOW) is Verdict.VERIFIED, "rotation overlaps"
    for name in headers:
        rest = {key: value for key, value in headers.items() if key != name}
        assert verify(scheme, [SECRET], rest, raw, NOW) is Verdict.MISSING
        assert verify(scheme, [SECRET], {**headers, name: ""}, raw, NOW) is Verdict.MISSING
    unsigned = verify(scheme, [], {}, raw, NOW)
    assert unsigned is (Verdict.UNSIGNED if scheme.optional else Verdict.UNCONFIGURED)
    assert unsigned.accepted is scheme.optional


@pytest.mark.parametrize(
    "vendor", [name for name, scheme in SCHEMES.items() if scheme.header and scheme.header[0].timestamp]
)
@pytest.mark.parametrize(
    ("drift", "expected"), [(299, "verified"), (-299, "verified"), (302, "stale"), (-302, "stale")]
)
def test_the_clock_may_be_off_by_five_minutes_either_way(vendor: str, drift: float, expected: str) -> None:
    headers = sign(SCHEMES[vendor], SECRET, b"{}", now=NOW, message_id="msg_1")
    assert verify(SCHEMES[vendor], [SECRET], headers, b"{}", NOW + drift) == expected


@pytest.mark.parametrize(
    "stamp", ["NaN", "inf", "-1", "1e9", "", " 1700000000", "\uff11\uff17", "9" * 400, "\u0661", "0x10"]
)
@pytest.mark.parametrize("vendor", ["standard_webhooks", "slack", "zendesk"])
def test_no_nonsense_passes_for_a_timestamp(vendor: str, stamp: str) -> None:
    scheme = SCHEMES[vendor]
    headers = sign(scheme, SECRET, b"{}", now=NOW, message_id="msg_1")
    assert scheme.header[0].timestamp
    headers[scheme.header[0].timestamp] = stamp
    assert not verify(scheme, [SECRET], headers, b"{}", NOW).accepted


def test_several_signatures_and_unknown_versions() -> None:
    scheme, raw = SCHEMES["standard_webhooks"], b"{}"
    headers = sign(scheme, SECRET, raw, now=NOW, message_id="msg_1")
    good = headers["webhook-signature"]

    def verdict(signature: str) -> Verdict:
        return verify(scheme, [SECRET], {**headers, "webhook-signature": signature}, raw, NOW)

    assert verdict(f"v1a,AAAA v2,zzz v1,bm90IHRoaXM= {good}") is Verdict.VERIFIED
    assert verdict(good.replace("v1,", "v1a,")) is Verdict.MISMATCH
    assert verdict("v1a,AAAA") is Verdict.MISMATCH
    assert verdict("v1,") is Verdict.MISMATCH
    assert verdict(good.removeprefix("v1,")) is Verdict.MISMATCH
    assert verdict("v1," + "A" * 10_000) is Verdict.MALFORMED


def test_svix_headers_stand_in_for_the_standard_ones() -> None:
    headers = sign(SCHEMES["svix"], SECRET, b"{}", now=NOW, message_id="msg_1")
    branded = {name.replace("webhook-", "svix-"): value for name, value in headers.items()}
    assert verify(SCHEMES["standard_webhooks"], [SECRET], branded, b"{}", NOW) is Verdict.VERIFIED
    mixed = {"webhook-id": "msg_1", **{name: value for name, value in branded.items() if name != "svix-id"}}
    assert verify(SCHEMES["standard_webhooks"], [SECRET], mixed, b"{}", NOW) is Verdict.MISSING


def test_an_id_cannot_borrow_the_template() -> None:
    scheme = SCHEMES["standard_webhooks"]
    headers = sign(scheme, SECRET, b"{}", now=NOW, message_id="{ts}")
    assert verify(scheme, [SECRET], headers, b"{}", NOW) is Verdict.VERIFIED
    swapped = {**headers, "webhook-id": headers["webhook-timestamp"]}
    assert verify(scheme, [SECRET], swapped, b"{}", NOW) is Verdict.MISMATCH


@pytest.mark.parametrize("vendor", ["typeform", "github", "slack", "standard_webhooks"])
@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_===", "whsec_§", "whpk_AAAA", "not base64!", "a"])
def test_a_secret_that_is_no_key_lets_nobody_in(vendor: str, secret: str) -> None:
    scheme = SCHEMES[vendor]
    headers = sign(scheme, SECRET, b"{}", now=NOW, message_id="msg_1")
    assert verify(scheme, [secret], headers, b"{}", NOW) is Verdict.MISMATCH
    assert verify(scheme, [secret, SECRET], headers, b"{}", NOW) is Verdict.VERIFIED
    if scheme.key_transform == "base64" or not secret:
        with pytest.raises(ValueError, match=r"^is "):
            decode_key(scheme, secret)


def test_padding_of_a_secret_is_optional() -> None:
    scheme = SCHEMES["standard_webhooks"]
    assert decode_key(scheme, "whsec_c2VjcmV0") == decode_key(scheme, "c2VjcmV0") == b"secret"
    assert decode_key(scheme, "whsec_c2VjcmV0cw") == decode_key(scheme, "whsec_c2VjcmV0cw==") == b"secrets"


def test_signing_needs_what_the_scheme_signs() -> None:
    with pytest.raises(ValueError, match="message id"):
        sign(SCHEMES["standard_webhooks"], SECRET, b"{}", now=NOW)


@given(key=st.binary(min_size=24, max_size=64), message_id=st.from_regex(r"\Amsg_[A-Za-z0-9]{1,40}\Z"), body=st.text())
def test_the_reference_library_agrees(key: bytes, message_id: str, body: str) -> None:
    raw = body.encode("utf-8", "replace")
    reference, scheme = Webhook(key), SCHEMES["standard_webhooks"]
    secret = "whsec_" + base64.b64encode(key).decode()
    now = datetime.now(UTC)
    ours = sign(scheme, secret, raw, now=now.timestamp(), message_id=message_id)
    assert ours["webhook-signature"] == reference.sign(message_id, now, raw.decode())
    reference.verify(raw, ours, json_parse=False)
    assert verify(scheme, [secret], ours, raw, now.timestamp()) is Verdict.VERIFIED
    with pytest.raises(WebhookVerificationError):
        reference.verify(raw + b"x", ours, json_parse=False)
    assert verify(scheme, [secret], ours, raw + b"x", now.timestamp()) is Verdict.MISMATCH


anything = st.text(st.characters(codec=None), max_size=80)
hostile = st.one_of(
    anything,
    st.sampled_from(["v1,", "v1,=", "sha256=", "v0=", "v1, v1,", "\ud800", "\0", "{}", "{id}", "v1,\xff", "a" * 9000]),
    st.builds("sha256={}".format, anything),
    st.builds("v1,{}".format, anything),
)


@given(
    vendor=st.sampled_from(sorted(name for name, scheme in SCHEMES.items() if scheme.header)),
    values=st.lists(hostile, min_size=3, max_size=3),
    keep=st.lists(st.booleans(), min_size=3, max_size=3),
    secret=anything,
    now=st.one_of(st.floats(), st.just(NOW)),
)
def test_hostile_headers_never_raise_and_never_pass(
    vendor: str, values: list[str], keep: list[bool], secret: str, now: float
) -> None:
    scheme = SCHEMES[vendor]
    honest = sign(scheme, SECRET, b"{}", now=NOW, message_id="msg_1")
    changed = {
        name: honest[name] if stay and name != scheme.header[0].signature else value
        for name, value, stay in zip(honest, values, keep, strict=False)
    }
    # The signature is never the honest one, so nothing may pass, whatever else stands beside it.
    assert not verify(scheme, [secret, SECRET], changed, b"{}", now).accepted
