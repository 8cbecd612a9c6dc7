"""What a file looks like that is not what it was said to be: what the first bytes of other kinds of files are."""

import codecs
from collections.abc import Sequence

_ZIP, _GZIP, _OLE, _PDF = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF"
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<table")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LOOKED_AT = 65_536
"""Bytes."""


def mistaken(beginning: bytes, format: str) -> str | None:
    """What to mend in a file that begins with these bytes and was said to be of this format; None: nothing is seen."""
    packed = _packed(beginning, format)
    if packed is not None:
        return packed
    if format == "xlsx":
        return "The file is not an XLSX workbook. Is it a table as text? Begin an import with the format `csv`."
    if format == "ndjson" and beginning.startswith(_UTF16):
        return "The file is UTF-16. Save it as UTF-8."
    text = beginning.removeprefix(codecs.BOM_UTF8).lstrip()
    if text[:20].lower().startswith(_MARKUP) and format != "json":
        return "The file looks like HTML or XML: a page that was shown instead of the export? Download it again."
    if format == "csv" and text[:1] in {b"{", b"["} and b'"' in text[:200]:
        kind = "json" if text[:1] == b"[" else "ndjson"
        return f"The file looks like JSON. Begin an import with the format `{kind}`."
    if format == "ndjson":
        return _no_lines_of_json(text)
    return None


def _packed(beginning: bytes, format: str) -> str | None:
    if beginning.startswith(_ZIP) and format not in {"xlsx", "json"}:
        return (
            "The file is a ZIP archive. Unpack it; or begin an import with the format `xlsx` if it is a workbook, or "
            "`json` if it is a backup of JSON tables."
        )
    if beginning.startswith(_GZIP):
        return "The file is compressed with gzip. Unpack it."
    if beginning.startswith(_OLE):
        return "The file is a workbook with a password, or of the old kind (.xls). Save it as .xlsx without a password."
    if beginning.startswith(_PDF):
        return "The file is a PDF document."
    return None


def _no_lines_of_json(text: bytes) -> str | None:
    if text[:1] == b"[":
        return "The file is one JSON document, and not an object on each line. Begin an import with the format `json`."
    if text[:1] == b"{" and text[1:].split(b"\n", 1)[0].strip() == b"" and b"\n" in text:
        return "An object goes over several lines. Write each on a line of its own, or send one document as `json`."
    lines = [line.strip() for line in text.split(b"\n")[:20]]
    if text and not any(line.startswith(b"{") for line in lines):
        return "No line at the beginning is a JSON object. Is it a table? Begin an import with the format `csv`."
    return None


def listed(names: Sequence[str]) -> str:
    """Names of columns or sheets, to be told in a sentence."""
    return ", ".join(name for name in names if name)[:500] or "none"
