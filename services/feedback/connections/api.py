"""Connections over HTTP: made, tried out, watched, their secrets changed."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field
from pydantic_core import from_json

from services.feedback.connections import domain, store
from services.feedback.fetches.sources import Credentials
from services.feedback.intake import domain as intake
from services.feedback.intake.adapters.normalized import Rules
from services.feedback.intake.pushes import Push
from services.feedback.intake.signing import Signing
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, decode, page, whole
from shared.problems import EDITING, GUARDED, responses
from shared.routes import NO_STORE, CallerDep, IfMatch, ReadDep, Route, RuntimeDep, TxDep, allow, etag
from shared.runtime import Runtime
from shared.sealing import Seal
from shared.wire import INT4, Key, Line, Wire

router = APIRouter(prefix="/v1/connections", tags=["connections"], route_class=Route)

BULK_LIMIT = 2_000
"""Deliveries that one call has read again."""


class ConnectionIn(Wire):
    """A survey tool that is to deliver here."""

    vendor: Key = Field(
        examples=["surveymonkey"],
        description="asknicely, canny, cloudevents, delighted, formbricks, freshdesk, generic (JSON of any shape, "
        "read by `rules.fields`: Zapier, Microsoft Forms through Power Automate), github, google_forms, hubspot, "
        "intercom, jotform, linear, posthog, product_fruits, qualtrics, slack, smartsurvey, sprig, standard_webhooks, "
        "surveymonkey, survicate, svix, tally, typeform, wootric or zendesk",
    )
    name: Line = Field(examples=["Quarterly NPS"])
    secret: Key | None = Field(
        default=None,
        description="the vendor's signing secret (SurveyMonkey: `client_id&client_secret`; Standard Webhooks: "
        "`whsec_…` or the public key `whpk_…`), or for vendors that sign nothing the token that they send as "
        "`Authorization: Bearer`, as Basic's password or as `X-Cairn-Token`; made here and shown once when left out",
    )
    unsigned: bool = Field(
        default=False,
        description="take what nothing but the address vouches for, from tools that can neither sign nor send a header",
    )
    signing: Signing | None = Field(
        default=None,
        description="how a sender of `generic` signs, where it does; without it a token vouches for deliveries. It "
        "stays: for another one make another connection",
    )
    push: Push | None = Field(
        default=None,
        description="whose tokens vouch for a google_forms watch that comes by Pub/Sub, in place of a secret",
        examples=[None],
    )
    credentials: Credentials | None = Field(
        default=None,
        description="what to fetch responses with, for surveymonkey, qualtrics, hubspot's surveys and the watches of "
        "google_forms",
    )
    rules: Rules = Field(default_factory=lambda: Rules(idea=None, need=None, account=None, contact=None, fields=None))
    product: Key | None = Field(default=None, description="id or key of the product that its answers are about")


class ConnectionEdit(Wire):
    """What to change of a connection; fields left out stay."""

    name: Line | None = None
    rules: Rules | None = None
    credentials: Credentials | None = None
    push: Push | None = Field(
        default=None, description="from now on in place of whatever vouched for its deliveries", examples=[None]
    )
    enabled: bool | None = Field(None, description="false: deliveries are answered and dropped", examples=[False])
    product: Key | None = Field(default=None, description="id or key: for answers that are read from now on")


class Connection(Wire):
    """Where a vendor's deliveries come in."""

    id: UUID
    vendor: str
    name: str
    url: str = Field(description="where the vendor is to deliver; it cannot be guessed, so keep it to the vendor")
    rules: Rules
    mapping_version: int = Field(description="of `rules`: it rises when they change")
    signing: Signing | None = Field(description="how its sender signs, where that is not the vendor's to say")
    push: Push | None = Field(description="whose tokens vouch for its deliveries, where it is that")
    enabled: bool
    product_id: UUID | None = Field(description="the product that its answers are about")
    fetches: bool = Field(description="whether credentials are stored to fetch responses with")
    version: int
    created_at: datetime


class ConnectionCreated(Connection):
    """The connection with its secret, which is shown this once."""

    secret: str | None = Field(description="null for a connection that takes unsigned deliveries")


