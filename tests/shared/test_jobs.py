"""Jobs that nobody waits for take turns, do little at once, and see when the rest of the process is busy."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from shared.jobs import BUSY, FEWEST, FULL, SEEN_SECONDS, STEP_SECONDS, Leisure, make_way


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = self.used = 0.0

    def leisure(self) -> Leisure:
        return Leisure(lambda: self.now, lambda: self.used)


async def _steps(leisure: Leisure, most: int, *steps: Callable[[int], Awaitable[bool]]) -> None:
    """Jobs, each of one such step again and again, until one of them has enough."""
    with contextlib.suppress(asyncio.CancelledError):
        async with asyncio.timeout(20):
            await asyncio.gather(*(leisure.work(30.0, step, most) for step in steps))


async def test_one_step_at_a_time_and_each_job_has_its_turn() -> None:
    order: list[str] = []
    inside = 0

    def job(name: str) -> Callable[[int], Awaitable[bool]]:
        async def step(_limit: int) -> bool:
            nonlocal inside
            if len(order) >= 12:
                raise asyncio.CancelledError
            inside += 1
            assert inside == 1
            await asyncio.to_thread(lambda: None)
            inside -= 1
            order.append(name)
            return True

        return step

    await _steps(Clock().leisure(), 100, job("shares"), job("texts"), job("surveys"))
    assert order == ["shares", "texts", "surveys"] * 4


async def test_as_much_as_gets_done_in_a_short_time() -> None:
    clock, limits = Clock(), list[int]()

    async def step(limit: int) -> bool:
        if len(limits) == 12:
            raise asyncio.CancelledError
        limits.append(limit)
        clock.now += STEP_SECONDS * limit / 100 / 1000  # rests are real, so that little of it is real
        if len(limits) > 7:
            clock.now += 2 * STEP_SECONDS
        return True

    await _steps(clock.leisure(), 500, step)
    assert limits[:7] == [FEWEST, 16, 32, 64, 128, 256, 500]
    assert limits[8:] == [250, 125, 62, 31]


@pytest.mark.parametrize(("share", "rush"), [(BUSY * 1.5, True), (BUSY / 2, False)])
async def test_a_rush_is_what_the_rest_of_the_process_does(share: float, rush: bool) -> None:
    clock = Clock()
    leisure, seen = clock.leisure(), list[bool]()

    async def step(_limit: int) -> bool:
        seen.append(leisure.rush)
        if len(seen) == 3:
            raise asyncio.CancelledError
        # A step may use all it can: that is no rush.
        clock.now += 0.001
        clock.used += 0.001
        asyncio.get_running_loop().call_soon(others)
        return True

    def others() -> None:
        clock.now += 2 * SEEN_SECONDS
        clock.used += 2 * SEEN_SECONDS * share

    await _steps(leisure, 10, step)
    assert seen == [False, rush, rush]


@pytest.mark.parametrize(("shares", "rests"), [([1.1] * 9, 5), ([1.1, 1.1, 0.9], 3), ([0.0], 1)])
async def test_callers_have_all_the_time_that_they_take(shares: list[float], rests: int) -> None:
    clock, given = Clock(), iter(shares)
    asked = 0

    def used() -> float:
        nonlocal asked
        asked += 1
        if asked % 2 == 0:
            # A rest is over: a second has passed, of which callers had their share.
            clock.now += 1
            clock.used += FULL * next(given)
        return clock.used

    await make_way(0.0, 5, lambda: clock.now, used)
    assert asked == 2 * rests
