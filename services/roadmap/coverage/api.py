"""Coverage over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.roadmap.coverage import domain, store
from services.roadmap.objectives import domain as objectives
from shared.errors import NotFound
from shared.events.feedback import IdeaKind
from shared.events.roadmap import ItemStatus, ObjectiveStatus
from shared.paging import LAST, Cursor, Limit, Page, after, encode, page
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1", tags=["strategy"], route_class=Route)
ITEMS = "on the roadmap with one of these ideas, cancelled ones left out"


class CoveredObjective(Wire):
    """An objective, and how much there is for it."""

    id: UUID
    title: str
    status: ObjectiveStatus
    weight: float
    counts: bool = Field(description="whether ideas are held against it today")
    progress: float | None
    ideas: int = Field(description="that contribute more than 0 to it")
    items: int = Field(description=ITEMS)
    shipped: int = Field(description="how many of the items have")


class StrategyCoverage(Page[CoveredObjective]):
    """A page of objectives."""

    strategy_version: int = Field(description="of all objectives together; 0: there never was one")


class ServingItem(Wire):
    """An item on the roadmap."""

    id: UUID
    title: str
    status: ItemStatus


class ServingIdea(Wire):
    """An idea that contributes to the objective."""

    idea_id: UUID
    title: str | None = Field(description="null while roadmap has not heard of the idea")
    kind: IdeaKind | None
    weight: float
    said_by: str
    said_at: datetime
    items: list[ServingItem] = Field(description="that it is on; empty: it is not planned")


class UnalignedIdea(Wire):
    """An idea that serves no objective."""

    id: UUID
    title: str
    kind: IdeaKind


class UnalignedItem(Wire):
    """An open item that serves no objective."""

    id: UUID
    title: str
    status: ItemStatus


@router.get("/strategy/coverage", responses=GUARDED, dependencies=[allow("roadmap:read")])
async def show_strategy_coverage(
    caller: CallerDep,
    read: ReadDep,
    counts: Annotated[bool | None, Query(description="only those that ideas are held against today, or others")] = None,
    lacking: Annotated[
        Literal["ideas", "items"] | None, Query(description="only those for which there is none of these")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> StrategyCoverage:
    """Show what there is for each objective; `lacking=items` shows those that nothing is done for.

    Archived ones are left out.
    """
    rows = await read.all(store.OBJECTIVES, caller.workspace_id, after(cursor), limit + 1, counts, lacking)
    found = page(rows, limit, lambda row: CoveredObjective(**row), lambda objective: (objective.id,))
    version = await objectives.version(read, caller.workspace_id)
    return StrategyCoverage(data=found.data, next_cursor=found.next_cursor, strategy_version=version)


@router.get(
    "/objectives/{objective_id}/coverage",
    responses=GUARDED | responses(NotFound),
    dependencies=[allow("roadmap:read")],
)
async def list_serving_ideas(
    objective_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[ServingIdea]:
    """List the ideas that contribute to an objective, each with the items that it is on."""
    rows = await domain.serving(read, caller.workspace_id, objective_id, after(cursor), limit)
    return page(
        rows,
        limit,
        lambda row: ServingIdea(
            **row[0], items=[ServingItem(id=each["id"], title=each["title"], status=each["status"]) for each in row[1]]
        ),
        lambda idea: (idea.idea_id,),
    )


@router.get("/strategy/unaligned-ideas", responses=GUARDED, dependencies=[allow("roadmap:read")])
async def list_unaligned_ideas(
    caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[UnalignedIdea]:
    """List ideas that contribute to no objective that counts today, newest first.

    Archived and merged ones are left out. A page looks at 2,000 ideas: it may be short, or empty, and still have a
    `next_cursor`.
    """
    found = await domain.unaligned_ideas(read, caller.workspace_id, after(cursor, LAST), limit)
    data = [UnalignedIdea(id=row["id"], title=row["title"], kind=row["kind"]) for row in found.rows]
    return Page(data=data, next_cursor=None if found.next is None else encode(found.next))


@router.get("/strategy/unaligned-items", responses=GUARDED, dependencies=[allow("roadmap:read")])
async def list_unaligned_items(
    caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[UnalignedItem]:
    """List open items none of whose ideas contributes to an objective that counts today, newest first.

    A page looks at 2,000 items: it may be short, or empty, and still have a `next_cursor`.
    """
    found = await domain.unaligned_items(read, caller.workspace_id, after(cursor, LAST), limit)
    data = [UnalignedItem(id=row["id"], title=row["title"], status=row["status"]) for row in found.rows]
    return Page(data=data, next_cursor=None if found.next is None else encode(found.next))
