"""Files to be imported, in every format that holds many rows: made as they are sent, or on disk."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.bench import payloads

AT_ONCE = 5_000
COLUMNS = ("text", "source", "external_id", "said_at", "source_url", "language", "attributes.plan", "attributes.seats")
FORMATS = ("ndjson", "csv", "xlsx")
FEW = 1_000
"""Texts of a workbook that are looked for again: those that every row has are among the first."""
_PARTS = {
    "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="Rows" r:id="one"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="one" Target="worksheets/one.xml"/></Relationships>',
}


def blocks(format: str, count: int) -> Iterator[bytes]:
    """A file of so many rows (rounded to `AT_ONCE`) of feedback, each with words of its own."""
    if format == "csv":
        yield (",".join(COLUMNS) + "\n").encode()
    for _ in range(count // AT_ONCE):
        rows = payloads.rows(AT_ONCE)
        if format == "csv":
            text = io.StringIO()
            csv.writer(text).writerows(map(_cells, rows))
            yield text.getvalue().encode()
        else:
            yield b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def workbook(place: Path, count: int) -> None:
    """The same as a workbook whose cells share their texts, as spreadsheets write it."""
    texts = place.with_suffix(".texts")
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book, texts.open("w") as shared:
        for name, content in _PARTS.items():
            book.writestr(name, content)
        number = 0
        known: dict[str, int] = {}
        shared.write("<sst>")
        with book.open("xl/worksheets/one.xml", "w", force_zip64=True) as sheet:
            sheet.write(b"<worksheet><sheetData>")
            lines: Iterator[Sequence[Any]] = (
                line
                for start in range(0, count + 1, AT_ONCE)
                for line in ([COLUMNS] if not start else map(_cells, payloads.rows(AT_ONCE)))
            )
            for place_of_row, cells in enumerate(lines, start=1):
                row: list[str] = []
                for cell in cells:
                    if isinstance(cell, int):
                        row.append(f"<c><v>{cell}</v></c>")
                        continue
                    if (there := known.get(cell)) is None:
                        shared.write(f"<si><t>{escape(cell)}</t></si>")
                        there, number = number, number + 1
                        if len(known) < FEW:
                            known[cell] = there
                    row.append(f'<c t="s"><v>{there}</v></c>')
                sheet.write(f'<row r="{place_of_row}">{"".join(row)}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
        shared.write("</sst>")
        shared.close()
        book.write(texts, "xl/sharedStrings.xml")
    texts.unlink()


def _cells(row: Mapping[str, Any]) -> Sequence[Any]:
    given: dict[str, Any] = {**row, **{f"attributes.{name}": value for name, value in row["attributes"].items()}}
    return [f"{given['external_id']}: {given['text']}" if name == "text" else given[name] for name in COLUMNS]
