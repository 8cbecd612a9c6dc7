"""Who wants an idea, group by group, over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import Field

from services.feedback.demand import domain
from services.feedback.demand.domain import By, Split
from shared.errors import FieldError, Invalid, Moved, NotFound
from shared.paging import Cursor, Limit, decode, encode
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.wire import INT8, Wire

router = APIRouter(prefix="/v1/ideas", tags=["ideas"], route_class=Route)
_LEVELS = (
    "votes and insights are counted each; contacts and accounts are counted once in a group, however often they asked",
    "mrr is what the accounts pay now; mrr_at_vote is what each paid when its last vote in the group was cast",
    "accounts that are here by feedback alone (accounts_without_vote) add nothing to mrr_at_vote: it was not noted",
)
EXPLAINED: Mapping[By | Literal["account"], tuple[str, ...]] = {
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


class DemandBreakdown(Wire):
    """How much an idea is wanted, by group. Each level is unique in itself: groups need not add up to the total."""

    idea_id: UUID
    by: Literal["segment", "account", "plan", "month", "source", "product"]
    currency: str
    total: DemandGroup
    groups: list[DemandGroup] = Field(description="the most revenue first; months in order")
    groups_left_out: int = Field(description="groups besides those listed, which are 300 at most")
    next_cursor: str | None = Field(description="by account: pass as `cursor` to get the next page")
    explained: list[str] = Field(description="what is counted, and how")


@router.get(
    "/{idea_id}/demand/breakdown", responses=GUARDED | responses(Moved, NotFound), dependencies=[allow("ideas:read")]
)
async def break_demand_down(
    idea_id: UUID,
    caller: CallerDep,
    read: ReadDep,
    by: Annotated[
        Literal["segment", "account", "plan", "month", "source", "product"], Query(description="what to group by")
    ] = "segment",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DemandBreakdown:
    """Show who wants an idea by segment, account, plan, month, channel or product.

    Revenue stands there twice: as it was when each vote was cast, and as it is now. Only accounts come in pages.
    """
    if by == "account":
        last = decode(cursor, _revenue, UUID) if cursor is not None else None
        found = await domain.split_by_account(read, caller.workspace_id, idea_id, last, limit + 1)
        more = len(found.groups) > limit
        found = found._replace(groups=found.groups[:limit])
        end = found.groups[-1] if more else None
        return _breakdown(idea_id, by, found, encode(end["mrr"], end["account_id"]) if end else None)
    if cursor is not None:
        raise Invalid(errors=[FieldError("/query/cursor", "only accounts come in pages")])
    return _breakdown(idea_id, by, await domain.split(read, caller.workspace_id, idea_id, by), None)


def _revenue(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= INT8:
        raise ValueError("is no revenue")
    return value


def _breakdown(idea_id: UUID, by: By | Literal["account"], found: Split, next_cursor: str | None) -> DemandBreakdown:
    return DemandBreakdown(
        idea_id=idea_id,
        by=by,
        currency=found.currency,
        total=_group(found.total) if found.total is not None else NOBODY,
        groups=[_group(row) for row in found.groups],
        groups_left_out=found.left_out,
        next_cursor=next_cursor,
        explained=[*_LEVELS, *EXPLAINED[by]],
    )


def _group(row: asyncpg.Record) -> DemandGroup:
    return DemandGroup(**row)


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
