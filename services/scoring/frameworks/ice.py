"""ICE: impact * confidence * ease, or the mean of the three.

Source: Sean Ellis and Morgan Brown, "Hacking Growth", 2017 (the mean); GrowthHackers and Itamar Gilad, "The tool that
will help you choose better product ideas" (the product, and confidence by a meter).

| input      | unit   | range `ten` | range `five` | range `meter` |
|------------|--------|-------------|--------------|---------------|
| impact     | points | [1, 10]     | [1, 5]       | [0, 10]       |
| confidence | points | [1, 10]     | [1, 5]       | [0, 10]       |
| ease       | points | [1, 10]     | [1, 5]       | [0, 10]       |

Both ways to combine are in use and order ideas differently: 10, 1, 10 beats 6, 6, 6 by its mean and loses by its
product. So the way is a parameter, stored with the model and named in its formula. Gilad's meter gives a confidence
from 0.01 for a mere opinion to 10 for a launch; `meter` takes it. A missing input or one out of range is refused, never
replaced.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Fixed
from services.scoring.frameworks.recipe import Declared, Recipe, add, divide_by, multiply

INPUTS = ("impact", "confidence", "ease")
Scale = Literal["ten", "five", "meter"]
RANGES: Mapping[Scale, Range] = {
    "ten": Range(1, 10, steps=tuple(range(1, 11))),
    "five": Range(1, 5, steps=tuple(range(1, 6))),
    "meter": Range(0, 10),
}


class IceParameters(Fixed):
    """What an ICE model is tuned by. Its inputs are `impact`, `confidence` and `ease`."""

    combine: Literal["product", "mean"] = Field(
        default="product", description="`product` of the three (1 to 1,000) or their `mean`; they rank differently"
    )
    scale: Scale = Field(
        default="ten",
        description="`ten`: 1 to 10 on each; `five`: 1 to 5 on each; `meter`: 0 to 10, for Gilad's confidence meter",
    )

    def recipe(self) -> Recipe:
        """The formula with these parameters."""
        inputs = {name: Declared("points", RANGES[self.scale]) for name in INPUTS}
        if self.combine == "mean":
            steps = (*(add(name) for name in INPUTS), divide_by(3))
            return Recipe("(impact + confidence + ease) / 3", inputs, steps)
        return Recipe("impact * confidence * ease", inputs, tuple(multiply(name) for name in INPUTS), start=1.0)
