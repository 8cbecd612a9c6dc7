"""Canny: 1,000 * impact / effort, both weighted means of factors brought to 0 to 100.

    score = 1000 * mean(impact) * product(percentage / 100) / mean(effort)    mean(x) = sum(weight * x) / sum(weight)

Source: help.canny.io, article 5046937, "How do prioritization factors and scoring work?" (read 2026).

| scale        | values   | brought to 0 to 100 by     |
|--------------|----------|----------------------------|
| `0-10`       | 0 to 10  | squaring                   |
| `0-100`      | 0 to 100 | nothing                    |
| `fibonacci`  | 0 to 233 | / 233 * 100                |
| `stars`      | 0 to 5   | doubling, then squaring    |
| `checkbox`   | 0 or 1   | * 100                      |
| `percentage` | 0 to 100 | nothing; multiplies impact |
| `count`      | 0 to top | / top * 100                |

`count` stands for Canny's votes, which it divides by the highest of the roadmap: here by a top that the team declares,
so that another idea moves nothing. Canny prints whole numbers; the value here is unrounded. Without an effort above
zero, or with a factor missing, there is no score. Impact factors that are all percentages have no weighted mean and are
refused.
"""

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.parameters import Followed, InputName, Rule, Tuned, Weight, followed
from services.scoring.frameworks.recipe import Array, Columns, Declared, Recipe, Step, constant, divide_by

ImpactScale = Literal["0-10", "0-100", "fibonacci", "stars", "checkbox", "percentage", "count"]
EffortScale = Literal["0-10", "0-100", "fibonacci", "stars"]
RANGES: Mapping[ImpactScale, Range] = {
    "0-10": Range(0, 10, steps=tuple(range(11))),
    "0-100": Range(0, 100),
    "fibonacci": Range(0, 233, steps=(0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233)),
    "stars": Range(0, 5, steps=tuple(range(6))),
    "checkbox": Range(0, 1, steps=(0, 1), only=True),
    "percentage": Range(0, 100),
    "count": Range(0),
}
NORMAL: Mapping[ImpactScale, Callable[[Array, float], Array]] = {
    "0-10": lambda raw, _: raw * raw,
    "0-100": lambda raw, _: raw,
    "fibonacci": lambda raw, _: raw / 233 * 100,
    "stars": lambda raw, _: (2 * raw) * (2 * raw),
    "checkbox": lambda raw, _: raw * 100,
    "percentage": lambda raw, _: raw,
    "count": lambda raw, top: np.minimum(raw / top, 1.0) * 100,
}


def normalise(scale: ImpactScale, raw: Array, top: float = 1.0) -> Array:
    """Values on one of Canny's scales as 0 to 100. `top` is that of `count`."""
    return NORMAL[scale](raw, top)


class ImpactFactor(Followed):
    """A factor of impact."""

    name: InputName = Field(description="the `input` of its estimates", examples=["customer_value"])
    scale: ImpactScale = Field(default="0-10")
    weight: Weight = Field(default=1.0, description="among the impact factors; a percentage has none")
    top: Annotated[float, Field(gt=0, le=1e12)] = Field(default=100.0, description="of `count`: what counts as 100")

    @model_validator(mode="after")
    def _can_follow(self) -> Self:
        self.require_one(Range(0, self.top) if self.scale == "count" else RANGES[self.scale])
        return self


class EffortFactor(Followed):
    """A factor of effort."""

    name: InputName = Field(description="the `input` of its estimates", examples=["effort"])
    scale: EffortScale = Field(default="0-10")
    weight: Weight = Field(default=1.0, description="among the effort factors")

    @model_validator(mode="after")
    def _can_follow(self) -> Self:
        self.require_one(RANGES[self.scale])
        return self


class CannyParameters(Tuned):
    """A scoring of Canny's. Its inputs are its impact and effort factors."""

    impact: list[ImpactFactor] = Field(
        min_length=1, max_length=20, examples=[[{"name": "customer_value", "scale": "0-10", "weight": 2}]]
    )
    effort: list[EffortFactor] = Field(min_length=1, max_length=20, examples=[[{"name": "effort", "scale": "0-10"}]])

    @model_validator(mode="after")
    def _has_a_mean(self) -> Self:
        names = [each.name for each in (*self.impact, *self.effort)]
        if len(set(names)) < len(names):
            raise ValueError("two factors have the same name")
        if all(each.scale == "percentage" for each in self.impact):
            raise ValueError("impact: one factor at least must not be a percentage")
        return self

    def rules(self) -> dict[str, Rule]:
        """The inputs that follow from what Cairn knows, and how."""
        return followed([*self.impact, *self.effort])

    def recipe(self) -> Recipe:
        """The formula over these factors."""
        weighed = [each for each in self.impact if each.scale != "percentage"]
        shares = [each.name for each in self.impact if each.scale == "percentage"]
        total = math.fsum(each.weight for each in weighed)
        effort = math.fsum(each.weight for each in self.effort)
        adding = [_add(each) for each in weighed]
        spent = f"({' + '.join(f'{each.weight:g} * {_term(each)}' for each in self.effort)}) / {effort:g}"
        formula = f"({' + '.join(step.term for step in adding)}) / {total:g}"
        formula = " * ".join([formula, *(f"{name} / 100" for name in shares), "1000"])
        return Recipe(
            f"{formula} / ({spent})",
            {
                **{each.name: Declared(each.scale, RANGES[each.scale]) for each in self.impact},
                **{each.name: Declared(each.scale, RANGES[each.scale]) for each in self.effort},
            },
            (
                *adding,
                divide_by(total),
                *(_share(name) for name in shares),
                Step("multiply", "1000", (), constant(1000.0)),
                self._spend(spent, effort),
            ),
        )

    def _spend(self, term: str, total: float) -> Step:
        factors = self.effort
        inputs = tuple(each.name for each in factors)

        def operand(columns: Columns) -> Array:
            spent = factors[0].weight * normalise(factors[0].scale, columns[factors[0].name])
            for each in factors[1:]:
                spent = spent + each.weight * normalise(each.scale, columns[each.name])
            return spent / total

        return Step("divide", term, inputs, operand, of=inputs[0] if len(inputs) == 1 else None)


def _term(factor: ImpactFactor | EffortFactor) -> str:
    match factor.scale:
        case "0-10":
            return f"{factor.name}^2"
        case "stars":
            return f"(2 * {factor.name})^2"
        case "fibonacci":
            return f"{factor.name} / 233 * 100"
        case "checkbox":
            return f"{factor.name} * 100"
        case "count":
            return f"min({factor.name} / {factor.top:g}, 1) * 100"
        case _:
            return factor.name


def _add(factor: ImpactFactor) -> Step:
    def operand(columns: Columns) -> Array:
        return factor.weight * normalise(factor.scale, columns[factor.name], factor.top)

    return Step("add", f"{factor.weight:g} * {_term(factor)}", (factor.name,), operand, of=factor.name)


def _share(name: str) -> Step:
    return Step("multiply", f"{name} / 100", (name,), lambda columns: columns[name] / 100, of=name)
