"""What the importers share: values out of a vendor's row that may be of any shape."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from services.feedback.mappings.kinds import Record
from services.feedback.mappings.mapping import moment

Row = Mapping[str, Any]

_TAG = re.compile(r"<[^<>]{0,2000}>")
_BREAK = re.compile(r"(?i)<br\s*/?>|</(?:p|div|li|h[1-6])>")


class Looked(Mapping[str, Any]):
    """A row that notes which of its columns were looked at: the others are told, not lost in silence."""

    def __init__(self, row: Row, names: Mapping[str, str], seen: set[str]) -> None:
        """`names`: by the name that a column is asked for by, its name in the row."""
        self._row, self._names, self._seen = row, names, seen

    @classmethod
    def at(cls, row: Row) -> "Looked":
        """By the columns' own names, nothing looked at yet."""
        return cls(row, {name: name for name in row}, set())

    def __getitem__(self, name: str) -> Any:
        column = self._names[name]
        self._seen.add(column)
        return self._row[column]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def by_plain_name(self) -> "Looked":
        """The same row by plain names."""
        return Looked(self._row, {plain(name): column for name, column in self._names.items()}, self._seen)

    def rest(self) -> dict[str, Any]:
        """The columns that nobody looked at and that have a value."""
        return {
            name: value
            for name, value in self._row.items()
            if name not in self._seen and value is not None and value not in ("", [], {})
        }


def plain(name: str) -> str:
    """A column's name in lower case, of its letters and digits alone: `Post ID` as `postid`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def by_plain_name(row: Row) -> Row:
    """The row with its columns by their plain names."""
    return row.by_plain_name() if isinstance(row, Looked) else {plain(name): value for name, value in row.items()}


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


def yes(value: Any) -> bool:
    """Whether a cell says yes."""
    return value is True or (isinstance(value, str | int) and str(value).strip().lower() in {"true", "yes", "1"})


def tags(value: Any) -> list[str] | None:
    """Names of tags: a list of them or of objects with names, or text with commas between; None without any."""
    names = [obj(one).get("name") or one for one in items(value)] if isinstance(value, list) else value
    return [name[:60].strip() for name in split(names)][:30] or None


def placed(**places: Any) -> dict[str, str] | None:
    """Where an idea stood there, each by its name: attributes of ours, since nothing is published by an import."""
    found = {place: title(obj(value).get("name") or value) for place, value in places.items()}
    return {place: name for place, name in found.items() if name is not None} or None


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


def comment(
    vendor: str,
    *,
    idea: Any,
    text: Any,
    author: dict[str, Any],
    staff: bool,
    internal: bool,
    at: Any,
    id: Any = None,
    name: Any = None,
    parent: Any = None,
) -> list[Record]:
    """A comment, where it has words. One without an id of its own is known by what it says, when, and on what.

    `author` is a `person`; a customer without one is nobody in particular, and still no member of the team. Of the
    team only a name is kept: an address is nothing to show outside.
    """  # fmt: skip
    said = prose(text)
    if said is None:
        return []
    moment, post = time(at), identifier(idea)
    shown = title(name)
    if not staff and not author:
        author = {"external_id": f"{vendor}:unknown"} if shown is None else person(vendor, id=shown, name=shown)
    own = identifier(id) or sha256(f"{post}\n{moment}\n{said}".encode(errors="replace")).hexdigest()[:40]
    fields = {
        "external_id": own,
        "idea": post,
        "text": said,
        "visibility": "internal" if internal else "public",
        "contact": None if staff else author,
        "signature": shown if staff and shown and "@" not in shown else None,
        "parent": identifier(parent),
        "created_at": moment,
    }
    return [Record("comments", without_nothing(fields))]
