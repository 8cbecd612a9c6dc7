"""Who is behind an idea, told to whoever weighs accounts: snapshots of one account's part in one idea.

Whoever counts notes which pairs of idea and account have changed, in the statement that counts (`demand`), and triggers
note who comes into a segment or leaves it; a job reads the notes, looks at what is so by then, and tells what differs
from what it told last. However many votes come meanwhile, a pair is told of once, and a vote costs its transaction one
row that nobody waits for.

Contacts stay here: of the segments that they are in, other services hear how many contacts ask from there.
"""

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.demand import domain as demand
from services.feedback.shares import store
from shared.database import Tx
from shared.events.feedback import AccountChanged, ShareChanged
from shared.ids import new_id
from shared.outbox import emit

MOST_MONTHS = 120
MEMBERS = 1_000
"""Comings and goings that are spread at once: as many as a new rule is applied to at once. Each is a few marks."""
MARKS = 5_000
"""Of which those of the same pairs are taken together."""
IMPORTANCES = ("nice", "important", "critical")
NONE = UUID(store.NOBODY)
"""No segments."""
Figures = dict[str, Any]


class Pair(NamedTuple):
    """An account, or those without one, and an idea where its asks count."""

    workspace_id: UUID
    idea_id: UUID
    account_id: UUID | None


class Share(NamedTuple):
    """What is told of at once: a pair, or of those without an account those who are in the same segments."""

    pair: Pair
    segments: UUID


async def tell_some(tx: Tx, limit: int) -> int:
    """Tell of what changed, by up to `limit` pairs and as many accounts, and return how many marks there were.

    0 too when somebody else is at it. All in one transaction: where it dies, everything is marked still.
    """
    if not await tx.value(store.ALONE):
        return 0
    members = await tx.value(store.SPREAD, MEMBERS)
    pairs = await tx.all(store.TAKE_SHARES, limit, MARKS)
    accounts = await tx.all(store.TAKE_ACCOUNTS, limit)
    holders = {(row["workspace_id"], row["idea_id"], row["account_id"] or row["contact_id"]) for row in pairs}
    holders |= {(row["workspace_id"], None, row["account_id"]) for row in accounts}
    if known := [mark for mark in holders if mark[2] is not None]:
        await tx.run(store.HAND_ON, *map(list, zip(*known, strict=True)))
    await demand.rank(tx, {row["idea_id"] for row in pairs})
    told = {Pair(row["workspace_id"], row["idea_id"], row["account_id"]) for row in pairs}
    behind = await _tell_shares(tx, told) if told else set[UUID]()
    marked = {row["account_id"] for row in accounts} | behind
    if marked:
        await _tell_accounts(tx, marked, behind)
    return max(members, len(pairs), len(accounts))


async def mark(tx: Tx, workspace_id: UUID, idea_ids: Collection[UUID]) -> None:
    """Have everybody behind these ideas told of anew."""
    await tx.run(store.MARK, workspace_id, idea_ids)
    await tx.run(store.MARK_GROUPS, workspace_id, idea_ids)


