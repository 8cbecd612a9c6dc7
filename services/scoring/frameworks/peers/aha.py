"""Aha!: the simple scorecard, the sum of metrics times their weights, rounded up to a whole number.

Source: support.aha.io, article 202949949, "Create Aha! scorecard equations" (read 2026): "if the equation evaluates to
a decimal, it will be rounded up to the nearest whole number". Weights may be negative.

Each metric has a range of its own. A missing metric or one out of range is refused. Sums of decimals miss a whole
number by less than a billionth now and then; that much is not rounded up. Advanced equations are custom formulas.
"""

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Bound, Followed, InputName, Rule, Tuned, followed
from services.scoring.frameworks.recipe import Array, Columns, Declared, Recipe, Step
from services.scoring.frameworks.weighted import weigh

_SLACK = 1e-9


class Metric(Followed):
    """A metric of a scorecard."""

    name: InputName = Field(description="the `input` of its estimates", examples=["increased_revenue"])
    weight: Annotated[float, Field(ge=-1_000_000, le=1_000_000)] = Field(default=1.0, examples=[2])
    lowest: Bound = Field(default=0.0, description="the least that is taken")
    highest: Bound = Field(default=10.0, description="the most that is taken")

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError("lowest must be below highest")
        self.require_one(Range(self.lowest, self.highest))
        return self


class AhaParameters(Tuned):
    """A simple scorecard of Aha!. Its inputs are its metrics."""

    metrics: list[Metric] = Field(
        min_length=1, max_length=30, examples=[[{"name": "value", "weight": 2}, {"name": "effort", "weight": -1}]]
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [each.name for each in self.metrics]
        if len(set(names)) < len(names):
            raise ValueError("metrics: two have the same name")
        return self

    def rules(self) -> dict[str, Rule]:
        """The inputs that follow from what Cairn knows, and how."""
        return followed(self.metrics)

    def recipe(self) -> Recipe:
        """The equation over these metrics."""
        steps = tuple(weigh(each.name, each.weight) for each in self.metrics)
        names = tuple(each.name for each in self.metrics)

        def lacking(columns: Columns) -> Array:
            total = np.zeros(len(columns[names[0]]))
            for step in steps:
                total = total + step.operand(columns)
            return round_up(total) - total

        return Recipe(
            f"ceil({' + '.join(step.term for step in steps)})",
            {each.name: Declared("points", Range(each.lowest, each.highest)) for each in self.metrics},
            (*steps, Step("add", "what is lacking to a whole number", names, lacking)),
        )


def round_up(values: Array) -> Array:
    """The next whole number; a value that is one but for its last digits stays."""
    return np.ceil(values - _SLACK)
