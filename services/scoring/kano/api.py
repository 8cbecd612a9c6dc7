"""Ideas by what kind of quality they are, over HTTP."""

from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field

from services.scoring.kano import domain, store
from services.scoring.kano.domain import GATES, Gate, Verdict
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import GUARDED
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/kano", tags=["kano"], route_class=Route)


class IdeaByKano(Wire):
    """An idea and what respondents say of it."""

    idea_id: UUID
    title: str
    kano: Verdict = Field(description="by each respondent's latest pair of answers, whenever it was given")


def _idea(row: asyncpg.Record) -> IdeaByKano:
    return IdeaByKano(idea_id=row["idea_id"], title=row["title"], kano=domain.verdict(row))


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_ideas_by_kano(
    caller: CallerDep,
    read: ReadDep,
    gate: Annotated[Gate | None, Query(description="only ideas that this gate says of")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[IdeaByKano]:
    """List ideas that respondents were asked about by Kano, the newest first, archived ones left out.

    A gate says whether an idea should go on to be ranked, and is no number to rank by. By segment and by period
    feedback tells it: `GET /v1/surveys/kano`.
    """
    gates = GATES if gate is None else (gate,)
    rows = await read.all(store.LIST, caller.workspace_id, gates, after(cursor, LAST), limit + 1)
    return page(rows, limit, _idea, lambda each: (each.idea_id,))
