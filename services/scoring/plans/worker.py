"""Solves plans that wait, one at a time, away from everybody else.

A plan is a row with a lease: whoever dies with it lets the lease lapse, and another worker begins it anew. A caller who
cancels it is heard twice a second; the solver then ends with the run that it is in, and what it finds is thrown away.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from services.scoring.plans import domain, store
from services.scoring.plans.bodies import Asked
from services.scoring.plans.kept import program, sealed
from services.scoring.portfolio import answers
from services.scoring.portfolio import domain as portfolio
from services.scoring.portfolio.bodies import Portfolio
from services.scoring.portfolio.watch import FIRST, Watch
from shared.database import RETRYABLE
from shared.errors import Problem, Unavailable
from shared.ids import new_id
from shared.jobs import forever
from shared.runtime import Runtime
from shared.telemetry import traceparent

JOB = "plans"
SWEEP_SECONDS = 1.0
LOOK_SECONDS = 0.5
LEASE_SECONDS = 30.0
MOST_STARTS = 3
T = TypeVar("T")

log = logging.getLogger("cairn.plans")


class Lost(Exception):
    """Somebody else has it now, or it was cancelled."""


async def run(runtime: Runtime) -> None:
    """The job: solve until cancelled."""
    signal = asyncio.Event()
    runtime.signals[JOB] = signal.set

    async def step() -> bool:
        return await solve_one(runtime)

    await forever(signal, SWEEP_SECONDS, step, runtime.lookout.rest(store.WORK))


async def solve_one(runtime: Runtime) -> bool:
    """Solve the plan that waits longest; False when none does."""
    holder = new_id()
    async with runtime.database.system() as tx:
        row = await tx.one(store.CLAIM, holder, LEASE_SECONDS)
    if row is None:
        return False
    work = _Work(runtime, row, holder)
    told = {"plan": str(row["id"])}
    try:
        if row["starts"] > MOST_STARTS:
            await work.fail(f"It was begun {MOST_STARTS} times and never came to its end.")
        else:
            await work.solve()
    except Lost:
        log.info("a plan was taken away", extra=told)
    except (Unavailable, *RETRYABLE):
        log.warning("a plan was interrupted", extra=told)
    except Exception as error:  # whatever is wrong with one must not stop the others
        log.exception("a plan failed", extra=told)
        with contextlib.suppress(Lost):
            await work.fail(f"It stopped: {type(error).__name__}.")
    return True


class _Work:
    """One plan being solved by this process."""

    def __init__(self, runtime: Runtime, row: asyncpg.Record, holder: UUID) -> None:
        self._runtime = runtime
        self._row = row
        self._key = row["workspace_id"], row["id"], holder

    async def solve(self) -> None:
        """Read, solve, and keep the answer."""
        body = Asked.model_validate_json(self._row["asked"])
        try:
            async with self._runtime.database.read((self._key[0],)) as read:
                asked, model, found, stock = await portfolio.load(read, self._key[0], body)
        except Unavailable:
            raise
        except Problem as error:
            # What it rests on was taken away since it was asked for.
            await self.fail(error.detail or "; ".join(f"{each.pointer} {each.reason}" for each in error.errors))
            return
        solved = program(asked, model, found, stock)
        answer = await self._watched(asked.seconds, lambda watch: portfolio.solve(asked, model, found, watch))
        result = answers.portfolio(asked, answer)
        await self._end(result.state, result.reason, solved, result)

    async def _watched(self, seconds: float, work: Callable[[Watch], T]) -> T:
        """Work in a thread, and tell how far it is. Lost when nobody wants it any more."""
        watch, began = Watch(), time.monotonic()
        try:
            running = in_thread(lambda: work(watch))
            while True:
                done, _ = await asyncio.wait({running}, timeout=LOOK_SECONDS)
                if done:
                    return running.result()
                first = FIRST * min((time.monotonic() - began) / (seconds * portfolio.SET_SHARE), 1.0)
                await self._tell(watch.phase, max(watch.share, first))
        finally:
            watch.stopped = True

    async def _tell(self, phase: str, share: float) -> None:
        async with self._runtime.database.transaction((self._key[0],)) as tx:
            if not await tx.run(store.PROGRESS, *self._key, phase, share, LEASE_SECONDS):
                raise Lost

    async def fail(self, reason: str) -> None:
        """It has no answer."""
        await self._end("failed", reason, None, None)

    async def _end(
        self, state: str, reason: str | None, solved: dict[str, Any] | None, result: Portfolio | None
    ) -> None:
        traceparent.set(self._row["traceparent"])
        workspace_id, plan_id, _ = self._key
        async with self._runtime.database.transaction((workspace_id,)) as tx:
            written = [None if each is None else to_json(each).decode() for each in (solved, result)]
            before = await domain.get(tx, workspace_id, plan_id)
            whole = {**before, "state": state, "reason": reason, "program": written[0], "result": written[1]}
            digest = None if result is None else sealed(whole)
            value, gap = (None, None) if result is None else (result.value, result.gap)
            if not await tx.run(store.END, *self._key, state, reason, *written, value, gap, digest):
                raise Lost
            await domain.tell(tx, workspace_id, await domain.get(tx, workspace_id, plan_id))


def in_thread(work: Callable[[], T]) -> "asyncio.Future[T]":
    """Run it in a thread that ends with the process: the solver cannot be interrupted, and must not be waited for."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def told(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(cast("T", result))

    def run() -> None:
        result, caught = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  # it belongs to whoever waits
            caught = error
        # Nobody listens any more where the loop is closed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(told, result, caught)

    threading.Thread(target=run, name="plan", daemon=True).start()
    return future
