"""Lists: keyset pages that stay whole while rows are added.

A cursor is the sort key of the last row, as opaque base64url text. It names a place in the order, not a page number, so
an insert before it moves nothing.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar, cast
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import from_json, to_json

from shared.errors import FieldError, Invalid
from shared.wire import INT8, storable

T = TypeVar("T")
Row = TypeVar("Row")

FIRST = UUID(int=0)
LAST = UUID(int=2**128 - 1)

Limit = Annotated[int, Query(ge=1, le=200, description="rows in a page")]
Cursor = Annotated[
    str | None,
    Query(max_length=500, description="`next_cursor` of the page before"),
    AfterValidator(lambda text: text if text is None else storable(text)),
]


class Page(BaseModel, Generic[T]):
    """One page. `next_cursor` is null on the last."""

    data: list[T]
    next_cursor: str | None = Field(default=None, description="pass as `cursor` to get the next page")

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`IdeaPage`: a name that reads well in a generated client."""
        return f"{params[0].__name__}Page"


def encode(*key: Any) -> str:
    """The cursor for a sort key of JSON values and UUIDs."""
    return base64.urlsafe_b64encode(to_json(key)).rstrip(b"=").decode()


def _bad() -> Invalid:
    return Invalid(errors=[FieldError("/query/cursor", "is not a cursor of this list")])


def decode(cursor: str, *parts: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The sort key in a cursor, each part through its own constructor; Invalid when it is not one of ours."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values: Any = from_json(raw)
        if not isinstance(values, list) or len(cast("list[Any]", values)) != len(parts):
            raise _bad()
        return tuple(part(value) for part, value in zip(parts, cast("list[Any]", values), strict=True))
    except (ValueError, TypeError, AttributeError, binascii.Error, OverflowError):
        raise _bad() from None


def whole(most: int = INT8) -> Callable[[Any], int]:
    """What takes a number from 0 to `most` out of a cursor. ValueError for anything else: the database would raise."""

    def number(value: Any) -> int:
        if type(value) is not int or not 0 <= value <= most:
            raise ValueError
        return value

    return number


def after(cursor: str | None, start: UUID = FIRST) -> UUID:
    """The id to go on from, in a list ordered by id; `start` on the first page."""
    return start if cursor is None else decode(cursor, UUID)[0]


def page(rows: Sequence[Row], limit: int, shape: Callable[[Row], T], key: Callable[[T], tuple[Any, ...]]) -> Page[T]:
    """A page out of up to `limit + 1` rows: the one too many tells that there is a next."""
    data = [shape(row) for row in rows[:limit]]
    return Page(data=data, next_cursor=encode(*key(data[-1])) if len(rows) > limit else None)
