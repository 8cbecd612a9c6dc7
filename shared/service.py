"""The one lifecycle: what every service does between its start and its end.

`api` serves requests, `worker` runs the relay, the readers and the jobs, `both` does both in one process. All three
serve `/healthz`, `/readyz` and `/metrics`.
"""

import asyncio
import functools
import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from prometheus_client import generate_latest
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from shared import chain, idempotency, openapi, problems
from shared.access.directory import Directory
from shared.access.limits import Limits
from shared.database import Database
from shared.edge import Edge
from shared.errors import Unavailable
from shared.lookout import Lookout
from shared.membership import Membership
from shared.outbox import Relay
from shared.outlines import Outlines
from shared.reader import Consumers, Reader
from shared.routes import IngestRoute
from shared.runtime import Runtime
from shared.sealing import Seal
from shared.settings import Settings
from shared.siblings import Siblings
from shared.stream.broker import Broker
from shared.telemetry import Metrics, Tracer

Job = Callable[[Runtime], Awaitable[None]]

log = logging.getLogger("cairn.service")


class Health(BaseModel):
    """Whether the process lives, or can do its work and with what."""

    status: str
    checks: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Service:
    """What makes one service differ from another."""

    name: str
    title: str
    description: str
    routers: Sequence[APIRouter]
    consumers: Consumers = field(default_factory=dict[Any, Any])
    jobs: Mapping[str, Job] = field(default_factory=dict[str, Job])
    reader_rest: float = 0.0
    """Seconds that a reader rests between two batches, for projections that may be so much late."""
    tags: Sequence[Mapping[str, str]] = ()
    body_limits: Mapping[str, int] = field(default_factory=dict[str, int])
    """Routes that take more than the common limit: path, one parameter of it as `{}`, to bytes."""
    pages: tuple[str, ...] = ()
    """Beginnings of paths that pages of others may use, with keys that name them."""


