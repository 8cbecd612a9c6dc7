"""Goes on until everybody is forgotten who is to be."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from shared.database import RETRYABLE
from shared.errors import Unavailable
from shared.forgetting import store
from shared.forgetting.domain import Places
from shared.jobs import forever
from shared.runtime import Runtime
from shared.sealing import Seal

SWEEP_SECONDS = 0.5

log = logging.getLogger("cairn.forgetting")


def forget(places: Places) -> Callable[[Runtime], Awaitable[None]]:
    """The job of a service that keeps words in these places: forget until cancelled."""

    async def run(runtime: Runtime) -> None:
        async def step() -> bool:
            return await forget_some(runtime, places)

        await forever(asyncio.Event(), SWEEP_SECONDS, step, runtime.lookout.rest(store.WORK))

    return run


async def forget_some(runtime: Runtime, places: Places) -> bool:
    """Do the next part for whoever has waited longest; tell whether there may be more to do at once."""
    async with runtime.database.system() as tx:
        due = await tx.one(store.DUE)
    if due is None:
        return False
    named = due["workspace_id"], due["erasure_id"]
    try:
        async with runtime.database.transaction({due["workspace_id"]}) as tx:
            row = await tx.one(store.CLAIM, *named)
            if row is None:
                return False
            await places.advance(tx, Seal(runtime.settings.sealing_key.get_secret_value()), *named, row)
    except RETRYABLE:
        return True
    except Unavailable:
        raise
    except Exception as error:
        # Never in silence: whoever asks sees why, and it is tried again.
        log.exception("a person could not be forgotten", extra={"erasure": str(due["erasure_id"])})
        async with runtime.database.transaction({due["workspace_id"]}) as tx:
            await tx.run(store.FAILED, *named, type(error).__name__)
    return True
