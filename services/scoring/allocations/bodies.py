"""Allocation policies as callers set them and as they are answered."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.scoring.allocations.classes import OTHER, Class
from shared.events.feedback import IdeaKind
from shared.wire import Line, Text, Wire

Portion = Annotated[float, Field(ge=0, le=1)]
Since = Annotated[date, Field(ge=date(1970, 1, 1), lt=date(2200, 1, 1))]


class ClassIn(Wire):
    """A part of the work, and how much of it there is to be."""

    name: Line = Field(description="your own name for it, once in a policy", examples=["features"])
    kinds: list[IdeaKind] = Field(min_length=1, max_length=5, examples=[["feature", "research"]])
    target: Portion = Field(description="its share of the effort", examples=[0.6])
    tolerance: Portion = Field(
        default=0.05, description="how far from the target it may be; 0.05: five percentage points", examples=[0.1]
    )


class AllocationIn(Wire):
    """How work is to be shared out. No classes: from then on it is held to nothing."""

    team_id: UUID | None = Field(default=None, description="null: every team that has no policy of its own")
    since: Since = Field(description="in force for periods that begin on this day or later", examples=["2027-01-01"])
    classes: list[ClassIn] = Field(
        max_length=5,
        examples=[
            [
                {"name": "features", "kinds": ["feature", "research"], "target": 0.6, "tolerance": 0.1},
                {"name": "enablers", "kinds": ["enabler", "migration"], "target": 0.2},
                {"name": "debt", "kinds": ["debt"], "target": 0.2},
            ]
        ],
    )
    note: Text | None = Field(default=None, examples=["Agreed at the offsite."])

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        names = [each.name for each in self.classes]
        if len(set(names)) < len(names) or OTHER in names:
            raise ValueError(f"classes: each needs a name of its own, and not {OTHER!r}: that is what no class names")
        kinds = [kind for each in self.classes for kind in each.kinds]
        if len(set(kinds)) < len(kinds):
            raise ValueError("classes: a kind is in two of them, or twice in one")
        if sum(each.target for each in self.classes) > 1 + 1e-9:
            raise ValueError("classes: their targets add up to more than 1")
        return self

    def split(self) -> list[Class]:
        """The same for the domain."""
        return [Class(each.name, tuple(each.kinds), each.target, each.tolerance) for each in self.classes]


class PolicyClass(Wire):
    """A class of a policy."""

    name: str
    kinds: list[IdeaKind]
    target: float
    tolerance: float


class Allocation(Wire):
    """A version of an allocation policy. It never changes; a later one takes its place."""

    id: UUID
    team_id: UUID | None = Field(description="null: every team that has no policy of its own")
    version: int = Field(description="of this team's policy, or of that of all teams")
    since: date
    classes: list[PolicyClass]
    note: str | None
    set_by: str
    created_at: datetime
