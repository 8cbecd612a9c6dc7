"""What a running service has at hand. It travels with each request and each job; nothing is global."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from shared.access.directory import Directory
from shared.access.limits import Limits
from shared.batching import Flushed, GroupCommit
from shared.database import Database
from shared.jobs import Leisure
from shared.lookout import Lookout
from shared.outlines import Outlines
from shared.settings import Settings
from shared.siblings import Siblings
from shared.stream.broker import Broker
from shared.telemetry import Metrics, Tracer

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Batch(Generic[Item, Result]):
    """A kind of write that concurrent requests share: its name and how a batch of it is stored."""

    name: str
    flush: Callable[["Runtime", Sequence[Item]], Awaitable[Flushed[Result]]]


@dataclass(slots=True)
class Runtime:
    """A service's settings and connections."""

    settings: Settings
    database: Database
    directory: Directory
    limits: Limits
    broker: Broker
    metrics: Metrics
    tracer: Tracer
    siblings: Siblings
    lookout: Lookout
    outlines: Outlines
    signals: dict[str, Callable[[], None]] = field(default_factory=dict[str, Callable[[], None]])
    """Jobs of this process that can be woken, by name."""
    served: int = 0
    """Requests that this process has answered: a job sees by it whether callers are there."""
    leisure: Leisure = field(default_factory=Leisure)
    """Turns for jobs that nobody waits for."""
    memory: dict[str, Any] = field(default_factory=dict[str, Any])
    """Short-lived caches, by owner."""
    _groups: dict[str, GroupCommit[Any, Any]] = field(default_factory=dict[str, GroupCommit[Any, Any]])

    def submit(self, batch: Batch[Item, Result], item: Item) -> "asyncio.Future[Result]":
        """Store an item together with whatever else arrives meanwhile."""
        group = self._groups.get(batch.name)
        if group is None:

            async def flush(items: Sequence[Item]) -> Flushed[Result]:
                return await batch.flush(self, items)

            group = self._groups[batch.name] = GroupCommit(batch.name, flush, self.metrics)
        return cast("GroupCommit[Item, Result]", group).submit(item)

    def wake(self, name: str) -> None:
        """Tell a job that there is work. Nothing happens where the job runs elsewhere: it looks by itself."""
        call = self.signals.get(name)
        if call is not None:
            call()

    async def close(self) -> None:
        for group in self._groups.values():
            await group.close()
        await self.siblings.close()
