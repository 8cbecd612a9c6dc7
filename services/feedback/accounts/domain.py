"""Customer companies: made and updated by the id they have with their owner."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.accounts import store
from services.feedback.demand import domain as demand
from services.feedback.segments import domain as segments
from shared.database import Tx
from shared.errors import FieldError, Invalid
from shared.ids import new_id


class AccountChange(NamedTuple):
    """What a caller says of an account; None leaves a field as it is."""

    external_id: str
    name: str | None
    mrr: int | None
    plan: str | None
    attributes: dict[str, str | int | float | bool | None]


async def save_accounts(tx: Tx, workspace_id: UUID, changes: Sequence[AccountChange]) -> list[asyncpg.Record]:
    """Make or update accounts by external id, in the order given.

    In the same transaction: what they pay is noted with the time, demand follows it, and so do segments.
    """
    keys = [change.external_id for change in changes]
    if len(set(keys)) != len(keys):
        twice = next(position for position, key in enumerate(keys) if key in keys[:position])
        raise Invalid(errors=[FieldError(f"/body/accounts/{twice}/external_id", "stands in the list twice")])
    before: dict[UUID, int] = {}
    if any(change.mrr is not None or change.plan is not None for change in changes):
        # Also before the statement that notes them looks: it must see the note of whoever was first.
        await demand.hold(tx, (), [workspace_id])
        before = {row["id"]: row["mrr"] for row in await tx.all(store.LOCK_ACCOUNTS, workspace_id, keys)}
    ordered = sorted(changes)
    rows = await tx.all(
        store.UPSERT_ACCOUNTS,
        workspace_id,
        [new_id() for _ in ordered],
        [change.external_id for change in ordered],
        [change.name for change in ordered],
        [change.mrr for change in ordered],
        [change.plan for change in ordered],
        [to_json(change.attributes).decode() for change in ordered],
        [change.external_id for change in changes if change.mrr is not None],
        [change.external_id for change in changes if change.name is not None],
    )
    if before:
        steps = {row["id"]: row["mrr"] - before[row["id"]] for row in rows if row["id"] in before}
        await demand.shift(tx, {account: step for account, step in steps.items() if step})
    await segments.follow(tx, [workspace_id], accounts=[row["id"] for row in rows])
    by_key = {row["external_id"]: row for row in rows}
    return [by_key[key] for key in keys]


async def save_news(tx: Tx, workspace_id: UUID, changes: Sequence[AccountChange]) -> dict[str, str]:
    """Save what is not as it stands already: `created`, `updated` or `duplicate`, by external id."""
    rows = await tx.all(store.STANDING, workspace_id, [change.external_id for change in changes])
    standing = {row["external_id"]: row for row in rows}
    news = [each for each in changes if not _stands(each, standing.get(each.external_id))]
    saved = await save_accounts(tx, workspace_id, news) if news else []
    outcomes = {row["external_id"]: "created" if row["version"] == 1 else "updated" for row in saved}
    return {each.external_id: outcomes.get(each.external_id, "duplicate") for each in changes}


def _stands(change: AccountChange, row: asyncpg.Record | None) -> bool:
    """Whether an account says all that already. What it pays may be known to be nothing, or not be known."""
    if row is None:
        return False
    attributes = from_json(row["attributes"])
    return (
        change.name in (None, row["name"])
        and change.plan in (None, row["plan"])
        and (change.mrr is None or (row["mrr_known"] and change.mrr == row["mrr"]))
        and all(name in attributes and attributes[name] == value for name, value in change.attributes.items())
    )
