"""The parts of a workbook, unpacked as they are read, and their XML as it passes: neither is ever held whole."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat

from services.feedback.imports.readers.looks import LOOKED_AT, mistaken
from services.feedback.imports.readers.row import Unreadable

MOST_UNPACKED = 2**30
"""Bytes of one part."""
MOST_DESCRIBED = 16 * 2**20
"""Bytes of a part that tells of the others: sheets, styles."""
SMALL = 10 * 2**20
MOST_TIMES = 200
"""Times as large as it is packed that a part beyond `SMALL` may be: a workbook's is 5 to 60, a bomb's a thousand."""
LONGEST_CELL = 32_767
BLOCK = 65_536
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError, EOFError, OSError, ValueError, KeyError,
    NotImplementedError,
)  # fmt: skip
"""What comes of archives that are none, or not whole, or encrypted, or packed in a way that nobody reads."""
_OTHERS = {
    "xl/workbook.bin": "The file is a binary workbook (.xlsb). Save it as .xlsx.",
    "content.xml": "The file is an OpenDocument sheet (.ods). Save it as .xlsx.",
    "Index/Document.iwa": "The file is a Numbers document. Export it as .xlsx.",
    "word/document.xml": "The file is a text document and not a workbook.",
}

Started = Callable[[str, dict[str, str]], None]
Ended = Callable[[str, str], None]


class Xml:
    """Elements of one part as they pass, by their local names, with the text inside."""

    def __init__(self, started: Started, ended: Ended) -> None:
        self._text: list[str] = []
        self._length = 0
        self._started, self._ended = started, ended
        # Names are few, and come again for every cell.
        self._local: dict[str, str] = {}
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data

    def _doctype(self, *_: object) -> None:
        raise Unreadable("The workbook declares a document type, which none does.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._text:
            self._text.clear()
        self._length = 0
        self._started(self._local.get(name) or self._known(name), attributes)

    def _end(self, name: str) -> None:
        text = self._text
        self._ended(self._local.get(name) or self._known(name), "".join(text) if text else "")
        if text:
            text.clear()

    def _known(self, name: str) -> str:
        local = name.rpartition(" ")[2]
        if len(self._local) < 1_000:
            self._local[name] = local
        return local

    def _data(self, data: str) -> None:
        self._length += len(data)
        if self._length > 4 * LONGEST_CELL:
            raise Unreadable("A cell of the workbook is longer than a cell can be.")
        self._text.append(data)

    def feed(self, block: bytes, final: bool) -> None:
        try:
            self._parser.Parse(block, final)
        except expat.ExpatError as error:
            raise Unreadable(f"A part of the workbook is not XML: {error}.") from None


class Archive:
    """The parts by their names. Unreadable when it is none, or would unpack to far more than it is."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except DAMAGED as error:
            file.seek(0)
            beginning = file.read(LOOKED_AT)
            why = None if beginning.startswith(b"PK") else mistaken(beginning, "xlsx")
            raise Unreadable(why or f"The workbook is damaged: {error}. Was the file sent whole?") from None
        parts = self._archive.infolist()
        self.names = {each.filename for each in parts}
        if other := next((told for name, told in _OTHERS.items() if name in self.names), None):
            raise Unreadable(other)
        if any(each.flag_bits & 1 for each in parts):
            raise Unreadable("The workbook has a password. Save it without one.")
        for each in parts:
            if each.file_size > SMALL and each.file_size > MOST_TIMES * max(each.compress_size, 1):
                raise Unreadable(f"{each.filename[:100]} unpacks to {each.file_size} bytes: no workbook is so empty.")

    def size(self, name: str) -> int:
        """Bytes of a part, unpacked."""
        return self._archive.getinfo(name).file_size

    def blocks(self, name: str, most: int = MOST_UNPACKED) -> Iterator[tuple[bytes, bool]]:
        """A part's bytes; the last block is empty."""
        total = 0
        try:
            with self._archive.open(name) as part:
                while block := part.read(BLOCK):
                    total += len(block)
                    if total > most:
                        raise Unreadable(f"{name[:100]} unpacks to more than {most} bytes. Save the sheet as CSV.")
                    yield block, False
        except DAMAGED as error:
            raise Unreadable(f"A part of the workbook cannot be unpacked: {error}.") from None
        yield b"", True

    def parse(self, name: str, started: Started, ended: Ended, most: int = MOST_UNPACKED) -> None:
        """Go through a part that is there, and through nothing when it is not."""
        if name in self.names:
            xml = Xml(started, ended)
            for block, final in self.blocks(name, most):
                xml.feed(block, final)
