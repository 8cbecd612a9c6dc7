"""Where the inputs of a score come from.

1. An input that somebody has estimated is the arithmetic mean of the current estimates, one of each estimator.
2. An input that the model takes from demand is the demanded measure times the model's `per_ask`.
3. An input that the model takes from needs is what surveys say of the need that the idea would serve.
4. An input that is none of these is missing. Nothing is imputed; demand that has not been told of is unknown, not zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.frameworks.parameters import DemandRule, NeedRule, Parameters
from services.scoring.needs.rated import Need, Surveyed, surveyed

Source = Literal["estimate", "demand", "survey", "none"]


@dataclass(frozen=True, slots=True)
class Demanded:
    """The demand that an input rests on: the value is `count` times `per_ask`."""

    measure: str
    count: int
    per_ask: float
    horizon: str
    event_id: Annotated[UUID, Field(description="the event that told of this demand")]
    version: Annotated[int, Field(description="of the idea's demand")]


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a score as it is stored: its value and what that rests on."""

    source: Source
    value: float | None = None
    estimates: tuple[UUID, ...] = ()
    """The value is their arithmetic mean. They are never changed or deleted, so their ids say it all."""
    demand: Demanded | None = None
    survey: Surveyed | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """The newest demand for one idea: each measure's count."""

    counts: Mapping[str, int]
    event_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Estimates:
    """The current estimates of one input."""

    ids: Sequence[UUID]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one idea: current estimates by input, the demand once it has been told of, and needs."""

    estimates: dict[str, Estimates]
    demand: Demand | None
    needs: tuple[Need, ...] = ()
    """Those that it would serve."""


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, the same in every order of the values and never outside of them."""
    return min(max(math.fsum(values) / len(values), min(values)), max(values))


@dataclass(frozen=True, slots=True)
class Sought:
    """An input that a model needs, and where it is to be found."""

    name: str
    estimated_as: str
    """The `input` of its estimates."""
    rule: DemandRule | None
    need: NeedRule | None = None


def sought(parameters: Parameters) -> list[Sought]:
    """The inputs that a model with these parameters needs, in the order of its formula."""
    named, rules, needs = parameters.named(), parameters.from_demand(), parameters.from_needs()
    return [
        Sought(name, named.get(name, name), rules.get(name), needs.get(name)) for name in parameters.recipe().inputs
    ]


def resolve(inputs: Sequence[Sought], known: Known) -> dict[str, Input]:
    """The inputs of one idea by the rule above."""
    return {each.name: _input(each, known) for each in inputs}


def _input(wanted: Sought, known: Known) -> Input:
    estimates, rule, demand = known.estimates.get(wanted.estimated_as), wanted.rule, known.demand
    if estimates is not None:
        return Input("estimate", mean(estimates.values), tuple(estimates.ids))
    if wanted.need is not None and (found := surveyed(known.needs, wanted.need)) is not None:
        return Input("survey", found[0], survey=found[1])
    if rule is None or demand is None:
        return Input("none")
    count = demand.counts[rule.measure]
    told = Demanded(rule.measure, count, rule.per_ask, rule.horizon, demand.event_id, demand.version)
    return Input("demand", count * rule.per_ask, demand=told)
