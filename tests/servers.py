"""What tests run on: one PostgreSQL for the run, and for each process of it a database, a broker and the services."""

import asyncio
import contextlib
import importlib
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import asyncpg
import psutil
import uvicorn
from starlette.types import ASGIApp, Message

from deploy import SERVICES
from deploy.infra import DATABASE, Nats, Postgres
from deploy.ports import free_port
from deploy.protocol import Protocol
from deploy.schemas import migrate_all
from shared.settings import Settings

PEPPER = "a pepper that only tests know of, at least 32 bytes"
SEALING_KEY = "a sealing key that only tests know, at least 32 bytes"
_PREFIX = "cairn-tests-"
PASSWORDS = {f"cairn_{service}": f"{service}-password" for service in SERVICES}


@contextmanager
def data_folder() -> Generator[Path]:
    """An empty folder, removed in the end. PostgreSQL's own user can pass it, unlike pytest's `tmp_path`."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # A run that was killed could not clean up after itself.
        if not psutil.pid_exists(int(left.name.split("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The run's PostgreSQL. Its database `cairn` is migrated, empty, and a template for others."""

    port: int
    password: str
    socket_folder: str

    def near_url(self, database: str, role: str = "postgres") -> str:
        """Where `role` connects without TCP: most of what tests take is round trips, and they take an eighth less."""
        if not self.socket_folder:
            return self.url(database, role)
        login = f"{role}:{PASSWORDS.get(role, self.password)}"
        return f"postgresql://{login}@/{database}?host={self.socket_folder}&port={self.port}"

    def url(self, database: str = DATABASE, role: str = "postgres") -> str:
        """Where `role` connects."""
        return f"postgresql://{role}:{PASSWORDS.get(role, self.password)}@127.0.0.1:{self.port}/{database}"

    def as_plain(self) -> dict[str, Any]:
        """What another process of the run needs to make the same one: `Cluster(**plain)`."""
        return asdict(self)

    async def clone(self, name: str) -> None:
        """Make a database like the template. Nobody may be connected to that one."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(f"create database {name} template {DATABASE}")
        finally:
            await connection.close()


@contextmanager
def running_cluster() -> Generator[Cluster]:
    """PostgreSQL, started and migrated."""
    with data_folder() as folder, Postgres.start(folder / "postgres", free_port(), durable=False) as postgres:
        asyncio.run(migrate_all(postgres.url(), PASSWORDS))
        yield Cluster(postgres.port, str(urlsplit(postgres.url()).password), postgres.socket_folder)


@contextmanager
def running_nats() -> Generator[Nats]:
    """A broker with nothing in it."""
    with data_folder() as folder, Nats.start(folder / "nats", free_port(), durable=False) as nats:
        yield nats


@asynccontextmanager
async def lifespan(app: ASGIApp) -> AsyncGenerator[ASGIApp]:
    """What a server does around an application: tell it to start, and in the end to stop, and wait for both."""
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    outgoing: asyncio.Queue[Message] = asyncio.Queue()
    task = asyncio.ensure_future(app({"type": "lifespan", "asgi": {"version": "3.0"}}, incoming.get, outgoing.put))

    async def say(step: str) -> None:
        await incoming.put({"type": f"lifespan.{step}"})
        answer = await outgoing.get()
        if answer["type"] != f"lifespan.{step}.complete":
            raise RuntimeError(answer.get("message", f"{step} failed"))

    await say("startup")
    try:
        yield app
    finally:
        await say("shutdown")
        await task


class Listener(uvicorn.Server):
    """Leaves signals to the test run, and tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@dataclass(frozen=True, slots=True)
class World:
    """One process's share: its database, its broker, and the services that run on them in this process."""

    cluster: Cluster
    database: str
    nats_url: str
    apps: Mapping[str, ASGIApp]
    doors: Mapping[str, socket.socket] = field(default_factory=dict[str, socket.socket])
    """Where roadmap asks the others. Bound, and closed to everybody until `open_doors`."""

    @property
    def admin_url(self) -> str:
        """The database as its superuser, whom row security does not bind."""
        return self.cluster.url(self.database)

    def role_url(self, service: str) -> str:
        """The database as a service's role."""
        return self.cluster.url(self.database, f"cairn_{service}")

    def settings(self, service: str, **others: Any) -> Settings:
        """What a service is started with."""
        given = {
            "database_url": self.cluster.near_url(self.database, f"cairn_{service}"),
            "nats_url": self.nats_url,
            "embeddings": False,  # every text of every test would be encoded
            "key_pepper": PEPPER,
            "sealing_key": SEALING_KEY,
            "public_url": f"https://{service}.test",
            **{f"{name}_url": f"http://127.0.0.1:{door.getsockname()[1]}" for name, door in self.doors.items()},
        }
        return Settings.model_validate(given | others)

    @classmethod
    @asynccontextmanager
    async def running(cls, cluster: Cluster, database: str, nats_url: str) -> AsyncGenerator[Self]:
        """Every service, as API and worker in one, on a clone of the template."""
        await cluster.clone(database)
        apps: dict[str, ASGIApp] = {}
        async with contextlib.AsyncExitStack() as stack:
            doors = {name: stack.enter_context(socket.socket()) for name in ("feedback", "scoring")}
            for door in doors.values():
                door.bind(("127.0.0.1", 0))
            world = cls(cluster, database, nats_url, apps, doors)
            for service in SERVICES:
                module = importlib.import_module(f"services.{service}.app")
                app = module.create_app(world.settings(service))
                apps[service] = await stack.enter_async_context(lifespan(app))
            yield world

    @asynccontextmanager
    async def open_doors(self) -> AsyncGenerator[None]:
        """Feedback and scoring on real sockets, for roadmap to ask. Opened once: a closed door stays closed."""
        servers = {
            name: Listener(
                uvicorn.Config(
                    self.apps[name],
                    lifespan="off",
                    http=Protocol,
                    proxy_headers=False,
                    access_log=False,
                    log_config=None,
                )
            )
            for name in self.doors
        }
        serving = [asyncio.ensure_future(server.serve([self.doors[name]])) for name, server in servers.items()]
        for server in servers.values():
            await server.listens.wait()
        try:
            yield
        finally:
            for server in servers.values():
                server.should_exit = True
            await asyncio.gather(*serving)
