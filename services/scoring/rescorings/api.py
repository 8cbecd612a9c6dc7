"""Rescorings over HTTP: followed, stopped, gone on with."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field

from services.scoring.rescorings import domain, store
from services.scoring.scores.words import WHY
from shared.errors import NotFound
from shared.events.scoring import CauseKind
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/rescorings", tags=["models"], route_class=Route)

State = Literal["waiting", "running", "finished", "failed", "cancelled", "superseded"]


class RescoringCause(Wire):
    """What changed."""

    kind: CauseKind
    id: UUID = Field(description="as in `cause` of a score")
    words: str = Field(description="the same for people", examples=["The model was changed, or made active."])


class Rescoring(Wire):
    """A change on its way to every idea of the workspace: of a model, of a demand policy, or of what a model reads."""

    id: UUID
    model_id: UUID | None = Field(description="the model under which ideas are scored anew")
    policy_id: UUID | None = Field(
        description="the demand policy by which ideas are weighed anew, and scored where a model reads it"
    )
    state: State = Field(
        description="`superseded`: a newer change came, which begins with the first idea and reaches what this one had "
        "left. `cancelled`, `failed`: ideas that it has not reached keep their scores; resume it, or change anything "
        "that all ideas are held against"
    )
    cause: RescoringCause
    reason: str | None = Field(description="why it failed, or why nothing was left to be done")
    superseded_by: UUID | None = Field(description="the rescoring that took its place")
    total: int | None = Field(
        description="ideas that there were when it was taken up; null until then. Those that come later are scored as "
        "they come"
    )
    done: int = Field(description="ideas that it has reached")
    left: int | None = Field(
        description="ideas that it has not reached: they keep their scores as they were (`stale` in a ranking), unless "
        "something of their own moves them. null until they are counted"
    )
    percent: float | None = Field(description="of the ideas that it has reached; null until they are counted")
    rate: float | None = Field(description="ideas a second, while it was worked at")
    remaining_seconds: float | None = Field(description="at that rate, while it is running")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="when it is forgotten; null while it is not done")


def _rescoring(row: asyncpg.Record) -> Rescoring:
    done, seconds = row["done"], row["seconds"]
    # Ideas that came meanwhile are reached too.
    total = None if row["total"] is None else max(row["total"], done)
    left = None if total is None else total - done
    rate = done / seconds if done and seconds else None
    told = {"cause", "cause_id", "asked_at", "seconds", "total"}
    fields: dict[str, Any] = {name: value for name, value in row.items() if name not in told}
    return Rescoring(
        cause=RescoringCause(kind=row["cause"], id=row["cause_id"], words=WHY[row["cause"]]),
        total=total,
        left=left,
        percent=None if total is None else round(100 * done / total, 1) if total else 100.0,
        rate=None if rate is None else round(rate, 1),
        remaining_seconds=round(left / rate, 1) if row["state"] == "running" and rate and left is not None else None,
        created_at=row["asked_at"],
        **fields,
    )


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_rescorings(
    caller: CallerDep,
    read: ReadDep,
    model_id: Annotated[UUID | None, Query(description="only of this model")] = None,
    policy_id: Annotated[UUID | None, Query(description="only of this demand policy")] = None,
    state: Annotated[State | None, Query(description="only in this state")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Rescoring]:
    """List rescorings, the newest first. A change that reached every idea before it was answered has none."""
    asked = caller.workspace_id, after(cursor, LAST), model_id, policy_id, state
    rows = await read.all(store.LIST, *asked, limit + 1)
    return page(rows, limit, _rescoring, lambda each: (each.id,))


@router.get("/{rescoring_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_rescoring(rescoring_id: UUID, caller: CallerDep, read: ReadDep) -> Rescoring:
    """Show how far a rescoring is."""
    return _rescoring(await domain.get(read, caller.workspace_id, rescoring_id))


@router.post("/{rescoring_id}:cancel", responses=EDITING, dependencies=[allow("scores:write")])
async def cancel_rescoring(rescoring_id: UUID, caller: CallerDep, tx: TxDep) -> Rescoring:
    """Stop a rescoring after the ideas in hand; `left` are not reached and keep their scores. 409 when it has ended.

    The model goes on scoring ideas that something of their own moves. Where the ideas in hand were the last it ends as
    `finished`.
    """
    return _rescoring(await domain.cancel(tx, caller.workspace_id, rescoring_id))


@router.post("/{rescoring_id}:resume", responses=EDITING, dependencies=[allow("scores:write")])
async def resume_rescoring(rescoring_id: UUID, caller: CallerDep, tx: TxDep) -> Rescoring:
    """Go on with a rescoring that was cancelled or has failed, from where it was. 409 when nothing of it is left."""
    return _rescoring(await domain.resume(tx, caller.workspace_id, rescoring_id))
