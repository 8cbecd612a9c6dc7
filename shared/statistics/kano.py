"""Kano: what kind of quality a feature is, from pairs of answers, and whether the sample can tell.

Each respondent says how they feel with the feature (functional) and without it (dysfunctional): 1 like, 2 expect (must
be), 3 neutral, 4 live with, 5 dislike. The pair has a category: M must-be, O one-dimensional, A attractive, I
indifferent, R reverse, Q questionable.

    better = (A + O) / (A + O + M + I)        worse = -(O + M) / (A + O + M + I)
    total strength = (A + O + M) / n          category strength = (first - second) / n
    Fong: the first two differ where |a - b| >= 1.65 * sqrt((a + b) * (2n - a - b) / (2n))

Sources: Kano et al., 1984, for the table; Berger et al., "Kano's methods for understanding customer-defined quality",
1993, for better and worse (Timko) and for the continuous scale (DuMouchel); Matzler et al., 1996, for the rule M > O >
A > I; Lee and Newcomb, 1997, for strength; Fong, 1996, for the test. n is all answers, R and Q among them; Q is never
the first.

Kano gives a label and a gate, not a number to rank by. Where Fong's test cannot tell the first two categories apart the
label is undecided, and `close` names those that share the lead: two peaks are often two segments. Refusals: without any
A, O, M or I the coefficients have no denominator, so such counts are `not_scoreable`; answers outside of 1 to 5
likewise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from shared.statistics.refusal import Refusal

Category = Literal["M", "O", "A", "I", "R", "Q"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
LEADING: tuple[Category, ...] = ("M", "O", "A", "I", "R")
"""In the order of the rule M > O > A > I; reverse comes last, questionable answers lead nothing."""
TABLE: tuple[tuple[Category, ...], ...] = (
    ("Q", "A", "A", "A", "O"),
    ("R", "I", "I", "I", "M"),
    ("R", "I", "I", "I", "M"),
    ("R", "I", "I", "I", "M"),
    ("R", "R", "R", "R", "Q"),
)
"""A row for each functional answer, in it a column for each dysfunctional one."""
_TABLE = np.array([[CATEGORIES.index(cell) for cell in row] for row in TABLE])
FUNCTIONAL = np.array([4.0, 2.0, 0.0, -1.0, -2.0])
DYSFUNCTIONAL = np.array([-2.0, -1.0, 0.0, 2.0, 4.0])
BAND = 0.05
"""Categories within so many of the first count as equal to it under M > O > A > I."""
_FONG = 1.65
Gate = Literal["must_have", "pass", "block", "undecided"]
Answers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kano:
    """A feature by the answers about it."""

    label: Category | Literal["undecided"]
    """The most frequent category, where the sample can tell it from the second."""
    mode: Category
    """The most frequent category; of equals the first by M > O > A > I."""
    by_rule: Category
    """The first by M > O > A > I of those within 5 percentage points of the most frequent."""
    close: tuple[Category, ...]
    """Categories that the sample cannot tell from the first, the first among them."""
    total_strength: float
    category_strength: float
    better: float
    worse: float
    fong_difference: float
    fong_threshold: float
    significant: bool
    chi2: float
    """Of M, O, A and I against the same share for each; three degrees of freedom."""
    n: float
    gate: Gate
    """`must_have`: M; `pass`: O or A; `block`: I or R; `undecided`: the sample cannot tell."""


@dataclass(frozen=True, slots=True)
class Continuous:
    """DuMouchel's scale: mean of the functional and of the dysfunctional answers, each from -2 to 4."""

    functional: float
    dysfunctional: float
    n: int


def classify(functional: Answers, dysfunctional: Answers) -> list[Category] | Refusal:
    """The category of each pair of answers. ValueError when there are not as many of each."""
    refused = _refused(functional, dysfunctional)
    if refused is not None:
        return refused
    return [CATEGORIES[place] for place in _TABLE[functional - 1, dysfunctional - 1].tolist()]


def count(categories: Sequence[Category]) -> dict[Category, int]:
    """How often each category is."""
    return {category: categories.count(category) for category in CATEGORIES}


def continuous(functional: Answers, dysfunctional: Answers) -> Continuous | Refusal:
    """The answers on DuMouchel's scale."""
    refused = _refused(functional, dysfunctional)
    if refused is not None:
        return refused
    with_it, without = FUNCTIONAL[functional - 1], DYSFUNCTIONAL[dysfunctional - 1]
    return Continuous(float(with_it.mean()), float(without.mean()), len(functional))


def judge(counts: Mapping[Category, float]) -> Kano | Refusal:
    """A feature by how often each category is; numbers of answers (the test needs those) or their shares."""
    held = {category: float(counts.get(category, 0)) for category in CATEGORIES}
    wrong = tuple(category for category, number in held.items() if not 0 <= number < math.inf)
    if wrong:
        return Refusal("not_scoreable", "counts are numbers of at least 0", wrong)
    n = math.fsum(held.values())
    quality = held["A"] + held["O"] + held["M"] + held["I"]
    if quality == 0:
        return Refusal("not_scoreable", "no answer is A, O, M or I", ("A", "O", "M", "I"))
    first, second = sorted(LEADING, key=lambda category: -held[category])[:2]
    a, b = held[first], held[second]
    threshold = fong_threshold(a, b, n)
    significant = a - b >= threshold and a > b
    close: tuple[Category, ...] = tuple(
        category
        for category in LEADING
        if held[category] == a or (held[category] > 0 and a - held[category] < fong_threshold(a, held[category], n))
    )
    label = first if significant else "undecided"
    even = quality / 4
    return Kano(
        label=label,
        mode=first,
        by_rule=next(category for category in LEADING if a - held[category] <= BAND * n * (1 + 1e-12)),
        close=close,
        total_strength=(held["A"] + held["O"] + held["M"]) / n,
        category_strength=(a - b) / n,
        better=(held["A"] + held["O"]) / quality,
        worse=-(held["O"] + held["M"]) / quality,
        fong_difference=a - b,
        fong_threshold=threshold,
        significant=significant,
        chi2=math.fsum((held[category] - even) ** 2 / even for category in ("M", "O", "A", "I")),
        n=n,
        gate=gate(label),
    )


def fong_threshold(a: float, b: float, n: float) -> float:
    """The least difference between two categories' counts, of n answers, that is no accident (90 %)."""
    return _FONG * math.sqrt((a + b) * (2 * n - a - b) / (2 * n))


def gate(label: Category | Literal["undecided"]) -> Gate:
    """Whether a feature should go on to be ranked."""
    match label:
        case "M":
            return "must_have"
        case "O" | "A":
            return "pass"
        case "I" | "R":
            return "block"
        case _:
            return "undecided"


def _refused(functional: Answers, dysfunctional: Answers) -> Refusal | None:
    if len(functional) != len(dysfunctional):
        raise ValueError("one functional and one dysfunctional answer is needed of each respondent")
    for name, answers in (("functional", functional), ("dysfunctional", dysfunctional)):
        if not len(answers) or not ((answers >= 1) & (answers <= 5)).all():
            return Refusal("not_scoreable", "answers from 1 (like) to 5 (dislike) are needed, one at least", (name,))
    return None
