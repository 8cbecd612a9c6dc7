"""The outermost ASGI layer, and the only middleware: ids, limits, metrics, and problems for whatever escapes.

Ingest routes are served from here directly: at thousands of requests a second the framework's own layers would cost
more than the work.
"""

import logging
import re
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Problem, TooLarge
from shared.problems import problem_of, render
from shared.routes import Answered, IngestRoute
from shared.runtime import Runtime
from shared.telemetry import accepted_traceparent, new_traceparent, request_id, traceparent

_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._-]{1,64}$")

log = logging.getLogger("cairn.http")


class Edge:
    """Wraps a service's application.

    `direct` maps method and path to ingest routes, which need nothing else in between; a trailing parameter stands as
    `{}`. `limits` raises the body limit of single paths. A body is counted as it arrives, so a chunked one cannot slip
    past its limit.
    """

    def __init__(
        self, app: ASGIApp, runtime: Runtime, direct: Mapping[tuple[str, str], IngestRoute], limits: Mapping[str, int]
    ) -> None:
        self._app = app
        self._runtime = runtime
        self._direct = direct
        self._limits = limits
        # A look-up by labels costs microseconds each time; the children are few and stay.
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        scope["cairn.headers"] = headers
        scope["runtime"] = self._runtime
        parent = headers.get(b"traceparent")
        trace = accepted_traceparent(parent.decode("latin-1")) if parent else new_traceparent()
        given = headers.get(b"x-request-id")
        # One identity for both, unless the caller brings one of its own.
        identity = given.decode() if given and _REQUEST_ID.match(given) else trace[3:35]
        traces, ids = traceparent.set(trace), request_id.set(identity)
        path: str = scope["path"]
        method: str = scope["method"]
        limit = self._limits.get(path) or self._runtime.settings.body_limit
        named = (b"x-request-id", identity.encode())
        route, tail, template = self._direct.get((method, path)), "", path
        if route is None:
            head, _, tail = path.rpartition("/")
            template = f"{head}/{{}}"
            route = self._direct.get((method, template)) if tail else None
        status = 0
        try:
            declared = headers.get(b"content-length")
            if declared and not (declared.isdigit() and int(declared) <= limit):
                raise _too_large(limit)
            if route is not None:
                answered = await self._ingest(route, scope, receive, tail, limit)
                status = answered.status
                answered.headers.append(named)
                await send({"type": "http.response.start", "status": status, "headers": answered.headers})
                await send({"type": "http.response.body", "body": answered.body})
            else:
                status = await self._pass(scope, receive, send, limit, named)
        except ClientDisconnect:
            log.info("the caller went away", extra={"path": path})
        except Exception as error:
            problem = problem_of(error)
            if problem.status == Problem.status:
                log.exception("unhandled", extra={"path": path})
            status, refusal, body = render(problem)
            if not scope.get("cairn.started"):
                await send({"type": "http.response.start", "status": status, "headers": [*refusal, named]})
                await send({"type": "http.response.body", "body": body})
        finally:
            if route is None:
                template = _template(scope)
            seconds = time.perf_counter() - began
            self._count(method, template, status, seconds)
            # Accepted ingest is counted, not narrated: a line for each would cost as much as the work.
            if route is None or status >= 400:
                log.log(
                    logging.INFO if status < 500 else logging.ERROR,
                    "request",
                    extra={"method": method, "route": template, "status": status, "ms": round(seconds * 1000, 1)},
                )
            traceparent.reset(traces)
            request_id.reset(ids)

    async def _ingest(self, route: IngestRoute, scope: Scope, receive: Receive, tail: str, limit: int) -> Answered:
        body = await _whole(receive, limit)
        if query := scope["query_string"]:
            # Under a name that no header can have.
            scope["cairn.headers"][b":query"] = query
        tracer = self._runtime.tracer
        if not tracer.on:
            return await route.answer(self._runtime, scope["cairn.headers"], body, scope["path"], tail)
        with tracer.span(f"{scope['method']} {route.path}", SpanKind.SERVER, traceparent.get()):
            return await route.answer(self._runtime, scope["cairn.headers"], body, scope["path"], tail)

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

    def _count(self, method: str, template: str, status: int, seconds: float) -> None:
        held = self._counted.get((method, template, status))
        if held is None:
            metrics = self._runtime.metrics
            held = metrics.requests.labels(method, template, str(status)), metrics.request_seconds.labels(template)
            self._counted[(method, template, status)] = held
        requests, histogram = held
        requests.inc()
        histogram.observe(seconds)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body may have {limit} bytes.", headers={"Connection": "close"})


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
