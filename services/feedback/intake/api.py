"""Connections, deliveries and the door that vendors knock at."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field
from pydantic_core import from_json

from services.feedback.intake import domain, store
from services.feedback.intake.adapters.normalized import Rules
from services.feedback.intake.domain import Kept, Parcel
from shared.errors import NotFound, TooLarge, TooMany, Unauthorized, Unavailable
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import (
    NO_STORE,
    Answer,
    CallerDep,
    IfMatch,
    IngestRoute,
    Inlet,
    InletDep,
    ReadDep,
    Route,
    RuntimeDep,
    TxDep,
    allow,
    etag,
)
from shared.runtime import Batch, Runtime
from shared.sealing import Seal
from shared.telemetry import traceparent
from shared.wire import Key, Line, Wire

router = APIRouter(prefix="/v1", tags=["connections"], route_class=Route)
door = APIRouter(prefix="/v1/hooks", tags=["hooks"], route_class=IngestRoute)


RAW: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "the bytes as they came"}
}
RAW_IN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "whatever the connection's vendor sends, signed as the vendor signs it",
        "content": {"*/*": {"schema": {}}},
    }
}


class ConnectionIn(Wire):
    """A survey tool that is to deliver here."""

    vendor: Key = Field(
        examples=["typeform"], description="typeform, delighted, tally, formbricks or standard_webhooks"
    )
    name: Line = Field(examples=["Quarterly NPS"])
    secret: Key | None = Field(
        default=None, description="the vendor's signing secret; made here and shown once when left out"
    )
    rules: Rules = Field(default_factory=lambda: Rules(idea=None, account=None, contact=None))


class ConnectionEdit(Wire):
    """What to change of a connection; fields left out stay."""

    name: Line | None = None
    rules: Rules | None = None
    enabled: bool | None = Field(
        default=None,
        description="whether deliveries are taken; while they are not, they are answered and dropped",
        examples=[False],
    )


class Connection(Wire):
    """Where a vendor's deliveries come in."""

    id: UUID
    vendor: str
    name: str
    url: str = Field(description="where the vendor is to deliver; it cannot be guessed, so keep it to the vendor")
    rules: Rules
    enabled: bool
    version: int
    created_at: datetime


class ConnectionCreated(Connection):
    """The new connection with its signing secret, which is shown this once."""

    secret: str


class Delivery(Wire):
    """One raw delivery as it was kept, and what became of it."""

    id: UUID
    connection_id: UUID
    delivery_key: str = Field(description="the vendor's id of the delivery, else the body's hash")
    sha256: str = Field(description="hash of the raw body, hex")
    verdict: str = Field(description="what the signature said", examples=["verified"])
    headers: dict[str, str]
    bytes: int
    state: Literal["received", "applied", "ignored", "quarantined"]
    reason: str | None
    received_at: datetime
    processed_at: datetime | None


class DeliveryAccepted(Wire):
    """A delivery is kept; `duplicate` when it was before, `ignored` while the connection is disabled."""

    id: UUID | None = Field(description="null when it is ignored: nothing is kept then")
    status: Literal["accepted", "duplicate", "ignored"]


async def _flush(runtime: Runtime, batch: Sequence[Parcel]) -> Sequence[Answer | Exception]:
    async with runtime.database.lane({parcel.connection.workspace_id for parcel in batch}) as lane:
        kept = await domain.keep(lane, batch)
    runtime.wake("intake")
    return [_answer(each) for each in kept]


def _answer(kept: Kept) -> Answer:
    status = b"accepted" if kept.fresh else b"duplicate"
    return Answer(200, b'{"id":"%s","status":"%s"}' % (str(kept.id).encode(), status))


DELIVERIES = Batch("deliveries", _flush)
IGNORED = Answer(200, b'{"id":null,"status":"ignored"}')


@door.post(
    "/{token}",
    response_model=DeliveryAccepted,
    responses=responses(Unauthorized, NotFound, TooLarge, TooMany, Unavailable),
    openapi_extra=RAW_IN,
)
def receive_delivery(inlet: InletDep) -> Answer | Awaitable[Answer]:
    """Take a vendor's delivery.

    It is kept raw, with its hash, before anything reads it. Unsigned or wrongly signed ones are refused with 401 and
    not kept. A retry of a delivery answers 200 and changes nothing. So does every delivery while the connection is
    disabled: vendors switch off an address for good that answers 404 or 410.
    """
    connection = domain.connections(inlet.runtime).peek(inlet.tail)
    return _receive(inlet, connection) if connection is not None else _look_up(inlet)


async def _look_up(inlet: Inlet) -> Answer:
    answer = _receive(inlet, await domain.connection_of(inlet.runtime, inlet.tail))
    return answer if isinstance(answer, Answer) else await answer


def _receive(inlet: Inlet, connection: domain.Connection) -> Answer | Awaitable[Answer]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in inlet.headers.items()}
    parcel = domain.accept(connection, headers, inlet.raw, traceparent.get())
    return inlet.runtime.submit(DELIVERIES, parcel) if connection.enabled else IGNORED


@door.head("/{token}", response_model=None, responses=responses(NotFound, Unavailable))
async def check_door(inlet: InletDep) -> Answer:
    """Answer a vendor that looks whether the address is there."""
    await domain.connection_of(inlet.runtime, inlet.tail)
    return Answer(200, b"")


