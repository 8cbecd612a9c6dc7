"""Portfolios over HTTP. Nothing is stored."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from services.scoring.candidates import domain as candidates
from services.scoring.candidates.domain import Candidate, Choice, Model
from services.scoring.portfolio import domain
from services.scoring.portfolio.bodies import (
    Front,
    FrontIn,
    FrontPoint,
    KindShare,
    LeftOutItem,
    LimitOut,
    Planned,
    Portfolio,
    PortfolioIn,
    PriceOut,
    RobustOut,
    Usage,
)
from services.scoring.portfolio.domain import Answer, Solved, TooLate, Unscored
from services.scoring.portfolio.front import Point
from services.scoring.portfolio.prices import LeftOut, Price, Robust
from services.scoring.portfolio.program import Infeasible, Limit
from services.scoring.portfolio.stocks import P
from shared.access.keys import Caller
from shared.apart import compute_apart
from shared.errors import Conflict, TooLarge, UnsupportedMedia
from shared.events.feedback import IdeaKind
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, Route, RuntimeDep, allow
from shared.runtime import Runtime

router = APIRouter(prefix="/v1", tags=["portfolio"], route_class=Route)
ASKING = GUARDED | responses(Conflict, TooLarge, UnsupportedMedia)


@router.post("/portfolios", responses=ASKING, dependencies=[allow("scores:read")])
async def choose_portfolio(body: PortfolioIn, caller: CallerDep, runtime: RuntimeDep) -> Portfolio:
    """Choose the best set of items under capacity, dependencies, overrides and shares by kind.

    The set is exact when `gap` is 0. It comes with what one unit more of each capacity is worth, what each override
    costs, and why the best items left out are out. When no set is within the limits, those that conflict are named.
    """
    asked, model, ideas = await _scored(body, caller, runtime)
    answer = await compute_apart(runtime, lambda: domain.solve(asked, model, ideas))
    return _portfolio(asked, answer)


@router.post("/portfolios/fronts", responses=ASKING, dependencies=[allow("scores:read")])
async def balance_portfolio(body: FrontIn, caller: CallerDep, runtime: RuntimeDep) -> Front:
    """Balance technical and business work: the sets that no other one beats in both values (Pareto front).

    Each tells which share of the effort technical work gets in it, so the cost of a fixed share can be read off.
    """
    asked, model, ideas = await _scored(body, caller, runtime)
    answer = await compute_apart(runtime, lambda: domain.balance(asked, model, ideas))
    fields: dict[str, Any] = {"state": "solved", "points": [], "complete": True, "conflict": [], "missing": []}
    match answer:
        case Unscored(keys):
            fields |= {"state": "not_scoreable", "missing": list(keys)}
        case TooLate():
            fields |= {"state": "out_of_time", "complete": False}
        case Infeasible(limits):
            fields |= {"state": "infeasible", "conflict": _limits(limits)}
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


async def _scored(body: P, caller: Caller, runtime: Runtime) -> tuple[P, Model | None, dict[UUID, Candidate]]:
    """The portfolio with its capacity, the model that gives values, and the ideas that it gives them to."""
    if body.model_id is None and body.stored_capacity is None:
        return body, None, {}
    async with runtime.database.read((caller.workspace_id,)) as read:
        body = await domain.stocked(read, caller.workspace_id, body)
        if body.model_id is None:
            return body, None, {}
        ideas = [each.idea_id for each in body.items if each.value is None and each.spread is None]
        wanted = [idea_id for idea_id in ideas if idea_id is not None]
        model = await candidates.model(read, caller.workspace_id, body.model_id)
        found = await candidates.load(read, caller.workspace_id, model.id, Choice(0, idea_ids=wanted))
    return body, model, {each.idea_id: each for each in found}


def _portfolio(body: PortfolioIn, answer: Answer) -> Portfolio:
    fields: dict[str, Any] = {
        "state": "solved",
        "reason": None,
        "chosen": [],
        "value": None,
        "gap": None,
        "conflict": [],
        "conflict_is_least": None,
        "missing": [],
        "capacity": [],
        "kinds": [],
        "prices": [],
        "overrides": [],
        "left_out": [],
        "robust": None,
    }
    match answer:
        case Unscored(keys):
            reason = "the model has no value for some ideas: estimate what they lack, or give values"
            fields |= {"state": "not_scoreable", "reason": reason, "missing": list(keys)}
        case TooLate():
            fields |= {"state": "out_of_time", "reason": "no set was found in time: give more seconds, or fewer items"}
        case Infeasible(limits, least):
            reason = "no set of items is within all limits"
            fields |= {"state": "infeasible", "reason": reason, "conflict": _limits(limits), "conflict_is_least": least}
        case Solved():
            fields |= _solved(body, answer)
    return Portfolio(**fields)


def _solved(body: PortfolioIn, answer: Solved) -> dict[str, Any]:
    items = {item.key: item for item in answer.program.items}
    plans = {item.key: item for item in body.items}
    periods = answer.best.periods
    efforts = {key: sum(items[key].effort.values()) for key in periods}
    used, whole = sum(efforts.values()), sum(sum(each.amounts) for each in body.capacity)
    kinds: dict[IdeaKind, float] = {each.kind: 0.0 for each in body.items}
    for key, effort in efforts.items():
        kinds[plans[key].kind] += effort
    return {
        "chosen": [
            Planned(key=key, idea_id=plans[key].idea_id, kind=plans[key].kind, value=items[key].value, period=period)
            for key, period in sorted(periods.items(), key=lambda each: (each[1], -items[each[0]].value, each[0]))
        ],
        "value": answer.best.value,
        "gap": answer.best.gap,
        "capacity": [
            Usage(
                skill=each.skill,
                period=period,
                capacity=amount,
                used=sum(items[key].effort.get(each.skill, 0.0) for key, when in periods.items() if when == period),
            )
            for each in body.capacity
            for period, amount in enumerate(each.amounts)
        ],
        "kinds": [
            KindShare(
                kind=kind,
                effort=effort,
                of_capacity=effort / whole if whole else 0.0,
                of_used=effort / used if used else 0.0,
            )
            for kind, effort in kinds.items()
        ],
        "prices": _prices(answer.capacity),
        "overrides": _prices(answer.overrides),
        "left_out": [_left_out(each, items[each.key].value) for each in answer.left_out],
        "robust": None if answer.robust is None else _robust(answer.robust),
    }


def _limits(limits: Sequence[Limit]) -> list[LimitOut]:
    return [LimitOut(kind=kind, name=name, other=other) for kind, name, other in limits]


def _prices(found: Sequence[Price]) -> list[PriceOut]:
    return [
        PriceOut(limit=_limits([each.limit])[0], price=each.price, enters=list(each.enters), leaves=list(each.leaves))
        for each in found
    ]


def _left_out(found: LeftOut, value: float) -> LeftOutItem:
    return LeftOutItem(
        key=found.key,
        value=value,
        reason=found.reason,
        price=found.price,
        displaces=list(found.displaces),
        limits=_limits(found.limits),
    )


def _robust(found: Robust) -> RobustOut:
    return RobustOut(
        draws=found.draws,
        chosen=dict(found.share),
        regret=found.regret,
        p10=found.low,
        p50=found.middle,
        p90=found.high,
        safer=None if found.safer is None else list(found.safer),
        safer_p10=found.safer_low,
    )
