"""A vendor's API on a socket of its own, speaking the vendor's shape: what thin events are fetched from."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast


@dataclass
class Vendor:
    """What the server answers, by path without its query, and what it was asked."""

    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    """JSON, or `(status, headers, body)`, or a list of either, used up one by one; its last stays."""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(
        default_factory=list[tuple[str, str, dict[str, str], bytes]]
    )
    """Method, path with its query, headers, body."""
    url: str = ""

    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.asked.append((method, path, headers, body))
            answer: Any = self.answers.get(path.partition("?")[0], (404, {}, b"{}"))
            if isinstance(answer, list):
                several = cast("list[Any]", answer)
                answer = several.pop(0) if len(several) > 1 else several[0]
            whole = isinstance(answer, tuple)
            status, extra, content = cast(
                "tuple[int, dict[str, str], bytes]", answer if whole else (200, {}, json.dumps(answer).encode())
            )
            lines = [f"HTTP/1.1 {status} X", f"content-length: {len(content)}", "connection: close"]
            lines += [f"{name}: {value}" for name, value in extra.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + content)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client changed its mind
        finally:
            writer.close()


@asynccontextmanager
async def running_vendor() -> AsyncGenerator[Vendor]:
    """The server, on a free port of the loopback."""
    vendor = Vendor()
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
    vendor.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield vendor
    finally:
        server.close()
