"""Types of what comes over the wire: bounded so that nothing a caller sends can fail deeper down."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticKnownError

# PostgreSQL text holds neither NUL nor lone surrogates; both are refused here, once.
_SURROGATE = re.compile("[\ud800-\udfff]")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
INT4, INT8 = 2**31 - 1, 2**63 - 1


class Wire(BaseModel):
    """Base of request and response bodies: unknown fields are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, populate_by_name=True)


def storable(text: str) -> str:
    """The text unchanged, or a ValueError when PostgreSQL could not hold it."""
    if "\x00" in text or (not text.isascii() and _SURROGATE.search(text)):
        raise ValueError("contains NUL or a lone surrogate, which cannot be stored")
    return text


def _within_reach(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None
    if not EARLIEST <= moment < LATEST:
        raise ValueError("must lie between 1970 and 2200")
    return moment


def _plain_attributes(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    items = cast("dict[Any, Any]", value)
    for name, entry in items.items():
        if not isinstance(name, str) or not 0 < len(name) <= 100:
            raise ValueError("has a name that is not 1 to 100 characters")
        storable(name)
        if isinstance(entry, str):
            if len(entry) > 2_000:
                raise ValueError(f"{name}: is over 2,000 characters")
            storable(entry)
        elif isinstance(entry, int) and abs(entry) > INT8:
            raise ValueError(f"{name}: is out of range")
        elif entry is not None and not isinstance(entry, bool | int | float):
            raise ValueError(f"{name}: must be text, a number, a boolean or null")
    return items


def _line(value: str) -> str:
    stripped = storable(value).strip()
    if not stripped:
        raise PydanticKnownError("string_too_short", {"min_length": 1})
    return stripped


Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(storable)]
"""1 to 20,000 characters of prose."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_line)]
"""1 to 300 characters: a name or a title. Blanks around it count for its length, and are taken off."""
Key = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(storable)]
"""1 to 200 characters: an id in the caller's own system."""
Email = Annotated[
    str,
    StringConstraints(max_length=254, strip_whitespace=True, to_lower=True, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    AfterValidator(storable),
]
"""An address with one @ and a dotted domain, lower-cased: enough to recognise a person by."""
Beginning = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(storable)]
"""How a name that is looked for begins."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
"""1 to 64 characters of a-z, 0-9 and inner hyphens: a name in a URL."""
Moment = Annotated[AwareDatetime, AfterValidator(_within_reach)]
"""RFC 3339 with an offset, from 1970 to 2200, held in UTC."""
Minor = Annotated[int, Field(ge=0, le=10**15)]
"""Money in integer minor units (cents)."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 code."""
Attributes = Annotated[
    dict[str, str | int | float | bool | None], Field(max_length=50), BeforeValidator(_plain_attributes)
]
"""Up to 50 named scalar values."""
