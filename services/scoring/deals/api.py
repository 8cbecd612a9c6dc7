"""Deals over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field

from services.scoring.deals import domain, store
from services.scoring.deals.domain import Outcome
from services.scoring.frameworks.parity import Standing
from services.scoring.frameworks.win_rate import Rate, rate
from shared.errors import NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, TxDep, allow
from shared.wire import Line, Text, Wire

router = APIRouter(prefix="/v1", tags=["competition"], route_class=Route)
Day = Annotated[date, Field(ge=date(1971, 1, 1), lt=date(2200, 1, 1))]
# Small enough that millions of deals add up to what an int8 holds.
Amount = Annotated[int, Field(ge=0, le=10**12)]
AMOUNT = "what it was worth, in minor units of the workspace's currency"
CAPABILITIES = "what decided it, for us or against us: a set, in no order"


def _distinct(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        raise ValueError("names a capability twice")
    return ids


class DealIn(Wire):
    """A deal that was won or lost against a competitor."""

    competitor_id: UUID
    outcome: Outcome = Field(examples=["lost"])
    amount: Amount | None = Field(default=None, description=AMOUNT, examples=[1_200_000])
    closed_on: Day | None = Field(default=None, description="left out: today", examples=["2026-11-03"])
    capability_ids: Annotated[list[UUID], Field(max_length=20), AfterValidator(_distinct)] = Field(
        default_factory=list[UUID], description=CAPABILITIES
    )
    note: Text | None = None
    said_by: Line | None = Field(default=None, description="who, by your own id: no name. Left out: the key")


class Deal(Wire):
    """A deal that was won or lost against a competitor. It is never changed: tell anew and withdraw it."""

    id: UUID
    competitor_id: UUID
    outcome: Outcome
    amount: int | None = Field(description=AMOUNT)
    closed_on: date
    capability_ids: list[UUID] = Field(description=CAPABILITIES)
    note: str | None
    said_by: str
    withdrawn_at: datetime | None
    created_at: datetime


class WinLoss(Wire):
    """Deals of a period, counted."""

    won: int
    lost: int
    amount_won: int = Field(description="minor units; deals of which no amount was told count nothing")
    amount_lost: int
    rate: Rate | None = Field(description="the share that was won; null: there were none")


class CompetitorWinLoss(WinLoss):
    """Deals against one competitor."""

    competitor_id: UUID
    competitor: str


class CapabilityWinLoss(WinLoss):
    """Deals that one capability decided."""

    capability_id: UUID
    capability: str
    ours: Standing


class WinLossReport(Wire):
    """Deals of a period by competitor and by what decided them."""

    since: date
    until: date
    currency: str
    competitors: list[CompetitorWinLoss] = Field(description="the most met first")
    capabilities: list[CapabilityWinLoss] = Field(description="those of most lost deals first, 100 at most")


def _deal(row: asyncpg.Record) -> Deal:
    return Deal(**row)


@router.post("/deals", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def create_deal(body: DealIn, caller: CallerDep, tx: TxDep, response: Response) -> Deal:
    """Tell of a deal that was won or lost against a competitor, and which capabilities decided it."""
    told: dict[str, Any] = body.model_dump() | {"said_by": body.said_by or caller.actor}
    row = await domain.tell(tx, caller.workspace_id, **told)
    response.headers["Location"] = f"/v1/deals/{row['id']}"
    return _deal(row)


@router.get("/deals", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_deals(
    caller: CallerDep,
    read: ReadDep,
    competitor_id: Annotated[UUID | None, Query(description="only against this competitor")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Deal]:
    """List deals, the latest told first, withdrawn ones included."""
    asked = caller.workspace_id, after(cursor, LAST), limit + 1
    rows = await (
        read.all(store.LIST, *asked)
        if competitor_id is None
        else read.all(store.LIST_OF_COMPETITOR, *asked, competitor_id)
    )
    return page(rows, limit, _deal, lambda deal: (deal.id,))


@router.get("/deals/{deal_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("scores:read")])
async def get_deal(deal_id: UUID, caller: CallerDep, read: ReadDep) -> Deal:
    """Show one deal."""
    return _deal(await domain.get(read, caller.workspace_id, deal_id))


@router.delete("/deals/{deal_id}", status_code=204, responses=EDITING, dependencies=[allow("scores:write")])
async def withdraw_deal(deal_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Let a deal count no more. It stays in the list as withdrawn."""
    await domain.withdraw(tx, caller.workspace_id, deal_id)


@router.get("/win-loss", responses=GUARDED, dependencies=[allow("scores:read")])
async def report_win_loss(
    caller: CallerDep,
    read: ReadDep,
    since: Annotated[Day | None, Query(description="the first day; left out: 365 days before the last")] = None,
    until: Annotated[Day | None, Query(description="the last day; left out: today")] = None,
) -> WinLossReport:
    """Count deals won and lost in a period of 366 days at most, by competitor and by what decided them."""
    found = await domain.tally(read, caller.workspace_id, since, until)
    return WinLossReport(
        since=found.since,
        until=found.until,
        currency=caller.currency,
        competitors=[CompetitorWinLoss(**row, rate=rate(row["won"], row["lost"])) for row in found.competitors],
        capabilities=[CapabilityWinLoss(**row, rate=rate(row["won"], row["lost"])) for row in found.capabilities],
    )
