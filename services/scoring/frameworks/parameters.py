"""What the parameters of every framework have in common."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.recipe import Recipe
from shared.wire import Wire

Measure = Literal["contacts", "accounts", "votes", "insights"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
InputName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Weight = Annotated[float, Field(gt=0, le=1_000_000)]
Bound = Annotated[float, Field(ge=-1e12, le=1e12)]


class DemandRule(Wire):
    """How an input follows from demand where nobody has estimated it: the measure times `per_ask`.

    With a `policy_id` it is what the idea's demand weighs under that policy, instead of a count.

    An estimate always wins over this. Where neither is known the idea is not scoreable.
    """

    measure: Measure = Field(default="contacts", description="what of an idea's demand is counted")
    policy_id: UUID | None = Field(
        default=None,
        description="a demand policy to weigh the accounts that ask by; `measure` is then not read",
        examples=[None],
    )
    per_ask: Annotated[float, Field(gt=0, le=1_000_000)] = Field(
        default=1.0, description="how many are reached for each one that asks"
    )
    horizon: Literal["month", "quarter", "year"] = Field(default="quarter", description="the period that reach is per")


Rated = Literal["importance", "satisfaction"]
RATED: tuple[Rated, ...] = get_args(Rated)


@dataclass(frozen=True, slots=True)
class NeedRule:
    """How an input that nobody has estimated follows from surveys about the need that an idea would serve."""

    measure: Rated
    scale: Literal["ten", "five"]
    """`ten`: ten times the share of high answers; `five`: the mean of five steps."""


AtFull = Annotated[float, Field(gt=0, le=1_000_000)]
AtNone = Annotated[float, Field(ge=0, lt=1_000_000)]


class _Computed(Wire):
    """A share from 0 to 1, brought to the scale of an input: at_none + share * (at_full - at_none)."""

    at_none: AtNone = Field(default=0.0, description="the input where the share is 0: the low end of its scale")
    at_full: AtFull = Field(default=1.0, description="the input where the share is 1", examples=[10])

    def at(self, share: float) -> float:
        """The input where the share is this. Rounding may miss an end by an ulp."""
        return min(max(self.at_none + share * (self.at_full - self.at_none), self.at_none), self.at_full)

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.at_none >= self.at_full:
            raise ValueError("at_none must be below at_full")
        return self


class AlignmentRule(_Computed):
    """An input that follows from the idea's alignment with the strategy. It is computed and never estimated.

    alignment = sum(weight * contribution) / sum(weight): over the objectives that the idea contributes to, and over all
    that count. It lies in 0 to 1, and no other idea moves it. Where no objective counts the idea is not scoreable.
    """

    weigh: Literal["whole", "remaining"] = Field(
        default="whole",
        description="`remaining`: an objective weighs weight * (1 - progress), so check-ins of key results move scores",
    )
    unlinked: Literal["zero", "missing"] = Field(
        default="zero",
        description="what an idea is of which nobody has said what it contributes to: `zero`, as one that contributes "
        "to nothing, or `missing`, not scoreable until somebody has looked",
    )


class CompetitionRule(_Computed):
    """An input that follows from how far competitors are ahead. It is computed and never estimated.

    competition = sum(weight * freshness * gap) / sum(weight * freshness) over the idea's capabilities and the
    competitors of whom there is evidence; gap = max(0, theirs - ours) with none 0, partial 0.5, full 1, and freshness =
    2 ^ (-age / half-life). It lies in 0 to 1. Without evidence that is fresh enough the idea is not scoreable.
    """


Rule = DemandRule | AlignmentRule | CompetitionRule
"""How an input follows from what Cairn knows."""


class Sources(Wire):
    """What an input may follow from: one of these at most."""

    demand: DemandRule | None = Field(default=None, description="how it follows from demand where nobody estimates it")
    alignment: AlignmentRule | None = Field(default=None, description="how it follows from the strategy")
    competition: CompetitionRule | None = Field(default=None, description="how it follows from what competitors have")

    @property
    def rule(self) -> Rule | None:
        """The one that it follows from."""
        return self.demand or self.alignment or self.competition

    def require_one(self, range: Range) -> None:
        """ValueError when it follows from several, or from one whose ends the input's range does not hold."""
        if sum(each is not None for each in (self.demand, self.alignment, self.competition)) > 1:
            raise ValueError("follows from one of demand, alignment and competition, not from several")
        computed = self.alignment or self.competition
        if computed is not None and not range.lowest <= computed.at_none < computed.at_full <= range.highest:
            ends = f"from {computed.at_none:g} to {computed.at_full:g}"
            raise ValueError(f"goes {ends}, which must lie within its range: at_none and at_full say otherwise")


