"""Folds what changes of survey answers into what is counted of them, behind the writers' backs.

A count adds both, in one statement, and is the same before and after.
"""

import asyncio
import time

from services.feedback.surveys import store
from shared.database import RETRYABLE, Database
from shared.runtime import Runtime
from shared.service import forever

BATCH = 5_000
"""Changes in a transaction."""
SWEEP_SECONDS = 1.0
REST = 9
"""Times as long as a batch took that the job rests after it: a tenth of a core at most, however many answer."""


async def run(runtime: Runtime) -> None:
    """The job: fold until cancelled."""

    async def step() -> bool:
        began = time.monotonic()
        folded = await fold_some(runtime.database)
        if folded:
            await asyncio.sleep(REST * (time.monotonic() - began))
        return folded == BATCH

    await forever(asyncio.Event(), SWEEP_SECONDS, step)


async def fold_some(database: Database, limit: int = BATCH) -> int:
    """Fold up to so many changes; how many there were. 0 too when somebody else is at it."""
    try:
        async with database.system() as tx:
            if not await tx.value(store.ALONE):
                return 0
            folded: int = await tx.value(store.FOLD, limit)
            if folded:
                await tx.run(store.EMPTIED)
            return folded
    except RETRYABLE:
        return 0
