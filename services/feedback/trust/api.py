"""Trust over HTTP."""

from datetime import datetime
from uuid import UUID

import asyncpg
from fastapi import APIRouter
from pydantic import Field

from services.feedback.trust import domain, store
from services.feedback.trust.levels import Kind, Level
from shared.paging import Cursor, Limit, Page, decode, page
from shared.problems import EDITING, GUARDED
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Slug, Wire, storable

router = APIRouter(prefix="/v1/trust", tags=["moderation"], route_class=Route)


class TrustIn(Wire):
    """How far to trust."""

    level: Level | None = Field(
        default=None,
        description="trusted: shown at once; unknown: a moderator decides; blocked: refused; null: as it was earned",
        examples=["trusted"],
    )


class ChannelTrustIn(TrustIn):
    """How far to trust what comes through a channel."""

    channel: Slug = Field(description="as comments name it", examples=["intercom"])


class Trust(Wire):
    """How far a source or a contact is trusted."""

    kind: Kind
    name: str = Field(description="a board's key, a channel's name, or a contact's id")
    level: Level | None = Field(description="null: nobody said, so what was earned counts")
    approved: int = Field(description="what moderators let through")
    refused: int = Field(description="what they did not")
    updated_at: datetime


def _trust(row: asyncpg.Record) -> Trust:
    return Trust(**row)


@router.get("", responses=GUARDED, dependencies=[allow("moderation:read")])
async def list_trust(caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None) -> Page[Trust]:
    """List what is said or learned of boards, channels and contacts. Who is not listed is unknown."""
    start = ("", "") if cursor is None else decode(cursor, storable, storable)
    rows = await read.all(store.LIST, caller.workspace_id, *start, limit + 1)
    return page(rows, limit, _trust, lambda trust: (trust.kind, trust.name))


@router.put("/boards/{board_key}", responses=EDITING, dependencies=[allow("moderation:write")])
async def set_board_trust(board_key: Slug, body: TrustIn, caller: CallerDep, tx: TxDep) -> Trust:
    """Say how far what comes through a board is trusted, from now on."""
    return _trust(await domain.trust_board(tx, caller.workspace_id, board_key, body.level))


@router.put("/contacts/{contact_id}", responses=EDITING, dependencies=[allow("moderation:write")])
async def set_contact_trust(contact_id: UUID, body: TrustIn, caller: CallerDep, tx: TxDep) -> Trust:
    """Say how far a contact is trusted, from now on. Three approvals earn a contact the same by themselves."""
    return _trust(await domain.trust_contact(tx, caller.workspace_id, contact_id, body.level))


@router.put("/channels", responses=EDITING, dependencies=[allow("moderation:write")])
async def set_channel_trust(body: ChannelTrustIn, caller: CallerDep, tx: TxDep) -> Trust:
    """Say how far what comes through a channel is trusted, from now on."""
    return _trust(await domain.trust_channel(tx, caller.workspace_id, body.channel, body.level))
