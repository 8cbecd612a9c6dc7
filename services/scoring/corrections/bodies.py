"""Corrections as callers ask for them and as they are answered."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.scoring.calibration.accuracy import Accuracy, K, Reliability
from services.scoring.calibration.bodies import BASIS, Doubt
from services.scoring.calibration.domain import Basis
from services.scoring.frameworks import FrameworkName
from services.scoring.frameworks.parameters import InputName
from shared.wire import Wire


class CorrectionIn(Wire):
    """What to correct. The factor is computed from what was measured; it cannot be given."""

    input: InputName = Field(description="estimates of this are corrected", examples=["effort"])
    basis: Basis = Field(default="amounts", description=BASIS)
    team_id: UUID | None = Field(
        default=None, description="estimates that speak for this team, by its own outcomes; null: all others, by all"
    )
    framework: FrameworkName | None = Field(default=None, description="in models of this framework; null: in all")
    k: Doubt = K


class Correction(Wire):
    """A version of a correction. Its factor never changes; whether it is in force does.

    `ratio` multiplies estimates whose scale has no upper end; `odds` multiplies the odds of probabilities. The most
    particular that is in force counts, never two: a team's before that of all, a framework's before that of all.
    """

    id: UUID
    input: str
    team_id: UUID | None
    framework: str | None
    number: int = Field(description="its version among corrections of the same input, team and framework")
    basis: Basis
    kind: Literal["ratio", "odds"]
    factor: float
    n: int = Field(description="outcomes that it rests on")
    small: bool = Field(description="fewer than ten")
    k: float
    amounts: Accuracy | None
    events: Reliability | None
    on: bool = Field(description="whether scores use it now")
    made_by: str
    created_at: datetime
    version: int


class CorrectionSwitch(Wire):
    """A time in which it was in force."""

    on_at: datetime
    on_by: str
    off_at: datetime | None
    off_by: str | None


class CorrectionPair(Wire):
    """What was estimated of an idea, and what came of it."""

    idea_id: UUID
    estimate: float
    actual: float


class CorrectionDetail(Correction):
    """A correction with what it rests on and when it was in force."""

    pairs: list[CorrectionPair] = Field(description="1,000 at most")
    switches: list[CorrectionSwitch] = Field(description="the newest 100, the newest first")


class CorrectionEdit(Wire):
    """Whether scores are to use it."""

    on: bool = Field(examples=[True], description="in place of any other with the same input, team and framework")
