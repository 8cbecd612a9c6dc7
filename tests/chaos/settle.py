"""When the load has ended: return when nobody has anything left to do, and read how things stand."""

import asyncio
import importlib
import time
from dataclasses import dataclass

from shared.database import Database
from shared.reader import Consumers
from shared.stream.broker import Broker
from shared.stream.messages import PARTITIONS
from tests.chaos.audit import APPLIED, WAITING
from tests.chaos.flow import until

STEADY_SECONDS = 1.5
PATIENCE_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Reading:
    """How a service stands with a stream. Exact is: as many applied as there are messages."""

    service: str
    stream: str
    messages: int
    applied: int

    @property
    def surplus(self) -> int:
        """Messages counted more than once; below zero: not at all."""
        return self.applied - self.messages


async def emptied(admin: Database) -> float | None:
    """Seconds until no outbox and no raw delivery waits; None when that takes too long."""
    began = time.monotonic()

    async def empty() -> bool:
        async with admin.system() as tx:
            return not await tx.value(WAITING)

    return time.monotonic() - began if await until(empty, PATIENCE_SECONDS) else None


async def readings(admin: Database, broker: Broker) -> list[Reading]:
    """How every reader stands with its stream."""
    async with admin.system() as tx:
        rows = await tx.all(APPLIED)
    return [
        Reading(row["service"], row["stream"], await _meant_for(broker, row["service"], row["stream"]), row["applied"])
        for row in rows
    ]


async def _meant_for(broker: Broker, service: str, stream: str) -> int:
    """How many messages of a stream the service listens to, as the broker counts them."""
    consumers: Consumers = importlib.import_module(f"services.{service}.consumers").CONSUMERS
    types = [contract.type for contract in consumers if contract.type.startswith(f"{stream}.")]
    subscription = await broker.subscribe(stream, range(PARTITIONS), 1, types)
    try:
        (first,) = await subscription.fetch(1, wait=2.0) or (None,)
    finally:
        await subscription.close()
    return first.waiting + 1 if first is not None else 0


async def settled(admin: Database, broker: Broker) -> list[Reading]:
    """Return when every reader has come to its stream's end and no figure moves any more, or at last."""
    steady_since, last = time.monotonic(), None
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        await emptied(admin)
        now = await readings(admin, broker)
        if now != last:
            steady_since, last = time.monotonic(), now
        done = all(each.surplus >= 0 for each in now) and time.monotonic() - steady_since > STEADY_SECONDS
        if done or time.monotonic() > deadline:
            return now
        await asyncio.sleep(0.1)
