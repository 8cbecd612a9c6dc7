"""Sensitivity: how far a figure must move until other ideas are the first k.

A figure is moved alone, by a factor, down to a tenth and up to ten times; the nearest factor on either side that
changes who is among the first k is found on a grid and then halved in until it stands to a ten-thousandth. A weight
moves for all ideas, an input for its own idea only. None: within these factors nothing changes.

Between two points of the grid a choice that changes and changes back is not seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from services.scoring.frameworks.recipe import Array, Mask

FARTHEST = 10.0
STEPS = 24
HALVINGS = 14
GRID = FARTHEST ** (np.arange(1, STEPS + 1) / STEPS)


@dataclass(frozen=True, slots=True)
class Turn:
    """The nearest factor that changes the choice, to one side."""

    factor: float
    value: float
    """The figure at that factor."""


def first(values: Array, k: int) -> frozenset[int]:
    """Who is among the first k: the rows of the highest values, none that has no value. Equals stay as they were."""
    worth = np.where(np.isnan(values), -np.inf, values)
    order = np.argsort(-worth, kind="stable")[:k]
    return frozenset(place for place in order.tolist() if worth[place] > -np.inf)


def nearest(changes: Callable[[float], bool], up: bool) -> float | None:
    """The factor nearest to 1 on one side at which something changes."""
    held = 1.0
    for step in GRID.tolist():
        factor = step if up else 1 / step
        if changes(factor):
            for _ in range(HALVINGS):
                middle = (held * factor) ** 0.5
                held, factor = (held, middle) if changes(middle) else (middle, factor)
            return factor
        held = factor
    return None


def nearest_of_many(changes: Callable[[Array], Mask], size: int, up: bool) -> list[float | None]:
    """The same for many figures at once: `changes` is given a factor for each and tells which change something."""
    factors = np.ones(size)
    held = np.ones(size)
    found = np.zeros(size, np.bool_)
    for step in GRID.tolist():
        tried = np.full(size, step if up else 1 / step)
        now = ~found & changes(tried)
        factors[now], found = tried[now], found | now
        held[~found] = tried[~found]
    for _ in range(HALVINGS):
        middle = np.sqrt(held * factors)
        changed = changes(middle)
        factors = np.where(found & changed, middle, factors)
        held = np.where(found & ~changed, middle, held)
    return [factor if there else None for factor, there in zip(factors.tolist(), found.tolist(), strict=True)]


def turns(figures: Sequence[float], factors: Sequence[float | None]) -> list[Turn | None]:
    """Figures at the factors that change something."""
    return [
        None if factor is None else Turn(factor, figure * factor)
        for figure, factor in zip(figures, factors, strict=True)
    ]
