"""The balance of technical and business work, as a front instead of one fixed share.

For a range of technical values, the most business value that can be had with at least so much (the epsilon-constraint
method: Yacov Haimes and others, 1971). A set is on the front when no other gives more of one without less of the other.
`technical` is the summed value of items of the technical kinds, `business` that of all others, in the items' own unit;
with debt valued by its cost of delay both are in one currency.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from services.scoring.frameworks.recipe import Array
from services.scoring.portfolio.program import OutOfTime, Solver


@dataclass(frozen=True, slots=True)
class Point:
    """A set on the front."""

    periods: Mapping[str, int]
    business: float
    technical: float
    share: float
    """Of the effort used, what technical items get."""


def front(solver: Solver, kinds: Collection[str], points: int) -> tuple[list[Point], bool]:
    """The front, from the most business value to the most technical; and whether there was time for all of it."""
    items = solver.program.items
    theirs = np.array([item.kind in kinds for item in items])
    values = np.array([item.value for item in items])
    business, technical = np.where(theirs, 0.0, values), np.where(theirs, values, 0.0)
    found: dict[tuple[str, ...], Point] = {}

    def add(worth: Array, least: float | None) -> Point | None:
        floor = None if least is None else (technical, least)
        solution = solver.best(values=worth, floor=floor)
        if solution is None:
            return None
        point = _point(solver, solution.periods, theirs)
        found[tuple(sorted(solution.periods))] = point
        return point

    # A little of the other value settles equals; it is too little to outweigh anything else.
    little = 1e-6
    try:
        low, high = add(business + little * technical, None), add(technical + little * business, None)
        if low is None or high is None:
            return [], True
        for step in range(1, points - 1):
            add(business + little * technical, low.technical + (high.technical - low.technical) * step / (points - 1))
    except OutOfTime:
        return _undominated(list(found.values())), False
    return _undominated(list(found.values())), True


def _point(solver: Solver, periods: Mapping[str, int], theirs: Array) -> Point:
    keep = solver.program.keep
    worth, effort = [0.0, 0.0], [0.0, 0.0]
    for item, technical in zip(solver.program.items, theirs.tolist(), strict=True):
        if item.key in periods:
            worth[int(technical)] += item.value * keep ** periods[item.key]
            effort[int(technical)] += sum(item.effort.values())
    used = sum(effort)
    return Point(periods, worth[0], worth[1], effort[1] / used if used else 0.0)


def _undominated(points: list[Point]) -> list[Point]:
    kept: list[Point] = []
    for point in sorted(points, key=lambda each: (-each.business, -each.technical)):
        if not kept or point.technical > kept[-1].technical:
            kept.append(point)
    return kept
