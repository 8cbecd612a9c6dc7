"""The calendar of evidence."""

import asyncio

from services.scoring.evidence import domain
from services.scoring.facts.domain import today
from shared.jobs import forever
from shared.runtime import Runtime

LOOK_SECONDS = 60.0


async def lapse_all(runtime: Runtime) -> None:
    """The job: scores follow evidence that becomes too old, within a minute of midnight UTC."""

    async def step() -> bool:
        async with runtime.database.system() as tx:
            return await domain.lapse_one(tx, today())

    await forever(asyncio.Event(), LOOK_SECONDS, step)
