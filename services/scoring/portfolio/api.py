"""Portfolios over HTTP. Nothing is stored: `plans` keeps them."""

from typing import Any

from fastapi import APIRouter

from services.scoring.portfolio import domain
from services.scoring.portfolio.answers import limits, portfolio
from services.scoring.portfolio.bodies import Front, FrontIn, FrontPoint, Portfolio, PortfolioIn
from services.scoring.portfolio.domain import TooLate, Unscored
from services.scoring.portfolio.front import Point
from services.scoring.portfolio.program import Infeasible
from shared.apart import compute_apart
from shared.errors import Conflict, TooLarge, UnsupportedMedia
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, Route, RuntimeDep, allow

router = APIRouter(prefix="/v1", tags=["portfolio"], route_class=Route)
ASKING = GUARDED | responses(Conflict, TooLarge, UnsupportedMedia)


@router.post("/portfolios", responses=ASKING, dependencies=[allow("scores:read")])
async def choose_portfolio(body: PortfolioIn, caller: CallerDep, runtime: RuntimeDep) -> Portfolio:
    """Choose the best set of items under capacity, dependencies, overrides and shares by kind.

    The set is exact when `gap` is 0. It comes with what one unit more of each capacity is worth, what each override
    costs, and why the best items left out are out. When no set is within the limits, those that conflict are named.
    """
    async with runtime.database.read((caller.workspace_id,)) as read:
        asked, model, ideas, _ = await domain.load(read, caller.workspace_id, body)
    answer = await compute_apart(runtime, lambda: domain.solve(asked, model, ideas))
    return portfolio(asked, answer)


@router.post("/portfolios/fronts", responses=ASKING, dependencies=[allow("scores:read")])
async def balance_portfolio(body: FrontIn, caller: CallerDep, runtime: RuntimeDep) -> Front:
    """Balance technical and business work: the sets that no other one beats in both values (Pareto front).

    Each tells which share of the effort technical work gets in it, so the cost of a fixed share can be read off.
    """
    async with runtime.database.read((caller.workspace_id,)) as read:
        asked, model, ideas, _ = await domain.load(read, caller.workspace_id, body)
    answer = await compute_apart(runtime, lambda: domain.balance(asked, model, ideas))
    fields: dict[str, Any] = {"state": "solved", "points": [], "complete": True, "conflict": [], "missing": []}
    match answer:
        case Unscored(keys):
            fields |= {"state": "not_scoreable", "missing": list(keys)}
        case TooLate():
            fields |= {"state": "out_of_time", "complete": False}
        case Infeasible(named):
            fields |= {"state": "infeasible", "conflict": limits(named)}
        case (points, complete):
            fields |= {"complete": complete, "points": [_point(each) for each in points]}
    return Front(**fields)


def _point(point: Point) -> FrontPoint:
    return FrontPoint(
        business=point.business,
        technical=point.technical,
        technical_share=point.share,
        chosen=sorted(point.periods),
    )
