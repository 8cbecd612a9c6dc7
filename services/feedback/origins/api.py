"""Where ideas come from, over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field

from services.feedback.origins import store
from shared.errors import FieldError, Invalid
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import GUARDED
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Key, Slug, Wire

router = APIRouter(prefix="/v1/origins", tags=["ideas"], route_class=Route)


class Origin(Wire):
    """What an idea was elsewhere, before it was imported."""

    id: UUID
    source: str = Field(examples=["canny"])
    external_id: str = Field(description="the idea's id there", examples=["553c3ef8b8cdcd1501ba1238"])
    title: str = Field(description="as it was there")
    original_id: UUID = Field(description="the idea that was made of it")
    idea_id: UUID = Field(description="the idea that answers for it now: another one where it was merged there")
    created_at: datetime


def _origin(row: asyncpg.Record) -> Origin:
    return Origin(**row)


@router.get("", responses=GUARDED, dependencies=[allow("ideas:read")])
async def list_origins(
    caller: CallerDep,
    read: ReadDep,
    source: Annotated[Slug | None, Query(description="with `external_id`: where it was")] = None,
    external_id: Annotated[Key | None, Query(description="its id there; one at most is found")] = None,
    idea_id: Annotated[UUID | None, Query(description="only of the idea that was made of it")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Origin]:
    """List where ideas come from. By `source` and `external_id` an old link finds its idea, merged or not."""
    page_of = caller.workspace_id, after(cursor), limit + 1
    if (source is None) != (external_id is None):
        missing = "source" if source is None else "external_id"
        raise Invalid(errors=[FieldError(f"/query/{missing}", "source and external_id go together")])
    if source is not None and idea_id is not None:
        raise Invalid(errors=[FieldError("/query/idea_id", "goes without source and external_id")])
    if source is not None:
        rows = await read.all(store.LIST_EXTERNAL, *page_of, source, external_id)
    elif idea_id is not None:
        rows = await read.all(store.LIST_IDEA, *page_of, idea_id)
    else:
        rows = await read.all(store.LIST, *page_of)
    return page(rows, limit, _origin, lambda origin: (origin.id,))
