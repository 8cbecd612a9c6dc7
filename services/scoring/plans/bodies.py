"""Plans as callers ask for them, and as they are answered."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.scoring.portfolio.bodies import Portfolio, PortfolioIn
from services.scoring.teams.domain import Unit
from shared.events.feedback import IdeaKind
from shared.wire import Key, Line, Text, Wire

State = Literal["waiting", "running", "solved", "infeasible", "not_scoreable", "out_of_time", "failed", "cancelled"]
Phase = Literal["waiting", "reading", "solving", "pricing", "drawing", "ended"]


class Asked(PortfolioIn):
    """A portfolio with more time."""

    # As in the portfolio that it is, whose schema this would else replace.
    model_config = ConfigDict(json_schema_extra={"not": {"required": ["capacity", "stored_capacity"]}})

    seconds: Annotated[float, Field(ge=0.1, le=60)] = Field(default=20.0, description="how long to look, at most")


class PlanIn(Asked):
    """A portfolio to be solved and kept: as for `POST /v1/portfolios`, with more time and a name."""

    name: Line = Field(examples=["First half, growth"])
    note: Text | None = Field(default=None, examples=["With the hiring freeze."])


class ProgramItem(Wire):
    """An item as it was solved with."""

    key: str
    idea_id: UUID | None
    kind: IdeaKind
    value: float
    effort: dict[str, float] = Field(description="by skill")


class PlanModel(Wire):
    """The model that gave values."""

    id: UUID
    name: str
    revision: int


class PlanProgram(Wire):
    """What was solved: values, efforts and capacity as they were then."""

    items: list[ProgramItem]
    capacity: dict[str, list[float]] = Field(description="by skill, one for each period")
    periods: list[str] | None = Field(description="by their names, where the capacity is that of teams; else null")
    team_ids: list[UUID] | None = Field(description="whose capacity it is; null: it was given as figures")
    unit: Unit | None = Field(description="what effort and capacity are counted in; null likewise")
    model: PlanModel | None


class PlanSummary(Wire):
    """A plan, without what it holds."""

    id: UUID
    name: str
    note: str | None
    state: State = Field(
        description="`infeasible` and `not_scoreable` are answers too: the result says what is in the way"
    )
    phase: Phase
    progress: float = Field(description="how much of the work is done, 0 to 1; while it is solving nobody knows")
    reason: str | None = Field(description="why there is no set, or why it failed")
    value: float | None = Field(description="of the best set")
    gap: float | None = Field(description="at most this share more is possible; 0: proven to be the best")
    digest: str | None = Field(
        description="SHA-256 over the plan, what was solved and the answer, as RFC 8785 writes them; null until then"
    )
    adopted: bool = Field(description="whether it is the plan: one is at most")
    created_by: str
    created_at: datetime
    finished_at: datetime | None
    version: int


class Plan(PlanSummary):
    """A plan. Once it has ended it never changes, but for whether it is the one that was adopted."""

    asked: dict[str, Any] = Field(description="what was asked for: the body of the request, with its defaults")
    program: PlanProgram | None = Field(description="null until it has been solved")
    result: Portfolio | None = Field(description="the answer; null until then")


class AdoptionIn(Wire):
    """Why a plan is adopted, or is no more."""

    reason: Text = Field(examples=["Agreed at the planning of the first half."])
    decided_by: Key | None = Field(default=None, description="who, by an id of your own", examples=["user-17"])


class Adoption(Wire):
    """That a plan was adopted, or withdrawn. It is added, never changed."""

    id: UUID
    position: int = Field(description="from 1, over all plans of the workspace")
    plan_id: UUID
    action: Literal["adopt", "withdraw"]
    reason: str
    decided_by: str | None
    recorded_by: str
    created_at: datetime
    digest: str = Field(description="SHA-256 over this one, the plan's digest and the digest of the one before")


class PlanVerification(Wire):
    """Whether a plan and the adoptions are what they were when they were stored."""

    intact: bool
    digest: str
    computed: str = Field(description="the digest of what is stored now")
    adoptions: int = Field(description="of all plans of the workspace")
    broken_at: int | None = Field(description="the first adoption that is not what it was, or before which one is gone")


class ItemMove(Wire):
    """An item that is in one of the plans only, or at another time."""

    key: str
    idea_id: UUID | None
    kind: IdeaKind
    value_before: float | None = Field(description="null: it was no item of that plan")
    value_after: float | None
    before: str | None = Field(description="its period; null: it is not in that plan's set")
    after: str | None


class KindChange(Wire):
    """The effort that items of a kind get."""

    kind: IdeaKind
    before: float
    after: float


class PlanComparison(Wire):
    """What changed from one plan to another."""

    before: UUID
    after: UUID
    value_before: float | None
    value_after: float | None
    entered: list[ItemMove] = Field(description="the most worth first")
    left: list[ItemMove]
    moved: list[ItemMove] = Field(description="in both, at another time")
    same: int = Field(description="items in both at the same time")
    kinds: list[KindChange] = Field(description="kinds whose effort changed")


class PlanSkillUse(Wire):
    """A skill in a period: what there was, what the plan takes, what is promised, and what was spent."""

    period: str
    skill: str
    capacity: float = Field(description="when the plan was solved")
    planned: float
    committed: float = Field(description="of `/v1/commitments` of the same teams, now")
    actual: float = Field(description="of `/v1/actuals` of the same teams, now, in the plan's unit")


class PlanUse(Wire):
    """A plan beside what is promised and what was done."""

    plan_id: UUID
    unit: Unit
    team_ids: list[UUID]
    data: list[PlanSkillUse] = Field(description="by period and skill")
