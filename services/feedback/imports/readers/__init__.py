"""Files as rows: those of tables and lines are read as their bytes arrive, documents and workbooks from a file."""

from collections.abc import Callable, Iterator
from typing import IO, Literal, get_args

from services.feedback.imports.readers import document, workbook
from services.feedback.imports.readers.row import Row

Format = Literal["ndjson", "csv", "xlsx", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
LARGEST: dict[Format, int] = {
    "ndjson": 2 * 2**30,
    "csv": 2 * 2**30,
    "xlsx": workbook.LARGEST,
    "json": document.LARGEST,
}
"""Bytes of a file, by its format."""

FROM_A_FILE: dict[str, tuple[Callable[[IO[bytes], int], Iterator[Row]], Callable[[IO[bytes]], int | None]]] = {
    "xlsx": (workbook.workbook_rows, workbook.length),
    "json": (document.document_rows, document.length),
}
"""The rows after a number of them, and how many there are."""
