"""Who is to be told that what they asked for has shipped."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query

from services.feedback.requesters import store
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import GUARDED
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/requesters", tags=["requesters"], route_class=Route)


class Requester(Wire):
    """Somebody who asked for what an item shipped."""

    contact_id: UUID
    account_id: UUID | None
    idea_id: UUID
    named_at: datetime
    email: str | None
    name: str | None
    external_id: str | None


def _requester(row: asyncpg.Record) -> Requester:
    return Requester(**row)


@router.get("", responses=GUARDED, dependencies=[allow("customers:read")])
async def list_requesters(
    caller: CallerDep,
    read: ReadDep,
    item_id: Annotated[UUID, Query(description="the roadmap item that shipped")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Requester]:
    """List everyone to notify about a shipped item, once each; empty until it ships."""
    rows = await read.all(store.LIST, caller.workspace_id, item_id, after(cursor), limit + 1)
    return page(rows, limit, _requester, lambda requester: (requester.contact_id,))
