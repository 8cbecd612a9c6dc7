"""Newline-delimited JSON: an object on each line, read as the bytes arrive."""

from collections.abc import Iterator
from typing import Any, cast

from pydantic_core import from_json

from services.feedback.imports.readers.row import MOST_RAW, Row

LONGEST_LINE = 1_048_576
"""Bytes."""
_MARK = b"\xef\xbb\xbf"


class NdjsonRows:
    """Feed it the file's bytes from some row's beginning on; it holds one line at most."""

    def __init__(self, offset: int = 0, number: int = 0, *, keep_raw: bool = False) -> None:
        """`offset`: where the bytes begin in the file; `number`: the line before; `keep_raw`: parse no line."""
        self._offset = offset
        self._number = number
        self._rest = b""
        self._skipped = b""
        """The beginning of a line that is too long, until its end has come."""
        self._keep_raw = keep_raw

    def feed(self, block: bytes) -> Iterator[Row]:
        """The rows that end in this block."""
        if self._skipped:
            rest, newline, block = block.partition(b"\n")
            self._offset += len(rest) + len(newline)
            if newline:
                yield self._too_long()
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            yield from self._row(line, len(line) + 1)
        if len(self._rest) > LONGEST_LINE:
            self._skipped = self._rest[:MOST_RAW]
            self._offset += len(self._rest)
            self._rest = b""

    def end(self) -> Iterator[Row]:
        """The last row, where no line break ends it."""
        if self._skipped:
            yield self._too_long()
        rest, self._rest = self._rest, b""
        yield from self._row(rest, len(rest))

    def _too_long(self) -> Row:
        line, self._skipped = self._skipped, b""
        self._number += 1
        return self._faulty(line, f"has over {LONGEST_LINE} bytes: is it one object on each line?")

    def _row(self, line: bytes, length: int) -> Iterator[Row]:
        self._offset += length
        self._number += 1
        if self._number == 1:
            line = line.removeprefix(_MARK)
        if not line.strip():
            return
        if self._keep_raw:
            yield Row(self._number, self._offset, None, raw=line.decode(errors="replace"))
            return
        try:
            value: Any = from_json(line)
        except ValueError as error:
            yield self._faulty(line, f"is not JSON: {error}")
            return
        if isinstance(value, dict):
            yield Row(self._number, self._offset, cast("dict[str, Any]", value))
        else:
            yield self._faulty(line, "is not a JSON object")

    def _faulty(self, line: bytes, why: str) -> Row:
        return Row(self._number, self._offset, None, why, line.decode(errors="replace")[:MOST_RAW])
