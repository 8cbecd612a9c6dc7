"""Workbooks to read, by another hand than the one that reads them."""

import importlib
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

# It has no types.
xlsxwriter: Any = importlib.import_module("xlsxwriter")


def workbook(*rows: Sequence[Any], corners: Mapping[tuple[int, int], str] | None = None) -> io.BytesIO:
    """A workbook with these rows, and these cells by row and column, counted from 0."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": 'dd.mm.yyyy "at" hh:mm'})
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(number, column, cell, day)
            else:
                sheet.write(number, column, cell)
    for (number, column), text in (corners or {}).items():
        sheet.write(number, column, text)
    book.close()
    return file
