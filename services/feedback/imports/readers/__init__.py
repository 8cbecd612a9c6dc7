"""Files as rows: those of tables and lines are read as their bytes arrive, documents and workbooks from a file."""

from typing import Literal, get_args

from services.feedback.imports.readers import document, workbook

Format = Literal["ndjson", "csv", "xlsx", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
LARGEST: dict[Format, int] = {
    "ndjson": 2 * 2**30,
    "csv": 2 * 2**30,
    "xlsx": workbook.LARGEST,
    "json": document.LARGEST,
}
"""Bytes of a file, by its format."""
FROM_A_FILE = frozenset({"xlsx", "json"})
"""Formats of which no part can be read by itself."""
