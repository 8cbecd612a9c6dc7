"""The best set of items under capacity, as a mixed-integer program.

    maximise sum(value * keep^period * x)   x[item, period] in {0, 1}, each item in one period at most

| limit     | meaning                                                                                       |
|-----------|-----------------------------------------------------------------------------------------------|
| capacity  | in each period, of each skill: what is done in it needs no more than there is                  |
| need      | an item needs another one: in the same period or before                                        |
| must      | the item is in the set                                                                        |
| without   | it is not                                                                                     |
| least     | items of these kinds get at least a share of the effort                                       |
| most      | and at most                                                                                   |

Values are in any one unit (a model's scores; money), efforts and capacities in any other (person-months), zero or more.
An item is done within one period. `keep` is what a value keeps when it comes a period later: 1 without a discount.
Shares are of all capacity, or of what is used of it.

Source: Harry Markowitz and Alan Manne, "On the solution of discrete programming problems", 1957, for capital budgeting
as a 0-1 program. Solved with HiGHS by branch and cut, and where there are many variables `neighbourhoods` goes on:
`gap` is how far the best set found may be from the best there is, 0 when it is proven. Among sets of the same value the
one of the least effort is taken, of those one of many items, and of those an early one.

No set at all is a result: the conflicting limits are named, none of which can be left out (QuickXplain, Ulrich Junker,
2004).
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, cast

import numpy as np

from services.scoring.frameworks.recipe import Array
from services.scoring.portfolio.neighbourhoods import Problem, begun, improved
from services.scoring.portfolio.untyped import matrices, solver
from services.scoring.portfolio.watch import Watch

Limit: TypeAlias = tuple[Literal["capacity", "need", "must", "without", "least", "most"], str, str]
"""A limit by its kind and names: skill and period, item and needed item, item, kinds."""
LARGEST = 1_000.0
"""Values are scaled to it: the solver's own tolerance of a millionth is then a billionth of the largest."""
SHORTEST_SECONDS = 0.02
FARTHEST = 1_000.0
"""How many times all there is an item is taken to need at most: with any more it fits no better."""
MANY_VARIABLES = 300
"""From here on what branch and cut has found in a part of the time is improved piece by piece in the rest of it."""
FIRST_SHARE = 0.2
MOST_VARIABLES = 1_000
"""From here on that time is over before there is a branch or a bound any better than that of the linear relaxation,
which takes a twentieth of it: the set is begun with that instead."""


