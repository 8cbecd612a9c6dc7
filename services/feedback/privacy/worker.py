"""Goes on with erasures until everything of the person is forgotten."""

import asyncio
import logging
from uuid import UUID

from services.feedback.privacy import domain, store
from shared.database import RETRYABLE
from shared.errors import Unavailable
from shared.jobs import forever
from shared.runtime import Runtime
from shared.sealing import Seal

SWEEP_SECONDS = 0.25

log = logging.getLogger("cairn.privacy")


async def run(runtime: Runtime) -> None:
    """The job: erase until cancelled."""

    async def step() -> bool:
        return await erase_some(runtime)

    await forever(asyncio.Event(), SWEEP_SECONDS, step, runtime.lookout.rest(store.WORK))


async def erase_some(runtime: Runtime) -> bool:
    """Do the next part of the oldest erasure; tell whether there may be more to do at once."""
    async with runtime.database.system() as tx:
        # Committed before anything is erased: only then does the time say what is older.
        if await tx.run(store.SEE):
            return True
        waiting = await tx.one(store.NEXT)
    if waiting is None:
        return False
    workspace_id, id = waiting["workspace_id"], waiting["id"]
    try:
        async with runtime.database.transaction({workspace_id}) as tx:
            row = await tx.one(store.CLAIM, workspace_id, id)
            if row is None:
                return False
            seal = Seal(runtime.settings.sealing_key.get_secret_value())
            await domain.advance(tx, seal, row)
    except RETRYABLE:
        return True
    except Unavailable:
        raise
    except Exception as error:
        # Never in silence: whoever asked for it sees why, and it is tried again.
        log.exception("an erasure could not go on", extra={"erasure": str(id)})
        await _note(runtime, workspace_id, id, type(error).__name__)
    return True


async def _note(runtime: Runtime, workspace_id: UUID, id: UUID, reason: str) -> None:
    async with runtime.database.transaction({workspace_id}) as tx:
        await tx.run(store.FAILED, workspace_id, id, reason)
