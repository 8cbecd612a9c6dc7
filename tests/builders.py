"""What tests are written with: a workspace with clients, and a way to await what happens by itself."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from httpx2 import ASGITransport, AsyncClient, Response
from starlette.types import ASGIApp

from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database
from tests.servers import PEPPER

T = TypeVar("T")

_PAUSES = (0.01, 0.02, 0.05, 0.1)


async def eventually(check: Callable[[], Awaitable[T]], within: float = 30.0) -> T:
    """Try `check` until it returns something true, and return that: for what services do after their answer.

    A check that raises AssertionError is tried again too. Fails after `within` seconds with what it last said. This is
    the only place where a test waits.
    """
    deadline = time.monotonic() + within
    for pause in itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1])):
        last: object
        try:
            found = await check()
        except AssertionError as error:
            last = error
        else:
            if found:
                return found
            last = found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; at last: {last!r}")
        await asyncio.sleep(pause)
    raise AssertionError


async def _no_internal_error(response: Response) -> None:
    """A 500 fails the test that meets it, wherever that looks; its cause is in the captured log."""
    if response.status_code == 500:
        await response.aread()
        raise AssertionError(f"{response.request.method} {response.request.url} answered 500: {response.text}")


def client(app: ASGIApp, key: str | None, *, name: str = "cairn", strict: bool = True) -> AsyncClient:
    """An application over HTTP without a socket. Unless `strict` is off, a 500 fails the test."""
    return AsyncClient(
        transport=ASGITransport(app),
        base_url=f"https://{name}.test",
        headers={"Authorization": f"Bearer {key}"} if key else {},
        event_hooks={"response": [_no_internal_error] if strict else []},
    )


class Clients:
    """The three services as one caller reaches them. Without a key: anonymous."""

    def __init__(self, apps: Mapping[str, ASGIApp], key: str | None) -> None:
        self.key = key
        self.apps = apps
        self._clients: dict[str, AsyncClient] = {}

    @property
    def feedback(self) -> AsyncClient:
        return self.of("feedback")

    @property
    def scoring(self) -> AsyncClient:
        return self.of("scoring")

    @property
    def roadmap(self) -> AsyncClient:
        return self.of("roadmap")

    def of(self, service: str) -> AsyncClient:
        """The client for a service by its name."""
        if service not in self._clients:
            self._clients[service] = client(self.apps[service], self.key, name=service)
        return self._clients[service]

    async def close(self) -> None:
        for each in self._clients.values():
            await each.aclose()


class Api(Clients):
    """A new workspace, as the owner of a key with every scope reaches it."""

    def __init__(
        self, apps: Mapping[str, ASGIApp], admin: Database, workspace_id: UUID, slug: str, key: str, key_id: UUID
    ) -> None:
        super().__init__(apps, key)
        self.workspace_id = workspace_id
        self.slug = slug
        self.key_id = key_id
        self.admin = admin
        self._others: list[Clients] = []
        self.anonymous = self._keep(Clients(apps, None))

    async def another(
        self,
        scopes: Collection[str] = SCOPES,
        *,
        rate: int | None = None,
        expires_at: datetime | None = None,
    ) -> Clients:
        """Clients with a key of their own in this workspace. `rate` is in requests a second."""
        async with self.admin.system() as tx:
            _, key = await registry.create_key(
                tx, PEPPER, self.workspace_id, "another", scopes, rate=rate, expires_at=expires_at
            )
        return self._keep(Clients(self.apps, key))

    def _keep(self, clients: Clients) -> Clients:
        self._others.append(clients)
        return clients

    async def close(self) -> None:
        await super().close()
        for clients in self._others:
            await clients.close()


async def new_workspace(apps: Mapping[str, ASGIApp], admin: Database, *, currency: str = "USD") -> Api:
    """A workspace nobody else knows of."""
    slug = f"test-{uuid4().hex[:12]}"
    async with admin.system() as tx:
        workspace_id = await registry.create_workspace(tx, slug, "A test's", currency)
        row, key = await registry.create_key(tx, PEPPER, workspace_id, "test", SCOPES)
    return Api(apps, admin, workspace_id, slug, key, row.id)