def describe(service: Service) -> FastAPI:
    """The service's FastAPI application without a lifecycle: what its contract is generated from."""
    app = FastAPI(
        title=service.title,
        description=service.description,
        version="1.0.0",
        redirect_slashes=False,
        openapi_tags=[dict(tag) for tag in service.tags],
        docs_url=f"/docs/{service.name}",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        openapi_url=f"/openapi/{service.name}.json",
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    routes = _routes(service)
    named = [route for route in routes if isinstance(route, APIRoute)]
    plain = [route.path for route in named if not route.param_convertors]
    for route in named:
        route.unique_id = route.name
        # What has a path of its own is nobody's id: `GET /v1/feedback/bulk` is a wrong method, not a wrong id.
        if route.param_convertors and (taken := [path for path in plain if route.path_regex.match(path)]):
            route.path_regex = re.compile(f"(?!(?:{'|'.join(map(re.escape, taken))})$){route.path_regex.pattern}")
    # As they are, for `include_router` would make each a second time: a second of every start, and it looks for the
    # route of each request twice.
    app.router.routes.extend(routes)
    problems.install(app, routes)
    app.openapi = functools.cache(lambda: openapi.finished(FastAPI.openapi(app), routes))
    return app


def create(service: Service, settings: Settings) -> ASGIApp:
    """The running service as an ASGI application; its lifespan opens and closes everything."""
    metrics = Metrics()
    database = Database(settings.database_url.get_secret_value(), service.name, size=settings.pool_size)
    runtime = Runtime(
        settings=settings,
        database=database,
        directory=Directory(
            database, settings.key_pepper.get_secret_value(), settings.rate_limit, settings.key_cache_seconds
        ),
        limits=Limits(),
        broker=Broker(settings.nats_url.get_secret_value(), f"cairn-{service.name}", replicas=settings.stream_replicas),
        metrics=metrics,
        tracer=Tracer(service.name, settings.trace_endpoint),
        siblings=Siblings(settings),
        lookout=Lookout(database),
        outlines=Outlines(settings.sealing_key.get_secret_value()),
    )
    app = describe(service)
    if settings.role == "worker":
        app.router.routes.clear()
    life = _Life(service, runtime)
    app.router.lifespan_context = life.span
    _probes(app, life)
    direct = {} if settings.role == "worker" else _direct(service)
    return Edge(app, runtime, direct, service.body_limits, service.pages)


def _direct(service: Service) -> dict[tuple[str, str], IngestRoute]:
    """The ingest routes by method and path; a trailing parameter stands as `{}`."""
    found: dict[tuple[str, str], IngestRoute] = {}
    for route in _routes(service):
        if isinstance(route, IngestRoute):
            head, _, tail = route.path.rpartition("/")
            path = f"{head}/{{}}" if tail.startswith("{") else route.path
            found.update(((method, path), route) for method in route.methods or ())
    return found


def _routes(service: Service) -> list[BaseRoute]:
    return [route for router in service.routers for route in router.routes]


def _probes(app: FastAPI, life: "_Life") -> None:
    async def healthz(_: Request) -> Response:
        return JSONResponse(Health(status="alive").model_dump())

    async def readyz(_: Request) -> Response:
        health = await life.ready()
        return JSONResponse(health.model_dump(), 200 if health.status == "ready" else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(life.runtime.metrics.registry), media_type="text/plain; version=0.0.4")

    app.router.add_route("/healthz", healthz, include_in_schema=False)
    app.router.add_route("/readyz", readyz, include_in_schema=False)
    app.router.add_route("/metrics", metrics, include_in_schema=False)


class _Life:
    """Opens, supervises and closes what a service runs on."""

    def __init__(self, service: Service, runtime: Runtime) -> None:
        self._service = service
        self.runtime = runtime
        self._membership = Membership(runtime.database)
        self._relay = Relay(runtime.database, runtime.broker, runtime.metrics)
        self._tasks: list[asyncio.Task[None]] = []
        self._nudging: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def span(self, _: object) -> AsyncGenerator[None]:
        """Everything between start and end. Nothing here waits for PostgreSQL or NATS to be there."""
        runtime = self.runtime
        await runtime.database.open()
        runtime.broker.open()
        runtime.database.on_emitted = self._nudge
        runtime.database.on_woken = runtime.wake
        self._start("keys", runtime.directory.run)
        if runtime.settings.role != "api":
            self._work()
        try:
            yield
        finally:
            await _end(self._tasks)
            await runtime.close()
            if runtime.settings.role != "api":
                await self._membership.leave()
            await runtime.directory.touch()
            await runtime.broker.close()
            await runtime.database.close()
            await runtime.tracer.close()

    def _work(self) -> None:
        runtime = self.runtime
        self._start("relay", self._relay.run)
        self._start("nudges", self._hear_nudges)
        self._start("tidy", self._tidy)
        self._start("seals", self._seal)
        self._start("membership", self._membership.run)
        self._start("lookout", runtime.lookout.run)
        by_stream: dict[str, dict[Any, Any]] = {}
        for contract, handler in self._service.consumers.items():
            by_stream.setdefault(contract.type.partition(".")[0], {})[contract] = handler
        for stream, consumers in by_stream.items():
            reader = Reader(
                stream,
                consumers,
                runtime.database,
                runtime.broker,
                self._membership,
                runtime.metrics,
                runtime.tracer,
                rest=self._service.reader_rest,
            )
            self._start(f"reader:{stream}", reader.run)
        for name, job in self._service.jobs.items():

            async def run(job: Job = job) -> None:
                await job(runtime)

            self._start(name, run)

    def _start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        async def supervise() -> None:
            while True:
                try:
                    await run()
                    return
                except (Unavailable, asyncpg.PostgresError, OSError) as error:
                    log.warning("a job lost its database", extra={"job": name, "reason": repr(error)})
                except Exception:
                    log.exception("a job failed and starts again", extra={"job": name})
                await asyncio.sleep(0.5)

        self._tasks.append(asyncio.create_task(supervise(), name=name))

    def _nudge(self) -> None:
        if self.runtime.settings.role != "api":
            self._relay.nudge()
        elif self._nudging is None or self._nudging.done():
            self._nudging = asyncio.create_task(self._nudge_elsewhere(), name="nudge")

    async def _nudge_elsewhere(self) -> None:
        """Tell the worker, wherever it runs; commits within two milliseconds share one nudge."""
        await asyncio.sleep(0.002)
        await self.runtime.broker.nudge(self._service.name)

    async def _hear_nudges(self) -> None:
        await self.runtime.broker.on_nudge(self._service.name, self._relay.nudge)

    async def _seal(self) -> None:
        await chain.run(self.runtime.database, Seal(self.runtime.settings.sealing_key.get_secret_value()))

    async def _tidy(self) -> None:
        """Once an hour: partitions ahead of time, old answers away."""
        while True:
            async with self.runtime.database.system() as tx:
                await tx.value("select make_event_partitions(14)")
                await idempotency.forget(tx)
            await asyncio.sleep(3600)

    async def ready(self) -> Health:
        """The truth: without the database nothing works; without the broker the API still does."""
        checks = {"broker": "connected" if self.runtime.broker.connected else "away"}
        try:
            async with asyncio.timeout(2):
                async with self.runtime.database.read(()) as read:
                    await read.value("select 1")
            checks["database"] = "connected"
        except (Unavailable, TimeoutError, asyncpg.PostgresError):
            checks["database"] = "away"
        dead = [task.get_name() for task in self._tasks if task.done() and not task.cancelled() and task.exception()]
        if dead:
            checks["jobs"] = f"stopped: {', '.join(dead)}"
        worker = self.runtime.settings.role == "worker"
        able = checks["database"] == "connected" and not dead and (not worker or self.runtime.broker.connected)
        return Health(status="ready" if able else "not ready", checks=checks)


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until all are done: on 3.11 `asyncio.wait_for`, which the NATS client uses, can swallow a cancellation."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=1.0)


__all__ = ["Health", "Job", "Service", "create", "describe"]