async def _tell_shares(tx: Tx, pairs: Collection[Pair]) -> set[UUID]:
    """Tell of these pairs what differs; the accounts that ask for any of them."""
    ordered = sorted(pairs, key=_order)
    columns = [pair.idea_id for pair in ordered], [pair.account_id for pair in ordered]
    rows = await tx.all(store.FIGURES, [pair.workspace_id for pair in ordered], *columns)
    parts: dict[Share, list[asyncpg.Record]] = {}
    for row in rows:
        pair = Pair(row["workspace_id"], row["idea_id"], row["account_id"])
        parts.setdefault(Share(pair, _as_one(row["segment_ids"]) if pair.account_id is None else NONE), []).append(row)
    told = {
        Share(Pair(row["workspace_id"], row["idea_id"], row["account_id"]), row["segments"]): row
        for row in await tx.all(store.TOLD, *columns)
    }
    changed: list[tuple[Share, UUID, int, Figures]] = []
    news: list[ShareChanged] = []
    for share in sorted(parts.keys() | told.keys(), key=lambda each: (*_order(each.pair), each.segments)):
        figures, held = _figures(parts.get(share, ())), told.get(share)
        before = None if held is None else from_json(held["figures"])
        if before == figures:
            continue
        # What was told without segments is kept with them; where there are none, that is no news.
        differs = before is None or {"segment_ids": []} | before != figures
        id, version = (new_id(), 1) if held is None else (held["id"], held["version"] + differs)
        changed.append((share, id, version, figures))
        if differs:
            idea = {"workspace_id": share.pair.workspace_id, "idea_id": share.pair.idea_id}
            event = {"version": version, "share_id": id, "account_id": share.pair.account_id}
            news.append(ShareChanged(**idea, **event, **figures))
    if changed:
        await tx.run(
            store.KEEP,
            [id for _, id, _, _ in changed],
            [share.pair.workspace_id for share, *_ in changed],
            [share.pair.idea_id for share, *_ in changed],
            [share.pair.account_id for share, *_ in changed],
            [share.segments for share, *_ in changed],
            [version for _, _, version, _ in changed],
            [to_json(figures).decode() for *_, figures in changed],
        )
        await emit(tx, news)
    return {share.pair.account_id for share in parts if share.pair.account_id is not None}


def _order(pair: Pair) -> tuple[UUID, str]:
    return pair.idea_id, str(pair.account_id)


def _as_one(segment_ids: Sequence[UUID]) -> UUID:
    """Segments, in order of their ids, as one id."""
    if not segment_ids:
        return NONE
    return UUID(bytes=blake2b(b"".join(each.bytes for each in segment_ids), digest_size=16).digest())


def _figures(parts: Sequence[asyncpg.Record]) -> Figures:
    """The totals of a share, from its rows by month, importance and segments."""
    paid = max((row["paid"] for row in parts if row["paid"] is not None), key=lambda each: each[0], default=None)
    return {
        "contacts": sum(row["contacts"] for row in parts),
        "votes": sum(row["votes"] for row in parts),
        "insights": sum(row["insights"] for row in parts),
        **{name: sum(row["votes"] for row in parts if row["importance"] == name) for name in IMPORTANCES},
        "asked": _by_month((row["month"], row["contacts"]) for row in parts),
        "mrr_at_vote": None if paid is None else paid[1],
        "segment_ids": sorted({str(each) for row in parts for each in row["segment_ids"]}),
    }


def _by_month(parts: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    months: dict[str, int] = {}
    for month, contacts in parts:
        months[month] = months.get(month, 0) + contacts
    kept = sorted(months)[-MOST_MONTHS:]
    for month in months.keys() - set(kept):
        months[kept[0]] += months[month]
    return [{"month": month, "contacts": months[month]} for month in kept]


async def _tell_accounts(tx: Tx, ids: Collection[UUID], behind: Collection[UUID]) -> None:
    """Tell of these accounts what differs: of those that were told of before, and of those that ask for something."""
    rows = await tx.all(store.ACCOUNTS, ids, behind)
    changed: list[AccountChanged] = []
    for row in rows:
        event = AccountChanged(
            workspace_id=row["workspace_id"],
            version=(row["version"] or 0) + 1,
            account_id=row["account_id"],
            mrr=row["mrr"],
            segment_ids=row["segment_ids"],
        )
        if row["figures"] is None or from_json(row["figures"]) != _told(event):
            changed.append(event)
    if changed:
        await tx.run(
            store.KEEP_ACCOUNTS,
            [event.account_id for event in changed],
            [event.workspace_id for event in changed],
            [event.version for event in changed],
            [to_json(_told(event)).decode() for event in changed],
        )
        await emit(tx, changed)


def _told(event: AccountChanged) -> Figures:
    return event.model_dump(mode="json", include={"mrr", "segment_ids"})
