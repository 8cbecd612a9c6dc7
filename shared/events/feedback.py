"""Events that the feedback service publishes."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.base import Event

IdeaKind = Literal["feature", "enabler", "debt", "migration", "research"]
KanoCategory = Literal["M", "O", "A", "I", "R", "Q"]
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
    product_id: UUID | None = Field(default=None, description="the product that it is an idea for")


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


class MonthOfAsks(BaseModel):
    """Contacts that asked last in one month."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    month: str = Field(description="UTC, as in `2026-03`", pattern=r"^\d{4}-\d{2}$")
    contacts: int = Field(ge=1)


class ShareChanged(Event):
    """Published when one account, or contacts without one, ask otherwise for an idea than was told; within seconds.

    A consumer may keep the newest version as all that this account asks of the idea; numbers are totals, never
    differences, and no contacts mean that nobody of it asks any more. Several changes make one event. Contacts without
    an account are told of together where they are in the same segments: each of them stands in one share of the idea.
    """

    type: ClassVar[str] = "feedback.share.changed.v1"
    aggregate: ClassVar[str] = "share_id"

    share_id: UUID = Field(
        description="of this idea and this account together, for good; without an account, of the idea and the segments"
    )
    idea_id: UUID = Field(description="where it counts: asks for a merged idea are those of the one that it went into")
    account_id: UUID | None = Field(description="null: contacts that have no account")
    segment_ids: list[UUID] = Field(
        default_factory=list[UUID],
        description="segments of contacts, in order of id: of an account those that anybody is in who asks; without an "
        "account those that each of these contacts is in. As they are now",
    )
    contacts: int = Field(ge=0, description="distinct contacts that voted or whose feedback is linked")
    votes: int = Field(ge=0, description="of those contacts, those that voted")
    insights: int = Field(ge=0, description="links from their feedback")
    nice: int = Field(ge=0, description="votes that say so; a contact's latest vote counts")
    important: int = Field(ge=0)
    critical: int = Field(ge=0)
    asked: list[MonthOfAsks] = Field(
        description="each contact in the month of its latest ask, the oldest month first; 120 months at most, what is "
        "older in the first of them"
    )
    mrr_at_vote: int | None = Field(
        default=None,
        ge=0,
        description="what the account paid when its latest vote was cast, minor units; null: nobody voted, or nobody "
        "had said by then",
    )


class AccountChanged(Event):
    """Published when an account that asks for ideas pays otherwise or changes segments; within seconds.

    A consumer may keep the newest version as the account's state. An account that has never asked is not told of.
    """

    type: ClassVar[str] = "feedback.account.changed.v1"
    aggregate: ClassVar[str] = "account_id"

    account_id: UUID
    mrr: int | None = Field(
        default=None, ge=0, description="monthly recurring revenue now, minor units; null: nobody has said"
    )
    segment_ids: list[UUID] = Field(description="segments of accounts that it is in now, in order of id")


class RequestersNamed(Event):
    """Published once the shipping of an item has been matched with everyone who asked: they are to be told.

    The people are listed by `GET /v1/requesters?item_id=`; the event carries how many there are.
    """

    type: ClassVar[str] = "feedback.requesters.named.v1"
    aggregate: ClassVar[str] = "item_id"

    item_id: UUID
    requesters: int = Field(ge=0, description="distinct contacts to notify")
    accounts: int = Field(ge=0, description="distinct accounts among them")


