"""What every vendor's delivery becomes, and what a vendor module has to provide."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

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

    def as_json(self) -> dict[str, JsonValue]:
        """The answer as it is stored and shown."""
        value: JsonValue = list(self.value) if isinstance(self.value, tuple) else self.value
        return {
            "key": self.key,
            "label": self.label,
            "kind": self.kind.value,
            "value": value,
            "choice_ids": list(self.choice_ids),
        }


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


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood, and no survey response: to be answered 2xx, or the vendor switches the endpoint off."""

    reason: str
    """`ping` or `unknown_event_type`."""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Not what the vendor describes: to be kept for a person to look at."""

    reason: str
    """`not_json`, `missing`, `no_record_key`, `unknown_shape` or `nothing_to_read`."""
    pointer: str = ""
    """JSON Pointer to the part that is at fault; empty for the whole."""


Outcome: TypeAlias = tuple[Response, ...] | Ignored | Unreadable
"""A tuple is never empty; most vendors send one response at a time."""

FieldName = Annotated[
    str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True), AfterValidator(storable)
]
"""A question's id, ref or label, or a hidden field's name."""


class Rules(Wire):
    """How to read one connection's payloads: what its questions measure, and which fields say who and what for."""

    questions: dict[FieldName, Kind] = Field(
        default_factory=dict,
        max_length=500,
        description="kind of each question, by its id, ref or label (in that order of precedence)",
        examples=[{"nps_score": "nps", "Anything else?": "text"}],
    )
    idea: FieldName | None = Field(default=None, description="hidden field or question whose value names an idea")
    account: FieldName | None = Field(
        default=None, description="hidden field or question with the account's external id"
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
