"""The rows of a file as portions: read as records of their kind, checked, with what is wrong and what was noticed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from services.feedback.imports import importers
from services.feedback.imports.job import Job, RowError, Tally, faulty
from services.feedback.imports.readers.row import Row
from services.feedback.mappings.kinds import FIRST, VALIDATORS, Record, is_field
from services.feedback.mappings.mapping import Kind, shaped
from shared.errors import FieldError, Invalid
from shared.problems import field_errors

TABULAR = frozenset({"csv", "xlsx"})


class Checked(NamedTuple):
    """A record that has what its kind needs."""

    row: Row
    place: int
    """Among the records of its row."""
    body: Any


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows that follow each other, with what was found in them before anything of it is stored."""

    rows: Sequence[Row]
    records: dict[Kind, list[Checked]] = field(default_factory=dict[Kind, list[Checked]])
    tally: Tally = field(default_factory=Tally)


def portion_of(job: Job, rows: Sequence[Row]) -> Portion:
    """The records of some rows that belong into this pass. A row with an error brings nothing."""
    portion = Portion(rows)
    tally = portion.tally
    for row in rows:
        if row.value is None:
            tally.errors.append(RowError(row.number, [FieldError("", row.fault)], row.raw))
            continue
        try:
            records = [(each, VALIDATORS[each.kind].validate_python(each.fields)) for each in _records(job, row, tally)]
        except ValidationError as error:
            found = field_errors(error.errors(include_url=False, include_input=False))
            tally.errors.append(faulty(row, found))
            continue
        except Invalid as error:
            tally.errors.append(faulty(row, error.errors))
            continue
        except ValueError as error:
            tally.errors.append(faulty(row, [FieldError("", str(error))]))
            continue
        for place, (each, body) in enumerate(records):
            if job.passes == 1 or (each.kind in FIRST) == (job.pass_ == 1):
                portion.records.setdefault(each.kind, []).append(Checked(row, place, body))
    return portion


def _records(job: Job, row: Row, tally: Tally) -> list[Record]:
    assert row.value is not None  # looked at by the caller
    if job.vendor is not None:
        reading = importers.read(job.vendor, row.value, job.statuses)
        if job.pass_ == 1:
            tally.noticed.update(("columns", name) for name in reading.columns)
            tally.noticed.update(("statuses", word) for word, status in reading.words if status is None)
            tally.noticed.update(("understood", f"{status or 'open'}:{word}") for word, status in reading.words)
        return reading.records
    kind: Any = job.kind
    fields = shaped(
        job.mapping, kind, row.value, tabular=job.format in TABULAR, known=lambda name: is_field(name, kind)
    )
    return [Record(kind, fields)]
