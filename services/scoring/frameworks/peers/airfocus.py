"""airfocus: the Focus score, WY * Y + WX * (1 - X), of weighted values Y and costs X, each brought to 0 to 1.

    Y = sum(weight * criterion) of the values        X = the same of the costs        default: (Y + (1 - X)) / 2 * 100

Source: help.airfocus.com, article 2571468, "What is the Focus score formula?" (read 2026). The page's formula has an
unbalanced bracket; its default, and the example beside it, tell how it is meant.

| scale   | values             | brought to 0 to 1 by                              |
|---------|--------------------|---------------------------------------------------|
| `0-10`  | 0 to 10            | / 10                                              |
| `sizes` | 1 S, 2 M, 3 L, 4 XL| 0, 1/3, 2/3, 1 (the page cuts them to .33 and .66)|
| `money` | 0 to top           | / top, which the team declares                    |

Weights within values and within costs are shares of their sum, as are those of the two sides. A missing criterion or
one out of range is refused.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Followed, InputName, Rule, Tuned, Weight, followed
from services.scoring.frameworks.recipe import Array, Columns, Declared, Recipe, Step, constant

Scale = Literal["0-10", "sizes", "money"]
SIZES = {"S": 1, "M": 2, "L": 3, "XL": 4}
NORMAL: Mapping[Scale, Callable[[Array, float], Array]] = {
    "0-10": lambda raw, _: raw / 10,
    "sizes": lambda raw, _: (raw - 1) / 3,
    "money": lambda raw, top: raw / top,
}


def normalise(scale: Scale, raw: Array, top: float = 1.0) -> Array:
    """Values on one of the scales as 0 to 1. `top` is that of `money`."""
    return NORMAL[scale](raw, top)


def focus(values: Sequence[Array], costs: Sequence[Array], weights: tuple[float, float] = (0.5, 0.5)) -> Array:
    """The Focus score, between 0 and 1, of sides whose criteria are normal and weighted already."""
    return weights[0] * sum(values[1:], values[0]) + weights[1] * (1 - sum(costs[1:], costs[0]))


class FocusCriterion(Followed):
    """A criterion of a Focus score."""

    name: InputName = Field(description="the `input` of its estimates", examples=["revenue"])
    weight: Weight = Field(default=1.0, description="within its side")
    scale: Scale = Field(default="0-10", description="`sizes`: 1 S, 2 M, 3 L, 4 XL")
    top: Annotated[float, Field(gt=0, le=1e12)] = Field(default=1_000_000.0, description="of `money`: what counts as 1")

    @model_validator(mode="after")
    def _can_follow(self) -> Self:
        self.require_one(self.range())
        return self

    def range(self) -> Range:
        """The values it takes."""
        if self.scale == "sizes":
            return Range(1, 4, steps=(1, 2, 3, 4))
        return Range(0, 10 if self.scale == "0-10" else self.top)

    def term(self) -> str:
        """It, brought to 0 to 1, in a formula."""
        if self.scale == "sizes":
            return f"({self.name} - 1) / 3"
        return f"{self.name} / {10 if self.scale == '0-10' else self.top:g}"


class AirfocusParameters(Tuned):
    """A Focus score of airfocus. Its inputs are its values and costs."""

    values: list[FocusCriterion] = Field(min_length=1, max_length=20, examples=[[{"name": "revenue"}]])
    costs: list[FocusCriterion] = Field(min_length=1, max_length=20, examples=[[{"name": "cost"}]])
    value_weight: Weight = Field(default=0.5, description="of the values against the costs")
    cost_weight: Weight = Field(default=0.5, description="of the costs against the values")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [each.name for each in (*self.values, *self.costs)]
        if len(set(names)) < len(names):
            raise ValueError("two criteria have the same name")
        return self

    def rules(self) -> dict[str, Rule]:
        """The inputs that follow from what Cairn knows, and how."""
        return followed([*self.values, *self.costs])

    def recipe(self) -> Recipe:
        """The formula over these criteria: from 0 to 100."""
        both = self.value_weight + self.cost_weight
        high, low = 100 * self.value_weight / both, 100 * self.cost_weight / both
        steps = [_step("add", each, high * share) for each, share in _shares(self.values)]
        steps.append(Step("add", f"{low:g}", (), constant(low)))
        steps += [_step("subtract", each, low * share) for each, share in _shares(self.costs)]
        signs = {"add": "+", "subtract": "-"}
        formula = " ".join(f"{signs[step.operation]} {step.term}" for step in steps).removeprefix("+ ")
        inputs = {each.name: Declared(each.scale, each.range()) for each in (*self.values, *self.costs)}
        return Recipe(formula, inputs, tuple(steps))


def _shares(criteria: Sequence[FocusCriterion]) -> list[tuple[FocusCriterion, float]]:
    total = math.fsum(each.weight for each in criteria)
    return [(each, each.weight / total) for each in criteria]


def _step(operation: Literal["add", "subtract"], criterion: FocusCriterion, share: float) -> Step:
    def operand(columns: Columns) -> Array:
        return share * normalise(criterion.scale, columns[criterion.name], criterion.top)

    return Step(operation, f"{share:g} * {criterion.term()}", (criterion.name,), operand, of=criterion.name)
