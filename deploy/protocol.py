"""How a service speaks HTTP: uvicorn's protocol, with a short way for the hot writes and its writes gathered.

A request that `Edge.direct` serves gets no scope, no task and no ASGI messages: `_Shortcut` stands where uvicorn has
its cycle, collects the body and writes the answer. uvicorn still parses, keeps the order of pipelined requests,
times idle connections out and ends them when the server stops.
"""

import asyncio
import re
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.direct import Call, Direct, Found, Reply, identities
from shared.edge import Edge

_OFFER = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class _Gathered:
    """A transport that sends what was written in one turn of the loop with one system call.

    uvicorn writes an answer's head and body apart; a system call costs as much as validating a body.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def write_now(self, data: bytes) -> None:
        """For what is whole already."""
        if self._parts:
            self.write(data)
        else:
            self._transport.write(data)

    def _flush(self) -> None:
        if self._parts:
            data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts.clear()
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Event:
    """Nobody waits for a shortcut's body in parts."""

    def set(self) -> None:
        """uvicorn tells that more has come."""


_NOBODY_WAITS = _Event()


class _Shortcut:
    """One request that is served directly. Has what uvicorn's protocol asks its `cycle` for."""

    message_event = _NOBODY_WAITS

    def __init__(self, protocol: "Protocol", found: Found, path: str, headers: dict[bytes, bytes]) -> None:
        self.body = bytearray()
        self.more_body = True
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True
        self._protocol = protocol
        self._found = found
        self._path = path
        self._headers = headers

    def serve(self, direct: Direct) -> None:
        """The body is whole."""
        identified = identities(self._headers)
        call = Call(self._found, "POST", self._path, self._headers, bytes(self.body), *identified)
        direct.serve(call, self._answered)

    def _answered(self, reply: Reply) -> None:
        self.response_complete = True
        if self.disconnected:
            return
        parts = [_STATUS_LINES[reply.status]]
        for name, value in self._protocol.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in reply.headers:
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n", reply.body) if self.keep_alive else (b"connection: close\r\n\r\n", reply.body)
        transport = cast("_Gathered", self._protocol.transport)
        transport.write_now(b"".join(parts))
        if not self.keep_alive:
            transport.close()
        self._protocol.on_shortcut_complete()


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 on httptools, over a gathering transport and with shortcuts."""

    _idle_since = 0.0
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        app = cast("object", self.app)  # pyright: ignore[reportUnknownMemberType]  # uvicorn leaves its type open
        self._edge = app if isinstance(app, Edge) else None
        super().connection_made(cast("asyncio.Transport", _Gathered(transport, self.loop)))

    def data_received(self, data: bytes) -> None:
        # Of a request that offers another protocol the parser takes the body for that one's. Clients that would like
        # HTTP/2 (Java's, by default) send one all the same, and whoever knows no other is to pass the offer over.
        if (b"pgrade:" in data or b"PGRADE:" in data) and not (self.cycle and not self.cycle.response_complete):
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _OFFER.sub(b"\r\nx-upgrade:", head) + end + rest
        super().data_received(data)

    def on_headers_complete(self) -> None:
        shortcut = self._shortcut()
        if shortcut is None:
            super().on_headers_complete()
        else:
            self.cycle = cast("Any", shortcut)

    def _shortcut(self) -> _Shortcut | None:
        """For a plain POST with a body of known length on an idle connection; uvicorn's own way for all else."""
        edge, parser = self._edge, self.parser
        if edge is None or parser is None or parser.get_method() != b"POST" or self.expect_100_continue:
            return None
        if self.cycle and not self.cycle.response_complete:
            return None
        if edge.direct.runtime.tracer.on:
            # The span is made around the application.
            return None
        if b"?" in self.url or b"%" in self.url:
            return None
        path = self.url.decode("latin-1")
        found = edge.direct.find("POST", path)
        if found is None or parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return None
        headers = dict(self.headers)
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or int(length) > found.limit or b"transfer-encoding" in headers:
            return None
        return _Shortcut(self, found, path, headers)

    def on_shortcut_complete(self) -> None:
        """What uvicorn does after a response, without a timer for each: one a connection looks now and then."""
        if self.pipeline or self.transport.is_closing():
            self.on_response_complete()
            return
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self._watch is None:
            self._watch = self.loop.call_later(self.timeout_keep_alive, self._look)

    def _look(self) -> None:
        """Close the connection when the last answer, a shortcut's, is too long ago."""
        self._watch = None
        if self.transport.is_closing() or self.timeout_keep_alive_task is not None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0 or not self.cycle.response_complete:
            self._watch = self.loop.call_later(max(left, 1.0), self._look)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def on_body(self, body: bytes) -> None:
        cycle: object = self.cycle
        if isinstance(cycle, _Shortcut) and not cycle.response_complete:
            # uvicorn stops reading at 64 KiB until somebody takes them: here all of it is taken at once, at its end,
            # and no more comes than was announced, which is within the limit.
            cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        # Typed by what uvicorn puts there; of ours it is while a shortcut is under way.
        cycle: object = self.cycle
        if self._edge is not None and isinstance(cycle, _Shortcut) and not cycle.response_complete:
            cycle.serve(self._edge.direct)
