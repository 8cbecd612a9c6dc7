"""A model as callers send it: one body for each framework, told apart by the framework's name."""

from typing import Annotated, Any, Literal, cast

from pydantic import Field, GetCoreSchemaHandler, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.cd3 import Cd3Parameters
from services.scoring.frameworks.dvf import DvfParameters
from services.scoring.frameworks.formula import FormulaParameters
from services.scoring.frameworks.ice import IceParameters
from services.scoring.frameworks.moscow import MoscowParameters
from services.scoring.frameworks.opportunity import OpportunityParameters
from services.scoring.frameworks.peers.aha import AhaParameters
from services.scoring.frameworks.peers.airfocus import AirfocusParameters
from services.scoring.frameworks.peers.canny import CannyParameters
from services.scoring.frameworks.peers.jira_product_discovery import JiraProductDiscoveryParameters
from services.scoring.frameworks.peers.productboard import ProductboardParameters
from services.scoring.frameworks.pie import PieParameters
from services.scoring.frameworks.rice import RiceParameters
from services.scoring.frameworks.value_effort import ValueEffortParameters
from services.scoring.frameworks.weighted import WeightedParameters
from services.scoring.frameworks.wsjf import WsjfParameters
from shared.wire import Line, Wire


class _Model(Wire):
    name: Line = Field(examples=["By customers"])
    active: bool = Field(default=False, description="whether it scores every idea, from now on")


class RiceModelIn(_Model):
    """reach * impact * confidence / effort."""

    framework: Literal["rice"]
    parameters: RiceParameters = Field(default_factory=RiceParameters)


class IceModelIn(_Model):
    """Impact, confidence and ease, multiplied or averaged."""

    framework: Literal["ice"]
    parameters: IceParameters = Field(default_factory=IceParameters)


class WsjfModelIn(_Model):
    """Weighted shortest job first, as in SAFe."""

    framework: Literal["wsjf"]
    parameters: WsjfParameters = Field(default_factory=WsjfParameters)


class Cd3ModelIn(_Model):
    """Cost of delay divided by duration."""

    framework: Literal["cd3"]
    parameters: Cd3Parameters = Field(default_factory=Cd3Parameters)


class ValueEffortModelIn(_Model):
    """Value over effort, with quadrants."""

    framework: Literal["value_effort"]
    parameters: ValueEffortParameters = Field(default_factory=ValueEffortParameters)


class WeightedModelIn(_Model):
    """Criteria of your own, weighted."""

    framework: Literal["weighted"]
    parameters: WeightedParameters


class MoscowModelIn(_Model):
    """Must, should, could, won't have this time."""

    framework: Literal["moscow"]
    parameters: MoscowParameters = Field(default_factory=MoscowParameters)


class OpportunityModelIn(_Model):
    """Ulwick's opportunity score, of importance and satisfaction."""

    framework: Literal["opportunity"]
    parameters: OpportunityParameters = Field(default_factory=OpportunityParameters)


class PieModelIn(_Model):
    """Potential, importance and ease, averaged."""

    framework: Literal["pie"]
    parameters: PieParameters = Field(default_factory=PieParameters)


class DvfModelIn(_Model):
    """Desirability, viability and feasibility, averaged."""

    framework: Literal["dvf"]
    parameters: DvfParameters = Field(default_factory=DvfParameters)


class FormulaModelIn(_Model):
    """A formula of your own."""

    framework: Literal["formula"]
    parameters: FormulaParameters


class CannyModelIn(_Model):
    """Canny's score."""

    framework: Literal["canny"]
    parameters: CannyParameters


class ProductboardModelIn(_Model):
    """Productboard's user impact score."""

    framework: Literal["productboard"]
    parameters: ProductboardParameters = Field(default_factory=ProductboardParameters)


class AirfocusModelIn(_Model):
    """airfocus' Focus score."""

    framework: Literal["airfocus"]
    parameters: AirfocusParameters


class JiraProductDiscoveryModelIn(_Model):
    """Jira Product Discovery's weighted score."""

    framework: Literal["jira_product_discovery"]
    parameters: JiraProductDiscoveryParameters


class AhaModelIn(_Model):
    """An Aha! scorecard."""

    framework: Literal["aha"]
    parameters: AhaParameters


class _ByFramework:
    """Read as the body of the framework that it names."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # Made here, out of sight of FastAPI, which would apply a discriminator around the validator.
        told_apart = handler.generate_schema(Annotated[source, Field(discriminator="framework")])
        return core_schema.no_info_wrap_validator_function(_untagged, told_apart)


def _untagged(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Point at what the caller sent: the errors of a union begin with the name of its member, which is in no body."""
    try:
        return handler(value)
    except ValidationError as error:
        raise ValidationError.from_exception_data(
            error.title,
            [
                InitErrorDetails(
                    # Braces would be filled in.
                    type=PydanticCustomError(
                        "invalid", "{words}", {"words": each["msg"].removeprefix("Value error, ")}
                    ),
                    loc=each["loc"][1:] if each["loc"][:1] and each["loc"][0] in FRAMEWORKS else each["loc"],
                    input=None,
                )
                for each in error.errors(include_url=False, include_input=False)
            ],
        ) from None


ModelIn = Annotated[
    RiceModelIn
    | IceModelIn
    | WsjfModelIn
    | Cd3ModelIn
    | ValueEffortModelIn
    | WeightedModelIn
    | MoscowModelIn
    | OpportunityModelIn
    | PieModelIn
    | DvfModelIn
    | FormulaModelIn
    | CannyModelIn
    | ProductboardModelIn
    | AirfocusModelIn
    | JiraProductDiscoveryModelIn
    | AhaModelIn,
    _ByFramework(),
]
"""A framework with parameters."""
AnyParameters = (
    RiceParameters
    | IceParameters
    | WsjfParameters
    | Cd3Parameters
    | ValueEffortParameters
    | WeightedParameters
    | MoscowParameters
    | OpportunityParameters
    | PieParameters
    | DvfParameters
    | FormulaParameters
    | CannyParameters
    | ProductboardParameters
    | AirfocusParameters
    | JiraProductDiscoveryParameters
    | AhaParameters
)


class _Unread:
    """Documented as the parameters of one framework or another, and read once it is known whose they are."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(_as_it_is, handler.generate_schema(AnyParameters))


def _as_it_is(value: Any, _: ValidatorFunctionWrapHandler) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return cast("dict[str, Any]", value)


UnreadParameters = Annotated[dict[str, Any], _Unread()]
