"""Outcomes, calibration and corrections as callers tell them and as they are answered."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.scoring.calibration.accuracy import Accuracy, Reliability
from services.scoring.calibration.domain import Basis
from services.scoring.frameworks import FrameworkName
from services.scoring.frameworks.parameters import InputName
from shared.wire import Moment, Text, Wire

BASIS = (
    "`amounts`: outcomes against estimates of the input; `events`: whether it happened, against estimates that are "
    "probabilities; `efforts`: what shipped ideas took (`/v1/actuals`) against the effort expected of them"
)
Doubt = Annotated[
    float, Field(ge=0, le=1_000, description="k of n / (n + k): how many outcomes it takes to go half of the way")
]


class OutcomeIn(Wire):
    """What an estimated input of an idea turned out to be."""

    idea_id: UUID
    input: InputName = Field(description="as in the estimates", examples=["effort"])
    kind: Literal["amount", "event"] = Field(
        default="amount",
        description="`amount`: in the unit of the estimates; `event`: 1 or 0, it succeeded or not, held against "
        "estimates that are probabilities, such as RICE's confidence",
    )
    actual: Annotated[float, Field(ge=0, le=1e12)] | None = Field(description="null: forget it", examples=[3.5])
    predicted_at: Moment | None = Field(
        default=None,
        description="estimates that were current then are held against it: the moment of the decision, before anybody "
        "knew better. Left out: now, or as told before",
        examples=["2026-11-02T09:00:00Z"],
    )
    note: Text | None = Field(default=None, examples=["By the timesheets."])

    @model_validator(mode="after")
    def _happened_or_not(self) -> Self:
        if self.kind == "event" and self.actual not in {None, 0.0, 1.0}:
            raise ValueError("actual: of an event it is 1 or 0")
        return self


class OutcomesIn(Wire):
    """Outcomes to set: all or none."""

    outcomes: list[OutcomeIn] = Field(min_length=1, max_length=200)


class Outcome(Wire):
    """What an estimated input of an idea turned out to be."""

    id: UUID
    idea_id: UUID
    input: str
    kind: Literal["amount", "event"]
    actual: float
    predicted_at: datetime
    note: str | None
    recorded_by: str
    created_at: datetime
    updated_at: datetime


class CalibrationGroup(Wire):
    """How far the estimates of some people were off."""

    team_id: UUID | None
    discipline: str | None
    skill: str | None
    amounts: Accuracy | None = Field(description="of amounts and efforts")
    events: Reliability | None = Field(description="of events")


class CalibrationReport(Wire):
    """How far estimates were off, by the newest 1,000 outcomes (of efforts: the newest 2,000 skills of ideas)."""

    input: str
    basis: Basis
    k: float
    overall: CalibrationGroup
    teams: list[CalibrationGroup] = Field(
        description="of efforts, ideas that several teams worked on count in `overall` only"
    )
    disciplines: list[CalibrationGroup] = Field(description="of estimates")
    skills: list[CalibrationGroup] = Field(description="of efforts")
    not_probabilities: int = Field(description="of events: estimates that are not from 0 to 1, and so are left out")


class CalibratedInput(Wire):
    """One input of a model, by the estimates that it reads."""

    name: str = Field(description="in the model")
    report: CalibrationReport


class ModelCalibration(Wire):
    """How far estimates were off that a model reads."""

    model_id: UUID
    name: str
    framework: FrameworkName
    revision: int
    inputs: list[CalibratedInput] = Field(
        description="in the order of the formula; those that are computed (alignment, competition) are left out. One "
        "of which both amounts and events have been told is there twice"
    )