class Followed(Sources):
    """An input that a model declares, with what it may follow from."""

    name: InputName = Field(description="the `input` of its estimates")


def followed(inputs: Iterable[Followed]) -> dict[str, Rule]:
    """The declared inputs that follow from what Cairn knows, and how."""
    return {each.name: each.rule for each in inputs if each.rule is not None}


class Parameters(Wire):
    """What a model is tuned by."""

    @abstractmethod
    def recipe(self) -> Recipe:
        """The formula with these parameters."""

    def rules(self) -> Mapping[str, Rule]:
        """The inputs that follow from what Cairn knows, and how."""
        return {}

    def from_needs(self) -> Mapping[str, NeedRule]:
        """The inputs that surveys about needs can give, and how."""
        return {}

    def policies(self) -> set[UUID]:
        """The demand policies that inputs follow from."""
        return {
            rule.policy_id
            for rule in self.rules().values()
            if isinstance(rule, DemandRule) and rule.policy_id is not None
        }

    def named(self) -> Mapping[str, str]:
        """The inputs that are estimated under another name, and which."""
        return {}


class Tuned(Parameters):
    """Parameters of a framework whose inputs are estimates."""

    reads: dict[InputName, InputName] = Field(
        default_factory=dict,
        max_length=50,
        description="inputs that are estimated under another name, so that models with other scales for the same word "
        "do not share estimates: input → `input` of the estimates. Left out: its own name",
        examples=[{}],
    )

    def named(self) -> Mapping[str, str]:
        """The inputs that are estimated under another name, and which."""
        return self.reads

    @model_validator(mode="after")
    def _names_inputs(self) -> Self:
        inputs = self.recipe().inputs
        if unknown := sorted(self.reads.keys() - inputs.keys()):
            raise ValueError(f"reads: {', '.join(unknown)} is no input; the inputs are {', '.join(inputs)}")
        return self


class Fixed(Tuned):
    """Parameters of a framework that names its inputs itself: each may follow from what Cairn knows."""

    sources: dict[InputName, Sources] = Field(
        default_factory=dict[str, Sources],
        max_length=10,
        description="inputs that follow from demand, alignment or competition: input → one of them. Alignment and "
        "competition are computed, whatever is estimated; demand counts where nobody has estimated",
        examples=[{}],
    )

    def own(self) -> Mapping[str, Rule]:
        """The inputs for which the framework has a field of its own."""
        return {}

    def rules(self) -> Mapping[str, Rule]:
        """The inputs that follow from what Cairn knows, and how."""
        said = {name: each.rule for name, each in self.sources.items() if each.rule is not None}
        return {**self.own(), **said} if said else self.own()

    @model_validator(mode="after")
    def _fit_inputs(self) -> Self:
        inputs = self.recipe().inputs
        for name, each in self.sources.items():
            if name not in inputs:
                raise ValueError(f"sources: {name} is no input; the inputs are {', '.join(inputs)}")
            if each.rule is None:
                raise ValueError(f"sources: {name} names neither demand, alignment nor competition")
            if name in self.own():
                raise ValueError(f"sources: what {name} follows from is said in `{name}` already; set that to null")
            if inputs[name].range.only:
                raise ValueError(f"sources: {name} is a category that somebody decides on; it follows from nothing")
            try:
                each.require_one(inputs[name].range)
            except ValueError as error:
                raise ValueError(f"sources: {name} {error}") from None
        return self
