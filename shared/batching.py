"""Group commit: concurrent requests share one multi-row write and one commit.

A request is answered only after the commit that holds it. There is no timer: while one flush is with the database the
next batch gathers by itself, so a lone request waits for nobody and a crowd travels together.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar, cast

from shared.errors import Problem, TooMany, Unavailable
from shared.telemetry import Metrics

Item = TypeVar("Item")
Result = TypeVar("Result")

Flushed = Sequence[Result | Exception | asyncio.Future[Result]]
"""What became of each item."""

MOST = 256
"""Requests in one flush."""
WAITING = 5_000
"""Requests that may queue before new ones are shed."""


class GroupCommit(Generic[Item, Result]):
    """Gathers items and hands them to `flush`, which stores all and returns one result or exception for each.

    For what it cannot store without keeping the others waiting it returns a future, and they go on meanwhile. When
    `flush` itself raises, nothing of the batch was stored: the batch is halved until the item at fault stands alone, so
    that one failing row fails its own request only.
    """

    def __init__(
        self, name: str, flush: Callable[[Sequence[Item]], Awaitable[Flushed[Result]]], metrics: Metrics
    ) -> None:
        self._flush = flush
        self._rows = metrics.batch_rows.labels(name)
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, item: Item) -> "asyncio.Future[Result]":
        """Store an item; the future has its result once that is committed. TooMany when the queue is full."""
        if len(self._waiting) >= WAITING:
            raise TooMany("The service is overloaded.", code="overloaded", headers={"Retry-After": "1"})
        if self._loop is None:
            # Once: on 3.11 finding the running loop is a system call.
            self._loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = asyncio.create_task(self._drain(), name="group-commit")
        return future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                self._rows.observe(len(batch))
                await self._store(batch)
        finally:
            # Here, not in a callback of the task: that runs later, and what is submitted between would wait for ever.
            self._task = None

    async def _store(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._flush([item for item, _ in batch])
        except asyncio.CancelledError:
            _fail(batch, Unavailable("The service is stopping; nothing was stored."))
            raise
        except Exception as error:  # noqa: BLE001  # every kind belongs to the requests of this batch
            # A Problem is about all of it (the database is away); anything else is about some row.
            if len(batch) == 1 or isinstance(error, Problem):
                _fail(batch, error)
                return
            half = len(batch) // 2
            await self._store(batch[:half])
            await self._store(batch[half:])
            return
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, asyncio.Future):
                cast("asyncio.Future[Result]", result).add_done_callback(partial(_hand_on, future))
            elif isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

    async def close(self) -> None:
        """Finish what is under way."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)


def _hand_on(future: asyncio.Future[Any], later: asyncio.Future[Any]) -> None:
    error = Unavailable("The service is stopping.") if later.cancelled() else later.exception()
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(later.result())


def _fail(batch: Sequence[tuple[Any, asyncio.Future[Any]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
