"""Value over effort, with the quadrant that an idea falls into.

Source: the two-by-two of value (or impact) and effort in common use; there is no single author.

| input  | unit   | range        |
|--------|--------|--------------|
| value  | points | [0, highest] |
| effort | points | (0, highest] |

The quadrants are split at the middle of the scale, or where the team says: a value at the middle is high, an effort at
the middle is not, so that the idea in the very centre is a quick win.

|             | effort at most the middle | effort above it |
|-------------|---------------------------|-----------------|
| high value  | `quick_win`               | `big_bet`       |
| low value   | `fill_in`                 | `money_pit`     |

A missing input, one out of range or no effort at all is refused.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Fixed
from services.scoring.frameworks.recipe import Array, Declared, Recipe, divide, multiply

Quadrant = Literal["quick_win", "big_bet", "fill_in", "money_pit"]
_QUADRANTS: tuple[Quadrant, ...] = ("fill_in", "money_pit", "quick_win", "big_bet")
Scale = Annotated[float, Field(gt=0, le=1_000_000)]


def quadrants(value: Array, effort: Array, middle_value: float, middle_effort: float) -> list[Quadrant]:
    """The quadrant of each idea, by where the scales are split. NaN falls into none: do not ask."""
    places = 2 * (value >= middle_value).astype(np.int64) + (effort > middle_effort).astype(np.int64)
    return [_QUADRANTS[place] for place in places.tolist()]


class ValueEffortParameters(Fixed):
    """What a value/effort model is tuned by. Its inputs are `value` and `effort`; it labels ideas by quadrant."""

    highest_value: Scale = Field(default=10.0, description="the top of the scale of `value`, which starts at 0")
    highest_effort: Scale = Field(default=10.0, description="the top of the scale of `effort`, which starts above 0")
    middle_value: Scale | None = Field(default=None, description="from here on value is high; null: half of the scale")
    middle_effort: Scale | None = Field(default=None, description="above this effort is high; null: half of the scale")

    @model_validator(mode="after")
    def _middles_within(self) -> Self:
        if (self.middle_value or 0) >= self.highest_value or (self.middle_effort or 0) >= self.highest_effort:
            raise ValueError("a middle must be below the top of its scale")
        return self

    def recipe(self) -> Recipe:
        """The formula on these scales."""
        middle_value = self.highest_value / 2 if self.middle_value is None else self.middle_value
        middle_effort = self.highest_effort / 2 if self.middle_effort is None else self.middle_effort

        def label(given: Mapping[str, float]) -> str:
            value, effort = np.array([given["value"]]), np.array([given["effort"]])
            return quadrants(value, effort, middle_value, middle_effort)[0]

        return Recipe(
            "value / effort",
            {
                "value": Declared("points", Range(0, self.highest_value)),
                "effort": Declared("points", Range(0, self.highest_effort, above=True)),
            },
            (multiply("value"), divide("effort")),
            start=1.0,
            label=label,
        )
