"""Folds what changes of survey answers into what is counted of them, behind the writers' backs.

A count adds both, in one statement, and is the same before and after.
"""

from services.feedback.surveys import store
from shared.database import RETRYABLE, Database
from shared.runtime import Runtime

BATCH = 5_000
"""Changes in a transaction at most."""
SWEEP_SECONDS = 1.0


async def run(runtime: Runtime) -> None:
    """The job: fold until cancelled."""

    async def step(limit: int) -> bool:
        return await fold_some(runtime.database, limit) == limit

    await runtime.leisure.work(SWEEP_SECONDS, step, BATCH, runtime.lookout.rest(store.WORK))


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
