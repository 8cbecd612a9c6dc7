"""Readers: the same rows however the bytes arrive, and from any row on; whatever the bytes are, no surprise."""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from hypothesis import example, given
from hypothesis import strategies as st

from services.feedback.imports.readers.document import DocumentRows
from services.feedback.imports.readers.ndjson import NdjsonRows
from services.feedback.imports.readers.row import Row, Unreadable
from services.feedback.imports.readers.table import SAMPLE, TableRows, layout_of
from services.feedback.imports.readers.workbook import WorkbookRows
from tests.depth import examples
from tests.feedback.imports.sheets import workbook

CELLS = st.text(st.sampled_from("ab\",;\t|\n\r 'äß€"), max_size=6)


def fed(reader: NdjsonRows | TableRows, content: bytes, size: int) -> Iterator[Row]:
    for start in range(0, len(content), size):
        yield from reader.feed(content[start : start + size])
    yield from reader.end()


def table(content: bytes, size: int, after: Row | None = None) -> list[Row]:
    layout = layout_of(content[:SAMPLE])
    reader = TableRows(layout, after.after, after.number) if after else TableRows(layout)
    return list(fed(reader, content[reader.offset :], size))


@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    size=st.integers(1, 50),
)
@examples(60)
@example([["a\r\nb", 'say ""'], ["", ""], ["ä", "x"]], ";", "cp1252", 1)
def test_a_table_reads_as_it_was_written(rows: list[list[str]], delimiter: str, encoding: str, size: int) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["one", "twö"], *rows])
    content = text.getvalue().encode(encoding)
    found = table(content, size)
    assert [(row.number, row.value) for row in found] == [
        (number, dict(zip(("one", "twö"), row, strict=True))) for number, row in enumerate(rows, start=2) if any(row)
    ]
    for position, row in enumerate(found):
        assert table(content, size, row) == found[position + 1 :], "resumed behind a row, the rest follows"


@given(
    lines=st.lists(st.sampled_from([b'{"a": "\xc3\xa4"}', b"", b" \r", b"[]", b"no", b"\xff"])), size=st.integers(1, 9)
)
def test_lines_read_the_same_from_any_row_on(lines: list[bytes], size: int) -> None:
    content = b"\xef\xbb\xbf" + b"\n".join(lines)
    found = list(fed(NdjsonRows(), content, size))
    assert [row.number for row in found] == [n for n, line in enumerate(lines, start=1) if line.strip()]
    assert [row.value for row in found if not row.fault] == [{"a": "ä"}] * lines.count(b'{"a": "\xc3\xa4"}')
    for position, row in enumerate(found):
        rest = fed(NdjsonRows(row.after, row.number), content[row.after :], size)
        assert list(rest) == found[position + 1 :]


def test_a_workbook_reads_as_it_was_written() -> None:
    at = datetime(2026, 5, 1, 10, 30)  # noqa: DTZ001  # a sheet knows no zone
    file = workbook(["text", "id", "at", "ok"], ["ä <&> \U0001f600", 4711, at, True], [], ["=1+1", 0.5, None, None])
    reader = WorkbookRows(file)
    found = list(reader)
    assert [(row.number, row.value) for row in found] == [
        (2, {"text": "ä <&> \U0001f600", "id": 4711, "at": "2026-05-01T10:30:00+00:00", "ok": True}),
        (4, {"text": "=1+1", "id": 0.5}),
    ]
    assert list(WorkbookRows(file, 2)) == found[1:]
    assert reader.length == 4


def test_a_sheet_with_far_corners_costs_nothing() -> None:
    file = workbook(["text"], corners={(99_999, 0): "last", (99_999, 16_383): "corner"})
    (row,) = WorkbookRows(file)
    assert (row.number, row.fault) == (100_000, "has more than 500 columns")


def test_a_document_is_a_list_or_holds_some() -> None:
    assert [row.value for row in DocumentRows(io.BytesIO(b'[{"a": 1}, 2]'))] == [{"a": 1}, None]
    assert [row.value for row in DocumentRows(io.BytesIO(b'{"n": 1, "posts": [{"a": 1}]}'))] == [{"a": 1}]
    two = DocumentRows(io.BytesIO(b'{"posts": [{"a": 1}], "votes": [{"b": 1}]}'), 1)
    assert [row.value for row in two] == [{"_": "votes", "b": 1}]


@given(content=st.binary(max_size=200), cut=st.integers(0, 5_000))
def test_nothing_else_than_unreadable_comes_of_rubbish(content: bytes, cut: int) -> None:
    whole = workbook(["a"], ["b"]).getvalue()
    damaged = whole[:cut] + content + whole[cut + len(content) :]
    for read in (
        lambda: table(content, 7),
        lambda: list(fed(NdjsonRows(), content, 7)),
        lambda: list(DocumentRows(io.BytesIO(content))),
        lambda: list(WorkbookRows(io.BytesIO(content))),
        lambda: list(WorkbookRows(io.BytesIO(damaged))),
        lambda: list(DocumentRows(io.BytesIO(damaged))),
    ):
        with suppress(Unreadable):
            read()
