"""A delivery's bytes as one JSON value, whichever way its vendor wraps them: JSON, a form, or a form in parts."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from services.feedback.intake.adapters.normalized import JsonValue, Unreadable
from services.feedback.intake.adapters.reading import decode

FIELD_LIMIT = 2_000
"""Fields of a form, or parts of a multipart body."""
DEPTH_LIMIT = 8
"""Brackets of a key such as `response[properties][plan]`; a deeper key is one name, brackets and all."""
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;,]{1,200}))', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', re.IGNORECASE)
_FILE = re.compile(rb'[;\s]filename=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', re.IGNORECASE)
_HEADER = 2_000
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def decode_body(headers: Mapping[str, str], raw: bytes) -> "JsonValue | Unreadable":
    """The body by its content type. Never raises; a type that is wrong or missing is seen through."""
    given = headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        boundary = _BOUNDARY.search(given)
        return _parts(raw, boundary[1] or boundary[2]) if boundary else Unreadable("no_boundary")
    if kind == "application/x-www-form-urlencoded" and raw.lstrip()[:1] not in (b"{", b"["):
        return form(raw)
    return decode(raw)


def form(raw: bytes) -> "JsonValue | Unreadable":
    """`a=1&b[c]=2` as `{"a": "1", "b": {"c": "2"}}`."""
    try:
        pairs = parse_qsl(
            raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELD_LIMIT, errors="replace"
        )
    except ValueError:
        return Unreadable("too_many_fields")
    return _nested(pairs)


def _parts(raw: bytes, boundary: str) -> "JsonValue | Unreadable":
    """The text parts of a multipart form; of a file only its name is kept."""
    marker = b"--" + boundary.encode("latin-1", "replace")
    if raw.count(marker) > FIELD_LIMIT:
        return Unreadable("too_many_parts")
    pairs: list[tuple[str, str]] = []
    for part in raw.split(marker)[1:]:
        if part.startswith(b"--"):
            break
        # Some senders, and what is pasted from their logs, end lines with a bare line feed.
        head, gap, content = part.partition(b"\r\n\r\n")
        if not gap:
            head, gap, content = part.partition(b"\n\n")
        name = _NAME.search(head[:_HEADER])
        if not gap or name is None:
            continue
        content = content.removesuffix(b"\n").removesuffix(b"\r")
        if file := _FILE.search(head[:_HEADER]):
            content = file[1] or file[2] or b""
        pairs.append((_text(name[1] or name[2] or b"").replace('\\"', '"'), _text(content)))
    return _nested(pairs) if pairs else Unreadable("no_parts")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _nested(pairs: list[tuple[str, str]]) -> JsonValue:
    found: dict[str, JsonValue] = {}
    for key, value in pairs:
        path = _path(key)
        place = found
        for step in path[:-1]:
            inner = place.get(step)
            if not isinstance(inner, dict):
                deeper: dict[str, JsonValue] = {} if inner is None else {"": inner}
                place[step] = inner = deeper
            place = inner
        last, held = path[-1], place.get(path[-1])
        if held is None:
            place[last] = value
        elif isinstance(held, list):
            held.append(value)
        elif isinstance(held, dict):
            held[""] = value
        else:
            both: list[JsonValue] = [held, value]
            place[last] = both
    return found


def _path(key: str) -> list[str]:
    head, bracket, rest = key.partition("[")
    if not bracket or not head:
        return [key]
    steps = _BRACKETS.findall("[" + rest)
    if not steps or len(steps) > DEPTH_LIMIT or "".join(f"[{step}]" for step in steps) != "[" + rest:
        return [key]
    # `a[]` repeats: its values make a list under `a`.
    return [head, *(step for position, step in enumerate(steps) if step or position < len(steps) - 1)]
