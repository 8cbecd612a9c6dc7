"""What scoring listens to: ideas, the demand for them, and who is behind it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from services.scoring.demand.domain import (
    project_accounts,
    project_demand,
    project_ideas,
    project_segments,
    project_shares,
)
from services.scoring.policies.domain import mark_unweighed
from services.scoring.scores.domain import Cause, Subject, lock_ideas, rescore
from shared.database import Tx
from shared.events.base import Delivered, Event
from shared.events.feedback import AccountChanged, DemandChanged, IdeaChanged, SegmentChanged, ShareChanged
from shared.reader import Consumers

E = TypeVar("E", bound=Event)


async def follow_ideas(tx: Tx, delivered: Sequence[Delivered[Any]]) -> None:
    """Project what is new, then score the ideas it is about. At most eight statements, however many events.

    One handler for all types, so that a batch locks its ideas at once and in one order. Who is behind an idea is only
    noted here, with at most four statements more: weighing looks at all of them, which a job does once for many events.
    """
    await lock_ideas(tx, {_subject(each) for each in delivered})
    causes: dict[Subject, Cause] = {}
    if ideas := _only(IdeaChanged, delivered):
        for each in await project_ideas(tx, ideas):
            causes[_subject(each)] = Cause("idea", each.id, each.traceparent)
    if demand := _only(DemandChanged, delivered):
        for each in await project_demand(tx, demand):
            causes[_subject(each)] = Cause("demand", each.id, each.traceparent)
    if segments := _only(SegmentChanged, delivered):
        await project_segments(tx, segments)
    shares = await project_shares(tx, told) if (told := _only(ShareChanged, delivered)) else []
    accounts = await project_accounts(tx, paid) if (paid := _only(AccountChanged, delivered)) else []
    await mark_unweighed(tx, shares, accounts)
    await rescore(tx, causes)


def _subject(delivered: Delivered[Any]) -> Subject:
    """Whose lock the event takes: its idea's; an account's and a segment's are of their own ids."""
    event: IdeaChanged | DemandChanged | ShareChanged | AccountChanged | SegmentChanged = delivered.event
    return event.workspace_id, event.idea_id if isinstance(event, ShareChanged) else event.aggregate_id


def _only(contract: type[E], delivered: Sequence[Delivered[Any]]) -> list[Delivered[E]]:
    return [each for each in delivered if type(each.event) is contract]


PROJECTIONS: Consumers = {
    IdeaChanged: project_ideas,
    DemandChanged: project_demand,
    ShareChanged: project_shares,
    AccountChanged: project_accounts,
    SegmentChanged: project_segments,
}
"""Handlers that do nothing but project: replaying these alone, into empty tables, rebuilds them."""
PROJECTED: Mapping[str, Sequence[str]] = {
    "ideas": ("idea_id",),
    "demand": ("idea_id",),
    "shares": ("share_id",),
    "accounts": ("account_id",),
    "segments": ("segment_id",),
}
"""The tables they fill, each with its key columns."""

CONSUMERS: Consumers = dict.fromkeys(PROJECTIONS, follow_ideas)
