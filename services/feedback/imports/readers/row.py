"""One row of a file, whatever the file is, and what a reader cannot go on with."""

from collections.abc import Mapping
from typing import Any, NamedTuple

MOST_RAW = 2_000
"""Characters of a row that are kept beside its error."""


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
