"""Connections: where a vendor's deliveries come in, which secrets vouch for them, and how their answers are read."""

import hashlib
import secrets as randomness
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.connections import store
from services.feedback.fetches.sources import SOURCES, Credentials, missing
from services.feedback.intake.adapters import ADAPTERS
from services.feedback.intake.adapters.normalized import Rules
from services.feedback.intake.pushes import Push
from services.feedback.intake.signatures import Scheme, decode_key
from services.feedback.intake.signing import DESCRIBED, Signing, scheme_of
from services.feedback.products import domain as products
from shared.database import Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.routes import require_version
from shared.sealing import Seal

MAPPED = frozenset(("cloudevents", "freshdesk", "generic", "hubspot", "zendesk"))
"""Vendors whose users write their own bodies: `rules.fields` says how they are read, and what identifies a response."""
PUSHED = frozenset(("google_forms",))
"""Vendors whose deliveries may come by Pub/Sub, which signs tokens."""
SECRET_LIMIT = 5
"""Secrets of a connection that are good at the same time."""


def new_secret(scheme: Scheme) -> str:
    """A signing secret of 256 bits in the form that the scheme reads."""
    raw = randomness.token_bytes(32)
    return f"whsec_{b64encode(raw).decode()}" if scheme.key_transform == "base64" else raw.hex()


async def create_connection(
    tx: Tx,
    seal: Seal,
    workspace_id: UUID,
    *,
    vendor: str,
    name: str,
    secret: str | None,
    rules: Rules,
    unsigned: bool = False,
    signing: Signing | None = None,
    push: Push | None = None,
    credentials: Credentials | None = None,
    product: str | None = None,
) -> tuple[asyncpg.Record, str, str | None]:
    """A new connection, the token of its URL and its secret: made here when the vendor gave none, None without any."""
    if vendor not in ADAPTERS:
        known = ", ".join(sorted(ADAPTERS))
        raise Invalid(errors=[FieldError("/body/vendor", f"is not one of {known}")])
    if signing is not None and (unsigned or vendor not in DESCRIBED):
        reason = "cannot go with unsigned" if unsigned else f"{vendor} signs in its own way: leave it out"
        raise Invalid(errors=[FieldError("/body/signing", reason)])
    _require_pushes(vendor, push)
    scheme = scheme_of(vendor, signing)
    # Pasted from a vendor's page, with what surrounds it there.
    secret = (secret or "").strip() or None
    if push is not None and (secret or unsigned):
        raise Invalid(errors=[FieldError("/body/push", "cannot go with secret or unsigned")])
    if secret and (unsigned or not scheme.signs):
        reason = "cannot go with unsigned" if unsigned else f"{vendor} neither signs nor sends a token: leave it out"
        raise Invalid(errors=[FieldError("/body/secret", reason)])
    if unsigned and not scheme.optional:
        raise Invalid(errors=[FieldError("/body/unsigned", f"{vendor} always signs: give its secret")])
    if secret is None and not unsigned and scheme.signs and push is None:
        secret = new_secret(scheme)
    if secret is not None:
        _require_key(scheme, secret)
    token = randomness.token_urlsafe(32)
    row = await tx.one(
        store.ADD_CONNECTION,
        new_id(),
        workspace_id,
        vendor,
        name,
        hashlib.sha256(token.encode()).digest(),
        seal.close(token),
        to_json([seal.close(secret)] if secret is not None else []).decode(),
        rules.model_dump_json(),
        _sealed(seal, vendor, credentials),
        (await products.place(tx, workspace_id, product, None))[0],
        None if signing is None else signing.model_dump_json(),
        None if push is None else push.model_dump_json(),
    )
    assert row is not None  # an insert returns its row or raises
    return row, token, secret


def _require_pushes(vendor: str, push: Push | None) -> None:
    if push is not None and vendor not in PUSHED:
        raise Invalid(errors=[FieldError("/body/push", f"{vendor} does not come by Pub/Sub: leave it out")])


def _require_key(scheme: Scheme, secret: str) -> None:
    try:
        decode_key(scheme, secret)
    except ValueError as error:
        raise Invalid(errors=[FieldError("/body/secret", str(error))]) from None


