"""Where the inputs of a score come from.

1. An input that the model takes from alignment or competition is computed, whatever anybody estimates.
2. An input that somebody has estimated is the arithmetic mean of the current estimates, one of each estimator, each
   corrected first where a correction for it is in force (`corrections`).
3. An input that the model takes from demand is the demanded measure, or what the demand weighs under a policy, times
   the model's `per_ask`.
4. An input that the model takes from needs is what surveys say of the need that the idea would serve.
5. An input that is none of these is missing. Nothing is imputed: demand that has not been told of, a strategy without
   objectives and evidence that is too old are unknown, not zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple
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

# What comes by the hundred thousand when a model changes is a tuple, or not frozen: a frozen record is made field by
# field through `object.__setattr__`, which takes three times as long.
Source = Literal["estimate", "demand", "survey", "alignment", "competition", "none"]


@dataclass(frozen=True, slots=True)
class CountedBy:
    """The segment of a policy's table that somebody counts by."""

    segment_id: UUID
    selects: Annotated[
        Literal["accounts", "contacts"],
        Field(description="whose segment it is: the account's, or that of a contact who asks"),
    ]


@dataclass(frozen=True, slots=True)
class AccountWeight:
    """An account behind an idea, and what it counts."""

    account_id: UUID
    weight: float
    cut: Annotated[float, Field(description="what the policy's cap took off it")] = 0.0
    segment: Annotated[
        CountedBy | None, Field(description="by which it counts; null: by none, or the policy has no segments")
    ] = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an idea weighs under a demand policy. `accounts`, `others` and `without_account` add up to `weight`."""

    policy_id: UUID
    revision: Annotated[int, Field(description="of the policy: the parameters that gave this weight")]
    state: Annotated[
        Literal["weighed", "unknown", "infeasible"],
        Field(
            description="`unknown`: accounts that ask cannot be weighed; `infeasible`: too few accounts ask for one of "
            "them to stay within the cap"
        ),
    ]
    weight: Annotated[float | None, Field(description="null where it is not weighed")] = None
    accounts: Annotated[tuple[AccountWeight, ...], Field(description="the accounts that count most, ten at most")] = ()
    others: Annotated[float, Field(description="what all other accounts count")] = 0.0
    without_account: Annotated[float, Field(description="what contacts count that have no account")] = 0.0
    cut: Annotated[float, Field(description="what the cap took off all of them")] = 0.0
    unknown: Annotated[
        tuple[UUID, ...],
        Field(description="accounts that cannot be weighed, ten at most; named whatever becomes of it"),
    ] = ()
    unknown_accounts: Annotated[int, Field(description="how many those are")] = 0
    unknown_contacts: Annotated[int, Field(description="contacts without an account that cannot be weighed")] = 0
    name: Annotated[str | None, Field(description="the policy's name now; null: not looked up")] = None


@dataclass(frozen=True, slots=True)
class Weight:
    """An idea's weight under one policy as it stands, and what told of it."""

    weighed: Weighed
    contacts: int
    event_id: UUID
    version: int


@dataclass(slots=True)
class Demanded:
    """The demand that an input rests on: the value is `count` times `per_ask`, or the policy's weight times that."""

    measure: Annotated[str, Field(description="what is counted; `policy`: demand is weighed")]
    count: Annotated[int, Field(description="of `policy`: the contacts that ask")]
    per_ask: float
    horizon: str
    event_id: Annotated[UUID, Field(description="the event that told of this demand")]
    version: Annotated[int, Field(description="of the idea's demand, or of its weight")]
    policy: Annotated[Weighed | None, Field(description="how it was weighed; null: it was counted")] = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction that was applied to estimates of an input."""

    correction_id: UUID
    version: Annotated[int, Field(description="of the correction, among those of the same scope")]
    kind: Annotated[Kind, Field(description="`ratio`: of the value; `odds`: of the odds of a probability")]
    factor: float
    n: Annotated[int, Field(description="how many outcomes the factor rests on")]
    estimates: Annotated[int, Field(description="how many of the input's estimates it was applied to")]


@dataclass(slots=True)
class Input:
    """One input of a score as it is stored: its value and what that rests on."""

    source: Source
    value: float | None = None
    estimates: tuple[UUID, ...] = ()
    """The value is their arithmetic mean. They are never changed or deleted, so their ids say it all."""
    demand: Demanded | None = None
    alignment: Aligned | None = None
    """The value is its alignment, brought from 0 to 1 to the model's `at_none` to `at_full`."""
    competition: Competed | None = None
    """The value is its competition, brought likewise."""
    raw: float | None = None
    """The mean as it was estimated, where a correction has changed it."""
    corrected: tuple[Corrected, ...] | None = None
    """None rather than empty: what was stored before there were corrections stays as it is."""
    survey: Surveyed | None = None


