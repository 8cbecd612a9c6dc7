"""Brings back what was snoozed, once its time has come."""

import asyncio

from services.feedback.triage import store
from shared.database import RETRYABLE
from shared.jobs import forever
from shared.runtime import Runtime

BATCH = 500
SWEEP_SECONDS = 1.0
"""How late a statement may come back."""


async def run(runtime: Runtime) -> None:
    """The job: wake what is due until cancelled."""
    signal = asyncio.Event()
    runtime.signals["inbox"] = signal.set

    async def step() -> bool:
        return await wake_some(runtime)

    await forever(signal, SWEEP_SECONDS, step, runtime.lookout.rest(store.WORK))


async def wake_some(runtime: Runtime, limit: int = BATCH) -> bool:
    """Wake the longest due, in any workspace; tell whether there may be more."""
    try:
        async with runtime.database.system() as tx:
            return await tx.run(store.WAKE, limit) == limit
    except RETRYABLE:
        return True
