"""What scoring listens to: ideas and the demand for them, the strategy and what ideas contribute to it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from services.scoring.alignment.domain import project_contributions, project_objectives
from services.scoring.demand.domain import project_demand, project_ideas
from services.scoring.frameworks.parameters import AlignmentRule
from services.scoring.models.domain import rescore_readers
from services.scoring.scores.domain import Cause, Subject, lock_ideas, lock_workspace, rescore
from shared.database import Tx
from shared.events.base import Delivered, Event
from shared.events.feedback import DemandChanged, IdeaChanged
from shared.events.roadmap import ContributionsChanged, ObjectiveChanged
from shared.reader import Consumers

E = TypeVar("E", bound=Event)


async def follow_ideas(tx: Tx, delivered: Sequence[Delivered[Any]]) -> None:
    """Project what is new, then score the ideas it is about. At most eight statements, however many events.

    One handler for both types, so that a batch locks its ideas at once and in one order.
    """
    await lock_ideas(tx, {_subject(each) for each in delivered})
    causes: dict[Subject, Cause] = {}
    if ideas := _only(IdeaChanged, delivered):
        for each in await project_ideas(tx, ideas):
            causes[_subject(each)] = Cause("idea", each.id, each.traceparent)
    if demand := _only(DemandChanged, delivered):
        for each in await project_demand(tx, demand):
            causes[_subject(each)] = Cause("demand", each.id, each.traceparent)
    await rescore(tx, causes)


async def follow_strategy(tx: Tx, delivered: Sequence[Delivered[Any]]) -> None:
    """Project what is new, then score what it is about: an idea, or all of them for an objective.

    One handler for both types, so that a batch locks at once: with an objective in it all of its workspaces.
    """
    objectives, contributions = _only(ObjectiveChanged, delivered), _only(ContributionsChanged, delivered)
    if objectives:
        await lock_workspace(tx, *{each.event.workspace_id for each in delivered})
    else:
        await lock_ideas(tx, {_subject(each) for each in contributions})
    turned: dict[UUID, Cause] = {}
    if objectives:
        for each in sorted(await project_objectives(tx, objectives), key=lambda each: each.event.strategy_version):
            turned[each.event.workspace_id] = Cause("objective", each.id, each.traceparent)
    if contributions:
        told = await project_contributions(tx, contributions)
        await rescore(tx, {_subject(each): Cause("contribution", each.id, each.traceparent) for each in told})
    for workspace_id, cause in sorted(turned.items()):
        await rescore_readers(tx, workspace_id, {AlignmentRule: cause})


def _subject(delivered: Delivered[Any]) -> Subject:
    event: IdeaChanged | DemandChanged | ContributionsChanged = delivered.event
    return event.workspace_id, event.idea_id


def _only(contract: type[E], delivered: Sequence[Delivered[Any]]) -> list[Delivered[E]]:
    return [each for each in delivered if type(each.event) is contract]


PROJECTIONS: Consumers = {
    IdeaChanged: project_ideas,
    DemandChanged: project_demand,
    ObjectiveChanged: project_objectives,
    ContributionsChanged: project_contributions,
}
"""Handlers that do nothing but project: replaying these alone, into empty tables, rebuilds them."""
PROJECTED: Mapping[str, Sequence[str]] = {
    "ideas": ("idea_id",),
    "demand": ("idea_id",),
    "objectives": ("objective_id",),
    "contributions": ("idea_id",),
}
"""The tables they fill, each with its key columns."""

CONSUMERS: Consumers = {
    IdeaChanged: follow_ideas,
    DemandChanged: follow_ideas,
    ObjectiveChanged: follow_strategy,
    ContributionsChanged: follow_strategy,
}
