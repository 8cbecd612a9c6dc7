"""Workbooks to read, by another hand than the one that reads them."""

import importlib
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

# It has no types.
xlsxwriter: Any = importlib.import_module("xlsxwriter")


class Merged(NamedTuple):
    """A cell over several rows."""

    text: str
    rows: int


def sheets(given: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    """A workbook with sheets by name, some of them hidden."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    for name, rows in given.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        else:
            # One that is active cannot be hidden, and the first is, unless another one becomes it.
            sheet.activate()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, Merged):
                    sheet.merge_range(number, column, number + cell.rows - 1, column, cell.text)
                elif cell is not None:
                    sheet.write(number, column, cell)
    book.close()
    return file.getvalue()


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
