"""What limits cost: more capacity, each override, each idea that was left out. All by solving again.

    price of a unit of capacity = best value with one unit more - best value
    price of an override        = best value without it - best value with it
    price of an idea left out   = best value - best value with it

A mixed-integer program has no dual values that could be trusted: one month more may be worth nothing, and two a lot. So
each price is the difference of two optima, for exactly the unit that was asked. What there was no time for is None, and
so is a difference that the gaps of the two sets could make up: it would be chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.scoring.frameworks.recipe import Array
from services.scoring.portfolio.program import Infeasible, Limit, OutOfTime, Program, Solution, Solver


@dataclass(frozen=True, slots=True)
class Price:
    """What a limit costs."""

    limit: Limit
    price: float | None
    enters: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that is not in the set, and why."""

    key: str
    reason: str
    price: float | None
    """What having it would cost; None when it cannot be had, or there was no time."""
    displaces: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    """The limits that it cannot be had with."""


@dataclass(frozen=True, slots=True)
class Robust:
    """The set under many draws of the values."""

    share: Mapping[str, float]
    """How often each item is in the best set."""
    regret: float
    """How much more the best set of each draw is worth than the chosen one, on average."""
    low: float
    middle: float
    high: float
    """The chosen set's value: a tenth, half and nine tenths of the draws are below."""
    safer: tuple[str, ...] | None
    """The set, of all that were best in a draw, whose value in the worst tenth is highest; None: the chosen one."""
    safer_low: float
    draws: int


def _changed(old: Solution, new: Solution) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (
        tuple(key for key in new.periods if key not in old.periods),
        tuple(key for key in old.periods if key not in new.periods),
    )


def _unsure(one: Solution, other: Solution) -> bool:
    """Whether what the two are apart may be no more than what is not known of them."""
    unknown = one.gap * abs(one.value) + other.gap * abs(other.value)
    return unknown > abs(one.value - other.value) / 2


def _priced(limit: Limit, best: Solution, other: Solution) -> Price:
    if _unsure(best, other):
        return Price(limit, None)
    return Price(limit, max(other.value - best.value, 0.0), *_changed(best, other))


def of_capacity(solver: Solver, best: Solution, unit: float) -> list[Price]:
    """What one unit more of each skill is worth in each period, the dearest first."""
    found: list[Price] = []
    for skill, amounts in solver.program.capacity.items():
        for period in range(len(amounts)):
            limit: Limit = ("capacity", skill, str(period))
            try:
                better = solver.best(more={(skill, period): unit})
            except OutOfTime:
                better = None
            if better is None:
                found.append(Price(limit, None))
            else:
                found.append(_priced(limit, best, better))
    return sorted(found, key=lambda each: -(each.price or 0.0))


def of_overrides(solver: Solver, best: Solution) -> list[Price]:
    """What each must-have and each exclusion costs, the dearest first."""
    program = solver.program
    limits: list[Limit] = [("must", key, "") for key in sorted(program.must)]
    excluded: list[Limit] = [("without", key, "") for key in sorted(program.without)]
    found: list[Price] = []
    for limit in [*limits, *excluded]:
        try:
            freed = solver.best(leave={limit})
        except OutOfTime:
            freed = None
        if freed is None:
            found.append(Price(limit, None))
        else:
            found.append(_priced(limit, best, freed))
    return sorted(found, key=lambda each: -(each.price or 0.0))


def of_left_out(solver: Solver, best: Solution, most: int) -> list[LeftOut]:
    """Why items that are worth something are not in the set, the most worth first."""
    program = solver.program
    items = sorted(program.items, key=lambda item: -item.value)
    outside = [item.key for item in items if item.key not in best.periods and item.value > 0][:most]
    return [_why(solver, best, key) for key in outside]


def _why(solver: Solver, best: Solution, key: str) -> LeftOut:
    program = solver.program
    if key in program.without:
        return LeftOut(key, "excluded by hand", None, limits=(("without", key, ""),))
    item = next(each for each in program.items if each.key == key)
    for skill, effort in item.effort.items():
        most = max(program.capacity.get(skill, (0.0,)))
        if effort > most:
            reason = f"takes {effort:g} of {skill}, and no period has more than {most:g}"
            return LeftOut(key, reason, None, limits=(("capacity", skill, ""),))
    try:
        with_it = solver.best(must=(key,))
    except OutOfTime:
        return LeftOut(key, "no time was left to find out", None)
    if with_it is None:
        forced = Solver(_with(program, key), solver.deadline)
        forced.watch = solver.watch
        limits = tuple(limit for limit in forced.conflict().limits if limit != ("must", key, ""))
        return LeftOut(key, "cannot be had together with other limits", None, limits=limits)
    if _unsure(best, with_it):
        return LeftOut(key, "no time was left to find out", None)
    price = max(best.value - with_it.value, 0.0)
    displaced = tuple(each for each in best.periods if each not in with_it.periods)
    reason = "would displace what is worth more" if price > 0 else "another set is worth as much"
    return LeftOut(key, reason, price, displaced)


def _with(program: Program, key: str) -> Program:
    return Program(
        program.items,
        program.capacity,
        program.needs,
        {*program.must, key},
        program.without,
        program.shares,
        program.share_of,
        program.keep,
    )


def robust(solver: Solver, best: Solution, values: Array, seconds: float) -> Robust | None:
    """The set against draws of the values (a row for each item); None when there was no time for ten draws."""
    keys = [item.key for item in solver.program.items]
    places = {key: place for place, key in enumerate(keys)}
    sets: dict[tuple[str, ...], Mapping[str, int]] = {tuple(sorted(best.periods)): best.periods}
    best_values: list[float] = []
    counts = np.zeros(len(keys))
    for draw in range(values.shape[1]):
        try:
            found = solver.best(values=values[:, draw], seconds=seconds)
        except OutOfTime:
            break
        if found is None:
            break
        best_values.append(found.value)
        counts[[places[key] for key in found.periods]] += 1
        sets.setdefault(tuple(sorted(found.periods)), found.periods)
    draws = len(best_values)
    if draws < min(10, values.shape[1]):
        return None
    keep = solver.program.keep

    def over_draws(periods: Mapping[str, int]) -> Array:
        weights = np.zeros(len(keys))
        for key, period in periods.items():
            weights[places[key]] = keep**period
        return weights @ values

    own = over_draws(best.periods)
    low, middle, high = np.quantile(own, (0.1, 0.5, 0.9)).tolist()
    safest = max(sets, key=lambda each: float(np.quantile(over_draws(sets[each]), 0.1)))
    safer_low = float(np.quantile(over_draws(sets[safest]), 0.1))
    return Robust(
        share=dict(zip(keys, (counts / draws).tolist(), strict=True)),
        regret=max(float(np.mean(np.array(best_values) - own[:draws])), 0.0),
        low=low,
        middle=middle,
        high=high,
        safer=safest if safer_low > low + 1e-9 * max(1.0, abs(low)) else None,
        safer_low=safer_low,
        draws=draws,
    )


__all__ = ["Infeasible", "LeftOut", "Price", "Robust", "of_capacity", "of_left_out", "of_overrides", "robust"]
