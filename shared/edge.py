"""The outermost ASGI layer, and the only middleware: ids, limits, metrics, and problems for whatever escapes.

Ingest routes are served from here directly. `deploy/protocol.py` finds them by `Edge.direct` before there is a scope;
under any other server they come through ASGI to the same place.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import SpanKind
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.direct import Counts, Direct, Found, Reply, identities, log, refusal
from shared.errors import TooLarge
from shared.routes import IngestRoute
from shared.runtime import Runtime
from shared.telemetry import request_id, traceparent


class Edge:
    """Wraps a service's application.

    `routes` and `limits` are those of `Direct`. A body is counted as it arrives, so a chunked one cannot slip past its
    limit.
    """

    def __init__(
        self, app: ASGIApp, runtime: Runtime, routes: Mapping[tuple[str, str], IngestRoute], limits: Mapping[str, int]
    ) -> None:
        self._app = app
        self._runtime = runtime
        self._counts = Counts(runtime)
        self.direct = Direct(runtime, routes, limits, self._counts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        scope["cairn.headers"] = headers
        scope["runtime"] = self._runtime
        trace, identity = identities(headers)
        traces, ids = traceparent.set(trace), request_id.set(identity)
        method, path = scope["method"], scope["path"]
        limit = self.direct.limit(path)
        named = (b"x-request-id", identity.encode())
        counted = False
        status = 0
        try:
            declared = headers.get(b"content-length")
            if declared and not (declared.isdigit() and int(declared) <= limit):
                raise _too_large(limit)
            found = self.direct.find(method, path)
            if found is None:
                status = await self._pass(scope, receive, send, limit, named)
            else:
                body = await _whole(receive, limit)
                counted = True
                await _send(send, await self._ingest(found, method, path, headers, body))
        except ClientDisconnect:
            log.info("the caller went away", extra={"path": path})
        except Exception as error:  # noqa: BLE001  # every kind becomes a problem
            reply = refusal(error, path)
            status = reply.status
            reply.headers.append(named)
            if not scope.get("cairn.started"):
                await _send(send, reply)
        finally:
            if not counted:
                self._counts.note(method, _template(scope), status, time.perf_counter() - began, told=True)
            traceparent.reset(traces)
            request_id.reset(ids)

    async def _ingest(self, found: Found, method: str, path: str, headers: dict[bytes, bytes], body: bytes) -> Reply:
        replied: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def answered(reply: Reply) -> None:
            if not replied.done():
                replied.set_result(reply)

        self.direct.serve(found, method, path, headers, body, answered)
        return await replied

    async def _pass(self, scope: Scope, receive: Receive, send: Send, limit: int, named: tuple[bytes, bytes]) -> int:
        """Through the framework, counting the body on its way in and naming the answer on its way out."""
        status = counted = 0

        async def receive_counted() -> Message:
            nonlocal counted
            message = await receive()
            if message["type"] == "http.request":
                counted += len(message.get("body", b""))
                if counted > limit:
                    raise _too_large(limit)
            return message

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                scope["cairn.started"] = True
                message["headers"] = [*message["headers"], named]
            await send(message)

        try:
            if self._runtime.tracer.on:
                name = f"{scope['method']} {scope['path']}"
                with self._runtime.tracer.span(name, SpanKind.SERVER, traceparent.get()):
                    await self._app(scope, receive_counted, send_named)
            else:
                await self._app(scope, receive_counted, send_named)
        except Exception:
            # The framework answers with a problem first and raises then; that was logged where it was answered.
            if not status:
                raise
        return status

def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body may have {limit} bytes.", headers={"Connection": "close"})


async def _send(send: Send, reply: Reply) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _whole(receive: Receive, limit: int) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _template(scope: Mapping[str, Any]) -> str:
    """The route's template: a label must not grow with ids, tokens or whatever paths callers invent."""
    return getattr(scope.get("route"), "path", "unknown")
