"""What the importers share: values out of a vendor's row that may be of any shape."""

import html
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from services.feedback.mappings.mapping import moment
from shared.events.feedback import IdeaStatus

Row = Mapping[str, Any]

_STATUSES: dict[IdeaStatus, tuple[str, ...]] = {
    "open": ("open", "active", "new", "candidate", "new idea", "under review", "under consideration", "reviewing",
             "in review", "gathering feedback", "needs more info", "pending"),
    "planned": ("planned", "next", "up next", "accepted", "roadmap", "scheduled", "later", "backlog", "on the roadmap"),
    "in_progress": ("in progress", "inprogress", "started", "now", "working on it", "in development", "beta"),
    "shipped": ("complete", "completed", "shipped", "released", "done", "launched", "live", "already exists",
                "implemented"),
    "declined": ("declined", "closed", "will not implement", "won't do", "wont do", "rejected", "archived",
                 "not planned", "duplicate", "won't fix", "not doing"),
}  # fmt: skip
STATUSES: dict[str, IdeaStatus] = {name: status for status, names in _STATUSES.items() for name in names}
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"(?i)<br\s*/?>|</(?:p|div|li|h[1-6])>")


def by_plain_name(row: Row) -> dict[str, Any]:
    """The row with its columns' names in lower case, of their letters and digits alone: `Post ID` as `postid`."""
    return {re.sub(r"[^a-z0-9]", "", name.lower()): value for name, value in row.items()}


def first(row: Row, *names: str) -> Any:
    """The first of these fields that has a value."""
    for name in names:
        value = row.get(name)
        if value is not None and value not in ("", []):
            return value
    return None


def words(value: Any, most: int = 20_000) -> str | None:
    """Text without blanks around it and within a length; None when there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    return text[:most] or None


def title(value: Any) -> str | None:
    """A line: one that is too long is cut, with an ellipsis to show it."""
    text = words(value)
    if text is None:
        return None
    text = " ".join(text.split())
    return text if len(text) <= 300 else f"{text[:299]}…"


def prose(value: Any) -> str | None:
    """Text out of HTML, or text as it is."""
    text = words(value, 200_000)
    if text is None or "<" not in text:
        return words(text)
    return words(html.unescape(_TAG.sub("", _BREAK.sub("\n", text))))


def identifier(value: Any) -> str | None:
    """An id, which a sheet may have made a number of."""
    text = words(value, 201)
    return text.removesuffix(".0") if text is not None and isinstance(value, float) else text


def time(value: Any) -> Any:
    """A time: ISO 8601, UTC without an offset, or seconds or milliseconds since 1970. None without one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        except (OverflowError, ValueError, OSError):
            return str(value)
    text = words(value, 100)
    return moment(text) if text is not None else None


def status(value: Any, known: Mapping[str, IdeaStatus] = STATUSES) -> IdeaStatus:
    """The status that a vendor's word means; an unknown one is open, since nobody has decided."""
    text = words(value, 100)
    plain = re.sub(r"[\s_-]+", " ", text.lower()).strip() if text else ""
    return known.get(plain) or STATUSES.get(plain, "open")


def obj(value: Any) -> dict[str, Any]:
    """An object, empty where there is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items(value: Any) -> Iterable[Any]:
    """The entries of a list, none where there is none."""
    return cast("list[Any]", value) if isinstance(value, list) else ()


def split(value: Any, separator: str = ",") -> list[str]:
    """The entries of a list that may be written as text."""
    parts = value.split(separator) if isinstance(value, str) else [words(one) or "" for one in items(value)]
    return [part.strip() for part in parts if part.strip()]


def address(value: Any) -> str | None:
    """What looks like an address; None otherwise, so that a bad one does not cost the vote."""
    text = words(value, 254)
    return text.lower() if text and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) else None


def person(vendor: str, *, id: Any = None, email: Any = None, name: Any = None, account: Any = None) -> dict[str, Any]:
    """A contact, known by their address; by their id at the vendor where there is none. Empty when there is neither.

    An id is only put beside no address: it is the vendor's, and `external_id` is the customer's own system's.
    """
    known = address(email)
    theirs = identifier(id)
    found: dict[str, Any] = {}
    if known:
        found["email"] = known
    elif theirs:
        found["external_id"] = f"{vendor}:{theirs}"[:200]
    else:
        return {}
    if shown := title(name):
        found["name"] = shown
    if company := identifier(account):
        found["account"] = company[:200]
    return found


def without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
