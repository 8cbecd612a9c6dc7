"""Whether jobs have work, asked once for all jobs of a process.

A job that looks for itself costs a transaction several times a second, for what comes a few times an hour, and a
service has a dozen of them. Here each says which rows are work for it, one statement tells of all, and what a job does
about its rows stays its own.
"""

import asyncio

from shared.database import Database
from shared.jobs import Rest, pause

LOOK_SECONDS = 0.25


class Lookout:
    """Wakes the jobs of a process that have work and rest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seconds = LOOK_SECONDS
        self._resting: dict[str, set[asyncio.Event]] = {}
        """By what is work for them. What was asked once is asked on, so that the statement is prepared once."""

    def rest(self, work: str, within: float = LOOK_SECONDS) -> Rest:
        """How a job rests until there is work: for so many seconds at least, less the `within` a look takes to come.

        `work` is a select without arguments that has a row whenever a step would find something to do, and finds it by
        an index: where no condition asks for one, an order does. What is there and cannot be done yet is tried again
        after each rest.
        """
        self._seconds = min(self._seconds, within)
        self._resting.setdefault(work, set())

        async def rest(signal: asyncio.Event, seconds: float) -> None:
            await pause(signal, max(seconds - within, 0.0))
            self._resting[work].add(signal)
            try:
                await signal.wait()
            finally:
                self._resting[work].discard(signal)

        return rest

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            if any(self._resting.values()):
                await self.look()
            await asyncio.sleep(self._seconds)

    async def look(self) -> None:
        """Wake whoever rests and has work now."""
        asked = list(self._resting)
        async with self._database.lane(None) as lane:
            (row,) = await lane.all(
                f"select array[{', '.join(f'exists (select from ({work}) as work)' for work in asked)}] as found"
            )
        for work, found in zip(asked, row["found"], strict=True):
            if found:
                for signal in self._resting[work]:
                    signal.set()
