"""CD3: cost of delay divided by duration.

Source: Joshua Arnold, Black Swan Farming, "Qualitative and quantitative cost of delay"; the order by it is Smith's rule
(1956), which minimises the total cost of delay of jobs done one after another (see `cost_of_delay`).

| input         | unit                       | range |
|---------------|----------------------------|-------|
| cost_of_delay | money, or points, per time | ≥ 0   |
| duration      | the same time              | > 0   |

The value is in money per time squared: how fast the loss stops for each unit of time worked on it. A missing input, a
negative one or a job of no duration is refused.
"""

from pydantic import Field

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Fixed
from services.scoring.frameworks.recipe import Declared, Recipe, divide, multiply
from shared.wire import Line


class Cd3Parameters(Fixed):
    """What a CD3 model is tuned by. Its inputs are `cost_of_delay` and `duration`."""

    money: Line = Field(default="USD", description="the unit of `cost_of_delay`, before its `per`")
    per: Line = Field(default="week", description="the unit of `duration`, and what the cost of delay is per")

    def recipe(self) -> Recipe:
        """The formula in these units."""
        return Recipe(
            "cost_of_delay / duration",
            {
                "cost_of_delay": Declared(f"{self.money} per {self.per}", Range(0)),
                "duration": Declared(f"{self.per}s", Range(0, above=True)),
            },
            (multiply("cost_of_delay"), divide("duration")),
            start=1.0,
        )