@dataclass(frozen=True, slots=True)
class Item:
    """What may be done."""

    key: str
    value: float
    effort: Mapping[str, float]
    """By skill."""
    kind: str = "feature"


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the effort items of these kinds get."""

    kinds: tuple[str, ...]
    least: float | None = None
    most: float | None = None

    @property
    def name(self) -> str:
        return "+".join(self.kinds)


@dataclass(frozen=True, slots=True)
class Program:
    """What to choose from, and within what."""

    items: Sequence[Item]
    capacity: Mapping[str, Sequence[float]]
    """By skill, one for each period; all of one length."""
    needs: Sequence[tuple[str, str]] = ()
    must: Collection[str] = ()
    without: Collection[str] = ()
    shares: Sequence[Share] = ()
    share_of: Literal["capacity", "used"] = "capacity"
    keep: float = 1.0

    @property
    def periods(self) -> int:
        return len(next(iter(self.capacity.values()), (0.0,)))


@dataclass(frozen=True, slots=True)
class Solution:
    """The best set found: items with the period (from 0) that each is done in."""

    periods: Mapping[str, int]
    value: float
    gap: float
    """Of the value, at most so much more is possible; 0: proven."""


@dataclass(frozen=True, slots=True)
class Infeasible:
    """There is no set: these limits contradict one another."""

    limits: tuple[Limit, ...]
    least: bool
    """Whether each of them is needed for the contradiction; False: there was no time to find out."""


class OutOfTime(Exception):
    """No set was found in time, nor that there is none."""


@dataclass(frozen=True, slots=True)
class _Row:
    limit: Limit
    coefficients: Array
    lowest: float
    highest: float


def _least(objective: Array, value: float) -> float:
    """The least difference that counts, in the unit of the values: a billionth of the set, or of its largest item."""
    return 1e-9 * (max(float(np.abs(objective).max(initial=0.0)), abs(value)) or 1.0)


class Solver:
    """A program ready to be solved, whole or with other limits, until a deadline."""

    def __init__(self, program: Program, deadline: float) -> None:
        self.program = program
        self.deadline = deadline
        self.watch = Watch()
        self._items = {item.key: place for place, item in enumerate(program.items)}
        self._n, self._t = len(program.items), program.periods
        self._efforts = {
            skill: np.array([item.effort.get(skill, 0.0) for item in program.items]) for skill in program.capacity
        }
        self._total = np.array([sum(item.effort.values()) for item in program.items])
        self._rows = list(chain(self._capacities(), self._choices(), self._shares()))
        once = np.kron(np.eye(self._n), np.ones(self._t))
        # Most of it is zero, and every run takes some of its rows.
        self._table: Any = matrices.csr_array(np.vstack([once, *(row.coefficients for row in self._rows)]))

    @property
    def limits(self) -> list[Limit]:
        """Every limit, once."""
        return list(dict.fromkeys(row.limit for row in self._rows))

    def best(
        self,
        *,
        leave: Collection[Limit] = (),
        must: Collection[str] = (),
        more: Mapping[tuple[str, int], float] = MappingProxyType({}),
        values: Array | None = None,
        floor: tuple[Array, float] | None = None,
        tidy: bool = False,
        seconds: float | None = None,
    ) -> Solution | None:
        """The best set; None when there is none. OutOfTime when neither is known.

        `leave`: limits to leave out; `must`: items to have besides; `more`: capacity to add, by skill and period;
        `values`: others than the items' own; `floor`: another value for each item, and how much of it there must be at
        least; `tidy`: settle equals by effort and time, at the price of a second run.
        """
        eased = [
            self._capacity(*place, self.program.capacity[place[0]][place[1]] + much) for place, much in more.items()
        ]
        instead = {*leave, *(row.limit for row in eased)}
        rows = [place for place, row in enumerate(self._rows) if row.limit not in instead]
        extra = [row for row in eased if row.limit not in leave]
        extra += [self._have(("must", key, ""), key, 1.0) for key in must]
        worth = np.array([item.value for item in self.program.items]) if values is None else values
        kept = self.program.keep ** np.arange(self._t)
        objective = np.outer(worth, kept).ravel()
        if floor is not None:
            scale = float(np.abs(floor[0]).max(initial=0.0)) or 1.0
            extra.append(_Row(("least", "", ""), np.outer(floor[0] / scale, kept).ravel(), floor[1] / scale, np.inf))
        found = self._run(objective, rows, extra, seconds)
        if found is None:
            return None
        chosen, bound = found
        value = self._worth(objective, chosen)
        least = _least(objective, value)
        if tidy and bound - value <= least:
            chosen = self._tidied(objective, rows, extra, chosen, value)
        gap = 0.0 if bound - value <= least else (bound - value) / max(abs(value), least)
        return Solution(self._periods(chosen), self._worth(objective, chosen), gap)

    def conflict(self) -> Infeasible:
        """The limits that contradict one another, when there is no set."""
        limits = self.limits
        try:
            return Infeasible(tuple(self._explained([], limits, asked=False)), least=True)
        except OutOfTime:
            return Infeasible(tuple(limits), least=False)

    def _explained(self, given: list[Limit], limits: list[Limit], *, asked: bool) -> list[Limit]:
        if asked and not self._feasible(given):
            return []
        if len(limits) == 1:
            return limits
        half = len(limits) // 2
        first, second = limits[:half], limits[half:]
        later = self._explained([*given, *first], second, asked=True)
        earlier = self._explained([*given, *later], first, asked=bool(later))
        return [*earlier, *later]

    def _feasible(self, limits: Collection[Limit]) -> bool:
        kept = set(limits)
        rows = [place for place, row in enumerate(self._rows) if row.limit in kept]
        return self._run(np.zeros(self._n * self._t), rows) is not None

    def _run(
        self,
        objective: Array,
        rows: Sequence[int],
        extra: Sequence[_Row] = (),
        seconds: float | None = None,
    ) -> tuple[Array, float] | None:
        """The variables of the best set and a bound on its value, or None when there is no set."""
        self.watch.ran()
        left = self.deadline - time.monotonic()
        if left < SHORTEST_SECONDS:
            raise OutOfTime
        size = self._n * self._t
        largest = float(np.abs(objective).max(initial=0.0)) or 1.0
        used = [*(self._rows[place] for place in rows), *extra]
        matrix: Any = self._table[[*range(self._n), *(self._n + place for place in rows)]]
        if extra:
            matrix = matrices.vstack([matrix, matrices.csr_array(np.vstack([row.coefficients for row in extra]))])
        lowest = np.array([-np.inf] * self._n + [row.lowest for row in used])
        highest = np.array([1.0] * self._n + [row.highest for row in used])
        allowed = min(left, seconds or left)
        until = time.monotonic() + allowed
        whole = size <= MANY_VARIABLES or not objective.any()
        scaled = objective * (LARGEST / largest)

        def run(seconds: float) -> Any:
            return solver.milp(
                -scaled,
                integrality=np.ones(size),
                bounds=solver.Bounds(0, 1),
                constraints=solver.LinearConstraint(matrix, lowest, highest),
                options={"time_limit": seconds, "mip_rel_gap": 0.0},
            )

        needs = [(self._items[key], self._items[other]) for key, other in self.program.needs]
        problem = Problem(scaled, matrix, lowest, highest, self._n, self._t, needs)
        if size > MOST_VARIABLES and not whole and (start := begun(problem, until)) is not None:
            return improved(problem, start.chosen, until, self.watch.check), start.bound * largest / LARGEST
        result: Any = run(allowed if whole else allowed * FIRST_SHARE)
        if result.x is None and result.status == 1 and not whole:
            result = run(max(until - time.monotonic(), SHORTEST_SECONDS))
        if result.status == 2:
            return None
        if result.x is None:
            raise OutOfTime
        bound: float | None = result.mip_dual_bound
        known = float("inf") if bound is None or not np.isfinite(bound) else -bound * largest / LARGEST
        chosen = cast("Array", np.round(result.x))
        if result.status != 0 and not whole:
            chosen = improved(problem, chosen, until, self.watch.check)
        return chosen, known

    def _tidied(
        self, objective: Array, rows: Sequence[int], extra: Sequence[_Row], chosen: Array, value: float
    ) -> Array:
        largest = float(np.abs(objective).max(initial=0.0)) or 1.0
        enough = _Row(("least", "", ""), objective / largest, value / largest - 1e-9, np.inf)
        effort = np.repeat(self._total, self._t)
        # Effort decides; where that is the same, many items over few, and early over late.
        late = np.tile(np.arange(self._t) / self._t, self._n) * 1e-7 - 1e-6
        scale = float(effort.max(initial=0.0)) or 1.0
        try:
            # Not all that is left: the prices come after it.
            seconds = (self.deadline - time.monotonic()) / 4
            found = self._run(-(effort / scale + late), rows, [*extra, enough], seconds=seconds)
        except OutOfTime:
            return chosen
        if found is None or self._worth(objective, found[0]) < value - _least(objective, value):
            return chosen
        return found[0]

    def _worth(self, objective: Array, chosen: Array) -> float:
        return float(np.sum(objective[chosen > 0.5]))

    def _periods(self, chosen: Array) -> dict[str, int]:
        table = chosen.reshape(self._n, self._t) > 0.5
        done: list[int] = np.flatnonzero(table.any(axis=1)).tolist()
        return {self.program.items[place].key: int(table[place].argmax()) for place in done}

    def _spread(self, amounts: Array, periods: Array | None = None) -> Array:
        """A coefficient for each variable: an amount for each item, in all periods or in some."""
        return np.outer(amounts, np.ones(self._t) if periods is None else periods).ravel()

    def _capacities(self) -> list[_Row]:
        return [
            self._capacity(skill, period, amount)
            for skill, amounts in self.program.capacity.items()
            for period, amount in enumerate(amounts)
        ]

    def _capacity(self, skill: str, period: int, amount: float) -> _Row:
        """In shares of what there is: the solver tolerates a millionth of that, however much some item takes."""
        efforts = self._efforts[skill]
        with np.errstate(over="ignore"):
            shares = np.minimum(efforts / amount, FARTHEST) if amount > 0 else (efforts > 0).astype(np.float64)
        row = self._spread(shares, np.eye(self._t)[period])
        return _Row(("capacity", skill, str(period)), row, -np.inf, 1.0 if amount > 0 else 0.0)

    def _have(self, limit: Limit, key: str, wanted: float) -> _Row:
        one = np.zeros(self._n)
        one[self._items[key]] = 1.0
        return _Row(limit, self._spread(one), wanted, wanted)

    def _choices(self) -> list[_Row]:
        made = [self._have(("must", key, ""), key, 1.0) for key in sorted(self.program.must)]
        made += [self._have(("without", key, ""), key, 0.0) for key in sorted(self.program.without)]
        for key, needed in self.program.needs:
            pair = np.zeros(self._n)
            pair[self._items[key]] += 1.0
            pair[self._items[needed]] -= 1.0
            for period in range(self._t):
                until = (np.arange(self._t) <= period).astype(np.float64)
                made.append(_Row(("need", key, needed), self._spread(pair, until), -np.inf, 0.0))
        return made

    def _shares(self) -> list[_Row]:
        made: list[_Row] = []
        capacity = sum(sum(amounts) for amounts in self.program.capacity.values())
        scale = capacity or 1.0
        for share in self.program.shares:
            theirs = np.array([item.kind in share.kinds for item in self.program.items], np.float64) * self._total
            for kind, bound in (("least", share.least), ("most", share.most)):
                if bound is None:
                    continue
                used = self.program.share_of == "used"
                amounts = theirs - bound * self._total if used else theirs
                edge = 0.0 if used else bound * capacity
                low, high = (edge / scale, np.inf) if kind == "least" else (-np.inf, edge / scale)
                name: Limit = ("least" if kind == "least" else "most", share.name, "")
                made.append(_Row(name, self._spread(amounts / scale), low, high))
        return made
