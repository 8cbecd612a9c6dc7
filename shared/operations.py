"""What an operator sees and mends of a service: messages that were set aside."""

from datetime import datetime
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic import Field

from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.reader import LIST_PARKED, Consumers, redrive
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Wire


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


def _parked(row: asyncpg.Record) -> ParkedMessage:
    return ParkedMessage(**row)


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

    router.add_api_route(
        "/parked",
        list_parked,
        methods=["GET"],
        name=f"list_parked_{service}_messages",
        responses=GUARDED,
        dependencies=[allow("operations:read")],
    )
    router.add_api_route(
        "/parked/{message_id}/redrive",
        redrive_parked,
        methods=["POST"],
        name=f"redrive_parked_{service}_message",
        responses=EDITING | responses(NotFound),
        dependencies=[allow("operations:write")],
    )
    return router
