"""How jobs run beside requests: again and again, and, where nobody waits for them, at leisure.

Steps of such work share the processors, the database and the outbox with what people wait for. While the rest of the
process is busy, all of them together have a fortieth of the time; while it is not, half.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

STEP_SECONDS = 0.05
"""What a step is to take at most: whatever comes meanwhile stands behind its statements and behind its events."""
REST = 1
"""Times as long as a step took that nothing is done after it."""
RUSH_REST = 39
BUSY = 0.2
"""Of one core: what the process uses besides, from which on there is a rush."""
FULL = 0.5
"""Of one core: what answering callers uses alone, from which on a process has no time to give away."""
SEEN_SECONDS = 0.1
"""How long the process is looked at, at least, before that is judged anew."""
FEWEST = 8


Rest = Callable[[asyncio.Event, float], Awaitable[None]]
"""How a job that found nothing to do waits for more: it is given its signal, and its usual seconds."""


async def pause(signal: asyncio.Event, seconds: float) -> None:
    """Wait for the signal, `seconds` at most."""
    # Not wait_for: on 3.11 it swallows a cancellation that meets the signal, and the job would never end.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await signal.wait()


async def forever(
    signal: asyncio.Event, seconds: float, step: Callable[[], Awaitable[object]], rest: Rest = pause
) -> None:
    """Run `step` while it returns something true; then rest, and go on."""
    while True:
        signal.clear()
        if not await step():
            await rest(signal, seconds)


async def make_way(
    seconds: float,
    most: int,
    clock: Callable[[], float] = time.monotonic,
    used: Callable[[], float] = time.process_time,
) -> None:
    """Rest for `seconds`, and again while the process is at its limit without the caller; `most` times at most."""
    for _ in range(most):
        began, before = clock(), used()
        await asyncio.sleep(seconds)
        if used() - before < FULL * (clock() - began):
            return


class Leisure:
    """The turns of those jobs of a process that nobody waits for: one short step at a time, and a rest after each."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time
    ) -> None:
        """`clock`, `used`: the time and the process's share of it, in seconds."""
        self._turn = asyncio.Lock()
        self._clock = clock
        self._used = used
        self._since = clock(), used()
        self.rush = False
        """Whether the rest of the process was busy when it was last looked at."""

    async def work(
        self,
        seconds: float,
        step: Callable[[int], Awaitable[bool]],
        most: int,
        rest: Rest = pause,
        signal: asyncio.Event | None = None,
    ) -> None:
        """Run `step` until cancelled, at once again while it tells that there may be more, else after a rest.

        It is given how much to do at most, from FEWEST to `most`: as much as it gets done within STEP_SECONDS.
        `signal` ends a rest.
        """
        limit = min(FEWEST, most)

        async def turn() -> bool:
            nonlocal limit
            async with self._turn:
                self._look()
                began, before = self._clock(), self._used()
                more = await step(limit)
                took = self._clock() - began
                # What a step uses is no rush.
                self._since = self._since[0] + took, self._since[1] + self._used() - before
                if more:
                    await asyncio.sleep((RUSH_REST if self.rush else REST) * took)
            if took > STEP_SECONDS:
                limit = max(min(FEWEST, most), limit // 2)
            elif more and took < STEP_SECONDS / 2:
                limit = min(most, limit * 2)
            return more

        await forever(signal or asyncio.Event(), seconds, turn, rest)

    def _look(self) -> None:
        now, used = self._clock(), self._used()
        if now - self._since[0] >= SEEN_SECONDS:
            self.rush = used - self._since[1] > BUSY * (now - self._since[0])
            self._since = now, used
