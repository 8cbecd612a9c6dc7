"""The door that vendors knock at, and what they left there."""

import re
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from pydantic_core import from_json

from services.feedback.intake import domain, pushes, store
from services.feedback.intake.domain import Kept, Parcel
from services.feedback.intake.pushes import Push
from services.feedback.intake.vouching import QUERY, URL
from shared.errors import NotFound, TooLarge, TooMany, Unauthorized, Unavailable
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import (
    Answer,
    CallerDep,
    IngestRoute,
    Inlet,
    InletDep,
    ReadDep,
    Route,
    TxDep,
    allow,
)
from shared.runtime import Batch, Runtime
from shared.telemetry import traceparent
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["connections"], route_class=Route)
door = APIRouter(prefix="/v1/hooks", tags=["hooks"], route_class=IngestRoute)
handshake = APIRouter(prefix="/v1/hooks", tags=["hooks"])

_ORIGIN = re.compile(r"[A-Za-z0-9._:/-]{1,253}")


RAW: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "the bytes as they came"}
}
RAW_IN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "whatever the connection's vendor sends, signed as the vendor signs it",
        "content": {"*/*": {"schema": {}, "example": {"id": "r-1", "text": "Exports are slow", "answers": {"nps": 9}}}},
    }
}


class Delivery(Wire):
    """One raw delivery as it was kept, and what became of it."""

    id: UUID
    connection_id: UUID
    delivery_key: str = Field(description="the vendor's id of the delivery, else the body's hash")
    sha256: str = Field(description="hash of the raw body, hex")
    verdict: str = Field(description="what the signature said", examples=["verified"])
    headers: dict[str, str]
    bytes: int
    fetched: bool = Field(description="whether the vendor, who only named a response, has been asked for it")
    state: Literal["received", "fetching", "applied", "ignored", "quarantined", "erased"]
    reason: str | None
    mapping_version: int | None = Field(description="of its connection's mappings, the one it was last read under")
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
    disabled: vendors switch off an address for good that answers 404 or 410. Slack's `url_verification` is answered
    with its challenge.
    """
    connection = domain.connections(inlet.runtime).peek(inlet.tail)
    return _receive(inlet, connection) if connection is not None else _look_up(inlet)


async def _look_up(inlet: Inlet) -> Answer:
    answer = _receive(inlet, await domain.connection_of(inlet.runtime, inlet.tail))
    return answer if isinstance(answer, Answer) else await answer


def _receive(inlet: Inlet, connection: domain.Connection) -> Answer | Awaitable[Answer]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in inlet.headers.items()}
    if connection.push is not None:
        return _receive_pushed(inlet, connection, connection.push, headers)
    return _receive_judged(inlet, connection, headers)


async def _receive_pushed(inlet: Inlet, connection: domain.Connection, push: Push, headers: dict[str, str]) -> Answer:
    """Keys may have to be fetched for it: that waits with this sender alone."""
    try:
        await pushes.vouch(inlet.runtime, push, domain.door_url(inlet.runtime, inlet.tail), headers)
    except (Unauthorized, Unavailable) as refusal:
        return await _refuse(inlet, connection, refusal)
    answer = _receive_judged(inlet, connection, headers)
    return answer if isinstance(answer, Answer) else await answer


def _receive_judged(inlet: Inlet, connection: domain.Connection, headers: dict[str, str]) -> Answer | Awaitable[Answer]:
    if connection.vendor == "hubspot":
        query = headers.get(QUERY)
        headers[URL] = domain.door_url(inlet.runtime, inlet.tail) + (f"?{query}" if query else "")
    try:
        parcel = domain.accept(connection, headers, inlet.raw, traceparent.get())
    except Unauthorized as refusal:
        return _refuse(inlet, connection, refusal)
    if not connection.enabled:
        return IGNORED
    if connection.vendor == "slack" and b'"url_verification"' in inlet.raw:
        challenge = domain.challenge_of(inlet.raw)
        if challenge is not None:
            return Answer(200, challenge)
    return inlet.runtime.submit(DELIVERIES, parcel)


async def _refuse(inlet: Inlet, connection: domain.Connection, refusal: Unauthorized | Unavailable) -> Answer:
    await domain.note_refusal(inlet.runtime, connection, refusal.detail)
    raise refusal


@door.head("/{token}", response_model=None, responses=responses(NotFound, Unavailable))
async def check_door(inlet: InletDep) -> Answer:
    """Answer a vendor that looks whether the address is there."""
    await domain.connection_of(inlet.runtime, inlet.tail)
    return Answer(200, b"")


@handshake.options(
    "/{token}",
    status_code=200,
    response_class=Response,
    responses={200: {"description": "which methods the address takes, and whether it takes this sender's events"}}
    | responses(NotFound),
)
async def answer_handshake(token: str, request: Request) -> Response:
    """Answer a sender that asks before it delivers.

    A CloudEvents sender names itself in `WebHook-Request-Origin`; a connection of that vendor consents, at any rate.
    """
    runtime: Runtime = request.scope["runtime"]
    connection = await domain.connection_of(runtime, token)
    headers = {"Allow": "POST, HEAD, OPTIONS"}
    origin = request.headers.get("webhook-request-origin", "")
    if connection.vendor == "cloudevents" and connection.enabled and _ORIGIN.fullmatch(origin):
        rate = request.headers.get("webhook-request-rate", "")
        asked = rate if rate.isascii() and rate.isdecimal() and 0 < len(rate) < 10 else "*"
        headers |= {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": asked}
    return Response(status_code=200, headers=headers)


def _delivery(row: asyncpg.Record) -> Delivery:
    return Delivery(**{**{name: row[name] for name in Delivery.model_fields}, "headers": from_json(row["headers"])})


@router.get("/deliveries", responses=GUARDED, dependencies=[allow("connections:read")])
async def list_deliveries(
    caller: CallerDep,
    read: ReadDep,
    connection_id: Annotated[UUID | None, Query(description="only through this connection")] = None,
    state: Annotated[
        Literal["received", "fetching", "ignored", "quarantined"] | None,
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
        case "fetching", _:
            rows = await read.all(store.LIST_DELIVERIES_FETCHING, *page_of, connection_id)
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


class Reprocess(Wire):
    """How to read a stored delivery again."""

    refetch: bool = Field(
        default=False, description="ask the vendor anew for a response that it only named", examples=[False]
    )


@router.post("/deliveries/{delivery_id}:reprocess", responses=EDITING, dependencies=[allow("connections:write")])
async def reprocess_delivery(
    delivery_id: UUID, caller: CallerDep, tx: TxDep, body: Reprocess | None = None
) -> Delivery:
    """Read a stored delivery again.

    The connection's rules of now apply. Feedback that it became already is brought up to date and never doubled; a
    newer state of the same response is left as it is. `state` is `received` until it has been read.
    """
    row = await domain.reprocess(tx, caller.workspace_id, delivery_id, refetch=body is not None and body.refetch)
    return _delivery(row)
