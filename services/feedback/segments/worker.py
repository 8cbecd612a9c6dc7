"""Applies new rules to the customers who are there already."""

import asyncio

from services.feedback.segments import domain, store
from shared.database import RETRYABLE
from shared.jobs import forever
from shared.runtime import Runtime

SWEEP_SECONDS = 0.25


async def run(runtime: Runtime) -> None:
    """The job: fill segments until cancelled."""

    async def step() -> bool:
        return await fill_some(runtime)

    await forever(asyncio.Event(), SWEEP_SECONDS, step, runtime.lookout.rest(store.WORK))


async def fill_some(runtime: Runtime) -> bool:
    """Go on with the segment that has waited longest; tell whether there may be more to do at once."""
    try:
        async with runtime.database.system() as tx:
            # Committed before it is filled: only then does the time say what is older.
            if await tx.run(store.SEE_FILLING):
                return True
            segment = await tx.one(store.FILLING)
            if segment is None:
                return False
            await domain.fill_some(tx, segment)
        return True
    except RETRYABLE:
        return True
