"""How long raw deliveries are kept, over HTTP."""

from datetime import datetime
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Response
from pydantic import Field

from services.feedback.retention import domain, store
from shared.problems import EDITING, GUARDED
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Wire

router = APIRouter(prefix="/v1/retention", tags=["privacy"], route_class=Route)


class RetentionIn(Wire):
    """How long to keep what."""

    deliveries_days: Annotated[int, Field(ge=1, le=36_500, examples=[365])] | None = Field(
        description="days that raw deliveries are kept; null for good"
    )


class Retention(Wire):
    """How long what is kept, and what has gone by it."""

    deliveries_days: int | None = Field(description="days that raw deliveries are kept; null for good")
    emptied: int = Field(description="deliveries whose bytes are gone by it; their hashes and verdicts stay")
    swept_at: datetime | None = Field(description="when deliveries were last gone through; once an hour")
    version: int = Field(description="0 while nothing was ever said")


def _retention(row: asyncpg.Record | None, response: Response) -> Retention:
    found = Retention(deliveries_days=None, emptied=0, swept_at=None, version=0) if row is None else Retention(**row)
    response.headers.update(etag(found.version))
    return found


@router.get("", responses=GUARDED, dependencies=[allow("privacy:read")])
async def get_retention(caller: CallerDep, read: ReadDep, response: Response) -> Retention:
    """Show how long raw deliveries are kept."""
    return _retention(await read.one(store.GET, caller.workspace_id), response)


@router.put("", responses=EDITING, dependencies=[allow("privacy:write")])
async def set_retention(
    body: RetentionIn, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Retention:
    """Say how long raw deliveries are kept.

    What is older loses its bytes, its headers and whatever was fetched for it; the feedback that was read from it
    stays, and so do its hash and the verdict on its signature. It cannot be undone, nor read again. A delivery in
    quarantine goes like any other: nobody has mended it for so long.
    """
    return _retention(await domain.choose(tx, caller.workspace_id, expected, body.deliveries_days), response)
