"""Where pages of ideas go on, by the order that they are in."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from services.feedback.demand.trend import HALF_LIFE
from shared.paging import LAST, decode, encode, whole
from shared.wire import EARLIEST, INT4, INT8, LATEST

Sort = Literal["new", "updated", "votes", "trending", "accounts", "mrr", "relevance"]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not EARLIEST <= moment < LATEST:
        raise ValueError
    return moment


TRENDING = (
    f"votes by `trending` are each contact's last, worth half as much for every {HALF_LIFE} days (UTC) that it is old: "
    "exponential decay"
)
START: Mapping[Sort, Sequence[Any]] = {
    "new": (LAST,),
    "updated": (LATEST, LAST),
    "votes": (2**31 - 1, LAST),
    "trending": (math.inf, LAST),
    "accounts": (2**31 - 1, LAST),
    "mrr": (INT8, LAST),
    "relevance": (math.inf, LAST, LAST),
}
"""Before the first of each list. Relevance goes on among those ideas that were there when it began."""
_PARTS: Mapping[Sort, Sequence[Callable[[Any], Any]]] = {
    "new": (UUID,),
    "updated": (_moment, UUID),
    "votes": (whole(INT4), UUID),
    "trending": (float, UUID),
    "accounts": (whole(INT4), UUID),
    "mrr": (whole(), UUID),
    "relevance": (float, UUID, UUID),
}


class Row(Protocol):
    """Values by the names of columns."""

    def __getitem__(self, name: str, /) -> Any: ...


def place(sort: Sort, cursor: str | None) -> Sequence[Any]:
    """Where to go on; Invalid when the cursor is none of such a list."""
    return START[sort] if cursor is None else decode(cursor, *_PARTS[sort])


def cursor(sort: Sort, row: Row) -> str:
    """The cursor behind a row, which has `sorted_by` in any order but the newest, and `newest` by relevance."""
    key = () if sort == "new" else (row["sorted_by"],)
    return encode(*key, row["id"], *([row["newest"]] if sort == "relevance" else []))
