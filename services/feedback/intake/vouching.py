"""What vouches for a delivery where no header signs its body: a token, a signature in a form field or over the URL.

Each is a pair of functions: `verify`, which never raises, and `sign`, which makes the headers a sender would send.
Beside the vendor's headers they may look at two that no sender can make, for a header's name holds no colon:
`:query`, the URL's query, and `:url`, the address that the vendor was given.
"""

import binascii
import contextlib
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from services.feedback.intake.adapters.bodies import FIELD_LIMIT, decode_body
from services.feedback.intake.adapters.normalized import Unreadable
from services.feedback.intake.adapters.reading import obj, text
from services.feedback.intake.verdict import Verdict

QUERY, URL = ":query", ":url"
_LONGEST = 4096
_TOLERANCE = 300.0
# HubSpot decodes these, and only these, in the URL that it signs (its documentation on request validation).
_HUBSPOT_ESCAPES = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Own:
    """A scheme that no row of parameters describes."""

    verify: Callable[[Sequence[str], Headers, bytes, float], Verdict]
    """(secrets, headers, raw body, unix seconds). There is at least one secret."""
    sign: Callable[[str, bytes], dict[str, str]]
    """(secret, raw body) -> the headers with which a vendor would send it."""
    named: Callable[[Headers], str | None] = lambda _: None
    """The delivery's name in its headers. What is vouched for by a token is vouched for as a whole."""


def matches(secrets: Sequence[str], given: str) -> bool:
    """Whether one of the secrets was given, compared in constant time."""
    offered = given.encode("utf-8", "surrogatepass")
    found = [hmac.compare_digest(secret.encode("utf-8", "surrogatepass"), offered) for secret in secrets if secret]
    return any(found)


def _tokens(headers: Headers, names: tuple[str, ...]) -> list[str]:
    """Every token that a request brings: bearer, Basic's password, the vendor's header, `access_token` in the query."""
    found = [headers[name] for name in names if headers.get(name)]
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if rest and len(rest) <= _LONGEST:
        if scheme.lower() == "bearer":
            found.append(rest.strip())
        elif scheme.lower() == "basic":
            try:
                user, _, password = binascii.a2b_base64(rest).decode("utf-8", "replace").partition(":")
            except ValueError:
                pass
            else:
                # Some forms have one field only, and it is the user's name.
                found.append(password or user)
    query = headers.get(QUERY, "")
    if "access_token=" in query and len(query) <= _LONGEST:
        with contextlib.suppress(ValueError):
            found += parse_qs(query, max_num_fields=50).get("access_token", [])
    return found


def token(*names: str, named: Callable[[Headers], str | None] = lambda _: None) -> Own:
    """A static secret, as `Authorization: Bearer`, as Basic's password, or in one of these headers."""

    def verify(secrets: Sequence[str], headers: Headers, raw: bytes, now: float) -> Verdict:
        given = _tokens(headers, (*names, "x-cairn-token"))
        if not given:
            return Verdict.MISSING
        return Verdict.VERIFIED if any(matches(secrets, each) for each in given) else Verdict.MISMATCH

    def sign(secret: str, raw: bytes) -> dict[str, str]:
        return {names[0]: secret} if names else {"authorization": f"Bearer {secret}"}

    return Own(verify, sign, named)


def _signed_or_told(secrets: Sequence[str], headers: Headers, raw: bytes, now: float) -> Verdict:
    """Survicate: hex HMAC-SHA256 of the body by the signing secret in `Hmac`, the verification token in `Token`.

    Source: developers.survicate.com/webhooks/security.
    """
    signature = headers.get("hmac", "")
    if signature and len(signature) <= _LONGEST and signature.isascii():
        made = [hmac.digest(_bytes(secret), raw, "sha256").hex() for secret in secrets if secret]
        if any(hmac.compare_digest(one, signature.lower()) for one in made):
            return Verdict.VERIFIED
    told = _TOKEN.verify(secrets, headers, raw, now)
    return Verdict.MISMATCH if signature and told is Verdict.MISSING else told


