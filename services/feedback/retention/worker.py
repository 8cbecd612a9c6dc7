"""Empties deliveries that have been kept long enough."""

from datetime import UTC, datetime

from services.feedback.retention import domain, store
from shared.database import RETRYABLE
from shared.runtime import Runtime

BATCH = 500
SWEEP_SECONDS = 5.0


async def run(runtime: Runtime) -> None:
    """The job: go through deliveries until cancelled."""

    async def step(limit: int) -> bool:
        try:
            async with runtime.database.system() as tx:
                return await domain.sweep_some(tx, datetime.now(UTC), limit)
        except RETRYABLE:
            return True

    await runtime.leisure.work(SWEEP_SECONDS, step, BATCH, runtime.lookout.rest(store.WORK))
