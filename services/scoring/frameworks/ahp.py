"""AHP: weights from pairwise comparisons, as the principal eigenvector of their matrix, with its consistency ratio.

Source: Thomas Saaty, "The Analytic Hierarchy Process", 1980 (random index `saaty1980`, which most textbooks print);
"Theory and Applications of the Analytic Network Process", 2005, p. 31 (`saaty2005`); Donegan and Dodd, "A note on
Saaty's random indexes", 1991 (`donegan_dodd`); Bozoki, Fulop and Ronyai, "On optimal completion of incomplete pairwise
comparison matrices", 2010.

A comparison says how many times as much one item is to another: above 0, usually 1/9 to 9. The matrix A holds it at (a,
b) and its reciprocal at (b, a).

    A w = lambda_max w, sum(w) = 1        CI = (lambda_max - n) / (n - 1)        CR = CI / random index(n)

One or two items are always consistent. The ratio depends on the random index, so the table is named with the result;
above 0.1 the comparisons contradict one another too much and should be made anew (`consistent` is false, the weights
stand).

Refusals: a comparison not above 0, of an item with itself, or given twice with different values; a missing one, unless
`complete` is `optimal`: missing cells then take the values that make lambda_max least, which is a choice of the method
and never a hidden one. Groups of items that no chain of comparisons joins are `not_identified`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.recipe import Array

RandomIndex = Literal["saaty2005", "saaty1980", "donegan_dodd"]
RANDOM_INDEX: Mapping[RandomIndex, Mapping[int, float]] = {
    "saaty2005": dict(
        zip(
            range(3, 16), (0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59), strict=True
        )
    ),
    "saaty1980": dict(
        zip(
            range(3, 16), (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59), strict=True
        )
    ),
    "donegan_dodd": {
        3: 0.4914, 4: 0.8286, 5: 1.0591, 6: 1.1797, 7: 1.2519, 8: 1.3171, 9: 1.3733, 10: 1.4055, 11: 1.4213,
        12: 1.4497, 13: 1.4643, 14: 1.4822, 15: 1.4969, 16: 1.5078, 17: 1.5153, 18: 1.5262, 19: 1.5313, 20: 1.5371,
        25: 1.5619, 30: 1.5772, 40: 1.5976, 50: 1.6102, 60: 1.6178, 70: 1.6237, 80: 1.6277, 90: 1.6213, 100: 1.6339,
    },
}  # fmt: skip
MOST_RATIO = 0.1
FARTHEST = 1e9
"""How many times as much one may be: beyond it no scale goes, and reciprocals are lost."""
MOST_ITEMS = 100
_SPAN = math.log(1e6)
_SWEEPS = 200
_GOLDEN = (math.sqrt(5) - 1) / 2
Comparison = tuple[str, str, float]
"""The first is so many times as much as the second."""


@dataclass(frozen=True, slots=True)
class Priorities:
    """Weights of items, with how far the comparisons agree."""

    weights: dict[str, float]
    lambda_max: float
    consistency_index: float
    consistency_ratio: float | None
    """None where the table of random indexes does not reach so far."""
    random_index: RandomIndex
    consistent: bool | None
    completed: tuple[Comparison, ...] = ()
    """Comparisons that nobody made, and the values that agree best with the others."""


def priorities(
    comparisons: Sequence[Comparison],
    items: Sequence[str] = (),
    random_index: RandomIndex = "saaty2005",
    complete: Literal["refuse", "optimal"] = "refuse",
) -> Priorities | Refusal:
    """The weights of items by comparing them in pairs; `items` gives their order, and those nobody has compared."""
    names = list(dict.fromkeys([*items, *(name for first, second, _ in comparisons for name in (first, second))]))
    if not names or len(names) > MOST_ITEMS:
        return Refusal("not_scoreable", f"from 1 to {MOST_ITEMS} items are compared", ("items",))
    matrix = _matrix(comparisons, names)
    if isinstance(matrix, Refusal):
        return matrix
    missing = [(int(a), int(b)) for a, b in np.argwhere(np.isnan(matrix)) if a < b]
    if missing:
        if not _joined(~np.isnan(matrix)):
            return Refusal("not_identified", "no chain of comparisons joins all items", ("comparisons",))
        if complete == "refuse":
            pairs = tuple(f"{names[a]}:{names[b]}" for a, b in missing)
            return Refusal("not_scoreable", "these pairs have not been compared", pairs)
        _complete(matrix, missing)
    return _result(matrix, names, missing, random_index)


def synthesise(
    criteria: Mapping[str, float], local: Mapping[str, Mapping[str, float]], decimals: int | None = None
) -> dict[str, float] | Refusal:
    """Weights of alternatives: the sum over criteria of criterion weight times local weight.

    `decimals` rounds the weights first, as some published examples do; None keeps full precision.
    """
    lacking = tuple(name for name in criteria if name not in local)
    alternatives = list(dict.fromkeys(name for name in criteria if name in local for name in local[name]))
    lacking += tuple(
        f"{criterion}:{name}"
        for criterion in criteria
        if criterion in local
        for name in alternatives
        if name not in local[criterion]
    )
    if lacking or not alternatives:
        return Refusal("not_scoreable", "every alternative needs a weight under every criterion", lacking)

    def rounded(weight: float) -> float:
        return weight if decimals is None else round(weight, decimals)

    return {
        name: rounded(math.fsum(rounded(weight) * rounded(local[each][name]) for each, weight in criteria.items()))
        for name in alternatives
    }


def _matrix(comparisons: Sequence[Comparison], names: Sequence[str]) -> Array | Refusal:
    places = {name: place for place, name in enumerate(names)}
    matrix = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(matrix, 1.0)
    for first, second, times in comparisons:
        if not 1 / FARTHEST <= times <= FARTHEST or (first == second and times != 1):
            return Refusal("not_scoreable", f"{first}:{second} is {times:g}", (f"{first}:{second}",))
        a, b = places[first], places[second]
        if not np.isnan(matrix[a, b]) and not math.isclose(matrix[a, b], times):
            return Refusal("not_scoreable", f"{first}:{second} is compared twice, differently", (f"{first}:{second}",))
        matrix[a, b], matrix[b, a] = times, 1 / times
    return matrix


def _joined(known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> bool:
    reached = np.zeros(len(known), np.bool_)
    reached[0] = True
    while True:
        wider = reached | known[reached].any(axis=0)
        if (wider == reached).all():
            return bool(reached.all())
        reached = wider


def _eigen(matrix: Array) -> tuple[float, Array]:
    values, vectors = np.linalg.eig(matrix)
    heights: Array = np.real(values)
    place = int(np.argmax(heights))
    vector: Array = np.abs(np.real(vectors[:, place]))
    return float(heights[place]), vector / vector.sum()


def _complete(matrix: Array, missing: Sequence[tuple[int, int]]) -> None:
    """Cyclic coordinates: in logarithms lambda_max is convex, so each cell's best value, in turn, leads to the best."""
    for a, b in missing:
        matrix[a, b] = matrix[b, a] = 1.0
    for _ in range(_SWEEPS):
        moved = 0.0
        for a, b in missing:
            before = math.log(matrix[a, b])

            def height(log: float, a: int = a, b: int = b) -> float:
                matrix[a, b], matrix[b, a] = math.exp(log), math.exp(-log)
                return float(np.max(np.real(np.linalg.eigvals(matrix))))

            best = _lowest(height, before - _SPAN / 4, before + _SPAN / 4)
            height(best)
            moved = max(moved, abs(best - before))
        if moved < 1e-9:
            return