class NeedMeasure(BaseModel):
    """What responses say of a need's importance, or of satisfaction with it, in five steps."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    counts: list[int] = Field(description="answers in each of the five steps, the lowest first")
    answers: int = Field(ge=0, description="respondents: of somebody who answered more than once the latest counts")
    mean: float | None = Field(description="of the steps, 1 to 5; null while nobody has answered")
    top_share: float | None = Field(
        description="share of answers in the upper quarter of their scale, 4 and 5 of 1 to 5; null while there are none"
    )


class NeedChanged(Event):
    """Published when a need is made or edited, linked to an idea or spoken for, and when responses rate it.

    A consumer may keep the newest version as all that is known of the need. Numbers are totals, never differences; job
    and outcome are the product team's own words.
    """

    type: ClassVar[str] = "feedback.need.changed.v1"
    aggregate: ClassVar[str] = "need_id"

    need_id: UUID
    job: str
    outcome: str
    archived: bool = False
    insights: int = Field(ge=0, description="links from feedback standing")
    ratings: int = Field(ge=0, description="responses that say how important or how well met it is")
    importance: NeedMeasure
    satisfaction: NeedMeasure
    idea_ids: list[UUID] = Field(description="ideas that would serve it, 200 at most")


class KanoChanged(Event):
    """Published when answers to the pair of Kano questions about an idea change what respondents say of it.

    A consumer may keep the newest version as all that is known. Numbers are totals of each respondent's latest pair,
    never differences.
    """

    type: ClassVar[str] = "feedback.kano.changed.v1"
    aggregate: ClassVar[str] = "idea_id"

    idea_id: UUID
    counts: dict[KanoCategory, int] = Field(
        description="respondents in each category: M must-be, O one-dimensional, A attractive, I indifferent, "
        "R reverse, Q questionable"
    )
    respondents: int = Field(
        ge=0, description="in all; of somebody who was asked more than once the latest pair counts"
    )
    label: KanoCategory | Literal["undecided"] | None = Field(
        description="the most frequent category; `undecided` where Fong's test cannot tell it from the second; null "
        "where no answer is M, O, A or I"
    )


class SegmentChanged(Event):
    """Published when a segment is made, edited, filled anew or deleted; not when single customers come or go.

    A consumer may keep the newest version as the segment's definition. Who is in it is asked of feedback.
    """

    type: ClassVar[str] = "feedback.segment.changed.v1"
    aggregate: ClassVar[str] = "segment_id"

    segment_id: UUID
    key: str = Field(description="its short name in the workspace")
    title: str = Field(description="its name, in the product team's own words")
    selects: Literal["accounts", "contacts"]
    members: int = Field(ge=0, description="how many were in it when this was published")
    settled: bool = Field(description="false while a new rule is being applied: `members` is then not final")
    deleted: bool = False


class ContactMerged(Event):
    """Published once a contact turned out to be another. A consumer may read the one id as the other from then on."""

    type: ClassVar[str] = "feedback.contact.merged.v1"
    aggregate: ClassVar[str] = "contact_id"

    contact_id: UUID = Field(description="the contact that is no more")
    into_id: UUID = Field(description="who it turned out to be")


class ContactErased(Event):
    """Published once a person was forgotten. A consumer that keeps anything of the contact forgets it too."""

    type: ClassVar[str] = "feedback.contact.erased.v1"
    aggregate: ClassVar[str] = "contact_id"

    contact_id: UUID


class Identifier(BaseModel):
    """What somebody was known by, as a keyed hash: the key is not in the log, and not in the database."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["email", "external_id", "name"]
    words: int = Field(default=1, ge=1, description="how many words the name has")
    hash: str


class PersonForgotten(Event):
    """Published once an erasure is done in feedback. A consumer takes the person out of the words that it keeps.

    It may hash what its own texts hold, with the deployment's key, and compare; nobody can read from it who it was.
    """

    type: ClassVar[str] = "feedback.person.forgotten.v1"
    aggregate: ClassVar[str] = "erasure_id"

    erasure_id: UUID
    identifiers: list[Identifier]


class CommentChanged(Event):
    """Published when a comment is written, edited, moderated or deleted. It is the comment's whole state but its words.

    Only what is `public` and `shown` may be told outside.
    """

    type: ClassVar[str] = "feedback.comment.changed.v1"
    aggregate: ClassVar[str] = "comment_id"

    comment_id: UUID
    idea_id: UUID | None = Field(default=None, description="what it is about; null: a feedback")
    feedback_id: UUID | None = None
    board_id: UUID | None = Field(
        default=None, description="the one board that it is shown on; null: wherever the idea is"
    )
    parent_id: UUID | None = Field(default=None, description="the comment that it answers")
    visibility: Literal["public", "internal"]
    state: Literal["pending", "shown", "rejected", "spam", "deleted"]
    contact_id: UUID | None = Field(default=None, description="who said it; null: somebody of the team")
