"""What the parameters of every framework have in common."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from services.scoring.frameworks.recipe import Recipe
from shared.wire import Wire

Measure = Literal["contacts", "accounts", "votes", "insights"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
InputName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Weight = Annotated[float, Field(gt=0, le=1_000_000)]
Bound = Annotated[float, Field(ge=-1e12, le=1e12)]


class DemandRule(Wire):
    """How an input follows from demand where nobody has estimated it: the measure times `per_ask`.

    An estimate always wins over this. Where neither is known the idea is not scoreable.
    """

    measure: Measure = Field(default="contacts", description="what of an idea's demand is counted")
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


class Parameters(Wire):
    """What a model is tuned by."""

    @abstractmethod
    def recipe(self) -> Recipe:
        """The formula with these parameters."""

    def from_demand(self) -> Mapping[str, DemandRule]:
        """The inputs that demand can give, and how."""
        return {}

    def from_needs(self) -> Mapping[str, NeedRule]:
        """The inputs that surveys about needs can give, and how."""
        return {}

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
