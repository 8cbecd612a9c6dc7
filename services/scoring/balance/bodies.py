"""Balance as it is answered."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from services.scoring.teams.domain import Unit
from shared.events.feedback import IdeaKind
from shared.events.scoring import Breach
from shared.wire import Wire

Basis = Literal["commitments", "plan"]


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
    basis: Basis = Field(default="commitments", description="what `planned` goes by")
    plan_id: UUID | None = Field(default=None, description="the adopted plan; null: it goes by commitments")
    planned: Shares = Field(
        description="what is promised (`/v1/commitments`), by the stored efforts, or what the plan takes"
    )
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
