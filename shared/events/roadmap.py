"""Events that the roadmap service publishes."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.base import Event

ObjectiveStatus = Literal["draft", "active", "achieved", "dropped"]
ItemStatus = Literal["considering", "planned", "in_progress", "shipped", "cancelled"]


class ItemChanged(Event):
    """Published when a roadmap item is planned, edited or changes its status. It is the item's whole public state."""

    type: ClassVar[str] = "roadmap.item.changed.v1"
    aggregate: ClassVar[str] = "item_id"

    item_id: UUID
    idea_ids: list[UUID]
    title: str
    status: ItemStatus
    shipped_at: datetime | None = None


class ObjectiveChanged(Event):
    """Published when an objective is set, edited or archived, when its progress moves, and when it begins or ends.

    A consumer may keep the newest version as its state and needs no calendar: `counts` says whether ideas are held
    against it today. Its title stays in roadmap.
    """

    type: ClassVar[str] = "roadmap.objective.changed.v1"
    aggregate: ClassVar[str] = "objective_id"

    objective_id: UUID
    product_id: UUID | None = None
    weight: float = Field(gt=0, description="what it weighs beside the workspace's other objectives")
    status: ObjectiveStatus
    archived: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    counts: bool = Field(description="active, not archived, and today lies between its first and its last day")
    progress: float | None = Field(
        default=None, ge=0, le=1, description="mean progress of its key results; null: it has none"
    )
    strategy_version: int = Field(
        ge=1,
        description="of all objectives together; rises when one begins or ceases to count, weighs or has reached more",
    )


class Contribution(BaseModel):
    """How much an idea contributes to an objective, as somebody judged it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    objective_id: UUID
    weight: float = Field(ge=0, le=1)


class ContributionsChanged(Event):
    """Published when it is said which objectives an idea contributes to: always all of them, in order of id.

    A consumer may keep the newest version as all that is known of it.
    """

    type: ClassVar[str] = "roadmap.contributions.changed.v1"
    aggregate: ClassVar[str] = "idea_id"

    idea_id: UUID
    contributions: list[Contribution]
