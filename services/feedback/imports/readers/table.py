"""Comma-separated values, read as the bytes arrive: encoding and delimiter are found at the beginning of the file.

A record may go over many lines inside quotes. `csv` is fed line by line; where the bytes so far end within a record,
the lines of that record are kept and given to it again with what comes next. A line that cannot be read, or that opens
a quote which does not close, is at fault by itself: reading goes on with the next one, and nothing is swallowed.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.feedback.imports.readers.hints import Hints
from services.feedback.imports.readers.looks import mistaken
from services.feedback.imports.readers.row import LONGEST_NAME, MOST_COLUMNS, MOST_RAW, Found, Row, Unreadable, named
from shared.wire import storable

SAMPLE = 65_536
"""Bytes of the beginning that are looked at."""
LONGEST_RECORD = 1_048_576
"""Characters."""
_DELIMITERS = ",;\t|"
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_SAID = re.compile(r'"?sep=([,;\t|])"?\r?\n?')
"""A first line by which a spreadsheet is told the delimiter."""
_OPEN = "opens a quote that is not closed"
_WHY = {
    "unexpected end of data": _OPEN,
    "expected after": "has something between a closing quote and the end of its cell: double the quotes inside a cell",
    "new-line character": "has a carriage return outside of quotes",
}

# A cell may be as long as a record; what is too long for its field is then told by the field. For all of the process:
# nothing else here reads tables.
csv.field_size_limit(LONGEST_RECORD)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written, and where its first row begins."""

    encoding: str
    delimiter: str
    newline: str
    columns: tuple[str, ...]
    header_row: int
    start: int
    """Bytes: where the row after the header begins."""

    @property
    def found(self) -> Found:
        """The same, to be told."""
        return Found(self.columns, self.header_row, self.encoding, self.delimiter)


class _More(Exception):
    """The record goes on in what has not arrived."""


def layout_of(beginning: bytes, hints: Hints | None = None) -> Layout:
    """What the beginning of a file (`SAMPLE` bytes, or all of it) says. Unreadable when there is no header in it."""
    hints = hints or Hints()
    if why := mistaken(beginning, "csv"):
        raise Unreadable(why)
    whole = len(beginning) < SAMPLE
    encoding, mark = _encoding_of(beginning, hints.encoding, whole=whole)
    # A character may be cut in two at the end of the sample.
    text = _decoded(codecs.getincrementaldecoder(encoding)(_errors(encoding)), beginning[len(mark) :], whole)
    newline = "\r" if "\r" in text and "\n" not in text else "\n"
    lines = _lines(text, newline)
    told = _SAID.fullmatch(lines[0])
    skipped = (hints.header_row - 1) if hints.header_row is not None else int(told is not None)
    delimiter = hints.delimiter or (told[1] if told is not None else _delimiter_of(lines[skipped : skipped + 1]))
    records, _ = _records(lines, delimiter, end=whole)
    if not whole and len(records) <= skipped:
        raise Unreadable(f"The row that names the columns must end within the first {SAMPLE} bytes.")
    if len(records) <= skipped or not any(cell.strip() for cell in records[skipped][0]):
        row = "first line" if hints.header_row is None else f"row {skipped + 1}"
        raise Unreadable(f"The {row} must name the columns; it is empty.")
    header, used = records[skipped]
    if isinstance(header, str):
        raise Unreadable(f"The row that names the columns cannot be read: it {header}.")
    columns = _columns(header, encoding)
    length = len("".join(lines[:used]).encode(encoding, _errors(encoding)))
    return Layout(encoding, delimiter, newline, columns, skipped + 1, len(mark) + length)


def _encoding_of(beginning: bytes, said: str | None, *, whole: bool) -> tuple[str, bytes]:
    """The encoding, and the mark at the beginning that says so."""
    marked = next(((name, mark) for mark, name in _MARKS if beginning.startswith(mark)), None)
    if said == "utf-16":
        return marked if marked is not None and marked[0] != "utf-8" else (_sixteen(beginning) or "utf-16-le", b"")
    if said is not None:
        return said, codecs.BOM_UTF8 if said == "utf-8" and marked is not None and marked[0] == said else b""
    if marked is not None:
        return marked
    return _sixteen(beginning) or ("utf-8" if _decodes(beginning, whole) else "cp1252"), b""


def _sixteen(beginning: bytes) -> str | None:
    """Which UTF-16 it is that has no mark: what is mostly Latin has a NUL in each pair of bytes."""
    pairs = len(beginning) // 2
    if pairs and beginning[1::2].count(0) > 0.4 * pairs:
        return "utf-16-le"
    return "utf-16-be" if pairs and beginning[::2].count(0) > 0.4 * pairs else None


