"""A connection that knows the types which every PostgreSQL has."""

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


class Connection(_Connection):
    """Asks what an array of UUIDs is made of once in a process.

    Each connection of asyncpg's own asks at its first argument of a type, and the answer costs PostgreSQL as much as a
    dozen requests do.
    """

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
