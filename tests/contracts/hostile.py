"""What a careless or hostile caller sends, by the place where it is put."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from zlib import crc32

from pydantic_core import to_json

from tests.contracts.operations import NOTHING, Document, resolved
from tests.depth import DEPTH

Value = TypeVar("Value")
LONG = "a" * 100_000

# Put in place of each field of a body that would be accepted. JSON texts, some of which no encoder writes.
TEXTS: dict[str, str] = {
    "NUL": r'"\u0000"',
    "NUL inside": r'"a\u0000b"',
    "lone high surrogate": r'"\ud800"',
    "lone low surrogate": r'"a\udfffb"',
    "surrogates the wrong way round": r'"\udc00\ud800"',
    "byte order mark": r'"\ufeff"',
    "right-to-left override": r'"\u202etxt.exe"',
    "control characters": r'"\u0001\u001f\u007f\u0085"',
    "raw control character": '"a\tb"',
    "astral characters": '"' + "\U0001f600" * 400 + '"',
    "combining marks": '"' + "e\u0301" * 5_000 + '"',
    "a long text": f'"{LONG}"',
    "an empty text": '""',
    "blanks": '"   "',
    "year 1 with an offset": '"0001-01-01T00:00:00+23:59"',
    "year 9999 with an offset": '"9999-12-31T23:59:59-23:59"',
    "a day that is none": '"2026-02-30T00:00:00Z"',
    "a time without an offset": '"2026-01-01T00:00:00"',
    "year 0": '"0000-01-01"',
    "a UUID of nobody": f'"{NOTHING}"',
    "nearly a UUID": '"0190b5f0-0000-7000-8000-00000000000g"',
    "the empty UUID": '"00000000-0000-0000-0000-000000000000"',
    "a statement": '"\'; drop table ideas; --"',
    "a format": '"%s%n{0}{__class__}${jndi:x}"',
    "a script": '"<script>alert(1)</script>"',
    "a path": '"../../../../etc/passwd"',
    "a header": r'"a\r\nSet-Cookie: b=c"',
    "a formula": '"=1+1"',
    "digits of another script": '"\u0661\u0662\u0663"',
}
NUMBERS: dict[str, str] = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "a float beyond its range": "1e400",
    "a float that is nearly nothing": "-1e-400",
    "a time as a number": "1e18",
    "int4 + 1": "2147483648",
    "int8": "9223372036854775807",
    "int8 + 1": "9223372036854775808",
    "below int8": "-9223372036854775809",
    "5,000 digits": "9" * 5_000,
    "a negative number": "-1",
    "zero": "0",
    "minus zero": "-0.0",
    "a fraction": "1.5",
    "true": "true",
}
SHAPES: dict[str, str] = {
    "null": "null",
    "an empty list": "[]",
    "an empty object": "{}",
    "nested lists": "[" * 60 + "]" * 60,
    "deeply nested lists": "[" * 100_000 + "]" * 100_000,
    "a list of nulls": "[null, null]",
    "a list of many": "[" + ",".join(["1"] * 2_000) + "]",
    "an object of many": "{" + ",".join(f'"k{n}": {n}' for n in range(2_000)) + "}",
    "an object with a hostile name": r'{"\u0000": 1, "\ud800": "\udfff"}',
    "an object with doubled names": '{"a": 1, "a": {"a": 2}}',
}
VALUES = TEXTS | NUMBERS | SHAPES
# What a field gets whose accepted value looks like it: there these come closest to being taken.
NEARLY: dict[str, tuple[str, ...]] = {
    r"\d{4}-\d\d-\d\d": (
        "year 1 with an offset",
        "year 9999 with an offset",
        "a day that is none",
        "a time without an offset",
        "year 0",
    ),
    r"[0-9a-f]{8}-[0-9a-f]{4}-": ("a UUID of nobody", "nearly a UUID", "the empty UUID"),
}
# What every field gets; the rest of a kind is for fields of that kind.
COMMON = ("NUL", "lone high surrogate", "NaN", "int8 + 1", "5,000 digits", "null", "an empty list", "an empty object")

# Put in place of a whole body.
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\t ",
    "not JSON": b"hello",
    "half of it": b'{"title": "a',
    "more than it": b"{} {}",
    "a list": b"[]",
    "a number": b"0",
    "a text": b'"a"',
    "null": b"null",
    "an empty object": b"{}",
    "invalid UTF-8": b'{"title": "\xff\xfe"}',
    "overlong UTF-8": b'{"title": "\xc0\x80"}',
    "surrogates in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"title": "a"}',
    "raw NULs": b"\x00" * 1_000,
    "depth 100,000 of lists": b"[" * 100_000,
    "depth 100,000 of objects": b'{"a":' * 100_000,
    "5,000 digits": b"9" * 5_000,
    "unknown fields": to_json({f"unknown_{n}": n for n in range(1_000)}),
    "hostile field names": rb'{"\u0000": 1, "\ud800": 2, "~0/~1": 3, "": 4}',
    "Python": b"{'title': 'a'}",
    "XML": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
}
# Put in a path or a query, already encoded as they go over the wire.
ENCODED: dict[str, str] = {
    "NUL": "%00",
    "NUL inside": "a%00b",
    "invalid UTF-8": "%ff%fe",
    "a surrogate": "%ed%a0%80",
    "half an escape": "%",
    "an escape that is none": "%zz",
    "blanks": "%20%20",
    "a line break": "a%0d%0aX-Injected:%201",
    "astral": "%f0%9f%98%80",
    "a path": "..%2f..%2fetc%2fpasswd",
    "a statement": "'%20or%201=1--",
    "a number": "-1",
    "a large number": "9" * 400,
    "NaN": "NaN",
    "true": "true",
    "braces": "%7B%7D%5B%5D",
    "long": "a" * 20_000,
    "a UUID in capitals": NOTHING.upper(),
    "a UUID without hyphens": NOTHING.replace("-", ""),
    "a time": "0001-01-01T00:00:00%2B23:59",
    "base64 of JSON": "WyJhIiwgMV0",
    "base64 of a number": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
    "base64 of depth": "W1tbW1tbW1tb",
}
QUERIES: dict[str, str] = {
    "a name that is none": "%00=1",
    "invalid UTF-8 in a name": "%ff=1",
    "names only": "a&b&&&=&=1",
    "the same twice": "limit=1&limit=2",
    "semicolons": "limit=1;cursor=2",
    "a list": "limit[]=1&limit%5Ba%5D=2",
    "many": "&".join(f"q{n}=1" for n in range(2_000)),
}
HEADERS: dict[str, tuple[bytes, bytes]] = {
    "a version that is none": (b"If-Match", b'"abc"'),
    "a version too large": (b"If-Match", b'"' + b"9" * 5_000 + b'"'),
    "a negative version": (b"If-Match", b'"-1"'),
    "several versions": (b"If-Match", b'"1", "2"'),
    "an empty version": (b"If-Match", b""),
    "a version in other digits": (b"If-Match", '"\u0661"'.encode()),
    "an idempotency key with bytes": (b"Idempotency-Key", b"\xff\x00"),
    "a long idempotency key": (b"Idempotency-Key", b"a" * 5_000),
    "an impossible length": (b"Content-Length", b"-1"),
    "a length in other digits": (b"Content-Length", "\u0661".encode()),
    "a huge length": (b"Content-Length", b"9" * 30),
    "an encoding": (b"Content-Encoding", b"gzip"),
    "a type with bytes": (b"Content-Type", b"\xff\xfe/\x00"),
    "a type without an end": (b"Content-Type", b'application/json; charset="'),
    "another character set": (b"Content-Type", b"application/json; charset=utf-7"),
    "a form": (b"Content-Type", b"multipart/form-data"),
    "a scheme": (b"Authorization", b"Digest username=\xff"),
    "a key with NUL": (b"Authorization", b"Bearer ck_\x00"),
    "a long key": (b"Authorization", b"Bearer " + b"ck_" * 20_000),
}
# A request is answered in spite of these, so they may come together.
BESIDE: dict[str, tuple[bytes, bytes]] = {
    "a condition that is none": (b"If-None-Match", b"\xff"),
    "a time that is none": (b"If-Modified-Since", b"yesterday"),
    "a trace that is none": (b"traceparent", b"00-\xff-1-1"),
    "a trace of zeros": (b"traceparent", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00"),
    "a request id with bytes": (b"X-Request-Id", b"\xff\xfe"),
    "a long request id": (b"X-Request-Id", b"a" * 10_000),
    "what to accept": (b"Accept", b"\xff;q=NaN"),
    "a range": (b"Range", b"bytes=-1-2,9-"),
    "an origin": (b"Origin", b"null\x00"),
    "a host": (b"Host", b"\xff:99999999"),
    "another method": (b"X-HTTP-Method-Override", b"DELETE"),
    "a forwarder": (b"X-Forwarded-For", b"\x00'; drop table ideas; --"),
}


# What every operation gets of the rest, for it is the operation that has to bear it.
EVERY_BODY = ("a list", "null", "an empty object", "invalid UTF-8", "unknown fields", "hostile field names")
EVERY_TEXT = ("NUL", "a surrogate", "a large number", "base64 of JSON", "base64 of a number")
EVERY_HEADER = ("a version that is none", "a version too large", "an idempotency key with bytes", "a type with bytes")


def some(corpus: Mapping[str, Value], place: str, always: Sequence[str] = ()) -> dict[str, Value]:
    """A twelfth of the corpus, all of it in a deep run, and what is always sent.

    Each place gets its own twelfth, so that each value has its turn in many places: what all places share is proven by
    them together, and a run of all values in all places takes minutes.
    """
    share = max(1, min(12, len(corpus)) // DEPTH)
    return {
        what: value
        for position, (what, value) in enumerate(corpus.items(), crc32(place.encode()))
        if position % share == 0 or what in always
    }


# No parser takes these, so they never get to a field: once in all places says as much as in each.
UNREADABLE = ("raw control character", "5,000 digits", "deeply nested lists")


@dataclass(frozen=True, slots=True)
class Place:
    """A field or an entry of a request: as problems point at it, where it is, and what to put there in turn."""

    pointer: str
    path: tuple[str | int, ...]
    values: tuple[str, ...]


def places(body: Any) -> list[list[Place]]:
    """All places of a body, in groups of which none holds another: those that hold nothing, then the rest by depth."""
    groups: dict[int, list[Place]] = {}
    for path, replaced in _walk(body, ()):
        own = TEXTS if isinstance(replaced, str) else SHAPES if isinstance(replaced, dict | list) else NUMBERS
        pointer = "".join(f"/{part}" for part in path)
        named = dict.fromkeys((*COMMON, *some(own, pointer), *_nearly(replaced)))
        depth = len(path) if isinstance(replaced, dict | list) and replaced else 0
        place = Place(f"/body{pointer}", path, tuple(what for what in named if what not in UNREADABLE))
        groups.setdefault(depth, []).append(place)
    return list(groups.values())


def _nearly(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        for shape, names in NEARLY.items():
            if re.match(shape, value):
                yield from names


def with_values(body: Any, values: Mapping[Place, str]) -> bytes:
    """The body as JSON, with these values, named, at these places."""
    marked = body
    for number, place in enumerate(values):
        marked = _replaced(marked, place.path, f"\u2603{number}\u2603")
    text = to_json(marked).decode()
    for number, what in enumerate(values.values()):
        text = text.replace(f'"\u2603{number}\u2603"', VALUES[what])
    return text.encode(errors="surrogatepass")


def _walk(node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Where something stands in the node, and what."""
    inner: Iterable[tuple[str | int, Any]] = (
        cast("Document", node).items()
        if isinstance(node, dict)
        else enumerate(cast("list[Any]", node))
        if isinstance(node, list)
        else ()
    )
    for name, value in inner:
        yield (*path, name), value
        yield from _walk(value, (*path, name))


