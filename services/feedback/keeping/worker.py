"""Keeps demand by group, behind the writers' backs."""

from services.feedback.keeping import domain, store
from shared.database import RETRYABLE
from shared.runtime import Runtime

BATCH = 500
"""Marks, and holders of what is counted through, in a transaction at most."""
SWEEP_SECONDS = 0.5


async def run(runtime: Runtime) -> None:
    """The job: keep until cancelled."""

    async def step(limit: int) -> bool:
        return await keep_some(runtime, limit) >= limit

    await runtime.leisure.work(SWEEP_SECONDS, step, BATCH, runtime.lookout.rest(store.WORK))


async def keep_some(runtime: Runtime, limit: int = BATCH) -> int:
    """One batch; how much there was to do."""
    try:
        async with runtime.database.system() as tx:
            return await domain.keep_some(tx, limit)
    except RETRYABLE:
        return 0
