"""One JSON document: a list of objects, alone or under a name, as an API's answer is. It is held whole.

A ZIP archive of such documents is read as one: a backup of tables, each list under the name of its file.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

from pydantic_core import from_json, to_json

from services.feedback.imports.readers.archive import DAMAGED
from services.feedback.imports.readers.looks import LOOKED_AT, mistaken
from services.feedback.imports.readers.row import MOST_RAW, Found, Row, Unreadable

LARGEST = 32 * 2**20
"""Bytes."""
Lists = list[tuple[str, list[Any]]]
"""The lists of a document, by their names."""


class DocumentRows:
    """The objects after the first `after`. Of several lists in it, each object says its list's name in `_`."""

    def __init__(self, file: IO[bytes], after: int = 0, arranged: Callable[[Lists], Lists] | None = None) -> None:
        """`arranged` puts together what stands apart, before it is read."""
        content = file.read()
        lists = _archived(content) if content.startswith(b"PK") else _lists(_document(content))
        self._lists = arranged(lists) if arranged is not None else lists
        self._after = after
        self.found: Found | None = None
        self.length = sum(len(each) for _, each in self._lists)

    def __iter__(self) -> Iterator[Row]:
        number = 0
        for name, each in self._lists:
            for one in each:
                number += 1
                if number <= self._after:
                    continue
                if isinstance(one, dict):
                    value = cast("dict[str, Any]", one)
                    yield Row(number, number, {"_": name, **value} if name else value)
                else:
                    raw = to_json(one).decode(errors="replace")[:MOST_RAW]
                    yield Row(number, number, None, "is not an object", raw)


def _document(content: bytes) -> Any:
    try:
        return from_json(content.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        why = mistaken(content[:LOOKED_AT], "json") or f"The file is not one JSON document: {error}."
        raise Unreadable(why) from None


def _archived(content: bytes) -> Lists:
    left = LARGEST
    found: Lists = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.infolist():
                if "/" in part.filename or not part.filename.endswith(".json"):
                    continue
                with archive.open(part) as opened:
                    text = opened.read(left + 1)
                left -= len(text)
                if left < 0:
                    raise Unreadable(f"What is in the archive comes to more than {LARGEST} bytes.")
                document = _document(text)
                if isinstance(document, list):
                    found.append((part.filename.removesuffix(".json"), cast("list[Any]", document)))
    except DAMAGED as error:
        raise Unreadable(f"The archive is damaged, or has a password: {error}.") from None
    if not found:
        raise Unreadable("The file is a ZIP archive without a JSON document that is a list.")
    return found


def _lists(document: Any) -> Lists:
    if isinstance(document, list):
        return [("", cast("list[Any]", document))]
    if isinstance(document, dict):
        fields = cast("dict[str, Any]", document)
        found = [(name, cast("list[Any]", value)) for name, value in fields.items() if isinstance(value, list)]
        if found:
            return [("", found[0][1])] if len(found) == 1 else found
    raise Unreadable("The document must be a list of objects, or an object with lists of them.")
