"""The texts that a workbook's cells share: on disk but for the last that were asked for, however many there are."""

import re
import tempfile
from array import array
from types import TracebackType
from typing import Self

from services.feedback.imports.readers.archive import Archive
from services.feedback.imports.readers.row import Unreadable

MOST_TEXTS = 4_000_000
IN_MEMORY = 4 * 2**20
"""Bytes of all of them that are kept off the disk."""
HELD = 4_096
"""Texts that are held as such: a sheet that shares texts says few of them often."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How a sheet writes characters that XML has not."""


class Texts:
    """By their numbers. They are written one after the other, and found again by where each begins."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed with this
        self._starts = array("Q", [0])
        self._held: dict[int, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._starts) - 1

    def add(self, text: str) -> None:
        """The next one."""
        if len(self) >= MOST_TEXTS:
            raise Unreadable(f"The workbook has more than {MOST_TEXTS} different texts. Save the sheet as CSV.")
        content = text.encode("utf-8", "surrogatepass")
        self._file.write(content)
        self._starts.append(self._starts[-1] + len(content))

    def text(self, number: int) -> str:
        """The text of this number; empty when there is none."""
        if not 0 <= number < len(self):
            return ""
        held = self._held.get(number)
        if held is None:
            self._file.seek(self._starts[number])
            content = self._file.read(self._starts[number + 1] - self._starts[number])
            held = content.decode("utf-8", "surrogatepass")
            if len(self._held) >= HELD:
                self._held.clear()
            self._held[number] = held
        return held


def read(book: Archive, texts: Texts) -> None:
    """Write down what the workbook's cells share."""
    runs: list[str] = []
    phonetic = 0

    def started(name: str, _: dict[str, str]) -> None:
        nonlocal phonetic
        if name == "si":
            runs.clear()
        phonetic += name == "rPh"

    def ended(name: str, text: str) -> None:
        nonlocal phonetic
        phonetic -= name == "rPh"
        if name == "t" and not phonetic:
            runs.append(plain(text))
        elif name == "si":
            texts.add("".join(runs))

    book.parse("xl/sharedStrings.xml", started, ended)


def plain(text: str) -> str:
    """Text as a cell shows it."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