def _lowest(height: Callable[[float], float], low: float, high: float) -> float:
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = height(left), height(right)
    while high - low > 1e-10:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = height(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = height(right)
    return (low + high) / 2


def _result(
    matrix: Array, names: Sequence[str], missing: Sequence[tuple[int, int]], random_index: RandomIndex
) -> Priorities:
    size = len(names)
    lambda_max, vector = _eigen(matrix)
    index = 0.0 if size < 3 else max((lambda_max - size) / (size - 1), 0.0)
    expected = expected_index(size, random_index)
    ratio = 0.0 if size < 3 else None if expected is None else index / expected
    return Priorities(
        weights=dict(zip(names, vector.tolist(), strict=True)),
        lambda_max=lambda_max,
        consistency_index=index,
        consistency_ratio=ratio,
        random_index=random_index,
        consistent=None if ratio is None else ratio <= MOST_RATIO,
        completed=tuple((names[a], names[b], float(matrix[a, b])) for a, b in missing),
    )


def expected_index(size: int, random_index: RandomIndex) -> float | None:
    """The random index of matrices of this size: of the table, or between its neighbours; None beyond its end."""
    table = RANDOM_INDEX[random_index]
    sizes = list(table)
    if not sizes[0] <= size <= sizes[-1]:
        return None
    return float(np.interp(size, sizes, list(table.values())))