class Demand(NamedTuple):
    """The newest demand for one idea: each measure's count."""

    counts: Mapping[str, int]
    event_id: UUID
    version: int


class Estimates(NamedTuple):
    """The current estimates of one input."""

    ids: Sequence[UUID]
    values: Sequence[float]
    teams: Sequence[UUID | None] = ()
    """The team that each speaks for; empty: none does."""


@dataclass(slots=True)
class Known:
    """What is known of one idea: current estimates by input, the demand once it has been told of, facts and needs."""

    estimates: dict[str, Estimates]
    demand: Demand | None
    facts: Facts = NOTHING
    needs: tuple[Need, ...] = ()
    """Those that it would serve."""
    weights: dict[UUID, Weight] = field(default_factory=dict[UUID, "Weight"])
    """What its demand weighs, by policy."""


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, the same in every order of the values and never outside of them."""
    if len(values) == 1:
        return values[0]
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
    computed: bool = False
    """Whether it follows from alignment or competition: estimates of it are left aside."""

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
            isinstance(rules.get(name), AlignmentRule | CompetitionRule),
        )
        for name, declared in parameters.recipe().inputs.items()
    ]


def resolve(inputs: Sequence[Sought], known: Known) -> dict[str, Input]:
    """The inputs of one idea by the rule above."""
    return {each.name: _computed(each.rule, known.facts) if each.computed else _input(each, known) for each in inputs}


def _computed(rule: Rule | None, facts: Facts) -> Input:
    if isinstance(rule, AlignmentRule):
        aligned = facts.aligned(rule)
        if aligned is None:
            return Input("none")
        return Input("alignment", rule.at(aligned.alignment), alignment=aligned)
    competed = facts.competed()
    if competed is None or not isinstance(rule, CompetitionRule):
        return Input("none")
    return Input("competition", rule.at(competed.competition), competition=competed)


def demanded(rule: DemandRule, known: Known) -> tuple[float | None, Demanded | None]:
    """What an idea's demand makes of an input by this rule, and how. Two times None: nothing has been told."""
    if rule.policy_id is not None:
        weight = known.weights.get(rule.policy_id)
        if weight is None:
            return None, None
        worth = weight.weighed.weight
        told = Demanded(
            "policy", weight.contacts, rule.per_ask, rule.horizon, weight.event_id, weight.version, weight.weighed
        )
        return None if worth is None else worth * rule.per_ask, told
    demand = known.demand
    if demand is None:
        return None, None
    count = demand.counts[rule.measure]
    return count * rule.per_ask, Demanded(
        rule.measure, count, rule.per_ask, rule.horizon, demand.event_id, demand.version
    )


def _input(wanted: Sought, known: Known) -> Input:
    estimates, rule = known.estimates.get(wanted.estimated_as), wanted.rule
    if estimates is not None:
        return _estimated(wanted, estimates)
    if wanted.need is not None and (found := surveyed(known.needs, wanted.need)) is not None:
        return Input("survey", found[0], survey=found[1])
    value, told = demanded(rule, known) if isinstance(rule, DemandRule) else (None, None)
    # Demand that cannot be weighed is no input, and says why.
    return Input("none" if value is None else "demand", value, demand=told)


def _estimated(sought: Sought, estimates: Estimates) -> Input:
    raw, ids = mean(estimates.values), tuple(estimates.ids)
    if not sought.corrections or not any(applied := sought.applied(estimates)):
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
