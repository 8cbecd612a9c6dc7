"""Alignment over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.scoring.facts import domain as facts
from services.scoring.frameworks.alignment import Share, Weighing
from services.scoring.frameworks.parameters import AlignmentRule
from shared.errors import Moved, NotFound
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Wire

router = APIRouter(prefix="/v1/alignments", tags=["strategy"], route_class=Route)


class Alignment(Wire):
    """How much of the strategy an idea contributes to."""

    idea_id: UUID
    title: str
    alignment: float | None = Field(
        description="sum(weight * contribution) / total, from 0 to 1; null: unknown, since no objective counts"
    )
    total: float | None = Field(description="the weight of all objectives that count")
    shares: list[Share] = Field(description="objectives that the idea contributes to, in order of id")
    contributions_version: int | None = Field(description="of what is said of the idea; null: nothing was ever said")
    strategy_version: int = Field(description="of all objectives together; 0: there never was one")


@router.get("/{idea_id}", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("scores:read")])
async def get_alignment(
    idea_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    weigh: Annotated[Weighing, Query(description="`remaining`: an objective weighs weight * (1 - progress)")] = "whole",
) -> Alignment:
    """Show an idea's alignment with the strategy, objective by objective, as models that read it take it.

    alignment = sum(weight * contribution) / sum(weight): over the objectives that the idea contributes to, and over all
    that count. The objectives are the roadmap's: `/v1/objectives/{objective_id}`.
    """
    title = await facts.title(read, caller.workspace_id, idea_id, "/v1/alignments/{}")
    (known,) = await facts.load(read, [(caller.workspace_id, idea_id)], {AlignmentRule})
    found = known.aligned(AlignmentRule(weigh=weigh))
    return Alignment(
        idea_id=idea_id,
        title=title,
        alignment=None if found is None else found.alignment,
        total=None if found is None else found.total,
        shares=[] if found is None else list(found.shares),
        contributions_version=None if known.contributions is None else known.contributions.version,
        strategy_version=0 if known.strategy is None else known.strategy.version,
    )
