"""Where the inputs of a score come from.

1. An input that somebody has estimated is the arithmetic mean of the current estimates, one of each estimator.
2. An input that the model takes from demand is the demanded measure times the model's `per_ask`.
3. An input that is neither is missing. Nothing is imputed; demand that has not been told of is unknown, not zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.frameworks import Framework
from services.scoring.frameworks.factors import Contribution, Factor, Flag
from services.scoring.frameworks.rice import DemandRule


@dataclass(frozen=True, slots=True)
class Estimated:
    """A current estimate that an input rests on."""

    estimate_id: UUID
    estimator: str
    discipline: str | None
    value: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Demanded:
    """The demand that an input rests on."""

    measure: str
    count: int
    per_ask: float
    horizon: str
    event_id: Annotated[UUID, Field(description="the event that told of this demand")]
    version: Annotated[int, Field(description="of the idea's demand")]


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a score: its value, where that came from and what it did to the score."""

    source: Literal["estimate", "demand", "none"]
    value: Annotated[float | None, Field(description="the value used; null when there is none")] = None
    estimates: Annotated[
        tuple[Estimated, ...],
        Field(description="the value is their arithmetic mean; with one of these, demand is not used"),
    ] = ()
    demand: Annotated[Demanded | None, Field(description="the value is `count` times `per_ask`")] = None
    problem: Annotated[str | None, Field(description="why the idea cannot be scored with it")] = None
    flags: Annotated[
        tuple[Flag, ...], Field(description="`off_scale`: taken, though not on the framework's published scale")
    ] = ()
    contribution: Annotated[
        Contribution | None, Field(description="its step in the formula; null when the idea is not scoreable")
    ] = None


@dataclass(frozen=True, slots=True)
class Demand:
    """The newest demand for one idea: each measure's count."""

    counts: Mapping[str, int]
    event_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one idea: current estimates by input, and the demand once it has been told of."""

    estimates: Mapping[str, Sequence[Estimated]]
    demand: Demand | None


UNKNOWN = Known({}, None)


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, the same in every order of the values and never outside of them."""
    return min(max(math.fsum(values) / len(values), min(values)), max(values))


def resolve(framework: Framework, rules: Mapping[str, DemandRule], known: Known) -> dict[str, Input]:
    """The inputs of one idea by the rule above."""
    return {name: _input(known.estimates.get(name), rules.get(name), known.demand) for name in framework.inputs}


def _input(estimates: Sequence[Estimated] | None, rule: DemandRule | None, demand: Demand | None) -> Input:
    if estimates:
        return Input("estimate", mean([each.value for each in estimates]), estimates=tuple(estimates))
    if rule is None or demand is None:
        return Input("none")
    count = demand.counts[rule.measure]
    told = Demanded(rule.measure, count, rule.per_ask, rule.horizon, demand.event_id, demand.version)
    return Input("demand", count * rule.per_ask, demand=told)


def judged(given: Mapping[str, Input], factors: Mapping[str, Factor]) -> dict[str, Input]:
    """The inputs with what the framework made of each."""
    return {name: _judged(each, factors[name]) for name, each in given.items()}


def _judged(each: Input, factor: Factor) -> Input:
    return replace(each, problem=factor.problem, flags=factor.flags, contribution=factor.contribution)
