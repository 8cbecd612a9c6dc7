"""The calendar of objectives."""

import asyncio

from services.roadmap.objectives import domain
from shared.jobs import forever
from shared.runtime import Runtime

LOOK_SECONDS = 60.0


async def turn_all(runtime: Runtime) -> None:
    """The job: objectives begin and end on their days, within a minute of midnight UTC."""

    async def step() -> bool:
        async with runtime.database.system() as tx:
            return await domain.turn_one(tx, domain.today())

    await forever(asyncio.Event(), LOOK_SECONDS, step)
