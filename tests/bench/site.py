"""What is measured: all of Cairn as `make run` runs it, in a folder of its own, with a data set of a given size."""

import asyncio
import random
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx2
import psutil
from nats.aio.client import Client
from nats.js import JetStreamContext

from deploy import SERVICES
from deploy.child import Child
from deploy.ports import is_free
from deploy.stack import Stack, uses
from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database
from tests.bench.baselines import DATABASE
from tests.bench.population import Size, populate

RATE = 1_000_000
"""Requests a second that the key may make: the limiter works and never refuses."""
PATIENCE_SECONDS = 120.0
OUTBOXES = """
select (select count(*) from feedback.outbox)
     + (select count(*) from scoring.outbox)
     + (select count(*) from roadmap.outbox)
     + (select count(*) from feedback.deliveries where state = 'received') as waiting
"""
POSITIONS = """
select (select sum(seq) from feedback.cursors), (select sum(seq) from scoring.cursors),
       (select sum(seq) from roadmap.cursors)
"""
LOOK_SECONDS = 0.05


def free_base() -> int:
    """The first of a range of ports that a stack can have."""
    bases = iter(lambda: random.randrange(20_000, 29_900, 20), None)
    return next(base for base in bases if all(map(is_free, uses(base))))


class Site:
    """A running stack with one workspace that has data in it."""

    def __init__(self, size: Size, folder: Path) -> None:
        """Take the folder; nothing runs yet."""
        self.size = size
        self.stack = Stack(folder, free_base())
        self.client = Client()
        self.js: JetStreamContext
        self.admin: asyncpg.Connection[asyncpg.Record]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.stop()

    def start(self) -> None:
        """Start everything, make the workspace and its key, and fill it."""
        self.stack.start()
        asyncio.run(self._note_commits())
        asyncio.run(self._admit())
        self.model_id = self.post("scoring", "/v1/models", {"name": "RICE", "framework": "rice", "active": True})["id"]
        asyncio.run(populate(self.stack.postgres.url(), str(self.workspace_id), self.model_id, self.size))

    async def _note_commits(self) -> None:
        """Have PostgreSQL note when each transaction was committed."""
        admin = await asyncpg.connect(self.stack.postgres.url())
        await admin.execute("alter system set track_commit_timestamp = on")
        await admin.close()
        self.stack.postgres.restart()
        for service in self.stack.services.values():
            service.await_ready()

    async def _admit(self) -> None:
        database = Database(self.stack.postgres.url(), "access", application="bench")
        await database.open()
        async with database.system() as tx:
            self.workspace_id = await registry.create_workspace(tx, "bench", "Bench", "EUR")
            _, self.key = await registry.create_key(
                tx, self.stack.kept.key_pepper, self.workspace_id, "bench", SCOPES, rate=RATE
            )
        await database.close()

    async def open(self) -> None:
        """Connect to its parts from the present loop."""
        self.admin = await asyncpg.connect(self.stack.postgres.url())
        await self.client.connect(self.stack.nats.url)
        self.js = self.client.jetstream(timeout=5)  # pyright: ignore[reportUnknownMemberType] untyped in nats-py

    async def close(self) -> None:
        await self.admin.close()
        await self.client.close()

    def port(self, service: str) -> int:
        return self.stack.services[service].port

    def post(self, service: str, path: str, body: Any) -> Any:
        """Ask a service for something, outside of any measurement."""
        url = f"{self.stack.services[service].url}{path}"
        answer = httpx2.post(url, json=body, headers={"Authorization": f"Bearer {self.key}"}, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def emails(self) -> Iterator[str]:
        """Addresses of contacts that are known, each once before the first comes again."""
        while True:
            yield from (self.size.email(number) for number in range(self.size.contacts))

    @contextmanager
    def held(self) -> Generator[None]:
        """Its services do nothing meanwhile."""
        processes = [psutil.Process(service.pid) for service in self.stack.services.values() if service.running]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    async def settle(self) -> float:
        """Return when nothing waits anywhere, from raw deliveries to the last projection, and how long that took."""
        began = time.perf_counter()
        before: object = None
        while True:
            waiting = await self.admin.fetchval(OUTBOXES) + await self._undelivered()
            now = tuple(await self.admin.fetchrow(POSITIONS) or ())
            # Delivered is not yet applied: the readers' positions must have come to rest too.
            if not waiting and now == before:
                return time.perf_counter() - began
            if time.perf_counter() - began > PATIENCE_SECONDS:
                raise TimeoutError(f"{self.size.name}: after {PATIENCE_SECONDS:.0f} s there is still work waiting")
            before = now
            await asyncio.sleep(LOOK_SECONDS)

    async def _undelivered(self) -> int:
        """Messages in streams that the services' readers have not been given yet."""
        consumers = [each for service in SERVICES for each in await self.js.consumers_info(service)]
        return sum(each.num_pending or 0 for each in consumers)

    def used(self) -> Mapping[str, float]:
        """CPU seconds by part, and those of every process on the machine."""
        parts = {name: service.pid for name, service in self.stack.services.items() if service.running}
        parts |= {"postgres": self.stack.postgres.pid, "nats": self.stack.nats.pid}
        return {name: cpu_seconds(pid) for name, pid in parts.items()} | whole_machine()


def whole_machine() -> dict[str, float]:
    """CPU seconds of this process, and of every process together."""
    times = psutil.cpu_times()
    return {"client": time.process_time(), "machine": times.user + times.system + times.nice}


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and its children."""
    total = 0.0
    process = psutil.Process(pid)
    for each in (process, *process.children(recursive=True)):
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


class Baseline:
    """One of the applications that Cairn is measured beside, as a process."""

    def __init__(self, app: str, folder: Path, database_url: str) -> None:
        self.app = app
        self.port = next(port for port in iter(lambda: random.randrange(20_000, 29_999), None) if is_free(port))
        self._child = Child(
            app,
            [sys.executable, "-m", "tests.bench.baselines", app, "--port", str(self.port)],
            pid_file=folder / f"{app}.pid",
            log=folder / f"{app}.log",
            environment={DATABASE: database_url},
        )

    def __enter__(self) -> Self:
        self._child.start()
        self._child.await_ready(lambda: not is_free(self.port), seconds=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.stop()

    def used(self) -> Mapping[str, float]:
        """CPU seconds of it and of this process."""
        return {self.app: cpu_seconds(self._child.pid)} | whole_machine()
