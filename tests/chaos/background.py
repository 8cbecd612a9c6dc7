"""An event loop in a thread of its own.

The main thread starts, kills and waits for processes, which blocks; the load and the proxies go on meanwhile. It has to
be the main one: the kernel ties a child process to the thread that started it.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar

import uvloop

T = TypeVar("T")


class Background:
    """Runs coroutines while the main thread does something else."""

    def __enter__(self) -> Self:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="background", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin something over there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 300) -> T:
        """Have something done over there and wait for it. Raises TimeoutError after `seconds`."""
        return self.start(work).result(seconds)
