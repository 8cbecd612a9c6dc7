"""From the columns of a file to the fields of a kind."""

import re
from collections.abc import Mapping as Fields
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import AfterValidator, Field, StringConstraints

from shared.wire import Line, Wire, storable

Kind = Literal["feedback", "accounts", "contacts", "ideas", "votes", "comments"]
"""What a row can be."""
KINDS: tuple[Kind, ...] = get_args(Kind)
WITH_ATTRIBUTES: frozenset[Kind] = frozenset({"feedback", "accounts", "ideas"})
MOMENTS = frozenset({"said_at", "created_at", "updated_at"})
LISTS = frozenset({"ideas", "tags"})


def _format(text: str) -> str:
    """A format that strptime takes, whatever text it is given."""
    try:
        datetime.strptime("", text)  # noqa: DTZ007  # only the format is looked at
    except re.error:
        raise ValueError("names a part of the time twice") from None
    except ValueError as error:
        if "does not match" not in str(error):
            raise ValueError("is no format of strptime") from None
    return text


Target = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}(\.[^\x00.]{1,100})?$")]
"""A field, or one inside of it: `text`, `contact.email`, `attributes.plan`."""


class Column(Wire):
    """Where a field comes from. An empty cell gives the default, or leaves the field out."""

    column: Line | None = Field(default=None, description="name in the header, or of a field", examples=["Comment"])
    default: str | int | float | bool | None = Field(default=None, description="where the column is empty or not named")
    values: dict[str, Line] = Field(
        default_factory=dict, max_length=200, description="what to put for a value", examples=[{"Done": "shipped"}]
    )
    format: Annotated[Line, AfterValidator(_format)] | None = Field(
        default=None, description="how a time is written, as strptime has it; ISO 8601 when left out",
        examples=["%d.%m.%Y %H:%M"],
    )  # fmt: skip
    separator: Annotated[str, StringConstraints(min_length=1, max_length=5)] = Field(
        default=",", description="between the entries of a list"
    )


class Mapping(Wire):
    """How a row's columns become fields of a kind. Times without an offset are taken as UTC."""

    fields: dict[Target, Column] = Field(
        default_factory=dict,
        max_length=100,
        description="by field: `text`, `external_id`, `contact.email`, `attributes.plan`, and so on",
        examples=[{"text": {"column": "Comment"}, "contact.email": {"column": "E-mail"}}],
    )
    rest: Literal["ignore", "attributes"] = Field(
        default="ignore", description="whether columns that no field is made of are kept as attributes"
    )


def shaped(mapping: Mapping, kind: Kind, row: Fields[str, Any], *, tabular: bool) -> dict[str, Any]:
    """A row as fields of a kind. Without fields in the mapping the columns have the fields' own names."""
    if not mapping.fields and mapping.rest == "ignore":
        return _plain(row) if tabular else dict(row)
    shape: dict[str, Any] = {}
    used: set[str] = set()
    for target, column in mapping.fields.items():
        value = row.get(column.column) if column.column is not None else None
        if column.column is not None:
            used.add(column.column)
        if value is None or value == "":
            value = column.default
        elif column.values:
            value = column.values.get(str(value), value)
        if value is not None:
            _put(shape, target, _meant(target, value, column))
    if mapping.rest == "attributes" and kind in WITH_ATTRIBUTES:
        for name, value in row.items():
            if name not in used and value not in ("", None) and isinstance(value, str | int | float | bool):
                _put(shape, f"attributes.{name}", value)
    return shape


def _plain(row: Fields[str, Any]) -> dict[str, Any]:
    shape: dict[str, Any] = {}
    for name, value in row.items():
        if value is not None and value != "":
            _put(shape, name, _meant(name, value, _AS_IT_IS))
    return shape


_AS_IT_IS = Column()


def _put(shape: dict[str, Any], target: str, value: Any) -> None:
    head, _, tail = target.partition(".")
    if tail:
        inner = shape.setdefault(head, {})
        if isinstance(inner, dict):
            cast("dict[str, Any]", inner)[tail] = value
    else:
        shape[head] = value


def _meant(target: str, value: Any, column: Column) -> Any:
    """What a cell means for this field: a sheet has numbers where ids are meant, and times without an offset."""
    head = target.partition(".")[0]
    if head == "attributes":
        return value
    if head in MOMENTS and isinstance(value, str):
        return moment(value, column.format)
    if head in LISTS and isinstance(value, str):
        return [part.strip() for part in value.split(column.separator) if part.strip()]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def moment(text: str, format: str | None = None) -> Any:
    """A time with an offset, UTC where it names none; the text as it is when it is none, for the model to refuse."""
    text = text.strip()
    try:
        storable(text)
        time = datetime.strptime(text, format) if format else datetime.fromisoformat(text)  # noqa: DTZ007  # given below
    except (ValueError, OverflowError):
        return text
    return time if time.tzinfo else time.replace(tzinfo=UTC)
