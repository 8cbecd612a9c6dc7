"""What the parameters of every framework have in common."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

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


class Parameters(Wire):
    """What a model is tuned by."""

    @abstractmethod
    def recipe(self) -> Recipe:
        """The formula with these parameters."""

    def from_demand(self) -> Mapping[str, DemandRule]:
        """The inputs that demand can give, and how."""
        return {}

    def policies(self) -> set[UUID]:
        """The demand policies that inputs follow from."""
        return {rule.policy_id for rule in self.from_demand().values() if rule.policy_id is not None}

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
