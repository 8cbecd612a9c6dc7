"""Projections of what feedback publishes. They write their own table and nothing else, so a rebuild can replay them."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.scoring.demand import store
from shared.database import Tx
from shared.events.base import Delivered, latest
from shared.events.feedback import AccountChanged, DemandChanged, IdeaChanged, SegmentChanged, ShareChanged


class Told(NamedTuple):
    """An event that told something new of an idea, and what the idea was merged into before."""

    delivered: Delivered[IdeaChanged]
    was_in: UUID | None


async def project_ideas(tx: Tx, delivered: Sequence[Delivered[IdeaChanged]]) -> None:
    """Keep each idea's newest state. One that was merged is not ranked, like an archived one."""
    await tx.run(store.PROJECT_IDEAS, *_columns(latest(delivered)))


async def follow_ideas(tx: Tx, delivered: Sequence[Delivered[IdeaChanged]]) -> list[Told]:
    """The same, and what days ended with is kept of the ideas that change; what told something new is returned.

    That is history and no projection: the stream cannot give it again, since it may hold an idea's newest state alone.
    """
    newest = latest(delivered)
    was_in = {row["idea_id"]: row["was_in"] for row in await tx.all(store.FOLLOW_IDEAS, *_columns(newest))}
    return [Told(each, was_in[each.event.idea_id]) for each in newest if each.event.idea_id in was_in]


def _columns(newest: Sequence[Delivered[IdeaChanged]]) -> list[list[Any]]:
    events = [each.event for each in newest]
    return [
        [event.idea_id for event in events],
        [event.workspace_id for event in events],
        [event.title for event in events],
        [event.kind for event in events],
        [event.status for event in events],
        [event.archived or event.merged_into is not None for event in events],
        [event.version for event in events],
        [event.merged_into for event in events],
        [event.product_id for event in events],
    ]


async def project_demand(tx: Tx, delivered: Sequence[Delivered[DemandChanged]]) -> list[Delivered[DemandChanged]]:
    """Keep each idea's newest demand; return the events that told something new, one for an idea at most."""
    newest = latest(delivered)
    events = [each.event for each in newest]
    rows = await tx.all(
        store.PROJECT_DEMAND,
        [event.idea_id for event in events],
        [event.workspace_id for event in events],
        [event.votes for event in events],
        [event.insights for event in events],
        [event.contacts for event in events],
        [event.accounts for event in events],
        [event.mrr for event in events],
        [event.currency for event in events],
        [event.version for event in events],
        [each.id for each in newest],
    )
    changed = {row["idea_id"] for row in rows}
    return [each for each in newest if each.event.idea_id in changed]


async def project_shares(tx: Tx, delivered: Sequence[Delivered[ShareChanged]]) -> list[Delivered[ShareChanged]]:
    """Keep who is behind ideas; return the events that told something new, one for each share at most."""
    newest = latest(delivered)
    events = [each.event for each in newest]
    rows = await tx.all(
        store.PROJECT_SHARES,
        [event.share_id for event in events],
        [event.workspace_id for event in events],
        [event.idea_id for event in events],
        [event.account_id for event in events],
        [event.contacts for event in events],
        [event.votes for event in events],
        [event.insights for event in events],
        [event.nice for event in events],
        [event.important for event in events],
        [event.critical for event in events],
        # Lists of different lengths: arrays of arrays would all have to be as long.
        [",".join(str(month_number(each.month)) for each in event.asked) for event in events],
        [",".join(str(each.contacts) for each in event.asked) for event in events],
        [event.mrr_at_vote for event in events],
        [",".join(map(str, event.segment_ids)) for event in events],
        [event.version for event in events],
        [each.id for each in newest],
    )
    changed = {row["share_id"] for row in rows}
    return [each for each in newest if each.event.share_id in changed]


def month_number(month: str) -> int:
    """A month such as `2026-03`, counted from year 0."""
    year, _, of_year = month.partition("-")
    return int(year) * 12 + int(of_year) - 1


async def project_accounts(tx: Tx, delivered: Sequence[Delivered[AccountChanged]]) -> list[Delivered[AccountChanged]]:
    """Keep what accounts pay and are; return the events that told something new, one for an account at most."""
    newest = latest(delivered)
    events = [each.event for each in newest]
    rows = await tx.all(
        store.PROJECT_ACCOUNTS,
        [event.account_id for event in events],
        [event.workspace_id for event in events],
        [event.mrr for event in events],
        [",".join(map(str, event.segment_ids)) for event in events],
        [event.version for event in events],
        [each.id for each in newest],
    )
    changed = {row["account_id"] for row in rows}
    return [each for each in newest if each.event.account_id in changed]


async def project_segments(tx: Tx, delivered: Sequence[Delivered[SegmentChanged]]) -> None:
    """Keep which segments there are. Who is in them comes with each account and share."""
    events = [each.event for each in latest(delivered)]
    await tx.run(
        store.PROJECT_SEGMENTS,
        [event.segment_id for event in events],
        [event.workspace_id for event in events],
        [event.key for event in events],
        [event.selects for event in events],
        [event.deleted for event in events],
        [event.version for event in events],
    )
