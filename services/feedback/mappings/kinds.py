"""What a row must have: one model for each kind."""

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field, TypeAdapter, model_validator

from services.feedback.accounts.api import AccountIn
from services.feedback.customers.api import ContactRef
from services.feedback.ideas.api import Tags
from services.feedback.inbox.api import FeedbackIn
from services.feedback.mappings.mapping import Kind, Mapping
from shared.errors import FieldError, Invalid
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.wire import Attributes, Key, Line, Moment, Slug, Text, Wire

FIRST: frozenset[Kind] = frozenset({"accounts", "contacts", "ideas"})
"""Kinds that the others name: they are stored in a first pass over the file."""


class IdeaRow(Wire):
    """An idea as it was elsewhere."""

    external_id: Key = Field(description="its id there", examples=["post-17"])
    title: Line
    description: Text | None = None
    kind: IdeaKind = "feature"
    status: IdeaStatus = "open"
    key: Slug | None = None
    archived: bool = False
    tags: Tags = Field(default_factory=list)
    attributes: Attributes = Field(default_factory=dict)
    created_at: Moment | None = None
    updated_at: Moment | None = None
    merged_into: Key | None = Field(default=None, description="external id of the idea that it was merged into")


class VoteRow(Wire):
    """A vote as it was elsewhere."""

    idea: Key = Field(description="the idea's external id at the source, or its id or key here")
    contact: ContactRef
    importance: Literal["nice", "important", "critical"] = "important"
    on_behalf: bool = False
    source_url: Line | None = None
    reason: Text | None = None
    created_at: Moment | None = None


class CommentRow(Wire):
    """A comment as it was elsewhere: of a customer (`contact`), or of somebody of the team."""

    external_id: Key = Field(description="its id there", examples=["comment-4"])
    idea: Key = Field(description="the idea's external id at the source, or its id or key here")
    text: Text
    visibility: Literal["public", "internal"] = Field(
        default="internal", description="a public one is seen wherever its idea is, once that stands on a board"
    )
    contact: ContactRef | None = Field(default=None, description="the customer who said it; left out: the team")
    signature: Line | None = Field(default=None, description="how the team member is called outside")
    parent: Key | None = Field(default=None, description="external id of the comment that it answers")
    created_at: Moment | None = None

    @model_validator(mode="after")
    def _customers_speak_outside(self) -> "CommentRow":
        if self.contact is not None and self.signature is not None:
            raise ValueError("a signature is a team member's: leave out contact or signature")
        return self


MODELS: dict[Kind, type[BaseModel]] = {
    "feedback": FeedbackIn,
    "accounts": AccountIn,
    "contacts": ContactRef,
    "ideas": IdeaRow,
    "votes": VoteRow,
    "comments": CommentRow,
}
VALIDATORS: dict[Kind, TypeAdapter[Any]] = {kind: TypeAdapter(model) for kind, model in MODELS.items()}


class Record(NamedTuple):
    """What a row says: fields of a kind, not yet checked."""

    kind: Kind
    fields: dict[str, Any]


def check(mapping: Mapping, kind: Kind) -> None:
    """Invalid when it makes fields that the kind does not have."""
    wrong = [target for target in mapping.fields if not is_field(target, kind)]
    if wrong:
        raise Invalid(
            errors=[FieldError(f"/body/mapping/fields/{name}", f"{kind} have no such field") for name in wrong[:50]]
        )


def is_field(target: str, kind: Kind) -> bool:
    """Whether a kind has this field, or one inside of it: `text`, `contact.email`, `attributes.plan`."""
    head, _, tail = target.partition(".")
    field = MODELS[kind].model_fields.get(head)
    if field is None:
        return False
    if head == "attributes":
        return bool(tail)
    if head == "contact":
        return tail in MODELS["contacts"].model_fields
    return not tail
