"""Comma-separated values, read as the bytes arrive: encoding and delimiter are found at the beginning of the file.

A record may go over many lines inside quotes. `csv` is fed line by line; where the bytes so far end within a record,
the lines of that record are kept and given to it again with what comes next.
"""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.feedback.imports.readers.row import Row, Unreadable
from shared.wire import storable

SAMPLE = 65_536
"""Bytes of the beginning that are looked at."""
LONGEST_RECORD = 1_048_576
"""Characters."""
MOST_COLUMNS = 500
_DELIMITERS = ",;\t|"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written, and where its first row begins."""

    encoding: str
    delimiter: str
    newline: str
    columns: tuple[str, ...]
    start: int
    """Bytes: where the row after the header begins."""


class _More(Exception):
    """The record goes on in what has not arrived."""


def layout_of(beginning: bytes) -> Layout:
    """What the beginning of a file (`SAMPLE` bytes, or all of it) says. Unreadable when there is no header in it."""
    whole = len(beginning) < SAMPLE
    encoding, mark = next(((name, mark) for mark, name in _MARKS if beginning.startswith(mark)), ("", b""))
    if not encoding:
        encoding = "utf-8" if _decodes(beginning, whole) else "cp1252"
    # A character may be cut in two at the end of the sample.
    text = _decoded(codecs.getincrementaldecoder(encoding)(_errors(encoding)), beginning[len(mark) :], whole)
    newline = "\r" if "\r" in text and "\n" not in text else "\n"
    lines = _lines(text, newline)
    if not any(line.strip() for line in lines[:1]):
        raise Unreadable("The first line must name the columns; it is empty.")
    delimiter = max(_DELIMITERS, key=lambda each: (_outside_quotes(lines[0], each), -_DELIMITERS.index(each)))
    try:
        records, _ = _records(lines, delimiter, end=whole)
    except csv.Error as error:
        raise Unreadable(f"The first line cannot be read: {error}.") from None
    if not records:
        raise Unreadable("The first line must name the columns, and have an end.")
    columns = tuple(name.strip() for name in records[0][0])
    if len(columns) > MOST_COLUMNS:
        raise Unreadable(f"There are {len(columns)} columns; {MOST_COLUMNS} can be read.")
    for position, name in enumerate(columns, start=1):
        try:
            storable(name)
        except ValueError:
            raise Unreadable(f"The name of column {position} is no {encoding} text.") from None
    twice = [name for position, name in enumerate(columns) if name and name in columns[:position]]
    if twice:
        raise Unreadable(f"Two columns have the name {twice[0][:100]!r}. Name each differently.")
    length = len("".join(lines[: records[0][1]]).encode(encoding, _errors(encoding)))
    return Layout(encoding, delimiter, newline, columns, len(mark) + length)


def _decodes(beginning: bytes, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(beginning, whole)
    except UnicodeDecodeError:
        return False
    return True


def _errors(encoding: str) -> str:
    """What cannot be decoded stays in the text, and is refused with its row."""
    return "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"


def _decoded(decoder: codecs.IncrementalDecoder, given: bytes, final: bool) -> str:
    try:
        return decoder.decode(given, final)
    except UnicodeDecodeError as error:
        raise Unreadable(f"The file is not {error.encoding}: {error.reason}.") from None


def _outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def _lines(text: str, newline: str) -> list[str]:
    """With their ends; the last one is what follows the last end."""
    parts = text.split(newline)
    return [part + newline for part in parts[:-1]] + [parts[-1]]


def _records(lines: Sequence[str], delimiter: str, *, end: bool) -> tuple[list[tuple[list[str], int]], int]:
    """Whole records, each with how many lines are used up by then, and that of all. The last line counts at the end."""
    given = 0

    def source() -> Iterator[str]:
        nonlocal given
        for line in lines if end else lines[:-1]:
            given += 1
            yield line
        if not end:
            raise _More

    found: list[tuple[list[str], int]] = []
    used = 0
    reader = csv.reader(source(), delimiter=delimiter)
    try:
        for record in reader:
            used = given
            found.append((record, used))
    except _More:
        pass
    return found, used


class TableRows:
    """Feed it the file's bytes from some row's beginning on."""

    def __init__(self, layout: Layout, offset: int = 0, number: int = 1) -> None:
        """`offset`: where the bytes begin in the file; `number`: the row before, the header being the first."""
        self._layout = layout
        self._offset = offset or layout.start
        self._number = number
        self._errors = _errors(layout.encoding)
        self._decoder = codecs.getincrementaldecoder(layout.encoding)(self._errors)
        self._rest = ""

    @property
    def offset(self) -> int:
        """Where to begin feeding."""
        return self._offset

    def feed(self, block: bytes) -> Iterator[Row]:
        """The rows that end in this block."""
        yield from self._read(_decoded(self._decoder, block, False), end=False)

    def end(self) -> Iterator[Row]:
        """The last row, where no line break ends it."""
        yield from self._read(_decoded(self._decoder, b"", True), end=True)

    def _read(self, text: str, *, end: bool) -> Iterator[Row]:
        lines = _lines(self._rest + text, self._layout.newline)
        try:
            records, used = _records(lines, self._layout.delimiter, end=end)
        except csv.Error as error:
            raise Unreadable(f"A row after row {self._number} cannot be read: {error}.") from None
        before = 0
        for record, until in records:
            taken = "".join(lines[before:until])
            self._offset += len(taken.encode(self._layout.encoding, self._errors))
            before = until
            self._number += 1
            if any(record):
                yield self._row(record)
        self._rest = "".join(lines[used:])
        if len(self._rest) > LONGEST_RECORD:
            raise Unreadable(
                f"Row {self._number + 1} does not end within {LONGEST_RECORD} characters: is a quote left open there?"
            )

    def _row(self, record: list[str]) -> Row:
        columns = self._layout.columns
        if len(record) > len(columns) and any(record[len(columns) :]):
            why = f"has {len(record)} cells, and the header has {len(columns)}"
            return Row(self._number, self._offset, None, why, self._layout.delimiter.join(record)[:2_000])
        value = {name: cell for name, cell in zip(columns, record, strict=False) if name}
        return Row(self._number, self._offset, value)
