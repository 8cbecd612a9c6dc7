"""MoSCoW: must, should, could, won't have this time, and the rule that musts take at most 60 % of the effort.

Source: Dai Clegg; DSDM Agile Project Framework, Agile Business Consortium, chapter 10 ("MoSCoW prioritisation").

| input    | unit     | range      | meaning                                        |
|----------|----------|------------|------------------------------------------------|
| priority | category | 4, 3, 2, 1 | must, should, could, won't have this time      |

The value is the category's number: an order, not an amount. Between two categories is none, so where people disagree
(the mean of their estimates is no category) the idea is not scoreable until they agree.

`balance` judges the plan as a whole: of the effort of musts, shoulds and coulds together, musts at most 60 %, coulds
about 20 %. What will not be done is no part of it. Without any effort there is no share, and it is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.parameters import Tuned
from services.scoring.frameworks.recipe import Declared, Recipe, add

Category = Literal["must", "should", "could", "wont"]
NUMBERS: Mapping[Category, int] = {"must": 4, "should": 3, "could": 2, "wont": 1}
NAMES: Mapping[int, Category] = {number: name for name, number in NUMBERS.items()}
LARGEST = 1e15
MOST_MUST, LEAST_COULD = 60.0, 20.0
"""In per cent of the effort."""
ROUNDING = 1e-9
"""In per cent: 0.27 of 0.45 is sixty, and as doubles a little more."""

RECIPE = Recipe(
    "priority",
    {"priority": Declared("category: 4 must, 3 should, 2 could, 1 won't", Range(1, 4, steps=(1, 2, 3, 4), only=True))},
    (add("priority"),),
    label=lambda given: NAMES[round(given["priority"])],
)


class MoscowParameters(Tuned):
    """What a MoSCoW model is tuned by. Its input is `priority`: 4 must, 3 should, 2 could, 1 won't have this time."""

    def recipe(self) -> Recipe:
        """The category as a number."""
        return RECIPE


@dataclass(frozen=True, slots=True)
class Balance:
    """How a plan's effort is spread, in per cent of all but the won'ts."""

    must: float
    should: float
    could: float
    must_ok: bool
    """At most 60 % is a must: enough can be left out when time runs short."""
    could_ok: bool
    """At least 20 % is a could: the contingency that the rule asks for."""


def balance(effort: Mapping[Category, float]) -> Balance | Refusal:
    """Judge a plan by the effort in each category; categories left out have none."""
    figures = {name: effort.get(name, 0.0) for name in NUMBERS}
    wrong = tuple(name for name, figure in figures.items() if not 0 <= figure <= LARGEST)
    if wrong:
        return Refusal("not_scoreable", "effort must be a number of at least 0", wrong)
    total = figures["must"] + figures["should"] + figures["could"]
    if total == 0:
        return Refusal("not_scoreable", "there is no effort to share out", ("must", "should", "could"))
    must, should, could = (100 * figures[name] / total for name in ("must", "should", "could"))
    return Balance(must, should, could, must <= MOST_MUST + ROUNDING, could >= LEAST_COULD - ROUNDING)
