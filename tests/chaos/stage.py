"""What is broken on purpose: PostgreSQL, NATS and the services as processes, a proxy on every line between them."""

import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from deploy.child import Child, until
from deploy.infra import Nats, Postgres, nats_url, postgres_url
from deploy.ports import free_port
from deploy.schemas import migrate_all
from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database
from tests.chaos.background import Background
from tests.chaos.proxy import Proxy
from tests.servers import PASSWORDS, PEPPER, SEALING_KEY

PRODUCT = ("deploy.run",)
"""The module that starts a service as it is shipped."""

STOP_SECONDS = 15.0
"""What a supervisor gives a service to end in order."""


class Replica:
    """One process of a service, whose lines to PostgreSQL and NATS are its own."""

    def __init__(self, name: str, service: str, role: str, stage: "Stage", module: Sequence[str]) -> None:
        self.name = name
        self.service = service
        self.serves = role != "worker"
        self.postgres, self.nats = Proxy(stage.postgres.port), Proxy(stage.nats.port)
        for proxy in (self.postgres, self.nats):
            stage.background.run(proxy.open())
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        database_role = f"cairn_{service}"
        self._child = Child(
            name,
            [sys.executable, "-m", *module, service, "--role", role, "--port", str(self._port)],
            pid_file=stage.folder / f"{name}.pid",
            log=stage.folder / f"{name}.log",
            environment={
                **os.environ,
                "CAIRN_DATABASE_URL": postgres_url(self.postgres.port, database_role, PASSWORDS[database_role]),
                "CAIRN_NATS_URL": nats_url(self.nats.port, urlsplit(stage.nats.url).password or ""),
                "CAIRN_KEY_PEPPER": PEPPER,
                "CAIRN_SEALING_KEY": SEALING_KEY,
                "CAIRN_PUBLIC_URL": self.url,
            },
        )

    def launch(self) -> None:
        """Start it, without waiting."""
        self._child.start()

    def await_ready(self) -> None:
        """Return when it says that it can do its work."""
        self._child.await_ready(self._ready, seconds=60)

    def kill(self) -> None:
        """End it as a crash would."""
        self._child.kill()

    def ask_to_stop(self) -> None:
        """Ask it to end in order, without waiting."""
        self._child.ask_to_stop()

    @property
    def running(self) -> bool:
        return self._child.running

    def _ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (HTTPException, OSError):
            return False
        finally:
            connection.close()


class Stage:
    """The servers, the replicas, and a workspace with a key. Nothing of it outlives the `with` block."""

    def __init__(self, folder: Path, background: Background) -> None:
        self.folder = folder
        self.background = background
        self.replicas: dict[str, Replica] = {}
        self.postgres = Postgres(folder / "postgres", free_port())
        self.nats = Nats(folder / "nats", free_port())
        self.admin = Database(self.postgres.url(), "access", size=4, application="chaos")
        self.workspace_id: UUID
        self.key: str

    def __enter__(self) -> Self:
        try:
            self.postgres.launch()
            self.nats.launch()
            self.background.run(self._furnish())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _furnish(self) -> None:
        await migrate_all(self.postgres.url(), PASSWORDS)
        await self.admin.open()
        async with self.admin.system() as tx:
            self.workspace_id = await registry.create_workspace(tx, f"chaos-{secrets.token_hex(3)}", "Chaos", "EUR")
            _, self.key = await registry.create_key(tx, PEPPER, self.workspace_id, "chaos", SCOPES)

    def add(self, name: str, service: str, role: str, module: Sequence[str] = PRODUCT) -> Replica:
        """Start one more process; `await_ready` tells when all can do their work."""
        replica = self.replicas[name] = Replica(name, service, role, self, module)
        replica.launch()
        return replica

    def await_ready(self) -> None:
        """Return when every replica is ready."""
        for replica in self.replicas.values():
            replica.await_ready()

    def dismiss(self, *names: str) -> None:
        """End replicas for good."""
        for name in names:
            replica = self.replicas.pop(name)
            replica.kill()
            for proxy in (replica.postgres, replica.nats):
                self.background.run(proxy.close())

    def stop_in_the_dark(self) -> float | None:
        """Seconds that the replicas take to end in order when both servers are gone; None when one does not."""
        self.nats.kill()
        self.postgres.kill()
        began = time.monotonic()
        for replica in self.replicas.values():
            replica.ask_to_stop()
        ended = until(lambda: not any(each.running for each in self.replicas.values()), STOP_SECONDS * 2)
        return time.monotonic() - began if ended else None

    def urls(self, service: str) -> list[str]:
        """Where a service answers requests."""
        return [each.url for each in self.replicas.values() if each.service == service and each.serves]

    def proxies(self, server: str) -> Iterator[Proxy]:
        """Every line to `postgres` or `nats`."""
        for replica in self.replicas.values():
            yield replica.postgres if server == "postgres" else replica.nats

    def close(self) -> None:
        """End all of it."""
        self.dismiss(*self.replicas)
        self.background.run(self.admin.close())
        self.nats.stop()
        self.postgres.stop()
