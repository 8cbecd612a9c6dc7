"""Jira Product Discovery: the weighted score of fields brought to 0 to 100.

    without negative weights: sum(weight * field) / sum(weight)
    with them:                (the same of the positive ones) / (the same of the negative ones)

Source: support.atlassian.com, "Formula fields in Jira Product Discovery" (expression-based formulas; read 2026). There
each field is brought to 0 to 100 over all ideas of the project: from 0, or the lowest where there are negatives, to the
highest; where all are negative the highest of them is 100. That moves every score when one idea comes in. Here the team
declares the ends of each field, and the result is the weighted mean, not brought to 0 to 100 again: absolute, and in
the same order.

`normalise` is Atlassian's own, for use within a frozen run. A field that has one value only has no ends: refused. The
page prints 66 for -2 among -5, -2, -1; its own rule gives 75.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.parameters import Bound, Followed, InputName, Rule, Tuned, followed
from services.scoring.frameworks.recipe import Array, Columns, Declared, Recipe, Step, divide_by


def normalise(field: Array) -> Array | Refusal:
    """A field of all ideas, brought to 0 to 100 relative to one another."""
    if not len(field) or not np.isfinite(field).all():
        return Refusal("not_scoreable", "every idea needs a number", ("field",))
    lowest = min(float(field.min()), 0.0) if field.max() > 0 else float(field.min())
    spread = float(field.max()) - lowest
    if spread == 0:
        return Refusal("not_identified", "all values are the same, so none is relative to another", ("field",))
    return (field - lowest) / spread * 100


class WeightedField(Followed):
    """A field of a weighted score."""

    name: InputName = Field(description="the `input` of its estimates", examples=["impact_rating"])
    weight: Annotated[float, Field(ge=-1_000_000, le=1_000_000)] = Field(
        default=1.0, description="negative: the score is divided by it"
    )
    lowest: Bound = Field(default=0.0, description="what counts as 0")
    highest: Bound = Field(default=5.0, description="what counts as 100")

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.lowest >= self.highest or self.weight == 0:
            raise ValueError("lowest must be below highest, and a weight is not zero")
        self.require_one(Range(self.lowest, self.highest))
        return self

    def term(self) -> str:
        """It, weighed and brought to 0 to 100, in a formula."""
        raised = self.name if self.lowest == 0 else f"({self.name} - {self.lowest:g})"
        return f"{abs(self.weight) * 100:g} * {raised} / {self.highest - self.lowest:g}"

    def normal(self, columns: Columns) -> Array:
        """It, weighed and brought to 0 to 100."""
        return abs(self.weight) * 100 * (columns[self.name] - self.lowest) / (self.highest - self.lowest)


class JiraProductDiscoveryParameters(Tuned):
    """A weighted score of Jira Product Discovery. Its inputs are its fields."""

    fields: list[WeightedField] = Field(
        min_length=1,
        max_length=20,
        examples=[[{"name": "impact_rating", "weight": 1}, {"name": "effort_rating", "weight": -1}]],
    )

    @model_validator(mode="after")
    def _can_be_weighed(self) -> Self:
        names = [each.name for each in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("fields: two have the same name")
        if all(each.weight < 0 for each in self.fields):
            raise ValueError("fields: one weight at least must be positive")
        return self

    def rules(self) -> dict[str, Rule]:
        """The inputs that follow from what Cairn knows, and how."""
        return followed(self.fields)

    def recipe(self) -> Recipe:
        """The formula over these fields."""
        positive = [each for each in self.fields if each.weight > 0]
        negative = [each for each in self.fields if each.weight < 0]
        total = math.fsum(each.weight for each in positive)
        steps = [
            *(Step("add", each.term(), (each.name,), each.normal, of=each.name) for each in positive),
            divide_by(total),
        ]
        formula = f"({' + '.join(each.term() for each in positive)}) / {total:g}"
        if negative:
            steps.append(_against(negative))
            formula = f"{formula} / ({steps[-1].term})"
        inputs = {each.name: Declared("points", Range(each.lowest, each.highest)) for each in (*positive, *negative)}
        return Recipe(formula, inputs, tuple(steps))


def _against(fields: Sequence[WeightedField]) -> Step:
    total = math.fsum(-each.weight for each in fields)
    names = tuple(each.name for each in fields)

    def operand(columns: Columns) -> Array:
        sums = fields[0].normal(columns)
        for each in fields[1:]:
            sums = sums + each.normal(columns)
        return sums / total

    term = f"({' + '.join(each.term() for each in fields)}) / {total:g}"
    return Step("divide", term, names, operand, of=names[0] if len(names) == 1 else None)
