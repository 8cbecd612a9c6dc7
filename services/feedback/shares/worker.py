"""Tells other services who is behind which idea, behind the writers' backs."""

import asyncio
import time

from services.feedback.shares import domain
from shared.database import RETRYABLE
from shared.runtime import Runtime
from shared.service import forever

BATCH = 500
"""Marks in a transaction. Each of another account is one event."""
SWEEP_SECONDS = 0.5
REST = 9
"""Times as long as a batch took that the job rests after it: a tenth of a core at most, however many ask. What comes in
meanwhile for the same idea and account is told with it."""


async def run(runtime: Runtime) -> None:
    """The job: tell until cancelled."""

    async def step() -> bool:
        began = time.monotonic()
        told = await tell_some(runtime)
        if told:
            await asyncio.sleep(REST * (time.monotonic() - began))
        return told == BATCH

    await forever(asyncio.Event(), SWEEP_SECONDS, step)


async def tell_some(runtime: Runtime, limit: int = BATCH) -> int:
    """Tell of what changed; how many marks there were."""
    try:
        async with runtime.database.system() as tx:
            return await domain.tell_some(tx, limit)
    except RETRYABLE:
        return 0
