"""Who signed a delivery: every HMAC scheme of the survey and support tools as one table and one verifier.

A new vendor is one row of `SCHEMES`. What a row cannot say (a signature in a form field, over the URL, over a nonce
only) needs code of its own and is not in the table.
"""

import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal, NamedTuple

_LONGEST_HEADER = 4096
"""Characters; room for some 80 signatures, and a bound on the work a stranger can ask for."""


class Verdict(StrEnum):
    """What verifying found. Only `accepted` verdicts may be read any further."""

    VERIFIED = "verified"
    UNSIGNED = "unsigned"
    """No secret is configured and the vendor lets its users go without: the URL's token is all that vouches for it."""
    UNCONFIGURED = "unconfigured"
    """No secret is configured and the vendor always signs: somebody forgot to store it."""
    MISSING = "missing"
    """A secret is configured and a header the scheme needs is absent."""
    MALFORMED = "malformed"
    """A header cannot be what the scheme describes: not ASCII, too long, no prefix, an unreadable timestamp."""
    STALE = "stale"
    """The timestamp is further from now than the tolerance, either way. The signature was not looked at."""
    MISMATCH = "mismatch"
    """Readable, and made by none of the secrets for these bytes."""

    @property
    def accepted(self) -> bool:
        return self is Verdict.VERIFIED or self is Verdict.UNSIGNED


class Names(NamedTuple):
    """The headers of one spelling of a scheme, lower-case."""

    signature: str
    id: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """One row: how a vendor signs."""

    header: tuple[Names, ...]
    """Spellings in order of preference; the first whose signature header is present counts."""
    alg: Literal["sha1", "sha256", "sha512"] = "sha256"
    key_transform: Literal["text", "base64"] = "text"
    """`text`: the secret's UTF-8 bytes. `base64`: decoded, without `whsec_`, missing padding accepted."""
    template: str = ""
    """What is signed in front of the raw body; `{id}` and `{ts}` are those headers as received."""
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    """What stands before the encoded digest: an algorithm (`sha256=`) or a version (`v1,`)."""
    multi_sep: str | None = None
    """Separates several signatures; those with another prefix are skipped, as a newer version would be."""
    ts_unit: Literal["s", "ms", "iso"] = "s"
    tolerance: float = 300.0
    """Seconds, both ways; of no effect where no timestamp header is named."""
    optional: bool = False
    """The vendor sends no signature until its user sets a secret."""


_STANDARD = Scheme(
    header=(
        Names("webhook-signature", "webhook-id", "webhook-timestamp"),
        Names("svix-signature", "svix-id", "svix-timestamp"),
    ),
    key_transform="base64",
    template="{id}.{ts}.",
    encoding="base64",
    prefix="v1,",
    multi_sep=" ",
    optional=True,
)

SCHEMES: Mapping[str, Scheme] = {
    "standard_webhooks": _STANDARD,
    "svix": _STANDARD,
    "formbricks": _STANDARD,
    "typeform": Scheme((Names("typeform-signature"),), encoding="base64", prefix="sha256=", optional=True),
    "tally": Scheme((Names("tally-signature"),), encoding="base64", optional=True),
    # The key is the project's private API key, which every project has: there is no unsigned Delighted delivery.
    "delighted": Scheme((Names("x-delighted-webhook-signature"),), prefix="sha256="),
    # The secret is "{client id}&{client secret}", joined by whoever configures the connection.
    "surveymonkey": Scheme((Names("sm-signature"),), alg="sha1", encoding="base64"),
    # The secret looks like base64 and is text all the same.
    "zendesk": Scheme(
        (Names("x-zendesk-webhook-signature", timestamp="x-zendesk-webhook-signature-timestamp"),),
        template="{ts}",
        encoding="base64",
        ts_unit="iso",
    ),
    "intercom": Scheme((Names("x-hub-signature"),), alg="sha1", prefix="sha1="),
    "slack": Scheme(
        (Names("x-slack-signature", timestamp="x-slack-request-timestamp"),), template="v0:{ts}:", prefix="v0="
    ),
    "github": Scheme((Names("x-hub-signature-256"),), prefix="sha256=", optional=True),
    # Linear's timestamp is signed inside the body only; checking an unsigned header would protect nothing.
    "linear": Scheme((Names("linear-signature"),)),
}


