"""Events that the feedback service publishes."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Event

IdeaKind = Literal["feature", "enabler", "debt", "migration", "research"]
IdeaStatus = Literal["open", "planned", "in_progress", "shipped", "declined"]


class FeedbackReceived(Event):
    """Published when a statement is first stored (version 1) and when its source resends it with more answers.

    A consumer may rely on the ids; the words stay in feedback.
    """

    type: ClassVar[str] = "feedback.feedback.received.v1"
    aggregate: ClassVar[str] = "feedback_id"

    feedback_id: UUID
    source: str = Field(description="channel: `api`, `import` or the vendor's name")
    contact_id: UUID | None = None
    received_at: datetime


class IdeaChanged(Event):
    """Published when an idea is created, edited, merged or unmerged. A consumer may keep the newest as its state.

    The title is the product team's own words, not a customer's.
    """

    type: ClassVar[str] = "feedback.idea.changed.v1"
    aggregate: ClassVar[str] = "idea_id"

    idea_id: UUID
    title: str
    kind: IdeaKind
    status: IdeaStatus
    archived: bool = False
    merged_into: UUID | None = Field(
        default=None, description="the idea that everything asked of this one counts for; this one is not shown then"
    )


class DemandChanged(Event):
    """Published when what is known of the demand for an idea changes. Numbers are totals, never differences."""

    type: ClassVar[str] = "feedback.demand.changed.v1"
    aggregate: ClassVar[str] = "idea_id"

    idea_id: UUID
    votes: int = Field(ge=0, description="votes standing")
    insights: int = Field(ge=0, description="links from feedback standing")
    contacts: int = Field(ge=0, description="distinct contacts that voted or whose feedback is linked")
    accounts: int = Field(ge=0, description="distinct accounts of those contacts")
    mrr: int = Field(ge=0, description="monthly recurring revenue of those accounts, minor units")
    currency: str = Field(description="ISO 4217 code of the workspace")


class RequestersNamed(Event):
    """Published once the shipping of an item has been matched with everyone who asked: they are to be told.

    The people are listed by `GET /v1/requesters?item_id=`; the event carries how many there are.
    """

    type: ClassVar[str] = "feedback.requesters.named.v1"
    aggregate: ClassVar[str] = "item_id"

    item_id: UUID
    requesters: int = Field(ge=0, description="distinct contacts to notify")
    accounts: int = Field(ge=0, description="distinct accounts among them")
