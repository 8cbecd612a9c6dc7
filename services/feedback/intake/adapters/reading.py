"""Reading untrusted JSON: every function takes any value, never raises, and yields what is storable or None."""

import html
import json
import re
from datetime import UTC, datetime
from hashlib import sha256

from services.feedback.intake.adapters.normalized import JsonValue, Unreadable, Value
from shared.wire import EARLIEST, LATEST

KEY_LIMIT, EMAIL_LIMIT, NAME_LIMIT, LINK_LIMIT = 200, 254, 300, 2_000
_LARGEST = 1e15
_DIGITS = 40
_HUGE = 10**_DIGITS
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")
# What follows is words or how many steps there are: no second number (`1-2 times`), no date, no decimal comma.
_STEP = re.compile(
    r"\s{0,9}([0-9]{1,3})(?:\s?(?:/|out of)\s?[0-9]{1,3}\s{0,9}$"
    r"|(?:\s{1,3}[-\u2013\u2014:=.)(]?|[-\u2013\u2014:=.)(])\s{0,3}[^\W\d_])"
)
_UNIX = re.compile(r"[0-9]{9,13}(?:\.[0-9]{1,9})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_BREAK = re.compile(r"<(?:br|hr|/p|/div|/li|/tr|/h[1-6]|/blockquote|/pre)\b[^<>]*>", re.IGNORECASE)
_SILENT = re.compile(r"<(script|style|head|title)\b[^<>]*>[^<]*(?:</\1\s*>)?", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
# Begun at each of many blanks it would look through all that follow, each time.
_BLANK = re.compile(r"(?<![ \t])[ \t]*+\n[ \t]*(?:\n[ \t]*)+")
_LINK = re.compile(r"https?://[^\s\x00-\x1f\x7f]+", re.IGNORECASE)


def decode(raw: bytes) -> "JsonValue | Unreadable":
    """The body as JSON, lenient where vendors are (BOM, NaN, lone surrogates, endless digits); readers clean it."""
    try:
        return json.loads(raw, parse_int=_integer)
    except (ValueError, RecursionError):
        return Unreadable("not_json")


def _integer(digits: str) -> int | float:
    # int() refuses over 4,300 digits and is quadratic below; one such number must not cost the whole delivery.
    return int(digits) if len(digits) <= _DIGITS else float(digits)


def clean(text: str) -> str:
    """The text with what PostgreSQL cannot hold, NUL and lone surrogates, replaced by U+FFFD."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # By way of UTF-16, two surrogates that belong together become the character they stand for.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "\ufffd") if "\0" in text else text


def obj(value: JsonValue) -> dict[str, JsonValue]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: JsonValue) -> list[JsonValue]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: JsonValue) -> str | None:
    """A scalar as cleaned text; None for null, objects, lists and numbers that are not finite."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    found = None if isinstance(value, list) else number(value)
    return None if found is None else plain(found)


def plain(value: float) -> str:
    """A number as people write it: `9`, `0.5`."""
    return str(int(value)) if value.is_integer() else repr(value)


def texts(value: JsonValue) -> tuple[str, ...]:
    """The scalars of a list, or a lone scalar, as text; empty ones left out."""
    if not isinstance(value, list):
        lone = text(value)
        return (lone,) if lone else ()
    return tuple([found for one in value if (found := text(one))])


def prose(value: JsonValue) -> str | None:
    """HTML as the text that it shows; text without tags as it is."""
    found = text(value) if isinstance(value, str) else None
    if found is None or ("<" not in found and "&" not in found):
        return found
    found = _TAG.sub("", _BREAK.sub("\n", _SILENT.sub("", found)))
    # An entity can stand for what PostgreSQL cannot hold.
    return clean(_BLANK.sub("\n\n", html.unescape(found).replace("\xa0", " ").replace("\r", ""))).strip()


def at(value: JsonValue, pointer: str | None) -> JsonValue:
    """What a JSON Pointer leads to; None where it leads nowhere."""
    if pointer is None:
        return None
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdecimal() and len(name) < 6:
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return None
    return value


def leaves(value: JsonValue, limit: int, depth: int = 8) -> list[tuple[str, JsonValue]]:
    """The scalars, and lists of scalars, of a value by their dotted paths: at most `limit`, in order, no deeper."""
    found: list[tuple[str, JsonValue]] = []
    waiting: list[tuple[str, JsonValue, int]] = [("", value, 0)]
    while waiting and len(found) < limit:
        path, entry, level = waiting.pop()
        inner: list[tuple[str, JsonValue]] = []
        if isinstance(entry, dict):
            inner = [(clean(name), each) for name, each in entry.items()]
        elif isinstance(entry, list) and any(isinstance(each, dict | list) for each in entry):
            inner = [(str(position), each) for position, each in enumerate(entry)]
        elif path:
            found.append((path, entry))
        if level < depth:
            waiting += [(f"{path}.{name}" if path else name, each, level + 1) for name, each in reversed(inner)]
    return found


def number(value: JsonValue) -> float | None:
    """A finite number below 10^15, also from a string of digits or a list of one; booleans are none."""
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, str):
        trimmed = value.strip() if len(value) < 100 else ""
        value = float(trimmed) if _NUMBER.fullmatch(trimmed) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # A comparison, unlike float(), takes an integer of any size; NaN fails it.
    return float(value) if -_LARGEST < value < _LARGEST else None


def led(value: JsonValue) -> float | None:
    """The number that the label of a step on a scale begins with, or stands alone: `10 - Extremely likely`, `9/10`."""
    found = _STEP.match(value) if isinstance(value, str) else None
    return number(value) if found is None else number(found[1])


def word(value: JsonValue) -> str | None:
    """A string or an integer as the name of something, trimmed, of any length but 0."""
    if isinstance(value, str):
        return clean(value).strip() or None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _HUGE:
        return str(value)
    return None


def bounded(key: str) -> str:
    """A key of at most 200 characters: a longer one, which no index would take, is replaced by its hash."""
    return key if len(key) <= KEY_LIMIT else "sha256:" + sha256(key.encode()).hexdigest()


def identifier(value: JsonValue) -> str | None:
    """A string or an integer as a key of 1 to 200 characters."""
    found = word(value)
    return bounded(found) if found else None


def name(value: JsonValue) -> str | None:
    """A title or a person's name, cut at 300 characters."""
    return (clean(value).strip()[:NAME_LIMIT].rstrip() or None) if isinstance(value, str) else None


def email(value: JsonValue) -> str | None:
    """An address, lower-cased, or None when it is not one."""
    if not isinstance(value, str) or len(value) > 2 * EMAIL_LIMIT:
        return None
    found = clean(value).strip().lower()
    return found if len(found) <= EMAIL_LIMIT and _EMAIL.fullmatch(found) else None


def link(value: JsonValue) -> str | None:
    """An http(s) URL, or None: anything else could run as a script where it is shown."""
    if not isinstance(value, str) or len(value) > LINK_LIMIT:
        return None
    found = clean(value)
    return found if _LINK.fullmatch(found) else None


def language(value: JsonValue) -> str | None:
    """A language tag such as `en` or `pt-BR`, or None."""
    return (
        value if isinstance(value, str) and re.fullmatch(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}", value) else None
    )


def moment(value: JsonValue) -> tuple[datetime | None, str | None]:
    """A moment in UTC and a flag for what was wrong with it.

    Takes ISO 8601 with or without an offset, and unix seconds or milliseconds as number or string; null and "" are
    absent, which is not wrong. Without an offset, UTC is assumed and `timestamp_without_zone` says so.
    """
    if value is None or value == "":
        return None, None
    flag = None
    try:
        if isinstance(value, str) and not _UNIX.fullmatch(value):
            # RFC 3339 takes small letters, too.
            found = datetime.fromisoformat(value.strip().upper())
            if found.tzinfo is None:
                found, flag = found.replace(tzinfo=UTC), "timestamp_without_zone"
            found = found.astimezone(UTC)
        else:
            seconds = number(value)
            if seconds is None:
                return None, "timestamp_unreadable"
            # 10^11 is the year 5138 in seconds and 1973 in milliseconds.
            found = datetime.fromtimestamp(seconds / 1000 if seconds >= 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None, "timestamp_unreadable"
    return (found, flag) if EARLIEST <= found < LATEST else (None, "timestamp_unreadable")


def date(value: Value | None) -> str | None:
    """A date, of any year, or a date and time as ISO 8601 text; None when it is not one."""
    try:
        return value if isinstance(value, str) and datetime.fromisoformat(value) else None
    except ValueError:
        return None


def first_identifier(*values: JsonValue) -> str | None:
    """The first of the values that can serve as a key."""
    return next((found for found in map(identifier, values) if found), None)