def _delimiter_of(lines: Sequence[str]) -> str:
    line = lines[0] if lines else ""
    return max(_DELIMITERS, key=lambda each: (_outside_quotes(line, each), -_DELIMITERS.index(each)))


def _columns(header: Sequence[str], encoding: str) -> tuple[str, ...]:
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"There are {len(header)} columns; {MOST_COLUMNS} can be read. Leave out what is not needed.")
    for position, name in enumerate(header, start=1):
        try:
            storable(name)
        except ValueError:
            raise Unreadable(f"The name of column {position} is no {encoding} text.") from None
        if len(name) > LONGEST_NAME:
            raise Unreadable(f"The name of column {position} has over {LONGEST_NAME} characters. Is it the header?")
    return named(header)


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


def _records(lines: Sequence[str], delimiter: str, *, end: bool) -> tuple[list[tuple[list[str] | str, int]], int]:
    """Whole records, or what is wrong with one, each with how many lines are used up by then, and that of all.

    The last line counts at the end.
    """
    found: list[tuple[list[str] | str, int]] = []
    given = used = 0
    stop = len(lines) if end else len(lines) - 1

    def source() -> Iterator[str]:
        nonlocal given
        while given < stop:
            given += 1
            yield lines[given - 1]
        if not end:
            raise _More

    while True:
        try:
            for record in csv.reader(source(), delimiter=delimiter, strict=True):
                used = given
                found.append((record, used))
        except _More:
            if used == stop or sum(map(len, lines[used:])) <= LONGEST_RECORD:
                return found, used
            found.append((_OPEN, used + 1))
        except csv.Error as error:
            why = next((told for part, told in _WHY.items() if part in str(error)), str(error))
            # Whatever the open quote has swallowed is read again.
            found.append((why, used + 1 if why == _OPEN else given))
        else:
            return found, used
        given = used = found[-1][1]


class TableRows:
    """Feed it the file's bytes from some row's beginning on."""

    def __init__(self, layout: Layout, offset: int = 0, number: int = 0) -> None:
        """`offset`: where the bytes begin in the file; `number`: the row before. Left out: behind the header."""
        self._layout = layout
        self._offset = offset or layout.start
        self._number = number if offset else layout.header_row
        self._errors = _errors(layout.encoding)
        self._decoder = codecs.getincrementaldecoder(layout.encoding)(self._errors)
        self._one_byte = not layout.encoding.startswith("utf-16")
        """Whether ASCII takes a byte a character."""
        self._rest = ""
        self._wary = False
        """Whether a quote was left open: a line after it may be the rest of a cell."""
        self._skipped = ""
        """The beginning of a line that is too long, until its end has come."""

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

    def _passed(self, text: str) -> str:
        """Count text that is done with."""
        plain = self._one_byte and text.isascii()
        self._offset += len(text) if plain else len(text.encode(self._layout.encoding, self._errors))
        return ""

    def _read(self, text: str, *, end: bool) -> Iterator[Row]:
        if self._skipped:
            line, newline, text = text.partition(self._layout.newline)
            self._passed(line + newline)
            if newline or end:
                raw, self._skipped = self._skipped, ""
                self._number += 1
                yield Row(self._number, self._offset, None, f"has over {LONGEST_RECORD} characters", raw)
        lines = _lines(self._rest + text, self._layout.newline)
        records, used = _records(lines, self._layout.delimiter, end=end)
        before = 0
        for record, until in records:
            taken = "".join(lines[before:until])
            self._passed(taken)
            before = until
            self._number += 1
            if isinstance(record, str):
                self._wary |= record == _OPEN
                yield self._faulty(record, taken)
            elif any(record):
                yield self._row(record, taken)
        self._rest = "".join(lines[used:])
        if len(self._rest) > LONGEST_RECORD and not end:
            # Not one line of it has an end.
            self._skipped, self._rest = self._rest[:MOST_RAW], self._passed(self._rest)

    def _row(self, record: list[str], taken: str) -> Row:
        columns = self._layout.columns
        if not taken.isascii() and _SURROGATE.search(taken):
            return self._faulty(f"has bytes that are no {self._layout.encoding}: is the file written otherwise?", taken)
        cells = f"has {len(record)} cells, and the header has {len(columns)}"
        if len(record) > len(columns) and any(record[len(columns) :]):
            return self._faulty(cells, taken)
        if len(record) < len(columns) and self._wary:
            return self._faulty(f"{cells}: the rest of a cell whose quote is not closed further up?", taken)
        value = {name: cell for name, cell in zip(columns, record, strict=False) if name}
        return Row(self._number, self._offset, value)

    def _faulty(self, why: str, taken: str) -> Row:
        return Row(self._number, self._offset, None, why, taken.rstrip("\r\n")[:MOST_RAW])
