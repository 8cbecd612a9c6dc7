"""What a caller knows of how a file is written, where its beginning does not show it."""

from typing import Annotated, Literal

from pydantic import Field

from shared.wire import Line, Wire

# Of each the bytes can be computed back from the text, which is how an import finds its place again.
Encoding = Literal["utf-8", "utf-16", "cp1250", "cp1251", "cp1252", "iso-8859-1", "mac-roman"]
Delimiter = Literal[",", ";", "\t", "|"]
LATEST_HEADER = 100


class Hints(Wire):
    """How the file is written. What is left out is found at its beginning."""

    encoding: Encoding | None = Field(default=None, description="`csv` only", examples=["cp1252"])
    delimiter: Delimiter | None = Field(default=None, description="`csv` only", examples=[";"])
    sheet: Line | None = Field(
        default=None, description="`xlsx` only: the sheet's name; the first that is not hidden when left out"
    )
    header_row: Annotated[int, Field(ge=1, le=LATEST_HEADER)] | None = Field(
        default=None,
        description="`csv` and `xlsx`: the row that names the columns; what stands above it is not read. The first "
        "row when left out, or of a sheet the first that is not empty",
    )


OF_FORMAT: dict[str, frozenset[str]] = {
    "csv": frozenset({"encoding", "delimiter", "header_row"}),
    "xlsx": frozenset({"sheet", "header_row"}),
    "ndjson": frozenset(),
    "json": frozenset(),
}
"""The hints that mean something to a format."""
