"""The texts that a workbook's cells share: on disk but for those that were asked for last, however many there are."""

import re
import tempfile
from array import array
from types import TracebackType
from typing import Self

from services.feedback.imports.readers.archive import Archive

IN_MEMORY = 4 * 2**20
"""Bytes of all of them that are kept off the disk."""
TOGETHER = 64
"""Texts that are read at once: a row's are numbered one after the other, and the next row's behind them."""
HELD = 256
"""So many times that are held: a sheet says few of its texts often."""
_LENGTH = 4
"""Bytes before each text, which tell how many it has."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How a sheet writes characters that XML has not."""


class Texts:
    """By their numbers, in the order in which they were added."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed with this
        self._starts = array("Q")
        """Where every `TOGETHER`th begins."""
        self._end = self._count = 0
        self._held: dict[int, list[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, text: str) -> None:
        """The next one; all are added before the first is asked for."""
        if not self._count % TOGETHER:
            self._starts.append(self._end)
        content = text.encode("utf-8", "surrogatepass")
        self._file.write(len(content).to_bytes(_LENGTH, "little") + content)
        self._end += _LENGTH + len(content)
        self._count += 1

    def text(self, number: int) -> str:
        """The text of this number; empty when there is none."""
        if not 0 <= number < self._count:
            return ""
        place, within = divmod(number, TOGETHER)
        held = self._held.get(place)
        if held is None:
            if len(self._held) >= HELD:
                self._held.clear()
            held = self._held[place] = self._read(place)
        return held[within]

    def _read(self, place: int) -> list[str]:
        start = self._starts[place]
        self._file.seek(start)
        content = self._file.read((self._starts[place + 1] if place + 1 < len(self._starts) else self._end) - start)
        found: list[str] = []
        at = 0
        while at < len(content):
            begin = at + _LENGTH
            at = begin + int.from_bytes(content[at:begin], "little")
            found.append(content[begin:at].decode("utf-8", "surrogatepass"))
        return found


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
