"""A good set of many items, made better piece by piece until there is no time left.

Branch and cut over a thousand variables spends its first seconds on the bound. So what it has found by then, or the
linear relaxation at once, is improved by a large neighbourhood search (Paul Shaw, "Using constraint programming and
local search methods to solve vehicle routing problems", 1998): most of the set stays as it is, a small program over the
rest is solved to its end, and what it finds is kept where it is better. Which pieces: two periods at a time, each pair
before any comes again, with what is done in them and those left out that the linear relaxation holds to be nearest (by
their reduced costs), and what these need. The set never gets worse, and every set that is kept is within all limits.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from services.scoring.frameworks.recipe import Array, Mask
from services.scoring.portfolio.untyped import matrices, solver

INSIDE, OUTSIDE = 25, 40
"""Items that one piece is over, done and left out: as many as are solved to the end in a fifth of a second."""
PIECE_SECONDS = 0.4
SHORTEST_SECONDS = 0.05
ROUNDS = 2
"""In vain over all pieces, before it is given up; what is left out of a piece is partly chance."""
TOLERANCE = 1e-6
GAP = 1e-4
"""What a piece may be short of its own best."""
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """A program in its matrix: for each item a variable for each period, all of them 0 or 1."""

    objective: Array
    matrix: Any
    lowest: Array
    highest: Array
    items: int
    periods: int
    needs: Sequence[tuple[int, int]]
    """Items by their place, each with one that it needs."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A set from the linear relaxation, and what none can be worth more than."""

    chosen: Array
    bound: float


def begun(problem: Problem, until: float) -> Begun | None:
    """What is whole in the relaxation, and of what is cut in it the best: quick, and often far ahead. None: no set."""
    relaxed = _relaxed(problem)
    if relaxed is None:
        return None
    whole = np.round(relaxed.values)
    chosen = _solved(problem, whole, np.abs(relaxed.values - whole) > TOLERANCE, until)
    return None if chosen is None else Begun(chosen, relaxed.bound)


def improved(problem: Problem, chosen: Array, until: float, ran: Callable[[], None]) -> Array:
    """A set that is no worse; `ran` is called before each piece, and may raise to stop."""
    lot = np.random.default_rng(1)
    relaxed = _relaxed(problem)
    nearness = np.zeros(len(chosen)) if relaxed is None else relaxed.nearness
    best, worth = chosen, float(problem.objective @ chosen)
    start = begun(problem, until)
    if start is not None and float(problem.objective @ start.chosen) > worth:
        best, worth = start.chosen, float(problem.objective @ start.chosen)
    barren = 0  # pieces in a row by which nothing was found
    pieces = list(_pieces(problem))
    while barren < ROUNDS * len(pieces):
        lot.shuffle(pieces)
        for piece in pieces:
            if until - time.monotonic() < 2 * SHORTEST_SECONDS:
                return best
            ran()
            found = _solved(problem, best, _free(problem, best, piece, nearness, lot), until)
            barren += 1
            if found is not None and (value := float(problem.objective @ found)) > worth * (1 + 1e-12):
                best, worth, barren = found, value, 0
    return best


def _pieces(problem: Problem) -> Iterator[tuple[int, ...]]:
    return itertools.combinations(range(problem.periods), min(problem.periods, 2))


@dataclass(frozen=True, slots=True)
class _Relaxed:
    """The best set where items may be cut."""

    values: Array
    nearness: Array
    """How much each variable's worth falls short of what its capacity is worth elsewhere; 0: nothing."""
    bound: float


def _relaxed(problem: Problem) -> _Relaxed | None:
    finite_high, finite_low = np.isfinite(problem.highest), np.isfinite(problem.lowest)
    result: Any = solver.linprog(
        -problem.objective,
        A_ub=matrices.vstack([problem.matrix[finite_high], -problem.matrix[finite_low]]),
        b_ub=np.concatenate([problem.highest[finite_high], -problem.lowest[finite_low]]),
        bounds=(0, 1),
        method="highs",
        options={"time_limit": 1.0},
    )
    if result.status != 0:
        return None
    nearness = cast("Array", -(result.lower.marginals + result.upper.marginals))
    return _Relaxed(cast("Array", result.x), nearness, -float(result.fun))


def _free(problem: Problem, chosen: Array, piece: Sequence[int], nearness: Array, lot: np.random.Generator) -> Mask:
    """The variables that a piece is over."""
    table = chosen.reshape(problem.items, problem.periods) > 0.5
    inside = np.flatnonzero(table[:, piece].any(axis=1))
    if len(inside) > INSIDE:
        inside = lot.choice(inside, INSIDE, replace=False)
    near = nearness.reshape(problem.items, problem.periods)[:, piece].max(axis=1)
    # By a little chance, so that no two pieces over the same periods are alike.
    near = near + lot.random(problem.items) * float(np.abs(nearness).mean())
    near[table.any(axis=1)] = -np.inf
    outside = [place for place in np.argsort(-near)[:OUTSIDE].tolist() if near[place] > -np.inf]
    items = set(inside.tolist()) | set(outside)
    needed = [other for item, other in problem.needs if item in items and not table[other].any()]
    free = np.zeros(table.shape, np.bool_)
    free[np.ix_(sorted(items.union(needed)), piece)] = True
    return free.ravel()


def _solved(problem: Problem, chosen: Array, free: Mask, until: float) -> Array | None:
    """The best set that differs in free variables only; None: there is none, or no time."""
    left = until - time.monotonic()
    if left < SHORTEST_SECONDS:
        return None
    result: Any = solver.milp(
        -problem.objective,
        integrality=np.ones(len(chosen)),
        bounds=solver.Bounds(np.where(free, 0.0, chosen), np.where(free, 1.0, chosen)),
        constraints=solver.LinearConstraint(problem.matrix, problem.lowest, problem.highest),
        options={"time_limit": min(PIECE_SECONDS, left), "mip_rel_gap": GAP},
    )
    return None if result.x is None else cast("Array", np.round(result.x))
