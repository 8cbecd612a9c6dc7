"""Files as people have them: each gives rows that can be used, or says what to mend, and at which row."""

import io
import zipfile
from typing import Any

import pytest

from services.feedback.imports.readers.document import DocumentRows
from services.feedback.imports.readers.hints import Hints
from services.feedback.imports.readers.looks import mistaken
from services.feedback.imports.readers.row import Row, Unreadable
from services.feedback.imports.readers.table import SAMPLE, TableRows, layout_of
from services.feedback.imports.readers.workbook import WorkbookRows
from services.feedback.mappings.kinds import is_field
from services.feedback.mappings.mapping import Column, Mapping, shaped
from shared.errors import Invalid
from tests.builders import Api
from tests.feedback.imports.files import imported
from tests.feedback.imports.sheets import Merged, sheets

Expected = str | list[tuple[int, Any]]
"""Why nothing of it can be read; or its rows by number: what they hold, or a part of what is wrong with them."""
AB = {"a": "1", "b": "2"}
TABLES: dict[str, tuple[bytes, dict[str, Any], Expected]] = {
    "with a mark": (b"\xef\xbb\xbfa,b\n1,2\n", {}, [(2, AB)]),
    "UTF-16 with a mark": ("a;b\n1;ä\n".encode("utf-16"), {}, [(2, {"a": "1", "b": "ä"})]),
    "UTF-16 without one": ("a\tb\n1\tä\n".encode("utf-16-be"), {}, [(2, {"a": "1", "b": "ä"})]),
    "Windows-1252": ("a|b\n1|€ ä\n".encode("cp1252"), {}, [(2, {"a": "1", "b": "€ ä"})]),
    "Cyrillic, as nobody guesses": ("a\nЖ\n".encode("cp1251"), {"encoding": "cp1251"}, [(2, {"a": "Ж"})]),
    "UTF-8 with a broken byte": (b"a,b\n1,2\n1,\xe4\n", {"encoding": "utf-8"}, [(2, AB), (3, "no utf-8")]),
    "a delimiter that is told": (b"sep=;\r\na;b\r\n1;2\r\n", {}, [(3, AB)]),
    "a delimiter that is hinted": (b"a,x;b\n1;2\n", {"delimiter": ";"}, [(2, {"a,x": "1", "b": "2"})]),
    "Mac line ends": (b"a,b\r1,2\r", {}, [(2, AB)]),
    "lines in quotes": (b'a,b\n"1\n""x""",2\n', {}, [(2, {"a": '1\n"x"', "b": "2"})]),
    "an inch in the middle of a cell": (b'a,b\n5" pipe,2\n', {}, [(2, {"a": '5" pipe', "b": "2"})]),
    "a quote closed too early": (b'a,b\n"1" x,2\n1,2\n', {}, [(2, "closing quote"), (3, AB)]),
    "a quote left open, closed by the next one": (b'a,b\n1,"2\n3,4\n5,"6"\n1,2\n', {}, [(2, "closing quote"), (3, AB)]),
    "a quote left open": (b'a,b\n1,"2\n1,2\nrest\n', {}, [(2, "not closed"), (3, AB), (4, "rest of a cell")]),
    "ragged": (b"a,b\n1\n1,2,,\n1,2,3\n,\n\n1,2", {}, [(2, {"a": "1"}), (3, AB), (4, "has 3 cells"), (7, AB)]),
    "two columns of one name, one of none": (b"a,a,,b\n1,2,3,4\n", {}, [(2, {"a": "1", "a (2)": "2", "b": "4"})]),
    "a title above the header": (b"Answers\n\n a , b\n1,2\n", {"header_row": 3}, [(4, AB)]),
    "a header and nothing else": (b"a,b\n", {}, []),
    "empty": (b"", {}, "must name the columns"),
    "a NUL in a cell": (b"a,b\n1,\x00\n", {}, [(2, {"a": "1", "b": "\x00"})]),
    "a NUL in the header": (b"a,b\x00c\n", {}, "name of column 2"),
    "a huge cell": (b"a,b\n1," + b"x" * 1_200_000 + b"\n1,2\n", {}, [(2, "has over 1048576"), (3, AB)]),
    "ten thousand columns": (b",".join(b"c%d" % n for n in range(10_000)) + b"\n", {}, "10000 columns; 500 can"),
    "a header without an end": (b"x" * 70_000 + b",b\n", {}, "within the first 65536 bytes"),
    "a workbook": (b"PK\x03\x04", {}, "the format `xlsx`"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", {}, "Save it as .xlsx"),
    "compressed": (b"\x1f\x8b\x08", {}, "Unpack it"),
    "JSON": (b'[{"a": 1}]', {}, "format `json`"),
    "a page": (b"<!DOCTYPE html><html>", {}, "Download it again"),
}  # fmt: skip


def rows_of(content: bytes, hints: dict[str, Any]) -> list[Row]:
    layout = layout_of(content[:SAMPLE], Hints(**hints))
    reader = TableRows(layout)
    rest = content[reader.offset :]
    return [*(row for at in range(0, len(rest), 50_000) for row in reader.feed(rest[at : at + 50_000])), *reader.end()]


def check(found: list[Row], expected: list[tuple[int, Any]]) -> None:
    assert [row.number for row in found] == [number for number, _ in expected]
    for row, (_, wanted) in zip(found, expected, strict=True):
        if isinstance(wanted, str):
            assert row.value is None
            assert wanted in row.fault
        else:
            assert row.value == wanted


@pytest.mark.parametrize("name", TABLES)
def test_a_table_can_be_used_or_says_what_to_mend(name: str) -> None:
    content, hints, expected = TABLES[name]
    if isinstance(expected, str):
        with pytest.raises(Unreadable, match=expected):
            rows_of(content, hints)
        return
    found = rows_of(content, hints)
    check(found[-len(expected) :] if expected else found, expected)


def parts(**given: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in given.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return file.getvalue()


BOOK = sheets(
    {
        "Notes": [["nothing"]],
        "Answers": [["Feedback of May"], [], ["a", "b", "b", None, "f"], [Merged("x", 2), 1, 2, 3, "=1+1"], [None, 4]],
        "More": [["a"], [1]],
    },
    hidden=["Notes"],
)
WORKBOOKS: dict[str, tuple[bytes, dict[str, Any], Expected]] = {
    "hidden and merged": (
        BOOK, {"header_row": 3}, [(4, {"a": "x", "b": 1, "b (2)": 2, "f": 0}), (5, {"b": 4})],
    ),
    "another sheet": (BOOK, {"sheet": "More"}, [(2, {"a": 1})]),
    "a hidden sheet": (BOOK, {"sheet": "Notes"}, "there are: Answers, More"),
    "no header there": (BOOK, {"header_row": 2}, "must name the columns"),
    "a table": (b"a,b\n1,2\n", {}, "format `csv`"),
    "with a password, or old": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, {}, "without a password"),
    "cut off": (BOOK[:-100], {}, "sent whole"),
    "OpenDocument": (parts(content_xml=b"<x/>"), {}, "Save it as .xlsx"),
    "a bomb": (parts(xl__sharedStrings_xml=b"<sst>" + b"<si/>" * 4_000_000), {}, "no workbook is so empty"),
    "without sheets": (parts(xl__workbook_xml=b"<workbook/>"), {}, "no sheet that can be seen"),
    "with a document type": (parts(xl__workbook_xml=b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'), {}, "document type"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_can_be_used_or_says_what_to_mend(name: str) -> None:
    content, hints, expected = WORKBOOKS[name]
    if isinstance(expected, str):
        with pytest.raises(Unreadable, match=expected):
            WorkbookRows(io.BytesIO(content), 0, Hints(**hints))
        return
    reader = WorkbookRows(io.BytesIO(content), 0, Hints(**hints))
    assert reader.found.sheets == ["Answers", "More"]
    check(list(reader), expected)


@pytest.mark.parametrize(
    ("content", "format", "why"),
    [
        (b"text,source\nSlow,desk\n", "ndjson", "format `csv`"),
        (b' [{"text": "Slow"}]', "ndjson", "format `json`"),
        (b'{\n  "text": "Slow"\n}\n', "ndjson", "goes over several lines"),
        ('{"text": "Slow"}'.encode("utf-16"), "ndjson", "Save it as UTF-8"),
        (b'no\n\xff\n{"text": "Slow"}\n', "ndjson", None),
        (b"%PDF-1.7", "json", "PDF"),
    ],
)
def test_a_file_that_is_something_else_is_told_so(content: bytes, format: str, why: str | None) -> None:
    found = mistaken(content, format)
    assert (found is None) if why is None else why in str(found)


CELLS: list[tuple[str, Any, dict[str, Any], Any]] = [
    ("said_at", "03.04.2026", {"format": ["%d.%m.%Y %H:%M", "%d.%m.%Y"]}, "2026-04-03T00:00:00+00:00"),
    ("said_at", "03.04.2026 05:06", {"format": ["%d.%m.%Y %H:%M", "%d.%m.%Y"]}, "2026-04-03T05:06:00+00:00"),
    ("said_at", "2026-04-03", {"format": "%d.%m.%Y"}, "2026-04-03T00:00:00+00:00"),
    ("said_at", "4/3/26", {"format": "%d.%m.%Y"}, "as `format` says"),
    ("said_at", "yesterday", {}, "how it is written"),
    ("attributes.mrr", "1.234,50 €", {"decimal": ","}, 1234.5),
    ("attributes.mrr", "USD 1,234.50", {"decimal": ".", "times": 100}, 123450),
    ("attributes.mrr", "1'000", {"decimal": "."}, 1000),
    ("attributes.mrr", "-12 345,6", {"decimal": ","}, -12345.6),
    ("attributes.mrr", 12.5, {"decimal": ",", "times": 100}, 1250),
    ("attributes.mrr", "1.23.4", {"decimal": ","}, "decimal mark ','"),
    ("attributes.mrr", "about 5", {"decimal": "."}, "decimal mark '.'"),
    ("attributes.mrr", float("inf"), {"decimal": "."}, "out of range"),
]


@pytest.mark.parametrize(("field", "cell", "said", "expected"), CELLS)
def test_times_and_numbers_are_read_as_they_are_written(
    field: str, cell: Any, said: dict[str, Any], expected: Any
) -> None:
    mapping = Mapping(fields={field: Column(column="c", **said)})

    def cell_of(row: dict[str, Any]) -> Any:
        return shaped(mapping, "feedback", row, tabular=True, known=lambda name: is_field(name, "feedback"))

    try:
        found = cell_of({"c": cell})
    except Invalid as error:
        (told,) = error.errors
        assert told.pointer == f"/{field.replace('.', '/')}"
        assert expected in told.reason
    else:
        value = found["attributes"]["mrr"] if field.startswith("attributes") else found[field].isoformat()
        assert (value, type(value)) == (expected, type(expected))


def test_a_backup_is_read_from_its_archive() -> None:
    archive = parts(users_json=b'[{"id": 1}]', blobs__x_json=b"[]", tenants_json=b"{}")
    assert [row.value for row in DocumentRows(io.BytesIO(archive))] == [{"_": "users", "id": 1}]
    for content, why in ((parts(a_txt=b""), "without a JSON document"), (archive[:-9], "damaged")):
        with pytest.raises(Unreadable, match=why):
            DocumentRows(io.BytesIO(content))


async def test_what_is_wrong_is_told_once_or_at_its_row(api: Api) -> None:
    """Over HTTP: a column that is no field, cells that a spreadsheet would run, and a sheet's layout."""
    unknown = await imported(api, b"text,Plan\nSlow,pro\n", kind="feedback", format="csv")
    assert (unknown["state"], unknown["rows"]) == ("failed", 0)
    assert "'Plan' is no field of feedback" in unknown["reason"]
    kept = await imported(api, b"text,Plan\nSlow,pro\n", kind="feedback", format="csv", mapping={"rest": "attributes"})
    assert (kept["state"], kept["reason"]) == ("finished", None)
    (said,) = (await api.feedback.get("/v1/feedback")).json()["data"]
    assert (said["text"], said["attributes"]) == ("Slow", {"Plan": "pro"})
    formulas = await imported(api, b"text,source\n=cmd|'/c calc'!A1,desk,more\n", kind="feedback", format="csv")
    table = (await api.feedback.get(f"{formulas['path']}/errors?format=csv")).text
    assert ",'=cmd|'" in table.replace('"', "")
    nothing = await imported(api, b"text\n", kind="feedback", format="csv")
    assert (nothing["state"], nothing["reason"]) == ("finished", "There are no rows in the file.")
    sheet = await imported(
        api,
        BOOK,
        kind="accounts",
        format="xlsx",
        dry_run=True,
        hints={"header_row": 3},
        mapping={"fields": {"external_id": {"column": "b"}, "attributes.f": {"column": "f"}}},
    )
    assert (sheet["rows"], sheet["counts"]["accounts"]["created"]) == (2, 2)
    assert sheet["layout"] == {
        "encoding": None,
        "delimiter": None,
        "sheet": "Answers",
        "sheets": ["Answers", "More"],
        "header_row": 3,
        "columns": ["a", "b", "b (2)", "", "f"],
    }
    wrong = {"kind": "feedback", "format": "csv", "hints": {"sheet": "x"}}
    refused = (await api.feedback.post("/v1/imports", json=wrong)).json()
    assert refused["errors"][0]["pointer"] == "/body/hints/sheet"
