"""Tells other services who is behind which idea, behind the writers' backs."""

from services.feedback.shares import domain, store
from shared.database import RETRYABLE
from shared.runtime import Runtime

BATCH = 500
"""Pairs of idea and account in a transaction at most. Each is one event; what comes in meanwhile for the same one is
told with it."""
SWEEP_SECONDS = 0.5


async def run(runtime: Runtime) -> None:
    """The job: tell until cancelled."""

    async def step(limit: int) -> bool:
        return await tell_some(runtime, limit) >= limit

    await runtime.leisure.work(SWEEP_SECONDS, step, BATCH, runtime.lookout.rest(store.WORK))


async def tell_some(runtime: Runtime, limit: int = BATCH) -> int:
    """Tell of what changed; how many marks there were."""
    try:
        async with runtime.database.system() as tx:
            return await domain.tell_some(tx, limit)
    except RETRYABLE:
        return 0
