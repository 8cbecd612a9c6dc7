"""Computation that would hold up the loop: in threads of its own, a few at a time.

Everybody else's requests are served meanwhile, as far as the computation leaves the interpreter alone (numpy and the
solver do). A thread cannot be stopped, so what is asked of one must be bounded by its size.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from shared.errors import TooMany
from shared.runtime import Runtime

T = TypeVar("T")

AT_ONCE = 2
PATIENCE_SECONDS = 2.0
"""How long a request waits for a free thread. With what it then takes it must stay below the database's patience: a
request with an Idempotency-Key holds its transaction all the while."""


class _Threads:
    def __init__(self) -> None:
        self.free = asyncio.Semaphore(AT_ONCE)
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="apart")


async def compute_apart(runtime: Runtime, work: Callable[[], T]) -> T:
    """Run `work` in a thread and return what it returns. TooMany when every thread stays busy."""
    held = runtime.memory.get("apart")
    threads: _Threads = held if held is not None else runtime.memory.setdefault("apart", _Threads())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await threads.free.acquire()
    except TimeoutError:
        raise TooMany("Other computations are running; try again in a moment.", headers={"Retry-After": "2"}) from None
    running = asyncio.get_running_loop().run_in_executor(threads.pool, work)
    # When the thread is done, not when the caller is: one that goes away must not let a third one in.
    running.add_done_callback(lambda _: threads.free.release())
    return await asyncio.shield(running)