def decode_key(scheme: Scheme, secret: str) -> bytes:
    """The HMAC key that a configured secret stands for; never empty.

    Raises ValueError with the reason, fit to show to whoever configures the connection.
    """
    if scheme.key_transform == "text":
        key = secret.encode("utf-8", "surrogatepass")
    elif secret.startswith(("whpk_", "whsk_")):
        raise ValueError("is an ed25519 key; this scheme takes the shared secret that starts with whsec_")
    else:
        text = secret.removeprefix("whsec_").rstrip("=")
        try:
            key = binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
        except ValueError:
            raise ValueError("is not base64, with or without whsec_ in front") from None
    # An empty key is one that everybody knows: the HMAC would verify for any stranger.
    if not key:
        raise ValueError("is empty")
    return key


def spelling(scheme: Scheme, headers: Mapping[str, str]) -> Names | None:
    """The spelling that a delivery is signed in; headers of another one are not covered by its signature."""
    return next((names for names in scheme.header if headers.get(names.signature)), None)


def verify(
    scheme: Scheme, secrets: tuple[str, ...] | list[str], headers: Mapping[str, str], raw: bytes, now: float
) -> Verdict:
    """Whether one of the secrets signed these very bytes. Never raises, whatever the headers hold.

    `secrets`: all that are valid now, so that rotation can overlap; an unusable one matches nothing. `headers`: with
    lower-case names. `raw`: the body exactly as received. `now`: unix seconds.
    """
    if not secrets:
        return Verdict.UNSIGNED if scheme.optional else Verdict.UNCONFIGURED
    names = spelling(scheme, headers)
    if names is None:
        return Verdict.MISSING
    signature = headers[names.signature]
    message_id = headers.get(names.id) if names.id else ""
    sent_at = headers.get(names.timestamp) if names.timestamp else ""
    if (names.id and not message_id) or (names.timestamp and not sent_at):
        return Verdict.MISSING
    # All three are short ASCII or nonsense; nothing below has to think of anything else.
    stated = f"{message_id}{sent_at}{signature}"
    if len(stated) > _LONGEST_HEADER or not stated.isascii():
        return Verdict.MALFORMED
    if sent_at:
        at = _unix_seconds(sent_at, scheme.ts_unit)
        if at is None:
            return Verdict.MALFORMED
        if not abs(now - at) <= scheme.tolerance:
            return Verdict.STALE
    candidates = signature.split(scheme.multi_sep) if scheme.multi_sep else [signature]
    offered = [one.encode() for one in candidates if one.startswith(scheme.prefix)]
    if not offered:
        return Verdict.MISMATCH if scheme.multi_sep else Verdict.MALFORMED
    signed = _signed(scheme, message_id or "", sent_at or "", raw)
    for secret in secrets:
        try:
            expected = _signature(scheme, decode_key(scheme, secret), signed)
        except ValueError:
            continue
        for one in offered:
            if hmac.compare_digest(expected, one):
                return Verdict.VERIFIED
    return Verdict.MISMATCH


def sign(scheme: Scheme, secret: str, raw: bytes, *, now: float = 0.0, message_id: str = "") -> dict[str, str]:
    """The headers with which a vendor would send these bytes: for demo, tests and load, which act as senders.

    `now` (unix seconds) and `message_id` matter where the scheme signs them. Raises ValueError when the secret is
    unusable or the scheme needs a `message_id` and none is given.
    """
    names = scheme.header[0]
    if names.id and not message_id:
        raise ValueError("this scheme signs a message id")
    sent_at = ""
    if names.timestamp:
        match scheme.ts_unit:
            case "s":
                sent_at = str(int(now))
            case "ms":
                sent_at = str(int(now * 1000))
            case "iso":
                sent_at = datetime.fromtimestamp(int(now), UTC).isoformat().replace("+00:00", "Z")
    signature = _signature(scheme, decode_key(scheme, secret), _signed(scheme, message_id, sent_at, raw))
    found = {names.signature: signature.decode()}
    if names.id:
        found[names.id] = message_id
    if names.timestamp:
        found[names.timestamp] = sent_at
    return found


def _signed(scheme: Scheme, message_id: str, sent_at: str, raw: bytes) -> bytes:
    if not scheme.template:
        return raw
    return scheme.template.format(id=message_id, ts=sent_at).encode() + raw


def _signature(scheme: Scheme, key: bytes, signed: bytes) -> bytes:
    digest = hmac.digest(key, signed, scheme.alg)
    encoded = binascii.hexlify(digest) if scheme.encoding == "hex" else binascii.b2a_base64(digest, newline=False)
    return scheme.prefix.encode() + encoded


def _unix_seconds(text: str, unit: Literal["s", "ms", "iso"]) -> float | None:
    if unit == "iso":
        try:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    # Digits only: float() would take "nan", and no comparison with NaN ever finds it stale.
    if not text.isdecimal() or len(text) > 15:
        return None
    return int(text) / 1000 if unit == "ms" else float(text)
