"""Whether the rows of a file refer to rows of the file alone.

Not all references name the workspace: a row that named an idea of somebody else's, whose id stands on a public board,
would count for it wherever rows of many workspaces are written at once.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np

from services.feedback.tables.carried import references

_NOBODY = UUID(int=0).bytes
_AT_ONCE = 250_000
"""Ids of a kind that are gathered before those that stand there twice are thrown away."""
_LENGTH = 16


class _Ids:
    """Many ids, each kept once, in 16 bytes."""

    def __init__(self) -> None:
        self._new = bytearray()
        self._known = np.empty(0, "S16")

    def add(self, id: bytes) -> None:
        self._new += id
        if len(self._new) >= _AT_ONCE * _LENGTH:
            self.all()

    def all(self) -> "np.ndarray[Any, np.dtype[np.bytes_]]":
        if self._new:
            self._known = np.unique(np.concatenate((self._known, np.frombuffer(bytes(self._new), "S16"))))
            self._new.clear()
        return self._known


class References:
    """Gathers what rows are and what they refer to, in whatever order they come."""

    def __init__(self) -> None:
        self._of = references()
        self._there: defaultdict[str, _Ids] = defaultdict(_Ids)
        self._named: defaultdict[tuple[str, str], _Ids] = defaultdict(_Ids)

    def add(self, table: str, row: dict[str, Any]) -> None:
        """A row. Raises ValueError, TypeError or AttributeError for an id that is none."""
        known = self._of.get(table)
        if known is None:
            return
        key, referring = known
        if key is not None:
            self._there[table].add(UUID(row[key]).bytes)
        for column, other in referring.items():
            value = row.get(column)
            if value is not None and (id := UUID(value).bytes) != _NOBODY:
                self._named[table, other].add(id)

    def rows(self, most: int) -> Iterator[tuple[str, list[UUID]]]:
        """What rows are, `most` at a time, by table; of tables that others refer to."""
        for table, ids in self._there.items():
            known = ids.all()
            for start in range(0, len(known), most):
                # What ends in zeros has lost them.
                yield table, [UUID(bytes=bytes(each).ljust(_LENGTH, b"\0")) for each in known[start : start + most]]

    def dangling(self) -> tuple[str, str] | None:
        """A table with a row that refers to what is not in the file, and of which table that would be."""
        for (table, other), ids in self._named.items():
            if not np.isin(ids.all(), self._there[other].all()).all():
                return table, other
        return None
