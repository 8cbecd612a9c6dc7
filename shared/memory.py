"""Answers of the database that are believed for a moment, so that a hot path needs no round trip for them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST = 10_000


class Memory(Generic[K, V]):
    """Remembers what `find` returned, None included, for `seconds` counted from before it was asked.

    Callers that miss together wait for one look-up: when a busy entry runs out, the database is asked once.
    """

    def __init__(self, find: Callable[[K], Awaitable[V | None]], seconds: float) -> None:
        self._find = find
        self._seconds = seconds
        self._known: dict[K, tuple[V | None, float]] = {}
        self._asking: dict[K, asyncio.Task[V | None]] = {}

    def peek(self, key: K) -> V | None:
        """What is remembered and still believed; None for all else."""
        held = self._known.get(key)
        return held[0] if held is not None and held[1] > time.monotonic() else None

    async def get(self, key: K) -> V | None:
        """The answer for a key, remembered or found now."""
        held = self._known.get(key)
        if held is not None and held[1] > time.monotonic():
            return held[0]
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        # Shielded: one caller that goes away must not take the answer from the others.
        return await asyncio.shield(task)

    async def _ask(self, key: K) -> V | None:
        until = time.monotonic() + self._seconds
        found = await self._find(key)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[key] = (found, until)
        return found
