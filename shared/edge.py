"""The outermost ASGI layer, and the only middleware: ids, limits, metrics, and problems for whatever escapes.

Ingest routes are served from here directly: at thousands of requests a second the framework's own layers would cost
more than the work.
"""

import logging
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import SpanKind
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Problem, TooLarge
from shared.problems import problem_of, render
from shared.runtime import Runtime
from shared.telemetry import accepted_traceparent, new_traceparent, request_id, traceparent

_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._-]{1,64}$")

log = logging.getLogger("cairn.http")


class Edge:
    """Wraps a service's application.

    `direct` maps method and path to routes that need nothing else in between; `limits` raises the body limit of single
    paths. A body is counted as it arrives, so a chunked one cannot slip past its limit.
    """

    def __init__(
        self, app: ASGIApp, runtime: Runtime, direct: Mapping[tuple[str, str], ASGIApp], limits: Mapping[str, int]
    ) -> None:
        self._app = app
        self._runtime = runtime
        self._direct = direct
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        runtime = self._runtime
        scope["runtime"] = runtime
        headers: dict[bytes, bytes] = dict(scope["headers"])
        scope["cairn.headers"] = headers
        given = headers.get(b"x-request-id", b"")
        identity = given.decode() if _REQUEST_ID.match(given) else os.urandom(12).hex()
        parent = headers.get(b"traceparent")
        ids = request_id.set(identity)
        traces = traceparent.set(accepted_traceparent(parent.decode("latin-1")) if parent else new_traceparent())
        path: str = scope["path"]
        method: str = scope["method"]
        status = 0
        counted = 0
        limit = self._limits.get(path, runtime.settings.body_limit)

        async def receive_counted() -> Message:
            nonlocal counted
            message = await receive()
            if message["type"] == "http.request":
                counted += len(message.get("body", b""))
                if counted > limit:
                    raise TooLarge(f"The body may have {limit} bytes.", headers={"Connection": "close"})
            return message

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", identity.encode())]
            await send(message)

        # Routed by the framework under its template, or straight from here under the path's own.
        app = self._direct.get((method, path))
        if app is None:
            head, _, tail = path.rpartition("/")
            app = self._direct.get((method, f"{head}/{{}}")) if tail else None
            if app is not None:
                scope["cairn.tail"] = tail
        try:
            declared = headers.get(b"content-length", b"0")
            if not declared.isdigit() or int(declared) > limit:
                raise TooLarge(f"The body may have {limit} bytes.", headers={"Connection": "close"})
            if runtime.tracer.on:
                with runtime.tracer.span(f"{method} {path}", SpanKind.SERVER, traceparent.get()):
                    await (app or self._app)(scope, receive_counted, send_named)
            else:
                await (app or self._app)(scope, receive_counted, send_named)
        except ClientDisconnect:
            log.info("the caller went away", extra={"path": path})
        except Exception as error:
            problem = problem_of(error)
            if problem.status == Problem.status and not status:
                log.exception("unhandled", extra={"path": path})
            if not status:
                await _refuse(send_named, problem)
        finally:
            route = _template(scope, path, app is not None)
            seconds = time.perf_counter() - began
            runtime.metrics.requests.labels(method, route, str(status)).inc()
            runtime.metrics.request_seconds.labels(route).observe(seconds)
            # Accepted ingest is counted, not narrated: a line for each would cost as much as the work.
            if app is None or status >= 400:
                log.log(
                    logging.INFO if status < 500 else logging.ERROR,
                    "request",
                    extra={"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)},
                )
            traceparent.reset(traces)
            request_id.reset(ids)


async def _refuse(send: Send, problem: Problem) -> None:
    status, headers, body = render(problem)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _template(scope: Mapping[str, Any], path: str, direct: bool) -> str:
    """The route's template: a label must not grow with ids, tokens or whatever paths callers invent."""
    if direct:
        return f"{path.rpartition('/')[0]}/{{}}" if "cairn.tail" in scope else path
    route = scope.get("route")
    return getattr(route, "path", "unknown")
