"""What is kept of demand by group, beside what is counted from the votes and statements."""

from typing import Any
from uuid import UUID

from services.feedback.breakdowns import domain as breakdowns
from services.feedback.breakdowns.domain import By, Scope, Split
from services.feedback.keeping import domain as keeping
from services.feedback.keeping import store as kept
from services.feedback.shares import domain as shares
from shared.database import Database, Tx
from tests.builders import eventually
from tests.feedback.given import SAID_AT, told_shares

STILL_TO_COUNT = """
select exists(select from demand_marks where workspace_id = $1)
    or exists(select from demand_kept where workspace_id = $1 and fill_from is not null)
"""
SCOPES = """
select id, true as idea from ideas where workspace_id = $1 and merged_root is null
union all select id, false from products where workspace_id = $1
union all select $1, false
"""
KINDS: tuple[By, ...] = ("segment", "plan", "month", "source", "product")


async def keep_groups(tx: Tx, workspace_id: UUID) -> None:
    """Have the groups of every idea there, and of the workspace, kept from here on, however small they are."""
    ideas = [row["id"] for row in await tx.all("select id from ideas where workspace_id = $1", workspace_id)]
    await tx.run(kept.BEGIN, ideas, -1)
    await tx.run(kept.BEGIN_WORKSPACE, [workspace_id], -1)


async def follow_marks(database: Database) -> None:
    """Keep what is marked by now: what comes later changes what is kept already."""
    async with database.system() as tx:
        await shares.tell_some(tx, 1_000)
        await keeping.keep_some(tx, 1_000)


async def check_groups(database: Database, workspace_id: UUID) -> None:
    """Once all marks are followed, what is kept by group is what is counted from the votes and statements."""
    await told_shares(database, workspace_id)

    async def all_counted() -> bool:
        async with database.system() as tx:
            await keeping.keep_some(tx, 1_000)
            return not await tx.value(STILL_TO_COUNT, workspace_id)

    await eventually(all_counted)
    async with database.read({workspace_id}) as read:
        for scope_id, idea in await read.all(SCOPES, workspace_id):
            counted, held = Scope(scope_id, idea, None), Scope(scope_id, idea, SAID_AT)
            # All kinds are derived by one statement, so that an idea's need not be looked at each.
            for by in KINDS[:1] if idea else KINDS:
                one, other = [await breakdowns.split(read, workspace_id, scope, by) for scope in (counted, held)]
                assert _plain(one) == _plain(other), (by, idea)
            if not idea:
                one, other = [
                    await breakdowns.split_by_account(read, workspace_id, scope, None, 100) for scope in (counted, held)
                ]
                assert _plain(one) == _plain(other), "accounts"


def _plain(split: Split) -> tuple[Any, ...]:
    return split.total and tuple(split.total), [tuple(group) for group in split.groups], split.left_out
