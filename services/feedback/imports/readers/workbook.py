"""XLSX, read as a stream: rows come as the sheet is unpacked, whatever the sheet's size.

A library would build the whole grid first, and a sheet with two cells in opposite corners would take all memory there
is. Held are the shared texts, within `MOST_TEXT`. The first sheet is read; formulas count as what they last came to.
"""

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import IO, Any
from xml.parsers import expat

from services.feedback.imports.readers.row import Row, Unreadable

LARGEST = 128 * 2**20
"""Bytes of the file."""
MOST_UNPACKED = 2 * 2**30
"""Bytes of one part of it."""
MOST_TEXT = 128 * 2**20
"""Characters of all shared texts."""
LONGEST_CELL = 32_767
MOST_COLUMNS = 500
BLOCK = 65_536
_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Number formats that every workbook has and that show dates or times."""
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension ref="[A-Z]+[0-9]+:[A-Z]+([0-9]{1,7})"')

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How a sheet writes characters that XML has not."""
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError, EOFError, OSError, ValueError, KeyError,
)  # fmt: skip
"""What comes of archives that are none, or not whole, or encrypted."""

Started = Callable[[str, dict[str, str]], None]
Ended = Callable[[str, str], None]


class _Xml:
    """Elements of one part as they pass, by their local names, with the text inside."""

    def __init__(self, started: Started, ended: Ended) -> None:
        self._text: list[str] = []
        self._length = 0
        self._started, self._ended = started, ended
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data

    def _doctype(self, *_: object) -> None:
        raise Unreadable("The workbook declares a document type, which none does.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        self._length = 0
        self._started(name.rpartition(" ")[2], attributes)

    def _end(self, name: str) -> None:
        self._ended(name.rpartition(" ")[2], "".join(self._text))
        self._text.clear()

    def _data(self, data: str) -> None:
        self._length += len(data)
        if self._length > 4 * LONGEST_CELL:
            raise Unreadable("A cell of the workbook is longer than a cell can be.")
        self._text.append(data)

    def feed(self, block: bytes, final: bool) -> None:
        try:
            self._parser.Parse(block, final)
        except expat.ExpatError as error:
            raise Unreadable(f"A part of the workbook is not XML: {error}.") from None


class _Workbook:
    """The parts of a workbook, by their names in the archive."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except _DAMAGED as error:
            raise Unreadable(f"The file is not an XLSX workbook: {error}.") from None
        self.names = set(self._archive.namelist())

    def size(self, name: str) -> int:
        """Bytes of a part, unpacked."""
        return self._archive.getinfo(name).file_size

    def blocks(self, name: str) -> Iterator[tuple[bytes, bool]]:
        """A part's bytes; the last block is empty."""
        total = 0
        try:
            with self._archive.open(name) as part:
                while block := part.read(BLOCK):
                    total += len(block)
                    if total > MOST_UNPACKED:
                        raise Unreadable(f"The workbook unpacks to more than {MOST_UNPACKED} bytes.")
                    yield block, False
        except _DAMAGED as error:
            raise Unreadable(f"A part of the workbook cannot be unpacked: {error}.") from None
        yield b"", True

    def parse(self, name: str, started: Started, ended: Ended) -> None:
        """Go through a part that is there, and through nothing when it is not."""
        if name in self.names:
            xml = _Xml(started, ended)
            for block, final in self.blocks(name):
                xml.feed(block, final)


def _first_sheet(book: _Workbook) -> tuple[str, bool]:
    """The part with the first sheet, and whether its days are counted from 1904."""
    sheets: list[str] = []
    targets: dict[str, str] = {}
    from_1904 = False

    def in_book(name: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904
        if name == "sheet":
            sheets.extend(value for key, value in attributes.items() if key.endswith(" id"))
        elif name == "workbookPr":
            from_1904 = attributes.get("date1904") in {"1", "true"}

    def in_relations(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    book.parse("xl/workbook.xml", in_book, _ignore)
    book.parse("xl/_rels/workbook.xml.rels", in_relations, _ignore)
    target = targets.get(sheets[0], "") if sheets else ""
    part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    if part not in book.names:
        raise Unreadable("The file is not an XLSX workbook, or has no sheet.")
    return part, from_1904


def _ignore(_name: str, _text: str) -> None:
    pass


def _shared_texts(book: _Workbook) -> list[str]:
    texts: list[str] = []
    runs: list[str] = []
    total = phonetic = 0

    def started(name: str, _: dict[str, str]) -> None:
        nonlocal phonetic
        if name == "si":
            runs.clear()
        phonetic += name == "rPh"

    def ended(name: str, text: str) -> None:
        nonlocal total, phonetic
        phonetic -= name == "rPh"
        if name == "t" and not phonetic:
            runs.append(_plain(text))
            total += len(text)
            if total > MOST_TEXT:
                raise Unreadable(f"The workbook has more than {MOST_TEXT} characters of text. Save it as CSV.")
        elif name == "si":
            texts.append("".join(runs))

    book.parse("xl/sharedStrings.xml", started, ended)
    return texts


def _date_styles(book: _Workbook) -> list[bool]:
    """For each style of a cell whether it shows a date."""
    custom: dict[str, bool] = {}
    styles: list[bool] = []
    inside = False

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if name == "numFmt":
            shown = _LITERAL.sub("", attributes.get("formatCode", "")).lower()
            custom[attributes.get("numFmtId", "")] = any(letter in shown for letter in "ymdhs")
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            number = attributes.get("numFmtId", "0")
            styles.append(custom.get(number, number.isdigit() and int(number) in _DATES))

    def ended(name: str, _text: str) -> None:
        nonlocal inside
        inside = inside and name != "cellXfs"

    book.parse("xl/styles.xml", started, ended)
    return styles


class _Sheet:
    """Rows of cells as their elements pass."""

    def __init__(self, texts: list[str], dates: list[bool], from_1904: bool) -> None:
        self.done: list[tuple[int, dict[int, Any]]] = []
        self._texts, self._dates = texts, dates
        self._epoch = datetime(1904, 1, 1, tzinfo=UTC) if from_1904 else datetime(1899, 12, 30, tzinfo=UTC)
        self._number = 0
        self._column = -1
        self._cells: dict[int, Any] = {}
        self._kind = self._style = self._value = ""

    def started(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            given = attributes.get("r", "")
            self._number = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else self._number + 1
            self._cells, self._column = {}, -1
        elif name == "c":
            place = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column(place[1]) if place else self._column + 1
            self._kind, self._style, self._value = attributes.get("t", "n"), attributes.get("s", ""), ""

    def ended(self, name: str, text: str) -> None:
        if name in {"v", "t"}:
            self._value += text
        elif name == "c" and self._value:
            if self._column >= MOST_COLUMNS:
                raise Unreadable(f"Row {self._number} has more than {MOST_COLUMNS} columns.")
            self._cells[self._column] = self._meaning(self._value)
        elif name == "row" and self._cells:
            self.done.append((self._number, self._cells))

    def _meaning(self, value: str) -> Any:
        match self._kind:
            case "s":
                position = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else -1
                return self._texts[position] if 0 <= position < len(self._texts) else ""
            case "b":
                return value == "1"
            case "n":
                return self._number_in(value)
            case "e":
                return ""
            case _:
                return _plain(value)

    def _number_in(self, value: str) -> Any:
        try:
            number = float(value)
        except ValueError:
            return value
        style = int(self._style) if self._style.isascii() and self._style.isdigit() else -1
        if 0 <= style < len(self._dates) and self._dates[style] and 0 <= number < 2_958_466:
            return (self._epoch + timedelta(microseconds=round(number * 86_400_000) * 1000)).isoformat()
        return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def workbook_rows(file: IO[bytes], after: int = 0) -> Iterator[Row]:
    """The rows below the header (the first one that is not empty) and below the sheet's row `after`."""
    book = _Workbook(file)
    part, from_1904 = _first_sheet(book)
    sheet = _Sheet(_shared_texts(book), _date_styles(book), from_1904)
    xml = _Xml(sheet.started, sheet.ended)
    columns: dict[int, str] = {}
    for block, final in book.blocks(part):
        xml.feed(block, final)
        for number, cells in sheet.done:
            if not columns:
                columns = _header(cells)
            elif number > after:
                value = {columns[place]: cell for place, cell in cells.items() if place in columns}
                yield Row(number, number, value)
        sheet.done.clear()
    if not columns:
        raise Unreadable("The first row of the sheet must name the columns; the sheet is empty.")


def _header(cells: dict[int, Any]) -> dict[int, str]:
    columns = {place: str(cell).strip() for place, cell in cells.items() if str(cell).strip()}
    if len(set(columns.values())) < len(columns):
        raise Unreadable("Two columns have the same name. Name each differently.")
    return columns


def length(file: IO[bytes]) -> int | None:
    """The number of the last row, where the sheet says so at its beginning: only for telling how far one is."""
    book = _Workbook(file)
    part, _ = _first_sheet(book)
    beginning, _ = next(book.blocks(part))
    found = _DIMENSION.search(beginning)
    return int(found[1]) if found else None
