"""Balance as callers set it and as it is answered."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.scoring.balance.shares import OTHER, Class
from services.scoring.teams.domain import Unit
from shared.events.feedback import IdeaKind
from shared.events.scoring import Breach
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


class ClassShare(Wire):
    """A class as it is."""

    name: str = Field(description="of the policy's class; `other`: kinds that it does not name")
    kinds: list[IdeaKind]
    effort: float
    share: float | None = Field(description="of all effort; null: there is none")
    target: float | None
    tolerance: float | None
    breach: Literal["over", "under"] | None = Field(description="how it is out of tolerance")


class KindEffort(Wire):
    """What ideas of a kind get."""

    kind: IdeaKind
    effort: float
    share: float


class Shares(Wire):
    """How the effort is shared out."""

    effort: float = Field(description="in all, in `unit`")
    kinds: list[KindEffort] = Field(description="in the order of their names; kinds without effort are left out")
    classes: list[ClassShare] = Field(description="of the policy that is in force; empty: none is")
    not_counted: int = Field(
        description="ideas that could not be counted: no effort in the team's unit is told, or scoring does not know "
        "the idea"
    )


class TeamBalance(Wire):
    """A team in a period."""

    team_id: UUID | None = Field(description="null: all teams of this answer together, where they count in one unit")
    team: str | None
    period: str
    unit: Unit
    allocation_id: UUID | None = Field(description="the version of the policy that is in force; null: none is")
    planned: Shares = Field(description="what is promised (`/v1/commitments`), by the stored efforts")
    actual: Shares = Field(description="what was done (`/v1/actuals`)")
    breaches: list[Breach]


class BalanceReport(Wire):
    """Teams and periods held against their policies."""

    data: list[TeamBalance]


class TeamBreach(Breach):
    """A breach, and where."""

    team_id: UUID | None = Field(description="null: all teams of this answer together")
    team: str | None
    period: str
    allocation_id: UUID


class Breaches(Wire):
    """What is out of tolerance now."""

    data: list[TeamBreach] = Field(description="by period and team, the planned before the actual")


class DebtWorthPaying(Wire):
    """A debt whose interest over the horizon comes to more than paying it off."""

    debt_id: UUID
    title: str
    principal: float = Field(description="days to pay it off")
    interest: float = Field(description="days a month, at its probability")
    payback_months: float


class ShareSuggestion(Wire):
    """How much of the work to give to paying off debt, by what was measured."""

    state: Literal["computed", "not_computable"]
    reason: str | None = Field(description="why there is no share")
    formula: str
    horizon: float = Field(description="months")
    days_a_month: float | None = Field(description="the capacity that the share is of")
    capacity_from: Literal["asked", "teams"] | None = Field(description="who said so")
    share: float | None = Field(description="of all work, over the horizon")
    interest_share: float | None = Field(description="what debt takes now")
    interest_share_left: float | None = Field(description="what it takes once those worth it are paid off")
    days: float | None = Field(description="what that takes in all")
    debts: int = Field(description="open ones that were looked at, among the newest 1,000 of the register")
    worth_paying: list[DebtWorthPaying] = Field(description="those that pay back soonest first")
