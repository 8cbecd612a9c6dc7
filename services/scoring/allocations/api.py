"""Allocation policies over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic_core import from_json

from services.scoring.allocations import domain, store
from services.scoring.allocations.bodies import Allocation, AllocationIn
from shared.errors import NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag

router = APIRouter(prefix="/v1/allocations", tags=["balance"], route_class=Route)
READING = GUARDED | responses(NotFound)


def _allocation(row: asyncpg.Record) -> Allocation:
    fields: dict[str, Any] = {**row, "classes": from_json(row["classes"])}
    return Allocation(**fields)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def set_allocation(
    body: AllocationIn, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Allocation:
    """Set an allocation policy from a day on: a new version beside those before it.

    `If-Match` names the version that you have seen last of the same team, or of all teams; `"0"`: none yet.
    """
    row = await domain.add(
        tx,
        caller.workspace_id,
        expected,
        team_id=body.team_id,
        since=body.since,
        classes=body.split(),
        note=body.note,
        by=caller.actor,
    )
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/allocations/{row['id']}"})
    return _allocation(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_allocations(
    caller: CallerDep,
    read: ReadDep,
    team_id: Annotated[UUID | None, Query(description="only this team's own")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Allocation]:
    """List every version of every allocation policy, the newest first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor, LAST), team_id, limit + 1)
    return page(rows, limit, _allocation, lambda allocation: (allocation.id,))


@router.get("/{allocation_id}", responses=READING, dependencies=[allow("scores:read")])
async def get_allocation(allocation_id: UUID, caller: CallerDep, read: ReadDep) -> Allocation:
    """Show one version of an allocation policy."""
    return _allocation(await domain.get(read, caller.workspace_id, allocation_id))
