"""Who signed a delivery: every scheme of the survey and support tools as one table and one verifier.

A new vendor is one row of `SCHEMES`. What a row cannot say (a token, a signature in a form field or over the URL) is
code of its own in `vouching`, and named in the row.
"""

import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.feedback.intake import vouching
from services.feedback.intake.verdict import Verdict
from services.feedback.intake.vouching import Own

_PUBLIC_KEY = 32
_LONGEST_HEADER = 4096
"""Characters; room for some 80 signatures, and a bound on the work a stranger can ask for."""


class Names(NamedTuple):
    """The headers of one spelling of a scheme, lower-case."""

    signature: str
    id: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """One row: how a vendor signs."""

    header: tuple[Names, ...] = ()
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
    signs_body: bool = True
    """False: only the template is signed, and whoever saw one delivery can send anything under its id, once."""
    asymmetric: str = ""
    """The prefix of ed25519 signatures, which a secret `whpk_` verifies."""
    own: Own | None = None
    """Code of its own: nothing above but `optional` counts then."""
    signs: bool = True
    """False: the vendor can neither sign nor send a token, so there is no secret to keep."""


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
    asymmetric="v1a,",
)
_TOKEN = Scheme(own=vouching.token(), optional=True)

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
    # Over the nonce alone. A nonce that names its delivery is good once; the body under it is anybody's.
    "canny": Scheme(
        (Names("canny-signature", id="canny-nonce"),), template="{id}", encoding="base64", signs_body=False
    ),
    "hubspot": Scheme(own=vouching.HUBSPOT),
    "qualtrics": Scheme(own=vouching.FORM_FIELD, optional=True),
    "wootric": Scheme(own=vouching.BODY_FIELD, optional=True),
    # The secret is the connection's signing secret or its verification token, whichever was configured.
    "survicate": Scheme(own=vouching.SURVICATE, optional=True),
    "smartsurvey": Scheme((Names("x-smartsurvey-signature"),)),
    "sprig": _TOKEN,
    "token": _TOKEN,
    "cloudevents": Scheme(own=vouching.token(named=vouching.event_name), optional=True),
    "generic": Scheme(own=vouching.token(named=vouching.stated_name), optional=True),
    "jotform": Scheme(optional=True, signs=False),
}


def decode_key(scheme: Scheme, secret: str) -> bytes:
    """The HMAC key that a configured secret stands for; never empty.

    Raises ValueError with the reason, fit to show to whoever configures the connection.
    """
    if scheme.key_transform == "text":
        key = secret.encode("utf-8", "surrogatepass")
    elif secret.startswith("whsk_"):
        raise ValueError("is a private ed25519 key; take the shared secret (whsec_) or the public key (whpk_)")
    else:
        text = secret.removeprefix("whpk_" if scheme.asymmetric else "whsec_").removeprefix("whsec_").rstrip("=")
        try:
            key = binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
        except ValueError:
            raise ValueError("is not base64, with or without whsec_ in front") from None
    # An empty key is one that everybody knows: the HMAC would verify for any stranger.
    if not key:
        raise ValueError("is empty")
    if scheme.asymmetric and secret.startswith("whpk_") and len(key) != _PUBLIC_KEY:
        raise ValueError(f"is no ed25519 public key, which has {_PUBLIC_KEY} bytes")
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
    if scheme.own is not None:
        return scheme.own.verify(secrets, headers, raw, now)
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
    sealed = [one for one in candidates if scheme.asymmetric and one.startswith(scheme.asymmetric)]
    if not offered and not sealed:
        return Verdict.MISMATCH if scheme.multi_sep else Verdict.MALFORMED
    signed = _signed(scheme, message_id or "", sent_at or "", raw)
    for secret in secrets:
        try:
            key = decode_key(scheme, secret)
        except ValueError:
            continue
        # A public key is no secret: as the key of an HMAC it would let in whoever has read it.
        if scheme.asymmetric and secret.startswith("whpk_"):
            if any(_sealed(key, one.removeprefix(scheme.asymmetric), signed) for one in sealed):
                return Verdict.VERIFIED
            continue
        expected = _signature(scheme, key, signed)
        for one in offered:
            if hmac.compare_digest(expected, one):
                return Verdict.VERIFIED
    return Verdict.MISMATCH


def sign(scheme: Scheme, secret: str, raw: bytes, *, now: float = 0.0, message_id: str = "") -> dict[str, str]:
    """The headers with which a vendor would send these bytes: for demo, tests and load, which act as senders.

    `now` (unix seconds) and `message_id` matter where the scheme signs them. Raises ValueError when the secret is
    unusable or the scheme needs a `message_id` and none is given.
    """
    if scheme.own is not None:
        return scheme.own.sign(secret, raw)
    if not scheme.header:
        return {}
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
    lead = scheme.template.format(id=message_id, ts=sent_at).encode()
    return lead + raw if scheme.signs_body else lead


def _sealed(key: bytes, offered: str, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(binascii.a2b_base64(offered), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


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
