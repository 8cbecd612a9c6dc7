"""Capacity as callers tell it and as it is answered."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.scoring.capacity.domain import Period
from services.scoring.teams.domain import Amount, Skill, Unit
from shared.wire import Wire

PERIOD = "a quarter (`2027-Q1`), a month (`2027-01`) or an ISO week (`2027-W05`); use one kind throughout"


class CapacityIn(Wire):
    """What a team has of a skill in a period that is not as usual."""

    team_id: UUID
    period: Period = Field(description=PERIOD, examples=["2027-Q1"])
    skill: Skill = Field(examples=["backend"])
    amount: Amount | None = Field(description="in the team's unit; null: as usual", examples=[9])


class CapacitiesIn(Wire):
    """Capacities to set: all or none."""

    capacities: list[CapacityIn] = Field(min_length=1, max_length=200)


class TeamCapacity(Wire):
    """What a team has of a skill in a period that is not as usual."""

    team_id: UUID
    period: str
    skill: str
    amount: float


class EffortIn(Wire):
    """What an idea takes of a skill."""

    idea_id: UUID = Field(description="an idea of feedback; scoring need not have heard of it yet")
    skill: Skill = Field(examples=["backend"])
    unit: Unit = Field(default="person_weeks", description="that of the team which is to do it")
    amount: Amount | None = Field(description="null: forget it", examples=[4])


class EffortsIn(Wire):
    """Efforts to set: all or none."""

    efforts: list[EffortIn] = Field(min_length=1, max_length=200)


class IdeaEffort(Wire):
    """What an idea takes of a skill."""

    idea_id: UUID
    skill: str
    unit: Unit
    amount: float


class CommitmentIn(Wire):
    """An idea that a team promises for a period."""

    team_id: UUID
    idea_id: UUID
    period: Period = Field(description=PERIOD, examples=["2027-Q1"])
    share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=1.0,
        description="how much of the idea's effort falls there; null: take the promise back",
        examples=[0.5],
    )


class CommitmentsIn(Wire):
    """Commitments to set: all or none."""

    commitments: list[CommitmentIn] = Field(min_length=1, max_length=200)


class Commitment(Wire):
    """An idea that a team has promised for a period."""

    team_id: UUID
    idea_id: UUID
    title: str | None = Field(description="null: scoring has not heard of the idea")
    period: str
    share: float


class Saved(Wire):
    """How many were told."""

    saved: int


class IdeaNeed(Wire):
    """What one promised idea takes."""

    idea_id: UUID
    title: str
    amount: float


class SkillUse(Wire):
    """A skill of a team in a period: what there is, and what is promised."""

    team_id: UUID
    team: str
    unit: Unit
    period: str
    skill: str
    capacity: float
    needed: float
    factor: float = Field(
        description="what efforts were multiplied by: 1, or with `corrected` the team's correction of `effort`"
    )
    over: float = Field(description="how much more is promised than there is; 0: it is enough")
    ideas: list[IdeaNeed] = Field(description="what it is promised to, the most first")


class UncountedPromise(Wire):
    """A promise that could not be counted, so what is said of its team is too little."""

    team_id: UUID
    idea_id: UUID
    title: str
    period: str
    reason: Literal["no_effort", "other_unit"] = Field(
        description="`no_effort`: nobody has told what the idea takes; `other_unit`: it is told in another unit than "
        "the team's, and units are not converted"
    )
    skill: str | None


class CapacityUse(Wire):
    """What is promised of what there is, by period, team and skill."""

    periods: list[str]
    data: list[SkillUse]
    not_counted: list[UncountedPromise]
