"""An answer of the solver as callers get it."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.scoring.portfolio.bodies import (
    KindShare,
    LeftOutItem,
    LimitOut,
    OverridePrice,
    Planned,
    Portfolio,
    PortfolioIn,
    PriceOut,
    RobustOut,
    Usage,
)
from services.scoring.portfolio.domain import Answer, Solved, TooLate, Unscored
from services.scoring.portfolio.prices import LeftOut, Price, Robust
from services.scoring.portfolio.program import Infeasible, Limit
from shared.events.feedback import IdeaKind


def portfolio(body: PortfolioIn, answer: Answer) -> Portfolio:
    """The answer to what was asked."""
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
        case Infeasible(named, least):
            reason = "no set of items is within all limits"
            fields |= {"state": "infeasible", "reason": reason, "conflict": limits(named), "conflict_is_least": least}
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
        "overrides": _overrides(answer.overrides, {each.key: each.reason for each in body.items}),
        "left_out": [_left_out(each, items[each.key].value) for each in answer.left_out],
        "robust": None if answer.robust is None else _robust(answer.robust),
    }


def limits(found: Sequence[Limit]) -> list[LimitOut]:
    """Limits by kind and names."""
    return [LimitOut(kind=kind, name=name, other=other) for kind, name, other in found]


def _prices(found: Sequence[Price]) -> list[PriceOut]:
    return [
        PriceOut(limit=limits([each.limit])[0], price=each.price, enters=list(each.enters), leaves=list(each.leaves))
        for each in found
    ]


def _overrides(found: Sequence[Price], reasons: Mapping[str, str | None]) -> list[OverridePrice]:
    return [
        OverridePrice(reason=reasons[each.limit[1]], **priced.model_dump())
        for each, priced in zip(found, _prices(found), strict=True)
    ]


def _left_out(found: LeftOut, value: float) -> LeftOutItem:
    return LeftOutItem(
        key=found.key,
        value=value,
        reason=found.reason,
        price=found.price,
        displaces=list(found.displaces),
        limits=limits(found.limits),
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
