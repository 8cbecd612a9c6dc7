"""Contributions over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from services.roadmap.contributions import domain
from shared.errors import Moved, NotFound
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Line, Wire

router = APIRouter(prefix="/v1/contributions", tags=["strategy"], route_class=Route)


class ContributionIn(Wire):
    """One objective that the idea contributes to."""

    objective_id: UUID
    weight: Annotated[float, Field(ge=0, le=1)] = Field(
        description="how much: 1 as much as an idea can, 0 nothing, which says that somebody looked", examples=[0.5]
    )


class ContributionsIn(Wire):
    """All objectives that the idea contributes to, from now on."""

    contributions: list[ContributionIn] = Field(max_length=domain.MOST)
    said_by: Line | None = Field(
        default=None, description="who says what is new of it, by your own id: no name. Left out: the key"
    )


class IdeaContribution(Wire):
    """One objective that an idea contributes to, and who said so."""

    objective_id: UUID
    idea_id: UUID = Field(description="of which it was said: this idea, or one that was merged into it")
    title: str
    counts: bool = Field(description="whether ideas are held against the objective today")
    weight: float
    said_by: str
    said_at: datetime


class IdeaContributions(Wire):
    """What an idea contributes to."""

    idea_id: UUID
    title: str
    contributions: list[IdeaContribution] = Field(description="in order of objective")
    version: int = Field(description="0: nothing was ever said")


def _answer(found: domain.Said, response: Response) -> IdeaContributions:
    response.headers.update(etag(found.version))
    return IdeaContributions(
        idea_id=found.idea_id,
        title=found.title,
        contributions=[IdeaContribution(**row) for row in found.contributions],
        version=found.version,
    )


@router.put("/{idea_id}", responses=EDITING | responses(Moved), dependencies=[allow("roadmap:write")])
async def set_contributions(
    idea_id: UUID, body: ContributionsIn, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> IdeaContributions:
    """Say which objectives an idea contributes to, and how much: all of them at once.

    Scoring computes the idea's alignment from it. Objectives that are left out are taken back; then, as for any of
    which nothing is said here, what was said of ideas that were merged into this one counts. A weight of 0 overrules
    it.
    """
    weights = [(each.objective_id, each.weight) for each in body.contributions]
    by = body.said_by or caller.actor
    return _answer(await domain.say(tx, caller.workspace_id, idea_id, expected, weights, by), response)


@router.get("/{idea_id}", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("roadmap:read")])
async def get_contributions(idea_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> IdeaContributions:
    """Show which objectives an idea contributes to, how much, and who said so."""
    return _answer(await domain.said(read, caller.workspace_id, idea_id), response)