class SecretRotation(Wire):
    """A new secret, and how long those before it stay good."""

    secret: Key | None = Field(default=None, description="the vendor's new secret; made here when left out")
    overlap_seconds: int = Field(
        default=86_400, ge=0, le=30 * 86_400, description="how long the ones before it stay good", examples=[3_600]
    )


class MappingVersion(Wire):
    """How a connection's answers were to be read, from some moment on."""

    version: int = Field(description="1, 2, 3…; a delivery names the one it was read under")
    rules: Rules
    created_at: datetime


class Health(Wire):
    """How a connection fares."""

    connection_id: UUID
    applied: int = Field(description="deliveries that became feedback")
    ignored: int = Field(description="deliveries that are no response: pings, other events")
    quarantined: int = Field(description="deliveries that could not be read, and wait for another mapping")
    received: int = Field(description="deliveries still to be read, counted up to 100")
    fetching: int = Field(description="responses still to be fetched from the vendor, counted up to 100")
    last_delivery_at: datetime | None = Field(description="of those that are read by now")
    last_applied_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str | None = Field(description="why the last was quarantined", examples=["nothing_to_read"])
    refused: int = Field(description="deliveries turned away at the door, at least: they are noted every ten seconds")
    last_refused_at: datetime | None
    last_refusal: str | None = Field(description="usually: the secret here is not the vendor's")
    fetch_failure: str | None = Field(description="why the next fetch did not succeed before")


class BulkReprocess(Wire):
    """Which of a connection's deliveries to read again."""

    state: Literal["ignored", "quarantined"] | None = Field(
        default="quarantined",
        description="null for all that are read, those applied included",
        examples=["quarantined"],
    )
    after: UUID | None = Field(default=None, description="`next` of the call before")
    refetch: bool = Field(default=False, description="ask the vendor anew for responses that it only named")


class BulkReprocessed(Wire):
    """How many deliveries are being read again."""

    queued: int
    next: UUID | None = Field(description="where to go on, when there may be more")


def _seal(runtime: Runtime) -> Seal:
    return Seal(runtime.settings.sealing_key.get_secret_value())


def _shown(runtime: Runtime, row: asyncpg.Record) -> dict[str, Any]:
    names = ("id", "vendor", "name", "mapping_version", "enabled", "product_id", "fetches", "version", "created_at")
    shown = {name: row[name] for name in names}
    url = intake.door_url(runtime, _seal(runtime).open(row["token"]))
    read = {name: from_json(row[name]) if row[name] else None for name in ("rules", "signing", "push")}
    return {**shown, **read, "url": url}


def _connection(runtime: Runtime, row: asyncpg.Record) -> Connection:
    return Connection(**_shown(runtime, row))


def _mapping(row: asyncpg.Record) -> MappingVersion:
    return MappingVersion(**{**row, "rules": from_json(row["rules"])})


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("connections:write")])
async def create_connection(
    body: ConnectionIn, caller: CallerDep, tx: TxDep, runtime: RuntimeDep, response: Response
) -> ConnectionCreated:
    """Open a door for a vendor. Paste `url` and `secret` into the vendor's webhook settings."""
    row, _, secret = await domain.create_connection(
        tx,
        _seal(runtime),
        caller.workspace_id,
        vendor=body.vendor,
        name=body.name,
        secret=body.secret,
        rules=body.rules,
        unsigned=body.unsigned,
        signing=body.signing,
        push=body.push,
        credentials=body.credentials,
        product=body.product,
    )
    response.headers.update(NO_STORE | etag(row["version"]) | {"Location": f"/v1/connections/{row['id']}"})
    return ConnectionCreated(**_shown(runtime, row), secret=secret)


