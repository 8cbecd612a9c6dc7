"""One row of a file, whatever the file is, and what a reader cannot go on with."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

MOST_RAW = 2_000
"""Characters of a row that are kept beside its error."""
MOST_COLUMNS = 500
LONGEST_NAME = 300


class Unreadable(Exception):
    """The file itself is at fault, from here on; the text says where and what to mend."""


class Row(NamedTuple):
    """A row: a JSON object as it came, or a line of a table by the names of its columns."""

    number: int
    """As its sender counts: a line of the file, or a row of the sheet with its header as the first."""
    after: int
    """Where the next one begins: bytes into the file, or rows where a reader counts those."""
    value: Mapping[str, Any] | None
    fault: str = ""
    """Why there is no value."""
    raw: str = ""
    """The beginning of what came, where there is no value."""


class Found(NamedTuple):
    """How a file of columns is read, to be told."""

    columns: Sequence[str]
    """Those without a name are empty."""
    header_row: int
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: Sequence[str] | None = None
    """Those that are not hidden."""


def named(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns' names without blanks around them; of several with one name the second is `name (2)`, and so on."""
    taken = {name.strip() for name in columns}
    given = set[str]()
    found: list[str] = []
    for name in (each.strip() for each in columns):
        own, number = name, 1
        while own and own in given:
            number += 1
            own = f"{name} ({number})" if f"{name} ({number})" not in taken else own
        given.add(own)
        found.append(own)
    return tuple(found)
