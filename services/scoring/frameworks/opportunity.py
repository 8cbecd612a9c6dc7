"""Opportunity score: importance + max(importance - satisfaction, 0).

Source: Anthony Ulwick, "Turn customer input into innovation", Harvard Business Review, January 2002, and "What
Customers Want", 2005.

| input        | unit   | range `ten` | range `five` |
|--------------|--------|-------------|--------------|
| importance   | points | [0, 10]     | [1, 5]       |
| satisfaction | points | [0, 10]     | [1, 5]       |

On `ten` the value is between 0 and 20: above 10 a need is under-served, above 15 extremely so. An over-served need
(more satisfied than important) scores its importance, never less. Ulwick's inputs are shares of respondents, not means:
`top_two_box` makes them of ratings from 1 to 5. Where nobody has estimated them they follow from surveys about the need
that the idea would serve (`needs.rated`). A missing input or one out of range is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.parameters import RATED, Fixed, NeedRule
from services.scoring.frameworks.recipe import Array, Columns, Declared, Recipe, Step, add

Scale = Literal["ten", "five"]
Served = Literal["extreme_opportunity", "under_served", "served_right", "over_served"]
RANGES: Mapping[Scale, Range] = {"ten": Range(0, 10), "five": Range(1, 5)}
UNDER_SERVED, EXTREME = 10.0, 15.0
TOP_TWO = 4
"""Of ratings from 1 to 5, the least that counts as important, or satisfied."""


def _gap(columns: Columns) -> Array:
    return np.maximum(columns["importance"] - columns["satisfaction"], 0.0)


def served(importance: float, satisfaction: float) -> Served:
    """How well a need is served, both figures being from 0 to 10."""
    score = importance + max(importance - satisfaction, 0.0)
    if satisfaction > importance:
        return "over_served"
    return "extreme_opportunity" if score > EXTREME else "under_served" if score > UNDER_SERVED else "served_right"


def _label(given: Mapping[str, float]) -> str:
    return served(given["importance"], given["satisfaction"])


RECIPES: Mapping[Scale, Recipe] = {
    scale: Recipe(
        "importance + max(importance - satisfaction, 0)",
        {name: Declared("points", range) for name in ("importance", "satisfaction")},
        (
            add("importance"),
            Step("add", "max(importance - satisfaction, 0)", ("importance", "satisfaction"), _gap, of="satisfaction"),
        ),
        label=_label if scale == "ten" else None,
    )
    for scale, range in RANGES.items()
}


class OpportunityParameters(Fixed):
    """What an opportunity model is tuned by. Its inputs are `importance` and `satisfaction`."""

    scale: Scale = Field(default="ten", description="`ten`: 0 to 10 on both, as Ulwick has it; `five`: 1 to 5 on both")

    needs: bool = Field(
        default=True,
        description="whether importance and satisfaction that nobody has estimated follow from surveys about the need "
        "that the idea would serve; of several needs, the most under-served",
    )

    def recipe(self) -> Recipe:
        """The formula on this scale."""
        return RECIPES[self.scale]

    def from_needs(self) -> Mapping[str, NeedRule]:
        """Both inputs, where surveys may give them."""
        return {name: NeedRule(name, self.scale) for name in RATED} if self.needs else {}


def top_two_box(ratings: Sequence[int]) -> float | Refusal:
    """Ten times the share of ratings that are 4 or 5 of 5: importance or satisfaction as Ulwick measures them."""
    if not ratings or not all(1 <= rating <= 5 for rating in ratings):
        return Refusal("not_scoreable", "ratings from 1 to 5 are needed, one at least", ("ratings",))
    return 10 * sum(rating >= TOP_TWO for rating in ratings) / len(ratings)