def _replaced(node: Any, path: tuple[str | int, ...], value: object) -> Any:
    """A copy of the node with the value at this place."""
    if not path:
        return value
    copied: Any = list(cast("list[Any]", node)) if isinstance(node, list) else dict(cast("Document", node))
    copied[path[0]] = _replaced(copied[path[0]], path[1:], value)
    return copied


def sample(document: Document, schema: Document, ids: dict[str, str], name: str = "") -> Any:
    """A value that fits the schema, with every optional field in it that may stand beside the others.

    Ids come from `ids` by the name of their field.
    """
    examples = schema.get("examples")
    schema = resolved(document, schema)
    examples = examples or schema.get("examples")
    if name in ids:
        return ids[name]
    if examples == [None]:
        return None
    if "properties" in schema:
        whole = {name: sample(document, each, ids, name) for name, each in schema["properties"].items()}
        return _without_barred(schema, whole)
    if schema.get("type") == "array":
        entry = ids.get(name.removesuffix("s"))
        return [entry] if entry else examples[0] if examples else [sample(document, schema["items"], ids)]
    if examples:
        return examples[0]
    for given in ("const", "default"):
        if given in schema:
            return schema[given]
    if "enum" in schema:
        return schema["enum"][0]
    plain = {"date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "uuid": NOTHING}
    if "@" in schema.get("pattern", ""):
        return "ada@example.com"
    kinds = {"integer": int(schema.get("minimum", 1)), "number": 1.5, "boolean": False, "object": {"a": "b"}}
    return plain.get(schema.get("format", ""), kinds.get(schema["type"], "sample"))


def _without_barred(schema: Document, whole: dict[str, Any]) -> dict[str, Any]:
    """An object without what its schema does not want beside the rest: `not` names fields, and values of some."""
    for clause in (schema, *schema.get("allOf", ())):
        barred = clause.get("not", {})
        named = barred.get("required", [])
        values = barred.get("properties", {})
        if named and whole.keys() >= set(named) and all(whole[name] in values[name]["enum"] for name in values):
            del whole[named[-1]]
    return whole
