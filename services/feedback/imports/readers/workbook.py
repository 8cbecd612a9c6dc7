"""XLSX, read as a stream: rows come as the sheet is unpacked, whatever the sheet's size.

A library would build the whole grid first, and a sheet with two cells in opposite corners would take all memory there
is. Formulas count as what they last came to; of merged cells the first has the value, and the others have none.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import IO, Any, NamedTuple

from services.feedback.imports.readers import texts
from services.feedback.imports.readers.archive import MOST_DESCRIBED, Archive, Xml
from services.feedback.imports.readers.hints import Hints
from services.feedback.imports.readers.looks import listed
from services.feedback.imports.readers.row import LONGEST_NAME, MOST_COLUMNS, Found, Row, Unreadable, named
from services.feedback.imports.readers.texts import Texts, plain

LARGEST = 128 * 2**20
"""Bytes of the file."""
_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Number formats that every workbook has and that show dates or times."""
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension ref="[A-Z]+[0-9]+:[A-Z]+([0-9]{1,7})"')


class _Sheets(NamedTuple):
    """The sheets that can be seen, by their names, each with its part of the archive."""

    parts: Mapping[str, str]
    from_1904: bool
    """Whether days are counted from 1904."""


def _sheets(book: Archive) -> _Sheets:
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}
    from_1904 = False

    def in_book(name: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904
        if name == "sheet" and attributes.get("state", "visible") == "visible":
            id = next((value for key, value in attributes.items() if key.endswith(" id")), "")
            ids.setdefault(attributes.get("name", ""), id)
        elif name == "workbookPr":
            from_1904 = attributes.get("date1904") in {"1", "true"}

    def in_relations(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    book.parse("xl/workbook.xml", in_book, _ignore, MOST_DESCRIBED)
    book.parse("xl/_rels/workbook.xml.rels", in_relations, _ignore, MOST_DESCRIBED)
    parts: dict[str, str] = {}
    for name, id in ids.items():
        target = targets.get(id, "")
        part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        # A sheet that is a chart has no rows.
        if part in book.names and "/worksheets/" in part:
            parts[name] = part
    if not parts:
        raise Unreadable("The file is not an XLSX workbook, or has no sheet that can be seen.")
    return _Sheets(parts, from_1904)


def _ignore(_name: str, _text: str) -> None:
    pass


def _date_styles(book: Archive) -> list[bool]:
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

    book.parse("xl/styles.xml", started, ended, MOST_DESCRIBED)
    return styles


class _Sheet:
    """Rows of cells as their elements pass. A row that cannot be read comes with the reason."""

    def __init__(self, shared: Texts, dates: list[bool], from_1904: bool) -> None:
        self.done: list[tuple[int, dict[int, Any], str]] = []
        self._shared, self._dates = shared, dates
        self._epoch = datetime(1904, 1, 1, tzinfo=UTC) if from_1904 else datetime(1899, 12, 30, tzinfo=UTC)
        self._number = 0
        self._column = -1
        self._cells: dict[int, Any] = {}
        self._fault = ""
        self.behind = 0
        """Rows up to this one are known, and passed over."""
        self._kind = self._style = self._value = ""

    def started(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            given = attributes.get("r", "")
            self._number = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else self._number + 1
            self._cells, self._column, self._fault = {}, -1, ""
        elif name == "c":
            place = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column(place[1]) if place else self._column + 1
            self._kind, self._style, self._value = attributes.get("t", "n"), attributes.get("s", ""), ""

    def ended(self, name: str, text: str) -> None:
        if name in {"v", "t"}:
            self._value += text
        elif name == "c" and self._value and self._number > self.behind:
            if self._column < MOST_COLUMNS:
                self._cells[self._column] = self._meaning(self._value)
            else:
                self._fault = f"has more than {MOST_COLUMNS} columns"
        elif name == "row" and (self._cells or self._fault):
            self.done.append((self._number, self._cells, self._fault))

    def _meaning(self, value: str) -> Any:
        match self._kind:
            case "s":
                place = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else -1
                return self._shared.text(place)
            case "b":
                return value == "1"
            case "n":
                return self._number_in(value)
            case "e":
                return ""
            case _:
                return plain(value)

    def _number_in(self, value: str) -> Any:
        try:
            number = float(value)
        except ValueError:
            return value
        style = int(self._style) if self._style.isascii() and self._style.isdigit() else -1
        if 0 <= style < len(self._dates) and self._dates[style] and 0 <= number < 2_958_466:
            return (self._epoch + timedelta(microseconds=round(number * 86_400_000) * 1000)).isoformat()
        return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


class WorkbookRows:
    """The rows below the header and below the sheet's row `after`. It is read up to its header at once."""

    def __init__(self, file: IO[bytes], after: int = 0, hints: Hints | None = None) -> None:
        hints = hints or Hints()
        book = Archive(file)
        parts, from_1904 = _sheets(book)
        names = list(parts)
        sheet = hints.sheet if hints.sheet is not None else names[0]
        if sheet not in parts:
            raise Unreadable(f"There is no sheet {sheet!r} that can be seen; there are: {listed(names)}.")
        self._book, self._part, self._from_1904, self._after = book, parts[sheet], from_1904, after
        self._at = hints.header_row
        self._rows = self._read()
        nothing: tuple[int, dict[int, Any], str] = 0, {}, ""
        number, cells, fault = next(self._rows, nothing)
        where = f"Row {self._at}" if self._at is not None else "The first row"
        if fault:
            raise Unreadable(f"{where} of the sheet {sheet!r} {fault}.")
        self._columns = _header(cells)
        if not self._columns:
            raise Unreadable(f"{where} of the sheet {sheet!r} must name the columns; it is empty.")
        columns = [self._columns.get(place, "") for place in range(max(self._columns) + 1)]
        self.found = Found(columns, number, sheet=sheet, sheets=names)

    @property
    def length(self) -> int | None:
        """The number of the last row, where the sheet says so at its beginning: only to tell how far one is."""
        beginning, _ = next(self._book.blocks(self._part))
        found = _DIMENSION.search(beginning)
        return int(found[1]) if found else None

    def __iter__(self) -> Iterator[Row]:
        for number, cells, fault in self._rows:
            if fault:
                yield Row(number, number, None, fault)
            else:
                value = {self._columns[place]: cell for place, cell in cells.items() if place in self._columns}
                yield Row(number, number, value)

    def _read(self) -> Iterator[tuple[int, dict[int, Any], str]]:
        """The header, and the rows behind `after`."""
        with Texts() as shared:
            texts.read(self._book, shared)
            sheet = _Sheet(shared, _date_styles(self._book), self._from_1904)
            xml = Xml(sheet.started, sheet.ended)
            header = False
            for block, final in self._book.blocks(self._part):
                xml.feed(block, final)
                for number, cells, fault in sheet.done:
                    if not header:
                        header = self._at is None or number >= self._at
                        if header:
                            sheet.behind = self._after
                            exact = self._at is None or number == self._at
                            yield number, cells if exact else {}, fault
                    elif number > self._after:
                        yield number, cells, fault
                sheet.done.clear()


def _header(cells: dict[int, Any]) -> dict[int, str]:
    places = sorted(place for place, cell in cells.items() if str(cell).strip())
    for place in places:
        if len(str(cells[place])) > LONGEST_NAME:
            raise Unreadable(f"The name of column {place + 1} has over {LONGEST_NAME} characters. Is it the header?")
    return dict(zip(places, named([str(cells[place]) for place in places]), strict=True))
