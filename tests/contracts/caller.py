"""Requests as a server hands them to an application: no client tidies them up, and none has to be paid for."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Of headers that come twice, the last."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.content)


async def call(app: ASGIApp, method: str, target: str, content: bytes = b"", headers: Headers = ()) -> Answer:
    """Send one request. `target` is a path and a query, escaped as it goes over the wire, and wrongly where meant."""
    path, _, query = target.partition("?")
    given = {name.lower() for name, _ in headers}
    usual = [(b"host", b"cairn.test"), (b"content-length", str(len(content)).encode())]
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [each for each in usual if each[0] not in given] + [(name.lower(), text) for name, text in headers],
        "client": ("127.0.0.1", 123),
        "server": ("cairn.test", 443),
    }
    sent: list[Message] = []
    incoming: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        if incoming:
            return incoming.pop()
        # A caller who stays for the answer.
        return await asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *bodies = sent
    told = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in start["headers"]}
    return Answer(start["status"], told, b"".join(body.get("body", b"") for body in bodies))
