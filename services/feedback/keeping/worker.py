"""Keeps demand by group, behind the writers' backs."""

import asyncio
import time

from services.feedback.keeping import domain
from shared.database import RETRYABLE
from shared.runtime import Runtime
from shared.service import forever

BATCH = 500
"""Marks, and holders of what is counted through, in a transaction."""
SWEEP_SECONDS = 0.5
REST = 9
"""Times as long as a batch took that the job rests after it: a tenth of a core at most, however many ask."""


async def run(runtime: Runtime) -> None:
    """The job: keep until cancelled."""

    async def step() -> bool:
        began = time.monotonic()
        done = await keep_some(runtime)
        if done:
            await asyncio.sleep(REST * (time.monotonic() - began))
        return done >= BATCH

    await forever(asyncio.Event(), SWEEP_SECONDS, step)


async def keep_some(runtime: Runtime, limit: int = BATCH) -> int:
    """One batch; how much there was to do."""
    try:
        async with runtime.database.system() as tx:
            return await domain.keep_some(tx, limit)
    except RETRYABLE:
        return 0
