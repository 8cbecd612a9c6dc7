"""Where the inputs of a score come from.

1. An input that the model takes from alignment or competition is computed, whatever anybody estimates.
2. An input that somebody has estimated is the arithmetic mean of the current estimates, one of each estimator.
3. An input that the model takes from demand is the demanded measure times the model's `per_ask`.
4. An input that is none of these is missing. Nothing is imputed: demand that has not been told of, a strategy without
   objectives and evidence that is too old are unknown, not zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.facts.known import NOTHING, Facts
from services.scoring.frameworks.alignment import Aligned
from services.scoring.frameworks.parameters import AlignmentRule, CompetitionRule, DemandRule, Parameters, Rule
from services.scoring.frameworks.parity import Competed

Source = Literal["estimate", "demand", "alignment", "competition", "none"]


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
    alignment: Aligned | None = None
    """The value is its alignment times the model's `at_full`."""
    competition: Competed | None = None
    """The value is its competition times the model's `at_full`."""


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
    """What is known of one idea: current estimates by input, the demand once it has been told of, and facts."""

    estimates: dict[str, Estimates]
    demand: Demand | None
    facts: Facts = NOTHING


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, the same in every order of the values and never outside of them."""
    return min(max(math.fsum(values) / len(values), min(values)), max(values))


@dataclass(frozen=True, slots=True)
class Sought:
    """An input that a model needs, and where it is to be found."""

    name: str
    estimated_as: str
    """The `input` of its estimates."""
    rule: Rule | None

    @property
    def computed(self) -> bool:
        """Whether estimates of it are left aside."""
        return isinstance(self.rule, AlignmentRule | CompetitionRule)


def sought(parameters: Parameters) -> list[Sought]:
    """The inputs that a model with these parameters needs, in the order of its formula."""
    named, rules = parameters.named(), parameters.rules()
    return [Sought(name, named.get(name, name), rules.get(name)) for name in parameters.recipe().inputs]


def resolve(inputs: Sequence[Sought], known: Known) -> dict[str, Input]:
    """The inputs of one idea by the rule above."""
    return {
        each.name: _computed(each.rule, known.facts)
        if isinstance(each.rule, AlignmentRule | CompetitionRule)
        else _input(known.estimates.get(each.estimated_as), each.rule, known.demand)
        for each in inputs
    }


def _computed(rule: AlignmentRule | CompetitionRule, facts: Facts) -> Input:
    if isinstance(rule, AlignmentRule):
        aligned = facts.aligned(rule)
        if aligned is None:
            return Input("none")
        return Input("alignment", aligned.alignment * rule.at_full, alignment=aligned)
    competed = facts.competed()
    if competed is None:
        return Input("none")
    return Input("competition", competed.competition * rule.at_full, competition=competed)


def _input(estimates: Estimates | None, rule: DemandRule | None, demand: Demand | None) -> Input:
    if estimates is not None:
        return Input("estimate", mean(estimates.values), tuple(estimates.ids))
    if rule is None or demand is None:
        return Input("none")
    count = demand.counts[rule.measure]
    told = Demanded(rule.measure, count, rule.per_ask, rule.horizon, demand.event_id, demand.version)
    return Input("demand", count * rule.per_ask, demand=told)