@router.get("", responses=GUARDED, dependencies=[allow("connections:read")])
async def list_connections(
    caller: CallerDep, read: ReadDep, runtime: RuntimeDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[Connection]:
    """List connections in order of making."""
    rows = await read.all(store.LIST_CONNECTIONS, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, lambda row: _connection(runtime, row), lambda connection: (connection.id,))


@router.get("/{connection_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("connections:read")])
async def get_connection(
    connection_id: UUID, caller: CallerDep, read: ReadDep, runtime: RuntimeDep, response: Response
) -> Connection:
    """Show one connection."""
    row = await read.one(store.GET_CONNECTION, caller.workspace_id, connection_id)
    if row is None:
        raise NotFound("No connection by that id.")
    response.headers.update(etag(row["version"]))
    return _connection(runtime, row)


@router.patch("/{connection_id}", responses=EDITING, dependencies=[allow("connections:write")])
async def update_connection(
    connection_id: UUID,
    body: ConnectionEdit,
    caller: CallerDep,
    tx: TxDep,
    runtime: RuntimeDep,
    expected: IfMatch,
    response: Response,
) -> Connection:
    """Rename a connection, change how its answers are read, give new credentials, or close it."""
    row = await domain.update_connection(
        tx,
        _seal(runtime),
        caller.workspace_id,
        connection_id,
        expected,
        name=body.name,
        rules=body.rules,
        enabled=body.enabled,
        push=body.push,
        credentials=body.credentials,
        product=body.product,
    )
    response.headers.update(etag(row["version"]))
    return _connection(runtime, row)


@router.post("/{connection_id}/secret:rotate", responses=EDITING, dependencies=[allow("connections:write")])
async def rotate_connection_secret(
    connection_id: UUID,
    body: SecretRotation,
    caller: CallerDep,
    tx: TxDep,
    runtime: RuntimeDep,
    expected: IfMatch,
    response: Response,
) -> ConnectionCreated:
    """Give a connection a new secret. Deliveries signed with the ones before are believed until the overlap ends."""
    row, secret = await domain.rotate_secret(
        tx,
        _seal(runtime),
        caller.workspace_id,
        connection_id,
        expected,
        secret=body.secret,
        overlap=timedelta(seconds=body.overlap_seconds),
    )
    response.headers.update(NO_STORE | etag(row["version"]))
    return ConnectionCreated(**_shown(runtime, row), secret=secret)


@router.get(
    "/{connection_id}/health", responses=GUARDED | responses(NotFound), dependencies=[allow("connections:read")]
)
async def get_connection_health(connection_id: UUID, caller: CallerDep, read: ReadDep) -> Health:
    """Show how a connection fares: what its deliveries became, and what went wrong last."""
    row = await read.one(store.HEALTH, caller.workspace_id, connection_id)
    if row is None:
        raise NotFound("No connection by that id.")
    waiting = await read.one(store.WAITING_HERE, caller.workspace_id, connection_id)
    assert waiting is not None  # counts always have a row
    return Health(**row, **waiting)


@router.get(
    "/{connection_id}/mappings", responses=GUARDED | responses(NotFound), dependencies=[allow("connections:read")]
)
async def list_connection_mappings(
    connection_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[MappingVersion]:
    """List how a connection's answers were to be read, the first version first."""
    if await read.one(store.GET_CONNECTION, caller.workspace_id, connection_id) is None:
        raise NotFound("No connection by that id.")
    last = 0 if cursor is None else decode(cursor, whole(INT4))[0]
    rows = await read.all(store.LIST_MAPPINGS, caller.workspace_id, connection_id, last, limit + 1)
    return page(rows, limit, _mapping, lambda mapping: (mapping.version,))


@router.post("/{connection_id}/deliveries:reprocess", responses=EDITING, dependencies=[allow("connections:write")])
async def reprocess_deliveries(
    connection_id: UUID, body: BulkReprocess, caller: CallerDep, tx: TxDep
) -> BulkReprocessed:
    """Read a connection's stored deliveries again, in order of arrival.

    A call takes 2,000; while `next` is not null, call again with `after` set to it. The connection's rules of now
    apply, and nothing is doubled.
    """
    queued, last = await intake.reprocess_many(
        tx,
        caller.workspace_id,
        connection_id,
        state=body.state,
        after=body.after,
        limit=BULK_LIMIT,
        refetch=body.refetch,
    )
    return BulkReprocessed(queued=queued, next=last)
