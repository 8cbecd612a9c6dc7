"""Where the inputs of a score come from.

1. An input that somebody has estimated is the arithmetic mean of the current estimates, one of each estimator.
2. An input that the model takes from demand is the demanded measure, or what the demand weighs under a policy, times
   the model's `per_ask`.
3. An input that is neither is missing. Nothing is imputed; demand that has not been told of is unknown, not zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.frameworks.parameters import DemandRule, Parameters

Source = Literal["estimate", "demand", "none"]


@dataclass(frozen=True, slots=True)
class AccountWeight:
    """An account behind an idea, and what it counts."""

    account_id: UUID
    weight: float
    cut: Annotated[float, Field(description="what the policy's cap took off it")] = 0.0


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


@dataclass(frozen=True, slots=True)
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
    """What is known of one idea: current estimates by input, the demand once it was told of, its weight by policy."""

    estimates: dict[str, Estimates]
    demand: Demand | None
    weights: dict[UUID, Weight] = field(default_factory=dict[UUID, "Weight"])


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


def sought(parameters: Parameters) -> list[Sought]:
    """The inputs that a model with these parameters needs, in the order of its formula."""
    named, rules = parameters.named(), parameters.from_demand()
    return [Sought(name, named.get(name, name), rules.get(name)) for name in parameters.recipe().inputs]


def resolve(inputs: Sequence[Sought], known: Known) -> dict[str, Input]:
    """The inputs of one idea by the rule above."""
    return {each.name: _input(known.estimates.get(each.estimated_as), each.rule, known) for each in inputs}


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


def _input(estimates: Estimates | None, rule: DemandRule | None, known: Known) -> Input:
    if estimates is not None:
        return Input("estimate", mean(estimates.values), tuple(estimates.ids))
    value, told = (None, None) if rule is None else demanded(rule, known)
    # Demand that cannot be weighed is no input, and says why.
    return Input("none" if value is None else "demand", value, demand=told)
