"""Long work that is a row with a lease: whoever holds it works at it, and whoever dies with it lets the lease lapse.

Each kind of work claims its rows with statements of its own, and says when it has begun too often; what is the same for
all of them is how they are looked for, and what becomes of one that goes wrong.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from shared.database import RETRYABLE
from shared.errors import Unavailable
from shared.jobs import forever
from shared.runtime import Runtime

SWEEP_SECONDS = 1.0


class Lost(Exception):
    """Somebody else holds it now, or it was cancelled or deleted."""


async def watch(runtime: Runtime, name: str, work: str, work_some: Callable[[Runtime], Awaitable[bool]]) -> None:
    """Work whenever there is some until cancelled: `runtime.wake(name)` says that there is, and `work` selects it.

    `work_some` takes one up and tells whether there was one.
    """
    signal = asyncio.Event()
    runtime.signals[name] = signal.set

    async def step() -> bool:
        return await work_some(runtime)

    await forever(signal, SWEEP_SECONDS, step, runtime.lookout.rest(work))


async def attempt(
    log: logging.Logger,
    noun: str,
    id: UUID,
    work: Awaitable[None],
    fail: Callable[[str], Awaitable[None]],
    faults: tuple[type[Exception], ...] = (),
) -> None:
    """Work at one. It fails for `faults`, with their text, and for what nobody expected: it must not stop the others.

    What is away for a while leaves it as it is: the lease lapses, and it is taken up again.
    """
    told = {noun: str(id)}
    try:
        await work
    except Lost:
        log.info("an %s was taken away", noun, extra=told)
    except faults as error:
        await fail(str(error))
    except (Unavailable, *RETRYABLE):
        log.warning("an %s was interrupted", noun, extra=told)
    except Exception as error:  # whatever is wrong with one must not stop the others
        log.exception("an %s failed", noun, extra=told)
        await fail(f"It stopped: {type(error).__name__}.")
