"""PIE: the mean of potential, importance and ease.

Source: Chris Goward, "You Should Test That!", 2013 (WiderFunnel).

| input      | unit   | range   | meaning                                        |
|------------|--------|---------|------------------------------------------------|
| potential  | points | [1, 10] | how much better it can become                  |
| importance | points | [1, 10] | how much traffic or value passes through there |
| ease       | points | [1, 10] | how easily it is tried                         |

The value is between 1 and 10, at full precision: pages print one decimal. A missing input or one out of range is
refused.
"""

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Fixed
from services.scoring.frameworks.recipe import Declared, Recipe, add, divide_by

INPUTS = ("potential", "importance", "ease")
RECIPE = Recipe(
    "(potential + importance + ease) / 3",
    {name: Declared("points", Range(1, 10, steps=tuple(range(1, 11)))) for name in INPUTS},
    (*(add(name) for name in INPUTS), divide_by(3)),
)


class PieParameters(Fixed):
    """What a PIE model is tuned by. Its inputs are `potential`, `importance` and `ease`, each from 1 to 10."""

    def recipe(self) -> Recipe:
        """The formula."""
        return RECIPE
