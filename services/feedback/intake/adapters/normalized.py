"""What every vendor's delivery becomes, and what a vendor module has to provide."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from shared.errors import FieldError, Invalid
from shared.wire import Wire, storable

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
Headers: TypeAlias = Mapping[str, str]
"""HTTP headers with lower-case names."""
Value: TypeAlias = str | float | bool | tuple[str, ...]


class Kind(StrEnum):
    """What an answer measures. Decided by a rule or by the vendor's own word, never by the range of the numbers."""

    TEXT = "text"
    """str: free words."""
    CATEGORICAL = "categorical"
    """tuple of str: the chosen labels, in the order given (for a ranking: best first)."""
    NPS = "nps"
    """float: a whole number from 0 to 10."""
    CSAT = "csat"
    """float, on a scale the payload does not tell; so are CES and RATING."""
    CES = "ces"
    RATING = "rating"
    NUMBER = "number"
    """float, finite."""
    BOOLEAN = "boolean"
    DATE = "date"
    """str: ISO 8601 as sent."""
    KANO_FUNCTIONAL = "kano_functional"
    """str: one of KANO, how it would be to have what the question is about."""
    KANO_DYSFUNCTIONAL = "kano_dysfunctional"
    """str: one of KANO, how it would be to go without."""
    IMPORTANCE = "importance"
    """float, on the scale that the rules tell; so is SATISFACTION."""
    SATISFACTION = "satisfaction"


KANO = ("like", "expect", "neutral", "tolerate", "dislike")
"""The five answers of a Kano question; as numbers they are 1 to 5 in this order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered question."""

    key: str
    """The vendor's id of the question (1 to 200 characters), unique in its response."""
    kind: Kind
    value: Value
    label: str | None = None
    """The question as the respondent read it, where the payload carries it."""
    choice_ids: tuple[str, ...] = ()
    """The vendor's ids of the chosen options; labels change, these do not."""
    about: str | None = None
    """The idea or need that the question is about, where a rule says so."""
    scale: tuple[float, float] | None = None
    """The lowest and the highest answer possible, where a rule says so."""

    def as_json(self) -> dict[str, JsonValue]:
        """The answer as it is stored and shown."""
        value: JsonValue = list(self.value) if isinstance(self.value, tuple) else self.value
        shown: dict[str, JsonValue] = {
            "key": self.key,
            "label": self.label,
            "kind": self.kind.value,
            "value": value,
            "choice_ids": list(self.choice_ids),
        }
        if self.about is not None:
            shown["about"] = self.about
        if self.scale is not None:
            shown["scale"] = list(self.scale)
        return shown


def _nothing() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Person:
    """Who answered, as the sender says it: good to connect by, no proof of identity."""

    external_id: str | None = None
    """The customer's own id of the contact."""
    email: str | None = None
    """Lower-case."""
    name: str | None = None
    account_external_id: str | None = None
    respondent_id: str | None = None
    """The vendor's id of the respondent. Another namespace than `external_id`: equal values mean nothing."""
    attributes: Mapping[str, str] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class Response:
    """One survey response, ready to be stored. Every string is storable in PostgreSQL, every moment is UTC."""

    record_key: str
    """The vendor's id of the response (1 to 200 characters); a delivery that bears it again resends the response."""
    text: str
    """The respondent's own words, joined by blank lines; empty for a bare score. At most 20,000 characters."""
    answers: tuple[Answer, ...] = ()
    person: Person | None = None
    submitted_at: datetime | None = None
    """None: not told or unreadable; the time of receipt has to do."""
    version: int | None = None
    """Orders the deliveries of one response: lower must not overwrite higher, equal may (the later to arrive wins).
    Microseconds since 1970 of the last change. None: the vendor tells no order."""
    source_name: str | None = None
    """The form's title, at most 300 characters."""
    source_url: str | None = None
    """http(s), at most 2,000 characters; where the response can be seen."""
    language: str | None = None
    hidden: Mapping[str, str] = field(default_factory=_nothing)
    """What came along without being asked: hidden fields, properties, variables."""
    ideas: tuple[str, ...] = ()
    """What the rule `idea` found: names of ideas, as sent."""
    flags: tuple[str, ...] = ()
    """What could not be read or applied, e.g. `timestamp_unreadable`; each at most once."""
    partial: bool = False
    """The vendor sends one delivery per answer: this one adds to what earlier ones told of the same record."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood, and no survey response: to be answered 2xx, or the vendor switches the endpoint off."""

    reason: str
    """`ping`, `unknown_event_type`, `not_from_a_customer` or `thin_event`."""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Not what the vendor describes: to be kept for a person to look at."""

    reason: str
    """`not_json`, `missing`, `no_record_key`, `unknown_shape`, `nothing_to_read`, `too_many_rows` or what is wrong
    with a form: `no_boundary`, `no_parts`, `too_many_parts`, `too_many_fields`."""
    pointer: str = ""
    """JSON Pointer to the part that is at fault; empty for the whole."""


@dataclass(frozen=True, slots=True)
class Thin:
    """Says that there is a response, not what is in it: that is to be fetched from the vendor."""

    asked: Mapping[str, str]
    """The ids to ask with, by the vendor's names for them."""


