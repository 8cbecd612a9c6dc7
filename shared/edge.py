"""The outermost ASGI layer, and the only middleware: ids, limits, metrics, and problems for whatever escapes.

Ingest routes are served from here directly. `deploy/protocol.py` finds them by `Edge.direct` before there is a scope;
under any other server they come through ASGI to the same place.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.access.origins import asked, granted, is_preflight
from shared.direct import Call, Counts, Direct, Reply, identities, identity_of, log, parent_of, refusal
from shared.errors import TooLarge
from shared.routes import IngestRoute
from shared.runtime import Runtime
from shared.telemetry import request_id, traceparent


class Edge:
    """Wraps a service's application.

    `routes` and `limits` are those of `Direct`; `pages` are beginnings of paths that pages of others may use. A body is
    counted as it arrives, so a chunked one cannot slip past its limit.
    """

    def __init__(
        self,
        app: ASGIApp,
        runtime: Runtime,
        routes: Mapping[tuple[str, str], IngestRoute],
        limits: Mapping[str, int],
        pages: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._pages = pages
        self._runtime = runtime
        self._counts = Counts(runtime)
        self.direct = Direct(runtime, routes, limits, self._counts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        scope["cairn.headers"] = headers
        scope["runtime"] = self._runtime
        tracer = self._runtime.tracer
        if not tracer.on:
            trace, identity = identities(headers)
            await self._serve(scope, receive, send, headers, trace, identity)
            return
        # Named when its route is known: a path holds ids, and some hold secrets.
        with tracer.span(scope["method"], SpanKind.SERVER, parent_of(headers)) as span:
            trace = traceparent.get()
            template, status = await self._serve(scope, receive, send, headers, trace, identity_of(headers, trace))
            span.update_name(f"{scope['method']} {template}")
            span.set_attributes(
                {"http.request.method": scope["method"], "http.route": template, "http.response.status_code": status}
            )
            if status >= 500:
                span.set_status(StatusCode.ERROR)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], trace: str, identity: str
    ) -> tuple[str, int]:
        """Answer one request as a part of this trace; return the template of its route and the status."""
        began = time.perf_counter()
        traces, ids = traceparent.set(trace), request_id.set(identity)
        method, path = scope["method"], scope["path"]
        limit = self.direct.limit(path)
        named = (b"x-request-id", identity.encode())
        found = self.direct.find(method, path)
        if method == "HEAD" and found is None:
            # Asked as GET, and without the body. The server's own scope stays as it is: it tells HEAD from GET by that.
            as_get: Scope = {**scope, "method": "GET"}
            scope, send, method = as_get, _without_body(send), "GET"
            found = self.direct.find(method, path)
        counted = False
        status = 0
        try:
            declared = headers.get(b"content-length")
            if declared and not (declared.isdigit() and int(declared) <= limit):
                raise _too_large(limit)
            if path.startswith(self._pages) and is_preflight(method, headers):
                status = 204
                await _send(send, Reply(status, [*asked(headers), named], b""))
            elif found is None:
                status = await self._pass(scope, receive, send, limit, named)
            else:
                if query := scope["query_string"]:
                    # Under a name that no header can have.
                    headers[b":query"] = query
                call = Call(found, method, path, headers, await _whole(receive, limit), trace, identity)
                counted = True
                reply = await self._ingest(call)
                status = reply.status
                await _send(send, reply)
        except ClientDisconnect:
            log.info("the caller went away", extra={"route": found.template if found else _template(scope)})
        except Exception as error:  # noqa: BLE001  # every kind becomes a problem
            reply = refusal(error, found.template if found else _template(scope))
            status = reply.status
            reply.headers.append(named)
            if not scope.get("cairn.started"):
                await _send(send, reply)
        finally:
            template = found.template if found else _template(scope)
            if not counted:
                self._counts.note(method, template, status, time.perf_counter() - began, told=True)
            traceparent.reset(traces)
            request_id.reset(ids)
        return template, status

    async def _ingest(self, call: Call) -> Reply:
        replied: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def answered(reply: Reply) -> None:
            if not replied.done():
                replied.set_result(reply)

        self.direct.serve(call, answered)
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
                message["headers"] = [
                    *message["headers"],
                    *granted(scope.get("cairn.caller"), scope["cairn.headers"]),
                    named,
                ]
            await send(message)

        try:
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


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send(message if message["type"] != "http.response.body" else {**message, "body": b""})

    return send_head


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
