"""Cairn over HTTP, as somebody outside meets it: nothing here knows more than the published API says."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self, TypeVar

from httpx2 import AsyncClient, HTTPError, Limits, Response

from deploy import SERVICES
from deploy.child import Failed

T = TypeVar("T")

SCORING = frozenset({"models", "estimates", "scores", "rankings"})
ROADMAP = frozenset({"items", "views"})
PAUSE_SECONDS = 0.02


class Unexpected(Failed):
    """Cairn answered something else than it should."""


def check(holds: object, otherwise: str) -> None:
    """Raise Unexpected unless it holds."""
    if not holds:
        raise Unexpected(otherwise)


async def eventually(look: Callable[[], Awaitable[T]], what: str, *, within: float = 30) -> T:
    """Look until something true is found and return that: for what follows an answer by itself.

    Raises Unexpected, naming `what` was waited for, after `within` seconds.
    """
    deadline = time.monotonic() + within
    while not (found := await look()):
        check(time.monotonic() < deadline, f"After {within:.0f} s still not: {what}. At last: {found!r}")
        await asyncio.sleep(PAUSE_SECONDS)
    return found


class Caller:
    """The three services and one key. Paths alone tell which service is meant: no two have one in common."""

    def __init__(self, clients: Mapping[str, AsyncClient], key: str) -> None:
        """`clients` by service; the key goes along with every request that is not anonymous."""
        self._clients = clients
        self._authorization = {"Authorization": f"Bearer {key}"}

    @classmethod
    @asynccontextmanager
    async def to(cls, urls: Mapping[str, str], key: str) -> AsyncGenerator[Self]:
        """A caller of the services at `urls`, by service."""
        async with AsyncExitStack() as opened:
            clients: dict[str, AsyncClient] = {}
            for service in SERVICES:
                # A proxy in the environment is for the world outside, not for this machine.
                direct = "://127.0.0.1:" in urls[service] or "://localhost:" in urls[service]
                client = AsyncClient(
                    base_url=urls[service],
                    timeout=60,
                    trust_env=not direct,
                    limits=Limits(max_connections=64, max_keepalive_connections=64),
                )
                clients[service] = await opened.enter_async_context(client)
            yield cls(clients, key)

    async def send(
        self, method: str, path: str, *expected: int, anonymous: bool = False, once: str = "", **request: Any
    ) -> Response:
        """Ask and return the answer, or raise Unexpected unless its status is one of `expected`.

        `once` is the Idempotency-Key; `request` is what httpx takes: `json`, `content`, `headers`, `params`.
        """
        headers = {**({} if anonymous else self._authorization), **request.pop("headers", {})}
        if once:
            headers["Idempotency-Key"] = once
        client = self._clients[_service(path)]
        try:
            answer = await client.request(method, path, headers=headers, **request)
        except HTTPError as error:
            raise Unexpected(f"{method} {client.base_url.join(path)}: {error!r}") from error
        if answer.status_code not in expected:
            wanted = " or ".join(map(str, expected))
            raise Unexpected(f"{method} {answer.url} answered {answer.status_code}, not {wanted}:\n{answer.text[:800]}")
        return answer

    async def get(self, path: str, **params: Any) -> Any:
        """What is there."""
        return (await self.send("GET", path, 200, params=params)).json()

    async def post(self, path: str, body: Any, *expected: int, once: str = "") -> Any:
        """What became of it; 200 and 201 are expected unless others are named."""
        return (await self.send("POST", path, *(expected or (200, 201)), json=body, once=once)).json()

    async def bulk(self, path: str, rows: list[dict[str, Any]]) -> Any:
        """What became of many rows, sent as newline-delimited JSON."""
        content = b"\n".join(json.dumps(row).encode() for row in rows)
        answer = await self.send("POST", path, 200, content=content, headers={"Content-Type": "application/x-ndjson"})
        return answer.json()

    async def everything(self, path: str, **params: Any) -> list[Any]:
        """A whole list, page after page."""
        found: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(path, **params, **cursor, limit=200)
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}


def _service(path: str) -> str:
    area, name = path.split("/", 3)[1:3]
    if area == "p" or name in ROADMAP:
        return "roadmap"
    return "scoring" if name in SCORING else "feedback"
