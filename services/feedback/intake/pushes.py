"""What Pub/Sub's pushes vouch for themselves with: a token that Google signs, for an audience, by a service account.

An OIDC token (RS256) in `Authorization`, up to an hour old; its keys are published as a JWK set that says how long it
may be kept. It says who sends and nothing of the body: whoever sees one may send anything until it ends. Source: Google
Cloud's documentation, "Authentication for push subscriptions"; tried with keys of our own, not with a live push.
"""

import asyncio
import binascii
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import Field, StringConstraints

from services.feedback.intake.adapters import reading
from services.feedback.intake.adapters.normalized import JsonValue, Unreadable
from services.feedback.intake.verdict import Verdict
from shared.egress import Egress, Refused, Reply, Unreachable, networks
from shared.errors import Unauthorized, Unavailable
from shared.runtime import Runtime
from shared.wire import Email, Line, Wire

GOOGLE = "https://www.googleapis.com/oauth2/v3/certs"
ISSUERS = frozenset(("https://accounts.google.com", "accounts.google.com"))
LEEWAY = 60.0
"""Seconds that two clocks may be apart."""
AGAIN, AFTER_A_FAULT = 60.0, 5.0
"""Seconds before keys are asked for again: because a token names an unknown one, and because they could not be had."""
SHORTEST, USUAL, LONGEST = 60.0, 300.0, 86_400.0
"""Seconds that keys are believed, whatever their server says."""
MOST_KEYS = 50
MOST_RINGS = 100
FETCH_SECONDS = 5.0
_LONGEST_TOKEN = 4096
_PART = re.compile(r"[A-Za-z0-9_-]+")
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=(\d{1,9})(?:$|[,\s])")


class Push(Wire):
    """Whose pushes are believed: what the subscription's authentication says in Google Cloud."""

    audience: Line | None = Field(
        default=None,
        description="as the subscription states it; the connection's own `url` when left out, as it is there",
        examples=["cairn-forms"],
    )
    service_account: Email = Field(
        description="e-mail of the service account that the subscription authenticates as",
        examples=["pushes@acme.iam.gserviceaccount.com"],
    )
    keys_url: Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[!-~]{1,490}$")] = Field(
        default=GOOGLE, description="where the keys are published that tokens are signed with"
    )


class Token(NamedTuple):
    """A token's parts, of which nothing has been checked but the form."""

    key_id: str
    signed: bytes
    signature: bytes
    claims: Mapping[str, JsonValue]


