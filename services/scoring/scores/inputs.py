"""Where the inputs of a score come from.

1. An input that the model takes from alignment or competition is computed, whatever anybody estimates.
2. An input that somebody has estimated is the arithmetic mean of the current estimates, one of each estimator, each
   corrected first where a correction for it is in force (`corrections`).
3. An input that the model takes from demand is the demanded measure times the model's `per_ask`.
4. An input that the model takes from needs is what surveys say of the need that the idea would serve.
5. An input that is none of these is missing. Nothing is imputed: demand that has not been told of, a strategy without
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
from services.scoring.frameworks.parameters import (
    AlignmentRule,
    CompetitionRule,
    DemandRule,
    NeedRule,
    Parameters,
    Rule,
)
from services.scoring.frameworks.parity import Competed
from services.scoring.needs.rated import Need, Surveyed, surveyed
from services.scoring.scores.corrections import Correction, Kind, corrected, fitting, for_team

Source = Literal["estimate", "demand", "survey", "alignment", "competition", "none"]


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
class Corrected:
    """A correction that was applied to estimates of an input."""

    correction_id: UUID
    version: Annotated[int, Field(description="of the correction, among those of the same scope")]
    kind: Annotated[Kind, Field(description="`ratio`: of the value; `odds`: of the odds of a probability")]
    factor: float
    n: Annotated[int, Field(description="how many outcomes the factor rests on")]
    estimates: Annotated[int, Field(description="how many of the input's estimates it was applied to")]


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
    raw: float | None = None
    """The mean as it was estimated, where a correction has changed it."""
    corrected: tuple[Corrected, ...] | None = None
    """None rather than empty: what was stored before there were corrections stays as it is."""
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
    teams: Sequence[UUID | None] = ()
    """The team that each speaks for; empty: none does."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one idea: current estimates by input, the demand once it has been told of, facts and needs."""

    estimates: dict[str, Estimates]
    demand: Demand | None
    facts: Facts = NOTHING
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
    rule: Rule | None
    need: NeedRule | None = None
    corrections: tuple[Correction, ...] = ()
    """Those that may apply, the most particular first."""

    @property
    def computed(self) -> bool:
        """Whether estimates of it are left aside."""
        return isinstance(self.rule, AlignmentRule | CompetitionRule)

    def applied(self, estimates: Estimates) -> list[Correction | None]:
        """What corrects each of these estimates."""
        if not self.corrections:
            return [None] * len(estimates.values)
        teams = estimates.teams or [None] * len(estimates.values)
        return [for_team(self.corrections, team_id) for team_id in teams]


def sought(parameters: Parameters, framework: str = "", corrections: Sequence[Correction] = ()) -> list[Sought]:
    """The inputs that a model with these parameters needs, in the order of its formula.

    With the corrections that are in force for it; without any, what was estimated counts as it is.
    """
    named, rules, needs = parameters.named(), parameters.rules(), parameters.from_needs()
    return [
        Sought(
            name,
            named.get(name, name),
            rules.get(name),
            needs.get(name),
            fitting(corrections, framework, named.get(name, name), declared.range) if corrections else (),
        )
        for name, declared in parameters.recipe().inputs.items()
    ]


def resolve(inputs: Sequence[Sought], known: Known) -> dict[str, Input]:
    """The inputs of one idea by the rule above."""
    return {
        each.name: _computed(each.rule, known.facts)
        if isinstance(each.rule, AlignmentRule | CompetitionRule)
        else _input(each, known)
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


def _input(wanted: Sought, known: Known) -> Input:
    estimates, rule, demand = known.estimates.get(wanted.estimated_as), wanted.rule, known.demand
    if estimates is not None:
        return _estimated(wanted, estimates)
    if wanted.need is not None and (found := surveyed(known.needs, wanted.need)) is not None:
        return Input("survey", found[0], survey=found[1])
    if not isinstance(rule, DemandRule) or demand is None:
        return Input("none")
    count = demand.counts[rule.measure]
    told = Demanded(rule.measure, count, rule.per_ask, rule.horizon, demand.event_id, demand.version)
    return Input("demand", count * rule.per_ask, demand=told)


def _estimated(sought: Sought, estimates: Estimates) -> Input:
    raw, ids = mean(estimates.values), tuple(estimates.ids)
    applied = sought.applied(estimates)
    if not any(applied):
        return Input("estimate", raw, ids)
    value = mean([corrected(each, point) for each, point in zip(applied, estimates.values, strict=True)])
    used = {each.id: each for each in applied if each is not None}
    return Input(
        "estimate",
        value,
        ids,
        raw=raw,
        corrected=tuple(
            Corrected(each.id, each.number, each.kind, each.factor, each.n, applied.count(each))
            for _, each in sorted(used.items())
        ),
    )
