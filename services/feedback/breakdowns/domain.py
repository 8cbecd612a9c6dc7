"""Who wants an idea, a product, or anything at all, group by group: each level unique in itself.

What is asked for little is counted when somebody asks. Where there is much, a job keeps the groups (`keeping`), and the
answer says when it brought them up to date.
"""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.breakdowns import store
from services.feedback.products import domain as products
from shared.database import Read
from shared.errors import Conflict, FieldError, Invalid, Moved, NotFound

MOST_GROUPS = 300
MOST_COUNTED = 20_000
"""Votes and insights of a workspace that are counted while somebody waits, until the job keeps them."""
By = Literal["segment", "plan", "month", "source", "product"]
Place = tuple[int, UUID]
"""Revenue and id of the last account of the page before."""


class Split(NamedTuple):
    """Demand in all and by group, the most revenue first, and how many groups there are besides."""

    total: asyncpg.Record | None
    """None: nobody asks."""
    groups: list[asyncpg.Record]
    left_out: int
    counted_at: datetime | None
    """None: just now."""


class Scope(NamedTuple):
    """Whose demand it is."""

    id: UUID
    idea: bool
    """An idea, and else a product or the workspace."""
    counted_at: datetime | None
    """When the job brought up to date what is kept; None: nothing is."""


async def of_idea(read: Read, workspace_id: UUID, idea_id: UUID) -> tuple[Scope, str]:
    """An idea and the currency that it is counted in. NotFound; Moved when it was merged."""
    row = await read.one(store.BEHIND, workspace_id, idea_id)
    if row is None:
        raise NotFound("No idea by that id.")
    if row["merged_root"] is not None:
        raise Moved(f"/v1/ideas/{row['merged_root']}/demand/breakdown")
    return Scope(idea_id, True, row["counted_at"]), row["currency"]


async def above(read: Read, workspace_id: UUID, product: str | None) -> Scope:
    """A product by its id or key, or the whole workspace.

    Invalid when there is no such product. Conflict while there is much that the job has not counted through yet.
    """
    scope_id = workspace_id
    if product is not None:
        found = await products.find(read, workspace_id, product)
        if found is None:
            raise Invalid(errors=[FieldError("/query/product", "no product by that id or key")])
        scope_id = found
    counted_at = await read.value(store.COUNTED, workspace_id)
    if counted_at is None and await read.value(store.MORE_THAN, workspace_id, MOST_COUNTED):
        raise Conflict("It is being counted for the first time: ask again in a minute.", code="being_counted")
    return Scope(scope_id, False, counted_at)


async def split(read: Read, workspace_id: UUID, scope: Scope, by: By) -> Split:
    """The demand for something by group."""
    if scope.counted_at is not None:
        rows = await read.all(store.READ_GROUPS, workspace_id, scope.id, MOST_GROUPS, by)
    else:
        await read.value(store.ROOMY)
        rows = await _counted(read, workspace_id, scope, by, MOST_GROUPS)
    groups = [row for row in rows if row["kind"] == by]
    left_out = max(0, groups[0]["of_kind"] - MOST_GROUPS) if groups else 0
    if by == "month":
        groups.reverse()
    return Split(_total(rows), groups, left_out, scope.counted_at)


async def split_by_account(read: Read, workspace_id: UUID, scope: Scope, last: Place | None, limit: int) -> Split:
    """The demand for something and a page of the accounts behind it, by revenue, after the last of the page before."""
    page = *(last or (None, None)), limit
    if scope.counted_at is not None:
        rows = await read.all(store.READ_GROUPS, workspace_id, scope.id, 1, "")
        accounts = await read.all(store.READ_ACCOUNTS, workspace_id, scope.id, *page)
    else:
        await read.value(store.ROOMY)
        rows = await _counted(read, workspace_id, scope, "", 1)
        if scope.idea:
            accounts = await read.all(store.COUNT_ACCOUNTS_OF_IDEA, workspace_id, scope.id, *page)
        else:
            accounts = await read.all(store.COUNT_ACCOUNTS_OF_SCOPE, workspace_id, scope.id, *page)
    return Split(_total(rows), accounts, 0, scope.counted_at)


async def _counted(
    read: Read, workspace_id: UUID, scope: Scope, by: By | Literal[""], most: int
) -> list[asyncpg.Record]:
    if scope.idea:
        return await read.all(store.COUNT_IDEA[by], workspace_id, scope.id, most)
    return await read.all(store.COUNT_SCOPE[by], workspace_id, scope.id, most)


def _total(rows: list[asyncpg.Record]) -> asyncpg.Record | None:
    return next((row for row in rows if not row["kind"]), None)
