"""Who wants an idea, a product or anything at all, group by group, over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field

from services.feedback.breakdowns import domain
from services.feedback.breakdowns.domain import Place, Scope, Split
from shared.database import Read
from shared.errors import Conflict, FieldError, Invalid, Moved, NotFound
from shared.paging import Cursor, Limit, decode, encode, whole
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import Key, Wire

router = APIRouter(prefix="/v1", tags=["ideas"], route_class=Route)
Grouping = Literal["segment", "account", "plan", "month", "source", "product"]
GroupedBy = Annotated[Grouping, Query(description="what to group by")]
_LEVELS = (
    "votes and insights are counted each; contacts and accounts are counted once in a group, however often they asked",
    "mrr is what the accounts pay now; mrr_at_vote is what each paid when its last vote in the group was cast",
    "accounts that are here by feedback alone (accounts_without_vote) add nothing to mrr_at_vote: it was not noted",
)
_KEPT = "what is asked for much is counted in the background, up to `counted_at`"
_ABOVE = (
    "an ask counts for the product that its idea is in, and a merged idea's where it was merged into",
    "who asks for several ideas has a vote for each, and is one contact, and its account one account with one revenue",
)
EXPLAINED: Mapping[Grouping, tuple[str, ...]] = {
    "segment": (
        "a contact is in every segment that it or its account is in now, so groups overlap: the total counts each once",
        "the group without a key are contacts in no segment, and statements of nobody known",
    ),
    "plan": ("the plan is the account's now; the group without a key has no account, or one without a plan",),
    "month": (
        "the month, UTC, in which the vote was cast or the statement made",
        "who asked in two months counts in both, and once in the total",
    ),
    "source": ("the channel of the vote or the statement: who asked by two counts in both, and once in the total",),
    "product": ("the statement's product where its source tells one, else the idea's",),
    "account": ("contacts without an account are in the total only",),
}


class DemandGroup(Wire):
    """How much an idea is wanted by some."""

    key: str | None = Field(
        description="the segment's or product's key, the plan, `2026-03`, the account's external id"
    )
    name: str | None = Field(description="of the segment, product or account")
    account_id: UUID | None = Field(default=None, description="by account: the account")
    votes: int
    insights: int = Field(description="links from feedback")
    contacts: int = Field(description="distinct contacts")
    accounts: int = Field(description="distinct accounts of those contacts")
    mrr: int = Field(description="what those accounts pay now, minor units")
    mrr_at_vote: int = Field(description="what they paid when they voted, minor units")
    accounts_without_vote: int = Field(description="accounts of which nobody voted: no revenue was noted of them")
    top_accounts: list[str] = Field(description="names of the accounts that pay most now, three at most")


class _Groups(Wire):
    by: Grouping
    currency: str
    total: DemandGroup
    groups: list[DemandGroup] = Field(description="the most revenue first; months in order")
    groups_left_out: int = Field(description="groups besides those listed, which are 300 at most")
    next_cursor: str | None = Field(description="by account: pass as `cursor` to get the next page")
    counted_at: datetime | None = Field(
        description="when these figures were brought up to date, which happens within seconds of a change unless very "
        "much changes at once; null: they were counted for this answer"
    )
    explained: list[str] = Field(description="what is counted, and how")


class DemandBreakdown(_Groups):
    """How much an idea is wanted, by group. Each level is unique in itself: groups need not add up to the total."""

    idea_id: UUID


class DemandOverview(_Groups):
    """How much is wanted in all, by group. Each level is unique in itself, over all ideas."""

    product: str | None = Field(description="only of this product, as it was asked for")


@router.get(
    "/ideas/{idea_id}/demand/breakdown",
    responses=GUARDED | responses(Moved, NotFound),
    dependencies=[allow("ideas:read")],
)
async def break_demand_down(
    idea_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    by: GroupedBy = "segment",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DemandBreakdown:
    """Show who wants an idea by segment, account, plan, month, channel or product.

    Revenue stands there twice: as it was when each vote was cast, and as it is now. Only accounts come in pages.
    """
    place = _place(by, cursor)
    scope, currency = await domain.of_idea(read, caller.workspace_id, idea_id)
    fields = await _groups(read, caller.workspace_id, scope, by, place, limit)
    return DemandBreakdown(
        idea_id=idea_id, by=by, currency=currency, explained=[*_LEVELS, *EXPLAINED[by], _KEPT], **fields
    )


@router.get("/demand", responses=GUARDED | responses(Conflict), dependencies=[allow("ideas:read")])
async def show_demand(
    caller: CallerDep,
    read: ReadDep,
    by: GroupedBy = "segment",
    product: Annotated[Key | None, Query(description="only what is asked of this product: its id or key")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DemandOverview:
    """Show who wants anything at all, over all ideas or a product's, each counted once at each level.

    Who asks for several ideas is one contact, and its account one account. Only accounts come in pages.
    """
    place = _place(by, cursor)
    scope = await domain.above(read, caller.workspace_id, product)
    fields = await _groups(read, caller.workspace_id, scope, by, place, limit)
    explained = [*_LEVELS, *_ABOVE, *EXPLAINED[by], _KEPT]
    return DemandOverview(product=product, by=by, currency=caller.currency, explained=explained, **fields)


def _place(by: Grouping, cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    if by != "account":
        raise Invalid(errors=[FieldError("/query/cursor", "only accounts come in pages")])
    mrr, account_id = decode(cursor, whole(), UUID)
    return mrr, account_id


async def _groups(
    read: Read, workspace_id: UUID, scope: Scope, by: Grouping, place: Place | None, limit: int
) -> dict[str, Any]:
    """The fields that both answers share."""
    if by != "account":
        return _fields(await domain.split(read, workspace_id, scope, by), None)
    found = await domain.split_by_account(read, workspace_id, scope, place, limit + 1)
    more = len(found.groups) > limit
    found = found._replace(groups=found.groups[:limit])
    end = found.groups[-1] if more else None
    return _fields(found, encode(end["mrr"], end["account_id"]) if end else None)


def _fields(found: Split, next_cursor: str | None) -> dict[str, Any]:
    return {
        "total": _group(found.total) if found.total is not None else NOBODY,
        "groups": [_group(row) for row in found.groups],
        "groups_left_out": found.left_out,
        "next_cursor": next_cursor,
        "counted_at": found.counted_at,
    }


def _group(row: asyncpg.Record) -> DemandGroup:
    return DemandGroup(**{name: value for name, value in row.items() if name in DemandGroup.model_fields})


NOBODY = DemandGroup(
    key=None,
    name=None,
    votes=0,
    insights=0,
    contacts=0,
    accounts=0,
    mrr=0,
    mrr_at_vote=0,
    accounts_without_vote=0,
    top_accounts=[],
)