class Keys:
    """A JWK set and how long it is good.

    It is fetched once for all who wait. How often strangers make up key ids does not matter: see AGAIN.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Reply]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._known: Mapping[str, RSAPublicKey] = {}
        self._until = self._asked_at = float("-inf")
        self._failed = False
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key_id: str) -> RSAPublicKey | None:
        """The key by that id; None when there is none. Unavailable when nobody can tell just now."""
        now = self._clock()
        if key_id in self._known and now < self._until:
            return self._known[key_id]
        if now >= self._asked_at + (AFTER_A_FAULT if self._failed else AGAIN):
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask(now), name="push-keys")
            # Shielded: one sender that goes away must not take the keys from the others.
            await asyncio.shield(self._asking)
        if self._failed or self._clock() >= self._until:
            raise Unavailable("The keys that this token is signed with cannot be had just now; send it again.")
        return self._known.get(key_id)

    async def _ask(self, now: float) -> None:
        self._asked_at, self._failed = now, True
        try:
            reply = await self._fetch()
            found = keys_in(reply.body) if reply.status == 200 else {}
            if found:
                self._known, self._until, self._failed = found, now + kept_for(reply.headers), False
        except (Refused, Unreachable):
            pass  # whoever waits is told
        finally:
            self._asking = None


def keys_in(body: bytes) -> dict[str, RSAPublicKey]:
    """The RSA keys of a JWK set that may sign, by their ids."""
    told = reading.decode(body)
    listed = [] if isinstance(told, Unreadable) else reading.items(reading.obj(told).get("keys"))
    found: dict[str, RSAPublicKey] = {}
    for each in map(reading.obj, listed[:MOST_KEYS]):
        key_id = reading.word(each.get("kid"))
        modulus, exponent = (_number(each.get(name)) for name in ("n", "e"))
        fits = each.get("kty") == "RSA" and each.get("use", "sig") == "sig" and each.get("alg", "RS256") == "RS256"
        if not fits or key_id is None or modulus is None or exponent is None:
            continue
        # Short ones can be broken; longer ones make work.
        if 2_048 <= modulus.bit_length() <= 8_192 and exponent.bit_length() <= 32:
            try:
                found[key_id] = RSAPublicNumbers(exponent, modulus).public_key()
            except ValueError:
                continue
    return found


def kept_for(headers: Mapping[str, str]) -> float:
    """Seconds that an answer may be kept, from now on."""
    said = _MAX_AGE.search(headers.get("cache-control", "").lower())
    if said is None:
        return USUAL
    age = headers.get("age", "")
    old = float(age) if age.isascii() and age.isdecimal() and len(age) < 10 else 0.0
    return min(max(float(said.group(1)) - old, SHORTEST), LONGEST)


def opened(authorization: str) -> Token | Verdict:
    """The token of an `Authorization` header, or what is wrong with its form."""
    scheme, _, text = authorization.partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer" or not text:
        return Verdict.MISSING
    parts = text.split(".")
    if len(text) > _LONGEST_TOKEN or len(parts) != 3:
        return Verdict.MALFORMED
    header, claims, signature = map(_bytes, parts)
    if header is None or claims is None or signature is None:
        return Verdict.MALFORMED
    heads, told = reading.decode(header), reading.decode(claims)
    if not isinstance(heads, dict) or not isinstance(told, dict) or "crit" in heads:
        return Verdict.MALFORMED
    key_id = reading.word(heads.get("kid"))
    # One algorithm and no other: what a token says of itself decides nothing.
    if heads.get("alg") != "RS256" or key_id is None:
        return Verdict.MISMATCH
    return Token(key_id, f"{parts[0]}.{parts[1]}".encode(), signature, told)


def fault(claims: Mapping[str, JsonValue], push: Push, url: str, now: float) -> str | None:
    """Why a token that Google did sign does not vouch for a delivery to this address; None when it does.

    `now`: unix seconds.
    """
    ends, made = reading.number(claims.get("exp")), reading.number(claims.get("iat"))
    if ends is None or now > ends + LEEWAY:
        return "has ended"
    if made is not None and made > now + LEEWAY:
        return "is of the future"
    if reading.word(claims.get("iss")) not in ISSUERS:
        return "is not of Google's making"
    if claims.get("aud") != (push.audience or url):
        return "is for another audience"
    email = claims.get("email")
    if not isinstance(email, str) or email.lower() != push.service_account.lower():
        return "is another service account's"
    return None if claims.get("email_verified") is True else "has an address that nobody verified"


async def vouch(runtime: Runtime, push: Push, url: str, headers: Mapping[str, str]) -> None:
    """Return when a push to this address comes from who it should.

    Unauthorized when it is not; Unavailable when that cannot be told, and Pub/Sub is to push it again.
    """
    token = opened(headers.get("authorization", ""))
    if isinstance(token, Verdict):
        raise _refused(f"The signature of this delivery is {token.value}.")
    key = await _ring(runtime, push.keys_url).get(token.key_id)
    if key is None:
        raise _refused(f"The signature of this delivery is {Verdict.MISMATCH.value}.")
    try:
        key.verify(token.signature, token.signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise _refused(f"The signature of this delivery is {Verdict.MISMATCH.value}.") from None
    if reason := fault(token.claims, push, url, time.time()):
        raise _refused(f"The token of this delivery {reason}.")


def _ring(runtime: Runtime, url: str) -> Keys:
    rings: dict[str, Keys] = runtime.memory.setdefault("push_keys", {})
    if url not in rings:
        if len(rings) >= MOST_RINGS:
            rings.clear()

        async def fetch() -> Reply:
            egress = Egress(networks(runtime.settings.egress_allow), limit=262_144, seconds=FETCH_SECONDS)
            try:
                return await egress.request("GET", url, headers={"accept": "application/json"})
            finally:
                await egress.aclose()

        rings[url] = Keys(fetch)
    return rings[url]


def _refused(detail: str) -> Unauthorized:
    return Unauthorized(detail, code="bad_signature")


def _bytes(text: str) -> bytes | None:
    """base64url without padding, or None."""
    if not _PART.fullmatch(text):
        return None
    try:
        return binascii.a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), strict_mode=True)
    except ValueError:
        return None


def _number(value: JsonValue) -> int | None:
    found = _bytes(value) if isinstance(value, str) and len(value) < 2_000 else None
    return int.from_bytes(found) if found else None
