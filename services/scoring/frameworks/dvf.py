"""DVF: the weighted mean of desirability, viability and feasibility.

Source: the three lenses are IDEO's; sliders from 0 to 1 as in Prioritizr for Jira, whose page does not print how they
are combined. The mean, weighted where a team says so, is our choice.

| input        | unit  | range  |
|--------------|-------|--------|
| desirability | share | [0, 1] |
| viability    | share | [0, 1] |
| feasibility  | share | [0, 1] |

A missing input or one out of range is refused.
"""

from pydantic import Field

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Fixed, Weight
from services.scoring.frameworks.recipe import Declared, Recipe, add, divide_by
from services.scoring.frameworks.weighted import weigh

INPUTS = ("desirability", "viability", "feasibility")


class DvfParameters(Fixed):
    """What a DVF model is tuned by. Its inputs are `desirability`, `viability` and `feasibility`, each from 0 to 1."""

    desirability: Weight = Field(default=1.0, description="its weight")
    viability: Weight = Field(default=1.0, description="its weight")
    feasibility: Weight = Field(default=1.0, description="its weight")

    def recipe(self) -> Recipe:
        """The formula with these weights."""
        weights = {"desirability": self.desirability, "viability": self.viability, "feasibility": self.feasibility}
        even = set(weights.values()) == {1.0}
        steps = tuple(add(name) if even else weigh(name, weight) for name, weight in weights.items())
        total = sum(weights.values())
        return Recipe(
            f"({' + '.join(step.term for step in steps)}) / {total:g}",
            {name: Declared("share", Range(0, 1)) for name in INPUTS},
            (*steps, divide_by(total)),
        )
