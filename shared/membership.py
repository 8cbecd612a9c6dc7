"""Which worker reads which partitions: the living ones share them out, by a heartbeat in PostgreSQL."""

import asyncio
import logging

import asyncpg

from shared.database import Database
from shared.errors import Unavailable
from shared.ids import new_id
from shared.stream.messages import PARTITIONS
from shared.telemetry import Once

BEAT = """
with beat as (
    insert into workers (id, seen_at) values ($1, now()) on conflict (id) do update set seen_at = excluded.seen_at
), gone as (
    delete from workers where seen_at < now() - interval '60 seconds'
)
select id from workers where seen_at > now() - interval '4 seconds' or id = $1
union select $1 order by id
"""
LEAVE = "delete from workers where id = $1"
BEAT_SECONDS = 1.0

log = logging.getLogger("cairn.membership")


class Membership:
    """Which partitions this process reads: the living workers, in order of id, share them out evenly.

    Two workers may disagree for a moment; the fence makes that a waste, not a fault.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._id = new_id()
        self.partitions: tuple[int, ...] = ()

    async def beat(self) -> None:
        """Say that this worker lives and see who else does."""
        async with self._database.system() as tx:
            workers = [row["id"] for row in await tx.all(BEAT, self._id)]
        mine = workers.index(self._id)
        self.partitions = tuple(p for p in range(PARTITIONS) if p % len(workers) == mine)

    async def run(self) -> None:
        """Beat until cancelled."""
        once = Once(log)
        while True:
            try:
                await self.beat()
                once.over("the database is back")
            except (Unavailable, asyncpg.PostgresError) as error:
                once.say(logging.WARNING, "the database is away", reason=repr(error))
            await asyncio.sleep(BEAT_SECONDS)

    async def leave(self) -> None:
        """Hand the partitions over at once instead of after the time-out."""
        try:
            async with self._database.system() as tx:
                await tx.run(LEAVE, self._id)
        except (Unavailable, asyncpg.PostgresError):
            log.info("left without saying so")
