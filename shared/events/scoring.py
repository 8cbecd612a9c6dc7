"""Events that the scoring service publishes."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Event


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
    cause: Literal["demand", "estimate", "model", "idea", "policy", "time"]
    cause_id: UUID | None = Field(
        default=None,
        description="the event, estimate, model or demand policy that moved it; `time`: the policy whose asks age",
    )
