"""An import as callers see it: how far it is, and what became of its rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from pydantic_core import from_json

from services.feedback.imports.asked import ImportKind
from services.feedback.imports.readers import Format
from services.feedback.imports.readers.hints import Hints
from shared.events.feedback import IdeaStatus
from shared.wire import Wire


class ImportCounts(Wire):
    """What became of the records of a kind."""

    created: int = 0
    updated: int = 0
    duplicate: int = Field(default=0, description="there before: nothing changed")


class ImportStatus(Wire):
    """What a vendor's word for a status means here."""

    status: IdeaStatus
    rows: int


class ImportNoticed(Wire):
    """How a vendor's export was understood, each with the number of its rows; the first 100 names."""

    columns: dict[str, int] = Field(
        default_factory=dict,
        description="columns that the importer does not know. Plain values that are not about a person are kept: as "
        "`attributes` of the row's idea, statement or account",
        examples=[{"Effort": 40}],
    )
    statuses: dict[str, int] = Field(
        default_factory=dict,
        description="words for a status that nobody knows: their ideas are open. Say in `statuses` what they mean",
        examples=[{"Parked": 12}],
    )
    understood: dict[str, ImportStatus] = Field(
        default_factory=dict,
        description="every word for a status that its ideas have, and what it was taken for",
        examples=[{"under review": {"status": "open", "rows": 7}}],
    )


class ImportResolved(Wire):
    """Of a dry run: to whom and to what the records of a kind would go. Counted are records, not people or ideas."""

    ideas_known: int = Field(default=0, description="names of ideas that are here already")
    ideas_new: int = Field(default=0, description="names of ideas that the file brings")
    contacts_known: int = Field(default=0, description="records of a contact who is here already")
    contacts_new: int = Field(default=0, description="records of a contact who will be made known")


class ImportLayout(Wire):
    """How a file of columns is read, as its beginning told, or `hints`."""

    encoding: str | None = Field(default=None, description="of `csv`")
    delimiter: str | None = Field(default=None, description="of `csv`")
    sheet: str | None = Field(default=None, description="of `xlsx`: the sheet that is read")
    sheets: list[str] | None = Field(default=None, description="of `xlsx`: those that are not hidden")
    header_row: int = 1
    columns: list[str] = Field(
        description="without blanks around them; of several with one name the second is `name (2)`. A column whose "
        "name is empty is not read"
    )


class Import(Wire):
    """An import, how far it is, and what became of its rows."""

    id: UUID
    kind: ImportKind
    format: Format
    source: str
    hints: Hints
    dry_run: bool
    state: Literal["awaiting_file", "waiting", "running", "finished", "failed", "cancelled"]
    reason: str | None = Field(description="why it failed, or what should be known of its end")
    size: int | None = Field(description="bytes of the file")
    sha256: str | None = Field(description="of the file, hex")
    layout: ImportLayout | None
    percent: float | None = Field(description="of the work that is done; null while that cannot be told")
    rate: float | None = Field(description="rows a second, while it was worked at")
    remaining_seconds: float | None = Field(description="at that rate")
    rows: int = Field(description="read so far")
    invalid: int = Field(description="rows with an error, which brought nothing: see `errors`")
    counts: dict[str, ImportCounts] = Field(description="records by kind; a vendor's row can hold several")
    noticed: ImportNoticed
    resolved: dict[str, ImportResolved] = Field(description="of a dry run, by kind")
    version: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="when it is deleted, with its errors")


def shown(row: Mapping[str, Any]) -> Import:
    """A row as callers see it."""
    content = dict(row)
    vendor = content.pop("vendor")
    noticed: dict[str, dict[str, int]] = from_json(content["noticed"])
    layout = from_json(content["layout"]) if content["layout"] else None
    content |= {
        "kind": content["kind"] or vendor,
        "hints": Hints.model_validate_json(content["hints"]),
        "sha256": content["sha256"].hex() if content["sha256"] else None,
        "counts": from_json(content["counts"]),
        "noticed": _noticed(noticed),
        "resolved": _resolved(noticed.get("resolved", {})),
        "layout": {name: value for name, value in layout.items() if name in ImportLayout.model_fields}
        if layout
        else None,
    }
    return Import(**content | _progress(content, passes=2 if vendor else 1))


def _noticed(given: dict[str, dict[str, int]]) -> dict[str, Any]:
    understood: dict[str, Any] = {}
    for name, rows in given.get("understood", {}).items():
        status, _, word = name.partition(":")
        understood[word] = {"status": status, "rows": rows}
    return {"columns": given.get("columns", {}), "statuses": given.get("statuses", {}), "understood": understood}


def _resolved(given: dict[str, int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, number in given.items():
        kind, _, what = name.partition(":")
        found.setdefault(kind, {})[what] = number
    return found


def _progress(content: dict[str, Any], *, passes: int) -> dict[str, Any]:
    """How far it is, out of what only its worker needs, which is taken away."""
    number, position, extent, seconds = (
        content.pop(name) for name in ("pass", "position", "extent", "seconds")
    )  # fmt: skip
    content.pop("mapping")
    content.pop("number")
    done = (number - 1 + min(position / extent, 1.0)) / passes if extent else None
    running = content["state"] == "running" and bool(done) and bool(seconds)
    finished = content["state"] == "finished"
    return {
        "percent": 100.0 if finished else round(100 * done, 1) if done is not None else None,
        "rate": round(content["rows"] / seconds, 1) if seconds else None,
        "remaining_seconds": round(seconds / done * (1 - done), 1) if running and done else None,
    }
