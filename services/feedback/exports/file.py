"""The file that an export is: lines of JSON, in one order for one content, and what vouches for them at the end.

    {"cairn":"workspace","version":1,"currency":"EUR"}
    {"table":"accounts","row":{...}}
    ...
    {"manifest":{"rows":2,"sha256":"...","tables":{"accounts":{"rows":1,"sha256":"..."},...}}}

`sha256` is that of every line before, line breaks included; a table's is that of its own lines.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from pydantic_core import from_json, to_json

from services.feedback.exports.references import References

VERSION = 1
_TABLE = b'{"table":"'


class Broken(Exception):
    """The file is not a whole export; the text says in what."""


def mask_of(workspace_id: UUID) -> int:
    """What ids are crossed with on their way out of a workspace and into one: 32 bits, those that are random."""
    return int.from_bytes(hashlib.blake2b(workspace_id.bytes, digest_size=4, person=b"cairn.export").digest())


def renamed(id: UUID, mask: int) -> UUID:
    """An id under its other name; twice is the same. The one of zeros is nobody's, and stays."""
    return UUID(int=id.int ^ mask) if id.int else id


def heading(currency: str) -> bytes:
    """The first line."""
    return to_json({"cairn": "workspace", "version": VERSION, "currency": currency}) + b"\n"


def line_of(table: str, row: str) -> bytes:
    """A row's line. `row` is JSON."""
    return f'{{"table":"{table}","row":{row}}}\n'.encode()


def table_of(line: bytes) -> str:
    """The table of a row's line; empty when it is no row's."""
    if not line.startswith(_TABLE):
        return ""
    end = line.find(b'"', len(_TABLE))
    return line[len(_TABLE) : max(end, 0)].decode(errors="replace")


class Seal:
    """Counts and hashes lines as they pass."""

    def __init__(self) -> None:
        self.rows = 0
        self._all = hashlib.sha256()
        self._tables: dict[str, tuple[int, Any]] = {}

    def add(self, line: bytes) -> None:
        """A line with its line break."""
        self._all.update(line)
        table = table_of(line)
        if table:
            self.rows += 1
            count, digest = self._tables.get(table) or (0, hashlib.sha256())
            digest.update(line)
            self._tables[table] = count + 1, digest

    def manifest(self) -> bytes:
        """The last line."""
        tables = {
            name: {"rows": rows, "sha256": digest.hexdigest()} for name, (rows, digest) in sorted(self._tables.items())
        }
        content = {"rows": self.rows, "sha256": self._all.hexdigest(), "tables": tables}
        return to_json({"manifest": content}) + b"\n"


class Check:
    """Reads an export from its first byte to its last and raises Broken when it is not whole."""

    def __init__(self, tables: frozenset[str], currency: str) -> None:
        self._known, self._currency = tables, currency
        self._seal = Seal()
        self._references = References()
        self._rest = b""
        self._last = b""
        self._lines = 0

    @property
    def rows(self) -> int:
        return self._seal.rows

    def feed(self, block: bytes) -> None:
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            self._line(line + b"\n")

    def end(self) -> None:
        """Everything has been fed."""
        if self._rest.strip() or not self._last or self._last != self._seal.manifest():
            raise Broken("The file is not whole: its last line must be the manifest of all that came before.")
        if (dangling := self._references.dangling()) is not None:
            raise Broken(f"A row of {dangling[0]} refers to one of {dangling[1]} that is not in the file.")

    def _line(self, line: bytes) -> None:
        self._lines += 1
        if self._last:
            raise Broken(f"Line {self._lines} comes after the manifest.")
        if self._lines == 1:
            self._heading(line)
        elif line.startswith(b'{"manifest"'):
            self._last = line
            return
        else:
            table = table_of(line)
            if table not in self._known:
                raise Broken(f"Line {self._lines} is not a row of a table that can be restored here.")
            self._refer(table, line)
        self._seal.add(line)

    def ids(self, mask: int, most: int) -> Iterator[tuple[str, list[UUID]]]:
        """The ids that rows are going to have under this mask, `most` at a time, by table; of what others refer to."""
        for table, ids in self._references.rows(most):
            yield table, [renamed(id, mask) for id in ids]

    def _refer(self, table: str, line: bytes) -> None:
        try:
            self._references.add(table, from_json(line)["row"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Broken(f"Line {self._lines} is not a row with its ids.") from None

    def _heading(self, line: bytes) -> None:
        try:
            said: Any = from_json(line)
        except ValueError:
            said = None
        told = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
        if told.get("cairn") != "workspace" or told.get("version") != VERSION:
            raise Broken(f"The first line must be that of a workspace's export, version {VERSION}.")
        if told.get("currency") != self._currency:
            raise Broken(f"Its money is in {str(told.get('currency'))[:3]}, and this workspace's in {self._currency}.")
