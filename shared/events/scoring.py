"""Events that the scoring service publishes."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.base import Event
from shared.events.feedback import IdeaKind

CauseKind = Literal[
    "demand",
    "estimate",
    "model",
    "idea",
    "need",
    "correction",
    "policy",
    "time",
    "objective",
    "contribution",
    "competition",
    "merge",
]


class ScoreChanged(Event):
    """Published when an idea's score under a model changes, and only then. `cause` says what moved it."""

    type: ClassVar[str] = "scoring.score.changed.v1"
    aggregate: ClassVar[str] = "score_id"

    score_id: UUID
    idea_id: UUID
    model_id: UUID
    model_version: int
    state: Literal["scored", "not_scoreable"]
    value: float | None = Field(default=None, description="the score; absent when not scoreable")
    previous: float | None = Field(default=None, description="the value before this change")
    missing: list[str] = Field(default_factory=list, description="inputs without which it cannot be scored")
    cause: CauseKind
    cause_id: UUID | None = Field(
        default=None,
        description="what moved it: the event, estimate, model, demand policy, evidence, competitor or capability, or "
        "the correction that was switched; `time`: the policy whose asks age; `merge`: the event by which two ideas "
        "became one, or two again",
    )


class Breach(BaseModel):
    """A share of the work that is farther from its target than the policy tolerates."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    measure: Literal["planned", "actual"]
    name: str = Field(description="the class of the policy, by its name there")
    side: Literal["over", "under"]
    share: float
    target: float
    tolerance: float


class KindShare(BaseModel):
    """What ideas of a kind have of all effort."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: IdeaKind
    share: float


class BalanceChanged(Event):
    """Published when the breaches of a team's allocation policy in a period change, or what ideas of a kind get there.

    With no breaches it is kept. A consumer may keep the newest version as what is breached and how effort is shared
    out. It is looked at when what is promised, what was done, an effort or the policy changes; not when an idea merely
    changes its kind.
    """

    type: ClassVar[str] = "scoring.balance.changed.v1"
    aggregate: ClassVar[str] = "balance_id"

    balance_id: UUID = Field(description="stands for this team in this period")
    team_id: UUID
    period: str
    allocation_id: UUID | None = Field(default=None, description="the policy's version; null: there is none any more")
    breaches: list[Breach]
    planned: list[KindShare] = Field(
        default_factory=list[KindShare],
        description="by what is promised, in the order of their names; kinds without effort are left out",
    )
    actual: list[KindShare] = Field(default_factory=list[KindShare], description="likewise, by what was done")


class PlanChanged(Event):
    """Published when a plan has ended, and when it is adopted or is no more. The newest version is how it stands.

    What was solved and answered never changes once there is a digest; only `adopted` does. One plan of a workspace is
    adopted at most.
    """

    type: ClassVar[str] = "scoring.plan.changed.v1"
    aggregate: ClassVar[str] = "plan_id"

    plan_id: UUID
    state: Literal["solved", "infeasible", "not_scoreable", "out_of_time", "failed", "cancelled"]
    adopted: bool
    value: float | None = Field(default=None, description="of the best set")
    gap: float | None = Field(default=None, description="at most this share more is possible; 0: proven to be the best")
    digest: str | None = Field(default=None, description="SHA-256 over what was asked, what was solved and the answer")