Outcome: TypeAlias = tuple[Response, ...] | Ignored | Unreadable | Thin
"""A tuple is never empty; most vendors send one response at a time."""
ROW_LIMIT = 1_000
"""Responses in one delivery."""
FETCHED_LIMIT = 5_000
"""Responses in what a vendor answers when it is asked for all that are new: a form that has been there for a while has
thousands, the first time. They are stored in one transaction, whose time is limited."""
DELIVERY = ":delivery"
"""The header under which an adapter finds what the delivery is known by: the identity of a response without one."""

FieldName = Annotated[
    str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True), AfterValidator(storable)
]
"""A question's id, ref or label, or a hidden field's name."""


Pointer = Annotated[
    str,
    StringConstraints(max_length=500, pattern=r"^(?:/[^/]*)*$"),
    AfterValidator(storable),
    Field(examples=["/customer/email"]),
]
"""A JSON Pointer (RFC 6901): `/customer/email`; the empty one is the whole."""


class Scale(Wire):
    """The ends of a question's scale."""

    low: float = Field(ge=-1_000_000, le=1_000_000)
    high: float = Field(ge=-1_000_000, le=1_000_000)

    @model_validator(mode="after")
    def _rises(self) -> "Scale":
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class Fields(Wire):
    """Where the parts of a response stand in JSON of any shape. Pointers start at the response.

    For the vendors `generic`, `cloudevents`, `zendesk`, `freshdesk` and `hubspot`, whose users write their own bodies.
    """

    rows: Pointer | None = Field(
        default=None, description="list of responses, from the top of the body; the body is one response without"
    )
    record: Pointer | None = Field(
        default=None, description="the response's own id, by which one that is sent again is recognised"
    )
    text: list[Pointer] = Field(default_factory=list, max_length=20, description="the customer's own words")
    answers: Pointer | None = Field(
        default=None, description="object of answers by question, or list of objects with a question and an answer"
    )
    email: Pointer | None = None
    name: Pointer | None = None
    contact: Pointer | None = Field(default=None, description="the contact's external id")
    account: Pointer | None = Field(default=None, description="the account's external id")
    submitted_at: Pointer | None = None
    updated_at: Pointer | None = Field(default=None, description="orders the states of a response that is sent again")
    title: Pointer | None = Field(default=None, description="the form's name")
    url: Pointer | None = Field(default=None, description="where the response can be seen")
    language: Pointer | None = None


class Rules(Wire):
    """How to read one connection's payloads: what its questions measure, and which fields say who and what for."""

    questions: dict[FieldName, Kind] = Field(
        default_factory=dict,
        max_length=500,
        description="kind of each question, by its id, ref or label (in that order of precedence)",
        examples=[{"nps_score": "nps", "Anything else?": "text"}],
    )
    about: dict[FieldName, FieldName] = Field(
        default_factory=dict,
        max_length=500,
        description="idea or need that a question is about: pairs up Kano questions, and importance with satisfaction",
        examples=[{"q_with": "csv-export", "q_without": "csv-export"}],
    )
    scales: dict[FieldName, Scale] = Field(
        default_factory=dict,
        max_length=500,
        description="ends of a question's scale, which payloads do not tell",
        examples=[{"q7": {"low": 1, "high": 5}}],
    )
    fields: Fields | None = Field(
        default=None, description="where the parts of a response stand, for bodies of your own design"
    )
    idea: FieldName | None = Field(default=None, description="hidden field or question whose value names an idea")
    need: FieldName | None = Field(
        default=None,
        description="hidden field or question whose value names the need that importance and satisfaction are about, "
        "where `about` does not say",
    )
    account: FieldName | None = Field(
        default=None, description="hidden field or question with the account's external id"
    )
    release: FieldName | None = Field(
        default=None, description="hidden field or question with the release that the answers are about"
    )
    contact: FieldName | None = Field(
        default=None, description="hidden field or question with the contact's external id"
    )

    @classmethod
    def from_json(cls, value: JsonValue) -> "Rules":
        """Rules from their JSON object; raises `Invalid` with a pointer and a reason for every fault."""
        try:
            return cls.model_validate(value)
        except ValidationError as found:
            faults = [
                FieldError("".join(f"/{_escaped(part)}" for part in error["loc"]), error["msg"])
                for error in found.errors(include_url=False, include_context=False, include_input=False)
            ]
            raise Invalid("The mapping cannot be used.", errors=faults) from None


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True)
class Adapter:
    """One vendor: pure functions over headers and the decoded body, total over any JSON (they never raise)."""

    vendor: str
    scheme: str
    """Row of `signatures.SCHEMES`."""
    delivery_key: Callable[[Headers, JsonValue], str | None]
    """The vendor's id of this delivery, equal in its retries (1 to 200 characters). None: there is none to trust, and
    the hash of the raw body has to do."""
    parse: Callable[[Headers, JsonValue, Rules], Outcome]
    parse_fetched: "Callable[[Headers, JsonValue, JsonValue, Rules], Outcome] | None" = None
    """For a vendor of thin events: (headers, the event, what was fetched for it, rules)."""
