"""What an operator sees of a service, and mends: messages that were set aside; the log as it is sealed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Path
from pydantic import Field

from shared import chain
from shared.database import Read
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, decode, page, whole
from shared.problems import EDITING, GUARDED, responses
from shared.reader import LIST_PARKED, Consumers, redrive
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import INT8, Wire


class ParkedMessage(Wire):
    """A message that could not be applied, or that waits behind one of its aggregate that could not."""

    id: UUID
    stream: str = Field(description="the service that published it", examples=["feedback"])
    seq: int = Field(description="its place in the stream")
    type: str = Field(description="what it tells", examples=["feedback.demand.changed.v1"])
    aggregate_id: UUID | None = Field(description="what it is about; later messages about that wait behind it")
    error: str = Field(description="why it was set aside")
    parked_at: datetime = Field(description="when it was set aside")


class Redriven(Wire):
    """What a redrive did."""

    applied: int = Field(description="messages applied: the one named and those behind it")


class LogSeal(Wire):
    """A closed stretch of the workspace's events, hashed and chained to the one before."""

    position: int = Field(description="1, 2, 3…: none can be taken out unseen")
    first: int = Field(description="`seq` of its first event")
    last: int = Field(description="`seq` of its last event")
    events: int = Field(description="how many the workspace has from `first` to `last`")
    stretch: str = Field(description="SHA-256 of the hashes of its events, 32 bytes each, in order")
    digest: str = Field(
        description="SHA-256 of `{events, first, last, position, previous, stretch, workspace_id}` as RFC 8785 writes "
        "it; `previous` is the digest of the seal before, 64 zeros before the first"
    )
    signature: str = Field(description="HMAC of the digest, by a key that is not in the database")
    sealed_at: datetime


class LogSealChecked(LogSeal):
    """A seal, with what its events give now."""

    holds: bool = Field(description="whether the events are those that were sealed")


class SealedEvent(Wire):
    """An event as it is in the log."""

    seq: int
    id: UUID
    type: str
    aggregate_id: UUID
    version: int
    occurred_at: str = Field(description="UTC, with microseconds, as it is hashed")
    data: str = Field(description="JSON, byte for byte as it was published")
    hash: str = Field(
        description="SHA-256 of seq, id, type, aggregate_id, version, occurred_at and data, a line each, no line feed "
        "at the end"
    )


def _parked(row: asyncpg.Record) -> ParkedMessage:
    return ParkedMessage(**row)


Position = Annotated[int, Path(ge=1, le=INT8, description="of the seal")]


def _seal(row: asyncpg.Record) -> LogSeal:
    return LogSeal(**row)


async def _sealed(read: Read, workspace_id: UUID, position: int) -> asyncpg.Record:
    row = await read.one(chain.GET, workspace_id, position)
    if row is None:
        raise NotFound("No seal at that position.")
    return row


def operations(service: str, consumers: Consumers) -> APIRouter:
    """Routes under `/v1/operations/<service>`."""
    router = APIRouter(prefix=f"/v1/operations/{service}", tags=["operations"], route_class=Route)

    async def list_parked(
        caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[ParkedMessage]:
        """List messages that were set aside, with the reason."""
        rows = await read.all(LIST_PARKED, caller.workspace_id, after(cursor), limit + 1)
        return page(rows, limit, _parked, lambda message: (message.id,))

    async def redrive_parked(message_id: UUID, caller: CallerDep, tx: TxDep) -> Redriven:
        """Apply a message that was set aside, and those of its aggregate behind it, in order. 409 while it fails."""
        return Redriven(applied=await redrive(tx, consumers, caller.workspace_id, message_id))

    async def list_seals(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[LogSeal]:
        """List the seals of the log, in order. What is newer than the last one is sealed within minutes.

        Keep the newest digest somewhere else: as long as it is found here, nothing before it was changed unseen.
        """
        after_position = 0 if cursor is None else decode(cursor, whole())[0]
        rows = await read.all(chain.LIST, caller.workspace_id, after_position, limit + 1)
        return page(rows, limit, _seal, lambda seal: (seal.position,))

    async def check_seal(position: Position, caller: CallerDep, read: ReadDep) -> LogSealChecked:
        """Hash the events of a stretch once more and compare."""
        row = await _sealed(read, caller.workspace_id, position)
        return LogSealChecked(**row, holds=await chain.holds(read, caller.workspace_id, row))

    async def list_sealed_events(
        position: Position, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[SealedEvent]:
        """List the events of a stretch, each with its hash: all that is needed to check the seal elsewhere."""
        row = await _sealed(read, caller.workspace_id, position)
        reached = 0 if cursor is None else decode(cursor, whole())[0]
        rows = await read.all(chain.EVENTS, caller.workspace_id, row["first"], row["last"], reached, limit + 1)
        return page(rows, limit, lambda event: SealedEvent(**event), lambda event: (event.seq,))

    for path, endpoint, name in (
        ("/seals", list_seals, f"list_{service}_log_seals"),
        ("/seals/{position}", check_seal, f"check_{service}_log_seal"),
        ("/seals/{position}/events", list_sealed_events, f"list_{service}_sealed_events"),
    ):
        router.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            name=name,
            responses=GUARDED if path == "/seals" else GUARDED | responses(NotFound),
            dependencies=[allow("operations:read")],
        )
    router.add_api_route(
        "/parked",
        list_parked,
        methods=["GET"],
        name=f"list_parked_{service}_messages",
        responses=GUARDED,
        dependencies=[allow("operations:read")],
    )
    router.add_api_route(
        "/parked/{message_id}:redrive",
        redrive_parked,
        methods=["POST"],
        name=f"redrive_parked_{service}_message",
        responses=EDITING | responses(NotFound),
        dependencies=[allow("operations:write")],
    )
    return router
