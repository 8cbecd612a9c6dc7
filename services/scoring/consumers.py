"""What scoring listens to.

Ideas, the demand for them and who is behind it, what respondents say of needs and of ideas, the strategy and what ideas
contribute to it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from services.scoring.alignment.domain import project_contributions, project_objectives
from services.scoring.demand import domain as demand
from services.scoring.frameworks.parameters import AlignmentRule
from services.scoring.kano.domain import project_kano
from services.scoring.models.domain import rescore_readers
from services.scoring.needs.domain import project_needs
from services.scoring.policies.domain import mark_unweighed
from services.scoring.scores.computed import Cause, Subject
from services.scoring.scores.domain import lock_ideas, lock_workspace, mark_stale, rescore
from shared.database import Tx
from shared.events.base import Delivered, Event
from shared.events.feedback import (
    AccountChanged,
    DemandChanged,
    IdeaChanged,
    KanoChanged,
    NeedChanged,
    PersonForgotten,
    SegmentChanged,
    ShareChanged,
)
from shared.events.roadmap import ContributionsChanged, ObjectiveChanged
from shared.forgetting.domain import hear
from shared.reader import Consumers

E = TypeVar("E", bound=Event)


async def follow_ideas(tx: Tx, delivered: Sequence[Delivered[Any]]) -> None:
    """Project what is new, then score the ideas it is about. At most seven statements for ideas and demand.

    Kano is one more, which no score rests on; needs are three more, whose ideas are scored by a job. Who is behind an
    idea is only noted here, with at most four more: weighing looks at all of them, which a job does once for many
    events. One handler for all types, so that a batch locks its ideas at once and in one order.
    """
    ideas, asked = _only(IdeaChanged, delivered), _only(DemandChanged, delivered)
    unions = {(each.event.workspace_id, into) for each in ideas if (into := each.event.merged_into) is not None}
    needs, kano = _only(NeedChanged, delivered), _only(KanoChanged, delivered)
    shares, accounts = _only(ShareChanged, delivered), _only(AccountChanged, delivered)
    segments = _only(SegmentChanged, delivered)
    await lock_ideas(
        tx,
        unions | {_subject(each) for each in (*ideas, *asked, *shares, *accounts, *segments)},
        {each.event.workspace_id for each in needs},
    )
    causes: dict[Subject, Cause] = {}
    merges: dict[Subject, Cause] = {}
    if ideas:
        for each, was_in in await demand.follow_ideas(tx, ideas):
            causes[_subject(each)] = Cause("idea", each.id, each.traceparent)
            if was_in != each.event.merged_into:
                # Whichever of the three lives is scored by what counts for it now.
                told = {each.event.idea_id, was_in, each.event.merged_into} - {None}
                merges |= {
                    (each.event.workspace_id, id): Cause("merge", each.id, each.traceparent) for id in told if id
                }
    if asked:
        for each in await demand.project_demand(tx, asked):
            causes[_subject(each)] = Cause("demand", each.id, each.traceparent)
    # Two ideas that are one say more of why a score moves than the demand that comes of it.
    causes |= merges
    if kano:
        await project_kano(tx, kano)
    if needs:
        await mark_stale(
            tx,
            {
                (told.delivered.event.workspace_id, idea_id): Cause(
                    "need", told.delivered.id, told.delivered.traceparent
                )
                for told in await project_needs(tx, needs)
                for idea_id in told.idea_ids
            },
        )
    if segments:
        await demand.project_segments(tx, segments)
    behind = await demand.project_shares(tx, shares) if shares else []
    paying = await demand.project_accounts(tx, accounts) if accounts else []
    await mark_unweighed(tx, behind, paying)
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
    """Whose lock the event takes: its idea's; an account's and a segment's are of their own ids."""
    event: IdeaChanged | DemandChanged | ShareChanged | AccountChanged | SegmentChanged | ContributionsChanged
    event = delivered.event
    return event.workspace_id, event.idea_id if isinstance(event, ShareChanged) else event.aggregate_id


def _only(contract: type[E], delivered: Sequence[Delivered[Any]]) -> list[Delivered[E]]:
    return [each for each in delivered if type(each.event) is contract]


PROJECTIONS: Consumers = {
    IdeaChanged: demand.project_ideas,
    DemandChanged: demand.project_demand,
    ShareChanged: demand.project_shares,
    AccountChanged: demand.project_accounts,
    SegmentChanged: demand.project_segments,
    NeedChanged: project_needs,
    KanoChanged: project_kano,
    ObjectiveChanged: project_objectives,
    ContributionsChanged: project_contributions,
}
"""Handlers that do nothing but project: replaying these alone, into empty tables, rebuilds them."""
PROJECTED: Mapping[str, Sequence[str]] = {
    "ideas": ("idea_id",),
    "demand": ("idea_id",),
    "shares": ("share_id",),
    "accounts": ("account_id",),
    "segments": ("segment_id",),
    "needs": ("need_id",),
    "need_ideas": ("need_id",),
    "kano": ("idea_id",),
    "objectives": ("objective_id",),
    "contributions": ("idea_id",),
}
"""The tables they fill, each with the column that names its aggregate."""

_STRATEGY = ObjectiveChanged, ContributionsChanged
CONSUMERS: Consumers = {
    **{contract: follow_strategy if contract in _STRATEGY else follow_ideas for contract in PROJECTIONS},
    PersonForgotten: hear,
}
"""What feedback knows about ideas and needs and the roadmap about the strategy, as scoring keeps it; whom it forgot."""
