"""Weighted scoring: the weighted mean, or the weighted sum, of criteria that a team declares.

    mean: sum(weight * criterion) / sum(weight)        sum: sum(weight * criterion)

Source: the simple additive weighting of multi-criteria decisions (Churchman and Ackoff, 1954), as product teams use it.

Each criterion has a unit, a range and a weight above 0. One of which less is better (cost, risk) counts `lowest +
highest - criterion`, so that the value stays within the ranges. Weights that add up to 1 give the same by either way. A
missing criterion or one out of its range is refused: to leave it out would weigh the others anew for that idea.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Bound, Followed, InputName, Rule, Tuned, Weight, followed
from services.scoring.frameworks.recipe import Array, Columns, Declared, Recipe, Step, divide_by
from shared.wire import Line

MOST_CRITERIA = 30


class Criterion(Followed):
    """One criterion of a weighted model: an input with a weight."""

    name: InputName = Field(description="the `input` of its estimates", examples=["strategic_fit"])
    weight: Weight = Field(examples=[0.4])
    lowest: Bound = Field(default=0.0, description="the least that is taken")
    highest: Bound = Field(default=10.0, description="the most that is taken")
    unit: Line = Field(default="points")
    better: Literal["higher", "lower"] = Field(
        default="higher", description="`lower`: counts as `lowest + highest` minus it"
    )

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError("lowest must be below highest")
        self.require_one(Range(self.lowest, self.highest))
        return self


def weigh(name: str, weight: float, turned: float | None = None) -> Step:
    """Add an input times its weight; `turned`: what it is taken from first, where less of it is better."""

    def operand(columns: Columns) -> Array:
        column = columns[name]
        return weight * (column if turned is None else turned - column)

    term = f"{weight:g} * {name}" if turned is None else f"{weight:g} * ({turned:g} - {name})"
    return Step("add", term, (name,), operand, of=name)


class WeightedParameters(Tuned):
    """What a weighted model is tuned by. Its inputs are its criteria."""

    criteria: list[Criterion] = Field(
        min_length=1,
        max_length=MOST_CRITERIA,
        examples=[
            [
                {"name": "customer_value", "weight": 0.6, "lowest": 0, "highest": 10},
                {"name": "risk", "weight": 0.4, "lowest": 0, "highest": 10, "better": "lower"},
            ]
        ],
    )
    combine: Literal["mean", "sum"] = Field(
        default="mean", description="`mean` divides by the sum of the weights; `sum` does not"
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [criterion.name for criterion in self.criteria]
        if len(set(names)) < len(names):
            raise ValueError("criteria: two have the same name")
        return self

    def rules(self) -> dict[str, Rule]:
        """The criteria that follow from what Cairn knows, and how."""
        return followed(self.criteria)

    def recipe(self) -> Recipe:
        """The formula over these criteria."""
        steps = tuple(
            weigh(each.name, each.weight, each.lowest + each.highest if each.better == "lower" else None)
            for each in self.criteria
        )
        formula = " + ".join(step.term for step in steps)
        inputs = {each.name: Declared(each.unit, Range(each.lowest, each.highest)) for each in self.criteria}
        total = sum(each.weight for each in self.criteria)
        if self.combine == "sum" or total == 1:
            return Recipe(formula, inputs, steps)
        return Recipe(f"({formula}) / {total:g}", inputs, (*steps, divide_by(total)))