def _sealed(seal: Seal, vendor: str, credentials: Credentials | None) -> str | None:
    if credentials is None:
        return None
    if vendor not in SOURCES:
        raise Conflict(f"{vendor} delivers everything: there is nothing to fetch.", code="nothing_to_fetch")
    faults = missing(vendor, credentials)
    if faults:
        raise Invalid(errors=[FieldError(f"/body/credentials{pointer}", reason) for pointer, reason in faults])
    return seal.close(credentials.readable())


async def _locked(tx: Tx, workspace_id: UUID, connection_id: UUID, expected: int | None) -> asyncpg.Record:
    old = await tx.one(store.LOCK_CONNECTION, workspace_id, connection_id)
    if old is None:
        raise NotFound("No connection by that id.")
    require_version(expected, old["version"])
    return old


async def update_connection(
    tx: Tx,
    seal: Seal,
    workspace_id: UUID,
    connection_id: UUID,
    expected: int | None,
    *,
    name: str | None,
    rules: Rules | None,
    enabled: bool | None,
    push: Push | None = None,
    credentials: Credentials | None = None,
    product: str | None = None,
) -> asyncpg.Record:
    """Change a connection; None leaves a field as it is. Rules count for deliveries read from now on.

    With `push` its tokens alone vouch for deliveries, whatever did before.

    Conflict when another field is to identify responses while some are stored by the present one: read again, they
    would be stored twice.
    """
    old = await _locked(tx, workspace_id, connection_id, expected)
    _require_pushes(old["vendor"], push)
    if rules is not None:
        before = Rules.from_json(from_json(old["rules"]))
        mapped = old["vendor"] in MAPPED and _identity(before) != _identity(rules)
        if mapped and await tx.value(store.APPLIED, workspace_id, connection_id):
            raise Conflict(
                "Responses are stored under the identity that rules.fields gave them: make another connection for "
                "other values of rows and record.",
                code="identity_in_use",
            )
    row = await tx.one(
        store.UPDATE_CONNECTION,
        workspace_id,
        connection_id,
        old["name"] if name is None else name,
        old["rules"] if rules is None else rules.model_dump_json(),
        old["enabled"] if enabled is None else enabled,
        _sealed(seal, old["vendor"], credentials),
        (await products.place(tx, workspace_id, product, None))[0],
        None if push is None else push.model_dump_json(),
    )
    assert row is not None  # locked above
    return row


def _identity(rules: Rules) -> tuple[bool, str | None, str | None]:
    fields = rules.fields
    return (False, None, None) if fields is None else (True, fields.rows, fields.record)


async def rotate_secret(
    tx: Tx,
    seal: Seal,
    workspace_id: UUID,
    connection_id: UUID,
    expected: int | None,
    *,
    secret: str | None,
    overlap: timedelta,
) -> tuple[asyncpg.Record, str]:
    """A new secret beside the old ones, which stay good for the overlap."""
    old = await _locked(tx, workspace_id, connection_id, expected)
    scheme = scheme_of(old["vendor"], old["signing"])
    if old["push"] is not None:
        raise Conflict("Google's tokens vouch for its deliveries: there is no secret to rotate.", code="no_secret")
    if not scheme.signs:
        raise Conflict(
            f"{old['vendor']} neither signs nor sends a token: there is no secret to rotate.", code="no_secret"
        )
    secret = (secret or "").strip() or new_secret(scheme)
    _require_key(scheme, secret)
    now = datetime.now(UTC)
    until = now + overlap
    kept: list[dict[str, str]] = []
    for each in from_json(old["secrets"]):
        ends = until if isinstance(each, str) else min(until, datetime.fromisoformat(each["until"]))
        if ends > now:
            kept.append({"sealed": each if isinstance(each, str) else each["sealed"], "until": ends.isoformat()})
    if len(kept) >= SECRET_LIMIT:
        raise Conflict(
            f"{len(kept)} older secrets are still good: rotate with overlap_seconds 0, or wait until one has ended.",
            code="too_many_secrets",
        )
    row = await tx.one(store.SET_SECRETS, workspace_id, connection_id, to_json([seal.close(secret), *kept]).decode())
    assert row is not None  # locked above
    return row, secret
