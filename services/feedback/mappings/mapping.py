"""From the columns of a file to the fields of a kind."""

import re
from collections.abc import Callable
from collections.abc import Mapping as Fields
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import AfterValidator, Field, StringConstraints

from shared.errors import FieldError, Invalid
from shared.wire import Line, Wire, storable

Kind = Literal["feedback", "accounts", "contacts", "ideas", "votes", "comments"]
"""What a row can be."""
KINDS: tuple[Kind, ...] = get_args(Kind)
WITH_ATTRIBUTES: frozenset[Kind] = frozenset({"feedback", "accounts", "ideas"})
MOMENTS = frozenset({"said_at", "created_at", "updated_at"})
LISTS = frozenset({"ideas", "tags"})
_BESIDE_NUMBERS = re.compile("[\\s'\u2019%$\u20ac\u00a3\u00a5]|(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
"""What stands beside and within written numbers: blanks and apostrophes between thousands, signs of currencies."""


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


TimeFormat = Annotated[Line, AfterValidator(_format)]
Target = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}(\.[^\x00.]{1,100})?$")]
"""A field, or one inside of it: `text`, `contact.email`, `attributes.plan`."""


class Column(Wire):
    """Where a field comes from. An empty cell gives the default, or leaves the field out."""

    column: Line | None = Field(default=None, description="name in the header, or of a field", examples=["Comment"])
    default: str | int | float | bool | None = Field(default=None, description="where the column is empty or not named")
    values: dict[str, Line] = Field(
        default_factory=dict, max_length=200, description="what to put for a value", examples=[{"Done": "shipped"}]
    )
    format: TimeFormat | Annotated[list[TimeFormat], Field(min_length=1, max_length=10)] | None = Field(
        default=None,
        description="how a time is written, as strptime has it; of several the first that fits. ISO 8601 is read at "
        "any rate, and after them",
        examples=["%d.%m.%Y %H:%M", ["%d.%m.%Y %H:%M", "%d.%m.%Y"]],
    )
    decimal: Literal[".", ","] | None = Field(
        default=None,
        description="the cell is a number with this decimal mark: `,` reads `1.234,50 €` as 1234.5. Marks between "
        "thousands, blanks, signs and codes of currencies and `%` are taken off",
    )
    times: Annotated[int, Field(ge=1, le=1_000)] | None = Field(
        default=None,
        description="with `decimal`: what the number is multiplied by: 100 makes of an amount its minor units",
    )
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


def shaped(
    mapping: Mapping, kind: Kind, row: Fields[str, Any], *, tabular: bool, known: Callable[[str], bool]
) -> dict[str, Any]:
    """A row as fields of a kind. Without fields in the mapping the columns have the fields' own names.

    `known` tells which names those are. Invalid where a cell is not the time or the number that its column promises.
    """
    if not mapping.fields and mapping.rest == "ignore":
        return _plain(row) if tabular else dict(row)
    columns = [(target, column.column, column) for target, column in mapping.fields.items()]
    columns = columns or [(name, name, _AS_IT_IS) for name in row if known(name)]
    shape: dict[str, Any] = {}
    used: set[str] = set()
    for target, name, column in columns:
        value = row.get(name) if name is not None else None
        if name is not None:
            used.add(name)
        if value is None or value == "":
            value = column.default
        elif column.values:
            value = column.values.get(str(value), value)
        if value is not None:
            _put(shape, target, _meant(target, value, column) if tabular or mapping.fields else value)
    if mapping.rest == "attributes" and kind in WITH_ATTRIBUTES:
        for name, value in row.items():
            if name and name not in used and value not in ("", None) and isinstance(value, str | int | float | bool):
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
    if column.decimal is not None and not isinstance(value, bool):
        value = _number(target, value, column)
    if head == "attributes":
        return value
    if head in MOMENTS and isinstance(value, str):
        found = moment(value, column.format)
        if isinstance(found, str):
            otherwise = (
                "say in the mapping's `format` how it is written" if column.format is None else "as `format` says"
            )
            raise _wrong(target, f"{found[:50]!r} is no time, like 2026-05-01T10:30:00Z or {otherwise}")
        return found
    if head in LISTS and isinstance(value, str):
        return [part.strip() for part in value.split(column.separator) if part.strip()]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _wrong(target: str, reason: str) -> Invalid:
    return Invalid(errors=[FieldError(f"/{target.replace('.', '/')}", reason)])


def _number(target: str, value: Any, column: Column) -> int | float:
    mark = column.decimal or "."
    other = "." if mark == "," else ","
    text = str(value) if isinstance(value, int | float) else _BESIDE_NUMBERS.sub("", str(value))
    if isinstance(value, str):
        grouped = rf"[0-9]{{1,3}}(?:{re.escape(other)}[0-9]{{3}})+|[0-9]{{1,25}}"
        if not re.fullmatch(rf"[-+]?(?:{grouped})?(?:{re.escape(mark)}[0-9]{{0,15}})?", text) or not text.strip("-+.,"):
            raise _wrong(target, f"{value[:50]!r} is no number with the decimal mark {mark!r}")
        text = text.replace(other, "").replace(mark, ".")
    try:
        number = Decimal(text) * (column.times or 1)
        return int(number) if number == number.to_integral_value() else float(number)
    except (ArithmeticError, ValueError):
        # Infinite, or larger than any number here.
        raise _wrong(target, f"{text[:50]} is out of range") from None


def moment(text: str, format: str | list[str] | None = None) -> Any:
    """A time with an offset, UTC where it names none; the text as it is when it is none, for the model to refuse."""
    text = text.strip()
    for each in [format] if isinstance(format, str) else format or ():
        with suppress(ValueError, OverflowError):
            return _with_offset(datetime.strptime(storable(text), each))  # noqa: DTZ007  # given by _with_offset
    try:
        return _with_offset(datetime.fromisoformat(storable(text)))
    except (ValueError, OverflowError):
        return text


def _with_offset(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
