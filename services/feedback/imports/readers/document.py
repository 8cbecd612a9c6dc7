"""One JSON document: a list of objects, alone or under a name, as an API's answer is. It is held whole."""

from collections.abc import Iterator
from typing import IO, Any, cast

from pydantic_core import from_json, to_json

from services.feedback.imports.readers.row import MOST_RAW, Row, Unreadable

LARGEST = 32 * 2**20
"""Bytes."""


def document_rows(file: IO[bytes], after: int = 0) -> Iterator[Row]:
    """The objects after the first `after`. Of several lists in it, each object says its list's name in `_`."""
    try:
        document: Any = from_json(file.read().removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise Unreadable(f"The file is not JSON: {error}.") from None
    number = 0
    for name, each in _lists(document):
        for one in each:
            number += 1
            if number <= after:
                continue
            if isinstance(one, dict):
                value = cast("dict[str, Any]", one)
                yield Row(number, number, {"_": name, **value} if name else value)
            else:
                yield Row(number, number, None, "is not an object", to_json(one).decode(errors="replace")[:MOST_RAW])


def _lists(document: Any) -> list[tuple[str, list[Any]]]:
    if isinstance(document, list):
        return [("", cast("list[Any]", document))]
    if isinstance(document, dict):
        fields = cast("dict[str, Any]", document)
        found = [(name, cast("list[Any]", value)) for name, value in fields.items() if isinstance(value, list)]
        if found:
            return [("", found[0][1])] if len(found) == 1 else found
    raise Unreadable("The document must be a list of objects, or an object with lists of them.")


def length(file: IO[bytes]) -> int:
    """How many objects there are."""
    return sum(1 for _ in document_rows(file))
