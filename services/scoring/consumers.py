"""What scoring listens to: ideas and the demand for them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from services.scoring.demand import domain as demand
from services.scoring.scores.domain import Cause, Subject, lock_ideas, rescore
from shared.database import Tx
from shared.events.base import Delivered, Event
from shared.events.feedback import DemandChanged, IdeaChanged
from shared.reader import Consumers

E = TypeVar("E", bound=Event)


async def follow_ideas(tx: Tx, delivered: Sequence[Delivered[Any]]) -> None:
    """Project what is new, then score the ideas it is about. At most eight statements, however many events.

    One handler for both types, so that a batch locks its ideas at once and in one order.
    """
    await lock_ideas(tx, {_subject(each) for each in delivered})
    causes: dict[Subject, Cause] = {}
    if ideas := _only(IdeaChanged, delivered):
        for each in await demand.follow_ideas(tx, ideas):
            causes[_subject(each)] = Cause("idea", each.id, each.traceparent)
    if told := _only(DemandChanged, delivered):
        for each in await demand.project_demand(tx, told):
            causes[_subject(each)] = Cause("demand", each.id, each.traceparent)
    await rescore(tx, causes)


def _subject(delivered: Delivered[Any]) -> Subject:
    event: IdeaChanged | DemandChanged = delivered.event
    return event.workspace_id, event.idea_id


def _only(contract: type[E], delivered: Sequence[Delivered[Any]]) -> list[Delivered[E]]:
    return [each for each in delivered if type(each.event) is contract]


PROJECTIONS: Consumers = {IdeaChanged: demand.project_ideas, DemandChanged: demand.project_demand}
"""Handlers that do nothing but project: replaying these alone, into empty tables, rebuilds them."""
PROJECTED: Mapping[str, Sequence[str]] = {"ideas": ("idea_id",), "demand": ("idea_id",)}
"""The tables they fill, each with its key columns."""

CONSUMERS: Consumers = {IdeaChanged: follow_ideas, DemandChanged: follow_ideas}
