"""Who is behind an idea, told to whoever weighs accounts: snapshots of one account's part in one idea.

Whoever counts notes which pairs of idea and account have changed, in the statement that counts (`demand`); a job reads
the notes, looks at what is so by then, and tells what differs from what it told last. However many votes come
meanwhile, a pair is told of once, and a vote costs its transaction one row that nobody waits for.
"""

from collections.abc import Collection, Iterable, Sequence
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
IMPORTANCES = ("nice", "important", "critical")
Figures = dict[str, Any]


class Pair(NamedTuple):
    """An account, or those without one, and an idea where its asks count."""

    workspace_id: UUID
    idea_id: UUID
    account_id: UUID | None


async def tell_some(tx: Tx, limit: int) -> int:
    """Tell of what changed, by up to `limit` marks of each kind, and return how many there were.

    0 too when somebody else is at it. All in one transaction: where it dies, everything is marked still.
    """
    if not await tx.value(store.ALONE):
        return 0
    pairs = await tx.all(store.TAKE_SHARES, limit)
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
    return max(len(pairs), len(accounts))


async def mark(tx: Tx, workspace_id: UUID, idea_ids: Collection[UUID]) -> None:
    """Have everybody behind these ideas told of anew."""
    await tx.run(store.MARK, workspace_id, idea_ids)
    await tx.run(store.MARK_GROUPS, workspace_id, idea_ids)


async def _tell_shares(tx: Tx, pairs: Collection[Pair]) -> set[UUID]:
    """Tell of these pairs what differs; the accounts that ask for any of them."""
    ordered = sorted(pairs, key=lambda pair: (pair.idea_id, str(pair.account_id)))
    columns = [pair.idea_id for pair in ordered], [pair.account_id for pair in ordered]
    rows = await tx.all(store.FIGURES, [pair.workspace_id for pair in ordered], *columns)
    parts: dict[Pair, list[asyncpg.Record]] = {pair: [] for pair in ordered}
    for row in rows:
        parts[Pair(row["workspace_id"], row["idea_id"], row["account_id"])].append(row)
    told = {(row["idea_id"], row["account_id"]): row for row in await tx.all(store.TOLD, *columns)}
    changed: list[tuple[Pair, UUID, int, Figures]] = []
    for pair in ordered:
        figures, held = _figures(parts[pair]), told.get((pair.idea_id, pair.account_id))
        if held is None and figures["contacts"]:
            changed.append((pair, new_id(), 1, figures))
        elif held is not None and from_json(held["figures"]) != figures:
            changed.append((pair, held["id"], held["version"] + 1, figures))
    if changed:
        await tx.run(
            store.KEEP,
            [id for _, id, _, _ in changed],
            [pair.workspace_id for pair, *_ in changed],
            [pair.idea_id for pair, *_ in changed],
            [pair.account_id for pair, *_ in changed],
            [version for _, _, version, _ in changed],
            [to_json(figures).decode() for *_, figures in changed],
        )
        await emit(
            tx,
            [
                ShareChanged(
                    workspace_id=pair.workspace_id,
                    version=version,
                    share_id=id,
                    idea_id=pair.idea_id,
                    account_id=pair.account_id,
                    **figures,
                )
                for pair, id, version, figures in changed
            ],
        )
    return {pair.account_id for pair, part in parts.items() if part and pair.account_id is not None}


def _figures(parts: Sequence[asyncpg.Record]) -> Figures:
    """The totals of a pair, from its rows by month and importance."""
    paid = max((row["paid"] for row in parts if row["paid"] is not None), key=lambda each: each[0], default=None)
    return {
        "contacts": sum(row["contacts"] for row in parts),
        "votes": sum(row["votes"] for row in parts),
        "insights": sum(row["insights"] for row in parts),
        **{name: sum(row["votes"] for row in parts if row["importance"] == name) for name in IMPORTANCES},
        "asked": _by_month((row["month"], row["contacts"]) for row in parts),
        "mrr_at_vote": None if paid is None else paid[1],
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