def _in_form(secrets: Sequence[str], headers: Headers, raw: bytes, now: float) -> Verdict:
    """Qualtrics: hex HMAC-SHA512 in the form field `HMAC`, over the decoded field `MSG`."""
    try:
        form = parse_qs(raw.decode("utf-8"), max_num_fields=FIELD_LIMIT)
    except ValueError:
        return Verdict.MALFORMED
    signatures, messages = form.get("HMAC"), form.get("MSG")
    if not signatures or not messages:
        return Verdict.MISSING
    # Of two of a kind, who knows which one is read.
    if len(signatures) > 1 or len(messages) > 1 or len(signatures[0]) > _LONGEST or not signatures[0].isascii():
        return Verdict.MALFORMED
    message, given = messages[0].encode(), signatures[0].lower()
    found = [
        hmac.compare_digest(hmac.new(secret.encode("utf-8", "surrogatepass"), message, "sha512").hexdigest(), given)
        for secret in secrets
        if secret
    ]
    return Verdict.VERIFIED if any(found) else Verdict.MISMATCH


def _in_body(secrets: Sequence[str], headers: Headers, raw: bytes, now: float) -> Verdict:
    """Wootric: `account_token` in the body is all there is."""
    body = decode_body(headers, raw)
    given = None if isinstance(body, Unreadable) else text(obj(body).get("account_token"))
    if not given:
        return Verdict.MISSING
    return Verdict.VERIFIED if matches(secrets, given) else Verdict.MISMATCH


def _over_url(secrets: Sequence[str], headers: Headers, raw: bytes, now: float) -> Verdict:
    """HubSpot: v3 is an HMAC over method, URL, body and time; v1 and v2 are plain hashes that begin with the secret."""
    url = headers.get(URL, "")
    if third := headers.get("x-hubspot-signature-v3"):
        stamp = headers.get("x-hubspot-request-timestamp")
        if not stamp:
            return Verdict.MISSING
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 15):
            return Verdict.MALFORMED
        if not abs(now - int(stamp) / 1000) <= _TOLERANCE:
            return Verdict.STALE
        signed = b"POST" + _hubspot_url(url).encode() + raw + stamp.encode()
        offered, made = third, [_v3(secret, signed) for secret in secrets if secret]
    else:
        offered = headers.get("x-hubspot-signature", "")
        if not offered:
            return Verdict.MISSING
        version = headers.get("x-hubspot-signature-version", "v1")
        if version not in ("v1", "v2"):
            return Verdict.MALFORMED
        lead = f"POST{url}".encode() if version == "v2" else b""
        made = [hashlib.sha256(_bytes(secret) + lead + raw).hexdigest() for secret in secrets if secret]
    if len(offered) > _LONGEST or not offered.isascii():
        return Verdict.MALFORMED
    return Verdict.VERIFIED if any(hmac.compare_digest(one, offered) for one in made) else Verdict.MISMATCH


def _v3(secret: str, signed: bytes) -> str:
    return binascii.b2a_base64(hmac.digest(_bytes(secret), signed, "sha256"), newline=False).decode()


def _hubspot_url(url: str) -> str:
    for escape, letter in _HUBSPOT_ESCAPES.items():
        url = url.replace(escape, letter).replace(escape.lower(), letter)
    return url


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")


def _hubspot_v1(secret: str, raw: bytes) -> dict[str, str]:
    return {
        "x-hubspot-signature": hashlib.sha256(_bytes(secret) + raw).hexdigest(),
        "x-hubspot-signature-version": "v1",
    }


def event_name(headers: Headers) -> str | None:
    """A CloudEvent in binary mode: source and id make it one event, whatever its data."""
    if not headers.get("ce-id"):
        return None
    identity = f"{headers.get('ce-source', '')}\n{headers['ce-id']}"
    return "ce:" + hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()


def stated_name(headers: Headers) -> str | None:
    """The name that a sender without a scheme of its own gives its delivery: bodies may be alike by right."""
    return headers.get("webhook-id") or headers.get("idempotency-key") or None


_TOKEN = token("token")
SURVICATE = Own(_signed_or_told, lambda secret, raw: {"hmac": hmac.digest(_bytes(secret), raw, "sha256").hex()})
FORM_FIELD = Own(_in_form, lambda _secret, _raw: {})
BODY_FIELD = Own(_in_body, lambda _secret, _raw: {})
HUBSPOT = Own(_over_url, _hubspot_v1)
