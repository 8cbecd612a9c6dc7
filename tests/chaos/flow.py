"""Whether what is written at one end arrives at the other: a probe through every part, again and again."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any

from shared.database import Database
from shared.errors import Unavailable
from tests.chaos.caller import Caller, Span

SCORE_ARRIVED = """
select s.value = r.value and s.version = r.version from scoring.scores s left join roadmap.scores r on r.score_id = s.id
where s.idea_id = $1::uuid
"""
STATUS_ARRIVED = "select status = $2 from scoring.ideas where idea_id = $1::uuid"
LOOK_SECONDS = 0.02


class Flow:
    """One idea with an item of its own, that nobody else touches.

    An estimate has to reach roadmap (scoring's API and relay, roadmap's reader), and the item's status has to reach
    scoring through feedback (roadmap's API and relay, feedback's reader and relay, scoring's reader).
    """

    def __init__(self, caller: Caller, admin: Database) -> None:
        self._caller = caller
        self._admin = admin
        self.through: list[Span] = []
        """When both began and had arrived."""

    async def furnish(self) -> None:
        """Make the idea, its estimates and its item. A model must be active."""
        idea = await self._caller.tell("feedback", "POST", "/v1/ideas", json={"title": "Probe"})
        self._idea: str = idea["id"]
        for name in ("reach", "impact", "confidence", "effort"):
            await self._estimate(name, 1.0)
        made = await self._caller.tell(
            "roadmap", "POST", "/v1/items", json={"idea_ids": [self._idea], "title": "Probe"}
        )
        self._item: str = made["id"]

    async def run(self) -> None:
        """Probe until cancelled."""
        for number in itertools.count():
            began = time.monotonic()
            await asyncio.gather(self._through_scoring(number), self._through_roadmap(number))
            self.through.append((began, time.monotonic()))
            await asyncio.sleep(0.05)

    async def _through_scoring(self, number: int) -> None:
        await self._estimate("impact", 1.0 + number % 7)
        await self._arrival(SCORE_ARRIVED, self._idea)

    async def _through_roadmap(self, number: int) -> None:
        status = ("in_progress", "planned")[number % 2]
        await self._caller.tell("roadmap", "POST", f"/v1/items/{self._item}/status", json={"status": status})
        await self._arrival(STATUS_ARRIVED, self._idea, status)

    async def _estimate(self, name: str, value: float) -> None:
        body = {"idea_id": self._idea, "input": name, "value": value, "estimator": "probe"}
        await self._caller.tell("scoring", "POST", "/v1/estimates", json=body)

    async def _arrival(self, sql: str, *args: Any) -> None:
        async def look() -> bool:
            async with self._admin.system() as tx:
                return bool(await tx.value(sql, *args))

        await until(look)


async def until(look: Callable[[], Awaitable[bool]], seconds: float = float("inf")) -> bool:
    """Look again and again, PostgreSQL's absence overlooked; False when it did not come true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if await look():
                return True
        except Unavailable:
            await asyncio.sleep(0.1)
        await asyncio.sleep(LOOK_SECONDS)
    return False
