"""An import under way: how its worker has it, and what becomes of some rows."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import from_json

from services.feedback.imports.importers import Vendor
from services.feedback.imports.readers.hints import Hints
from services.feedback.imports.readers.row import MOST_RAW, Row
from services.feedback.mappings.mapping import Mapping
from shared.access.keys import Caller
from shared.errors import FieldError
from shared.events.feedback import IdeaStatus

Noticed = dict[str, dict[str, int]]
"""By what was noticed, its names, and in how many rows: of a vendor's export `columns` and `statuses` that were not
understood, and `understood` (`open:under review`); of a dry run `resolved` (`votes:ideas_new`)."""
MOST_NOTICED = 100
"""Names of each that are told."""


@dataclass(frozen=True, slots=True)
class Job:
    """An import as its worker has it. `position` and `number` are where it goes on: the end of the last row stored."""

    id: UUID
    workspace_id: UUID
    holder: UUID
    kind: str | None
    vendor: Vendor | None
    format: str
    source: str
    mapping: Mapping
    dry_run: bool
    upload: UUID
    size: int
    currency: str
    key_id: UUID
    starts: int
    pass_: int
    position: int
    number: int
    rows: int
    counts: dict[str, dict[str, int]]
    statuses: dict[str, IdeaStatus]
    """What the vendor's words for a status mean, as the caller says; by the plain word."""
    noticed: Noticed
    hints: Hints = field(default_factory=Hints)

    @classmethod
    def of(cls, row: dict[str, Any], holder: UUID) -> "Job":
        """As it was claimed."""
        content = row.copy()
        content.pop("extent")
        content["pass_"] = content.pop("pass")
        content["mapping"] = Mapping.model_validate_json(content["mapping"])
        content["hints"] = Hints.model_validate_json(content["hints"])
        content |= {name: from_json(content[name]) for name in ("counts", "statuses", "noticed")}
        return cls(**content, holder=holder)

    @property
    def passes(self) -> int:
        """How often the file is read: a vendor's votes name ideas that may come after them."""
        return 2 if self.vendor is not None else 1

    @property
    def at_beginning(self) -> bool:
        """Whether nothing of the file has been stored yet."""
        return self.position == 0 and self.pass_ == 1

    @property
    def brings_ideas(self) -> bool:
        """Whether ideas of it may have to be merged."""
        return not self.dry_run and (self.vendor is not None or self.kind == "ideas")

    @property
    def brings_comments(self) -> bool:
        """Whether comments of it may have to be put under others."""
        return not self.dry_run and (self.vendor is not None or self.kind == "comments")

    @property
    def actor(self) -> str:
        """Whoever asked for it, as records name them."""
        return f"key:{self.key_id}"

    @property
    def caller(self) -> Caller:
        """Whoever asked for it."""
        return Caller(self.key_id, self.workspace_id, "", frozenset(), 0, self.currency)


class RowError(NamedTuple):
    """A row that could not be stored, and why."""

    number: int
    errors: Sequence[FieldError]
    raw: str


@dataclass(slots=True)
class Tally:
    """What became of some rows."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """By kind and outcome: created, updated, duplicate."""
    errors: list[RowError] = field(default_factory=list[RowError])
    noticed: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """By what was noticed (see `Noticed`) and name: in how many rows."""

    def copied(self) -> "Tally":
        """Another one that begins with the same: for another try."""
        return Tally(self.counts.copy(), self.errors.copy(), self.noticed.copy())


def errors_as_json(errors: Sequence[RowError]) -> str:
    """What is kept of rows with errors; NUL and lone surrogates, which could not be, are shown as replaced."""
    return json.dumps(
        [
            {
                "number": each.number,
                "errors": [
                    {"pointer": storable_text(one.pointer), "reason": storable_text(one.reason)} for one in each.errors
                ],
                "raw": storable_text(each.raw),
            }
            for each in errors
        ]
    )


def storable_text(text: str) -> str:
    """The text with NUL and lone surrogates replaced, to be shown."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")


def faulty(row: Row, errors: Sequence[FieldError]) -> RowError:
    """A row and what is wrong with it, by the fields of its kind."""
    shown = [FieldError(each.pointer.removeprefix("/body"), each.reason) for each in errors]
    return RowError(row.number, shown, dumped(row)[:MOST_RAW])


def dumped(row: Row) -> str:
    """The row as JSON, whatever is in it."""
    try:
        return json.dumps(row.value, ensure_ascii=False, default=str)
    except ValueError:
        # A number with thousands of digits is read, and not written.
        return ", ".join(row.value or ())


def counted(job: Job, tally: Tally) -> dict[str, dict[str, int]]:
    """What became of the import's records so far, these included."""
    counts = {kind: dict(outcomes) for kind, outcomes in job.counts.items()}
    for (kind, outcome), number in tally.counts.items():
        of_kind = counts.setdefault(kind, {})
        of_kind[outcome] = of_kind.get(outcome, 0) + number
    return counts


def noted(job: Job, tally: Tally) -> Noticed:
    """What was not understood of it so far, this included: the names that came first."""
    noticed = {what: dict(names) for what, names in job.noticed.items()}
    for (what, name), number in tally.noticed.items():
        names = noticed.setdefault(what, {})
        shown = storable_text(name)[:100]
        if shown in names or len(names) < MOST_NOTICED:
            names[shown] = names.get(shown, 0) + number
    return noticed
