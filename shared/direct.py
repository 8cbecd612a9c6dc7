"""The hot writes, served with nothing in between: from whole bytes to an answer by one callback.

At thousands of requests a second a task, a scope and the framework's layers for each would cost more than the work.
What is known from memory is decided at once; then the request waits for its batch's commit, and only its
callback waits with it.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from prometheus_client import Counter, Histogram

from shared.access.keys import Caller
from shared.errors import Problem, Unavailable
from shared.problems import problem_of, render
from shared.routes import Answer, IngestRoute, identify, remembered
from shared.runtime import Runtime
from shared.telemetry import known_traceparent, new_traceparent, request_id, traceparent

_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._-]{1,64}$")
_JSON = (b"content-type", b"application/json")

log = logging.getLogger("cairn.http")


class Reply(NamedTuple):
    """An answer with its headers, ready to be sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Found(NamedTuple):
    """The ingest route of a request."""

    route: IngestRoute
    template: str
    tail: str
    """The last part of a path that ends in a parameter, else empty."""
    limit: int
    """Bytes that a body may have."""


def parent_of(headers: Mapping[bytes, bytes]) -> str:
    """The caller's traceparent where it is well formed, else nothing."""
    given = headers.get(b"traceparent")
    return known_traceparent(given.decode("latin-1")) if given else ""


def identity_of(headers: Mapping[bytes, bytes], trace: str) -> str:
    """The caller's own id of a request where it is well formed, else the trace's."""
    given = headers.get(b"x-request-id")
    return given.decode() if given and _REQUEST_ID.match(given) else trace[3:35]


def identities(headers: Mapping[bytes, bytes]) -> tuple[str, str]:
    """The traceparent and the id of a request that nobody traces here."""
    trace = parent_of(headers) or new_traceparent()
    return trace, identity_of(headers, trace)


class Counts:
    """Requests answered and the time that they took, by route and status."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._metrics = runtime.metrics
        # A look-up by labels costs microseconds each time; the children are few and stay.
        self._held: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def note(self, method: str, template: str, status: int, seconds: float, *, told: bool) -> None:
        """Count one, and write its line to the log when `told`."""
        held = self._held.get((method, template, status))
        if held is None:
            counter = self._metrics.requests.labels(method, template, str(status))
            held = self._held[(method, template, status)] = counter, self._metrics.request_seconds.labels(template)
        requests, histogram = held
        self._runtime.served += 1
        requests.inc()
        histogram.observe(seconds)
        if told:
            log.log(
                logging.INFO if status < 500 else logging.ERROR,
                "request",
                extra={"method": method, "route": template, "status": status, "ms": round(seconds * 1000, 1)},
            )


def refusal(error: Exception, template: str) -> Reply:
    """What an exception is answered with; an unexpected one is logged."""
    problem = problem_of(error)
    if problem.status == Problem.status:
        log.error("unhandled", exc_info=error, extra={"route": template})
    return Reply(*render(problem))


class Direct:
    """A service's ingest routes, by method and path; a trailing parameter stands as `{}`.

    `limits` raises the body limit of single paths, in which one parameter stands as `{}`.
    """

    def __init__(
        self, runtime: Runtime, routes: Mapping[tuple[str, str], IngestRoute], limits: Mapping[str, int], counts: Counts
    ) -> None:
        self.runtime = runtime
        self.counts = counts
        self._routes = routes
        self._limits = limits
        self._patterns = [(*path.split("{}"), limit) for path, limit in limits.items() if "{}" in path]

    def limit(self, path: str) -> int:
        """Bytes that a body to this path may have."""
        limit = self._limits.get(path)
        if limit is not None:
            return limit
        for head, tail, raised in self._patterns:
            if path.startswith(head) and path.endswith(tail):
                return raised
        return self.runtime.settings.body_limit

    def find(self, method: str, path: str) -> Found | None:
        """The ingest route that serves this, if one does."""
        route = self._routes.get((method, path))
        if route is not None:
            return Found(route, path, "", self.limit(path))
        head, _, tail = path.rpartition("/")
        template = f"{head}/{{}}"
        route = self._routes.get((method, template)) if tail else None
        return Found(route, template, tail, self.limit(path)) if route is not None else None

    def serve(self, call: "Call", answered: Callable[[Reply], object]) -> None:
        """Answer one request through `answered`: now, or when its batch is committed. Raises nothing."""
        call.begin(self, answered)


class Call:
    """One request on its way."""

    __slots__ = (
        "_answered", "_began", "_body", "_caller", "_direct", "_found", "_headers", "_identity", "_method", "_path",
        "_trace",
    )  # fmt: skip

    def __init__(
        self, found: Found, method: str, path: str, headers: dict[bytes, bytes], body: bytes, trace: str, identity: str
    ) -> None:
        self._found = found
        self._method = method
        self._path = path
        self._headers = headers
        self._body = body
        self._trace = trace
        self._identity = identity
        self._caller: Caller | None = None

    def begin(self, direct: Direct, answered: Callable[[Reply], object]) -> None:
        """Decide what can be decided now, and have `_done` called with the rest."""
        self._direct = direct
        self._answered = answered
        self._began = time.perf_counter()
        traces, ids = traceparent.set(self._trace), request_id.set(self._identity)
        try:
            try:
                pending = self._start()
            except Exception as error:  # noqa: BLE001  # every kind becomes a problem
                self._reply(refusal(error, self._found.template))
                return
            if isinstance(pending, Answer):
                self._reply(self._accepted(pending))
            else:
                asyncio.ensure_future(pending).add_done_callback(self._done)
        finally:
            traceparent.reset(traces)
            request_id.reset(ids)

    def _start(self) -> Answer | Awaitable[Answer]:
        if self._found.route.scopes:
            self._caller = remembered(self._direct.runtime, self._headers)
            if self._caller is None:
                return self._identified()
        return self._hand_over()

    async def _identified(self) -> Answer:
        """With a key that is not remembered."""
        self._caller = await identify(self._direct.runtime, self._headers)
        pending = self._hand_over()
        return pending if isinstance(pending, Answer) else await pending

    def _hand_over(self) -> Answer | Awaitable[Answer]:
        runtime, caller = self._direct.runtime, self._caller
        if caller is not None:
            runtime.limits.spend(caller)
        return self._found.route.begin(runtime, caller, self._headers, self._body, self._path, self._found.tail)

    def _done(self, future: "asyncio.Future[Answer]") -> None:
        try:
            reply = self._accepted(future.result())
        except asyncio.CancelledError:
            reply = refusal(Unavailable("The service is stopping."), self._found.template)
        except Exception as error:  # noqa: BLE001  # every kind becomes a problem
            reply = refusal(error, self._found.template)
        self._reply(reply)

    def _accepted(self, answer: Answer) -> Reply:
        headers = [_JSON, (b"content-length", b"%d" % len(answer.body))]
        if answer.replayed:
            headers.append((b"idempotency-replayed", b"true"))
        if self._caller is not None:
            headers += self._direct.runtime.limits.raw_headers(self._caller)
        return Reply(answer.status, headers, answer.body)

    def _reply(self, reply: Reply) -> None:
        reply.headers.append((b"x-request-id", self._identity.encode()))
        seconds = time.perf_counter() - self._began
        # What is accepted is counted, not narrated: a line for each would cost as much as the work.
        self._direct.counts.note(self._method, self._found.template, reply.status, seconds, told=reply.status >= 400)
        self._answered(reply)
