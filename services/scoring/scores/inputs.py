"""Where the inputs of a score come from.

1. An input that somebody has estimated is the arithmetic mean of the current estimates, one of each estimator.
2. An input that the model takes from demand is the demanded measure times the model's `per_ask`.
3. An input that is neither is missing. Nothing is imputed; demand that has not been told of is unknown, not zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.frameworks import Framework
from services.scoring.frameworks.rice import DemandRule

Source = Literal["estimate", "demand", "none"]


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
    """What is known of one idea: current estimates by input, and the demand once it has been told of."""

    estimates: dict[str, Estimates]
    demand: Demand | None


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, the same in every order of the values and never outside of them."""
    return min(max(math.fsum(values) / len(values), min(values)), max(values))


def resolve(framework: Framework, rules: Mapping[str, DemandRule], known: Known) -> dict[str, Input]:
    """The inputs of one idea by the rule above."""
    return {name: _input(known.estimates.get(name), rules.get(name), known.demand) for name in framework.inputs}


def _input(estimates: Estimates | None, rule: DemandRule | None, demand: Demand | None) -> Input:
    if estimates is not None:
        return Input("estimate", mean(estimates.values), tuple(estimates.ids))
    if rule is None or demand is None:
        return Input("none")
    count = demand.counts[rule.measure]
    told = Demanded(rule.measure, count, rule.per_ask, rule.horizon, demand.event_id, demand.version)
    return Input("demand", count * rule.per_ask, demand=told)