def _url(runtime: Runtime, token: str) -> str:
    return f"{runtime.settings.public_url.rstrip('/')}/v1/hooks/{token}"


def _connection(runtime: Runtime, row: asyncpg.Record) -> Connection:
    return Connection(**_shown(runtime, row))


def _shown(runtime: Runtime, row: asyncpg.Record) -> dict[str, Any]:
    seal = Seal(runtime.settings.sealing_key.get_secret_value())
    shown = {name: row[name] for name in ("id", "vendor", "name", "enabled", "version", "created_at")}
    return {**shown, "url": _url(runtime, seal.open(row["token"])), "rules": from_json(row["rules"])}


@router.post("/connections", status_code=201, responses=EDITING, dependencies=[allow("connections:write")])
async def create_connection(
    body: ConnectionIn, caller: CallerDep, tx: TxDep, runtime: RuntimeDep, response: Response
) -> ConnectionCreated:
    """Open a door for a vendor. Paste `url` and `secret` into the vendor's webhook settings."""
    seal = Seal(runtime.settings.sealing_key.get_secret_value())
    row, _, secret = await domain.create_connection(
        tx, seal, caller.workspace_id, vendor=body.vendor, name=body.name, secret=body.secret, rules=body.rules
    )
    response.headers.update(NO_STORE | etag(row["version"]) | {"Location": f"/v1/connections/{row['id']}"})
    return ConnectionCreated(**_shown(runtime, row), secret=secret)


@router.get("/connections", responses=GUARDED, dependencies=[allow("connections:read")])
async def list_connections(
    caller: CallerDep, read: ReadDep, runtime: RuntimeDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[Connection]:
    """List connections in order of making."""
    rows = await read.all(store.LIST_CONNECTIONS, caller.workspace_id, after(cursor), limit + 1)
    return page(rows, limit, lambda row: _connection(runtime, row), lambda connection: (connection.id,))


@router.get(
    "/connections/{connection_id}",
    responses=GUARDED | responses(NotFound),
    dependencies=[allow("connections:read")],
)
async def get_connection(
    connection_id: UUID, caller: CallerDep, read: ReadDep, runtime: RuntimeDep, response: Response
) -> Connection:
    """Show one connection."""
    row = await read.one(store.GET_CONNECTION, caller.workspace_id, connection_id)
    if row is None:
        raise NotFound("No connection by that id.")
    response.headers.update(etag(row["version"]))
    return _connection(runtime, row)


@router.patch("/connections/{connection_id}", responses=EDITING, dependencies=[allow("connections:write")])
async def update_connection(
    connection_id: UUID,
    body: ConnectionEdit,
    caller: CallerDep,
    tx: TxDep,
    runtime: RuntimeDep,
    expected: IfMatch,
    response: Response,
) -> Connection:
    """Rename a connection, change how its answers are read, or close it."""
    row = await domain.update_connection(
        tx, caller.workspace_id, connection_id, expected, name=body.name, rules=body.rules, enabled=body.enabled
    )
    response.headers.update(etag(row["version"]))
    return _connection(runtime, row)


def _delivery(row: asyncpg.Record) -> Delivery:
    return Delivery(**{**{name: row[name] for name in Delivery.model_fields}, "headers": from_json(row["headers"])})


@router.get("/deliveries", responses=GUARDED, dependencies=[allow("connections:read")])
async def list_deliveries(
    caller: CallerDep,
    read: ReadDep,
    connection_id: Annotated[UUID | None, Query(description="only through this connection")] = None,
    state: Annotated[
        Literal["received", "ignored", "quarantined"] | None,
        Query(description="only in this state; those that are in none of these were applied"),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Delivery]:
    """List raw deliveries, the newest first. `state=quarantined` lists what could not be read, with the reason."""
    page_of = caller.workspace_id, after(cursor, LAST), limit + 1
    match state, connection_id:
        case None, None:
            rows = await read.all(store.LIST_DELIVERIES, *page_of)
        case None, _:
            rows = await read.all(store.LIST_DELIVERIES_CONNECTION, *page_of, connection_id)
        case "received", _:
            rows = await read.all(store.LIST_DELIVERIES_WAITING, *page_of, connection_id)
        case _:
            rows = await read.all(store.LIST_DELIVERIES_ASIDE, *page_of, connection_id, state)
    return page(rows, limit, _delivery, lambda delivery: (delivery.id,))


@router.get(
    "/deliveries/{delivery_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("connections:read")]
)
async def get_delivery(delivery_id: UUID, caller: CallerDep, read: ReadDep) -> Delivery:
    """Show one raw delivery: its hash, the verdict on its signature, and what became of it."""
    row = await read.one(store.GET_DELIVERY, caller.workspace_id, delivery_id)
    if row is None:
        raise NotFound("No delivery by that id.")
    return _delivery(row)


@router.get(
    "/deliveries/{delivery_id}/body",
    response_class=Response,
    responses=RAW | GUARDED | responses(NotFound),
    dependencies=[allow("connections:read")],
)
async def get_delivery_body(delivery_id: UUID, caller: CallerDep, read: ReadDep) -> Response:
    """Show the raw body of a delivery, byte for byte."""
    row = await read.one(store.GET_DELIVERY, caller.workspace_id, delivery_id)
    if row is None:
        raise NotFound("No delivery by that id.")
    # A stranger's bytes: never to be rendered by a browser.
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(row["body"], media_type="application/octet-stream", headers=headers)
