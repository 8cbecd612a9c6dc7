"""A connection that knows the types which every PostgreSQL has, and how old its plans may be."""

import time
from collections.abc import Collection
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import asyncpg

# Generic for type checkers only.
_Connection = asyncpg.Connection[asyncpg.Record] if TYPE_CHECKING else asyncpg.Connection

FIRST_OF_A_DATABASE = 16_384
"""Below are the numbers of PostgreSQL's own types, the same everywhere."""
_KNOWN: dict[frozenset[int], Any] = {}
_ASKED_NOTHING = SimpleNamespace(name="none")
"""Stands for the statement that was run to ask: no anonymous one took the place of the caller's."""
PLANS_SECONDS = 5.0
"""How long plans are kept. PostgreSQL keeps them until statistics change, a minute after a table has grown, and one
made for few rows reads as many as there are by then."""


class Connection(_Connection):
    """Asks what an array of UUIDs is made of once in a process.

    Each connection of asyncpg's own asks at its first argument of a type, and the answer costs PostgreSQL as much as a
    dozen requests do.
    """

    _planned_at = 0.0

    def discarding(self) -> str:
        """What goes before the next statement: `discard plans; ` when they are old, which is told once, or nothing."""
        now = time.monotonic()
        if now - self._planned_at < PLANS_SECONDS:
            return ""
        self._planned_at = now
        return "discard plans; "

    async def _introspect_types(
        self,
        typeoids: Collection[int],
        timeout: float,  # noqa: ASYNC109  # as asyncpg calls it
    ) -> tuple[Any, Any]:
        asked = frozenset(typeoids)
        if asked in _KNOWN:
            return _KNOWN[asked], _ASKED_NOTHING
        base: Any = super()
        types, statement = await base._introspect_types(typeoids, timeout)  # noqa: SLF001  # there is no public way
        if max(asked) < FIRST_OF_A_DATABASE:
            _KNOWN[asked] = types
        return types, statement


def discarding(connection: object) -> str:
    """The same of one of these that a pool may have wrapped."""
    known: Any = connection
    return str(known.discarding())
