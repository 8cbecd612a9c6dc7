"""Logs, traces and metrics, tied together by one request id and one trace id.

Logs are JSON lines on standard error and never hold secrets, bodies or verbatims. Spans exist only where an OTLP
endpoint is configured; the W3C `traceparent` is carried through events either way, so that a log line in roadmap can
be found from the webhook that caused it.
"""

import asyncio
import importlib
import json
import logging
import random
import re
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

request_id: ContextVar[str] = ContextVar("request_id", default="")
traceparent: ContextVar[str] = ContextVar("traceparent", default="")

# Zeros alone are no id.
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_PROPAGATOR = TraceContextTextMapPropagator()
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
EXPORT_SECONDS = 5.0
"""How long a batch of spans may take to be sent, with all tries."""
FLUSH_SECONDS = 3.0
"""How long the last spans may hold up the end."""

log = logging.getLogger("cairn.telemetry")


def new_traceparent() -> str:
    """A fresh W3C traceparent, sampled flag off: nobody has asked for spans."""
    # Unique is enough here, nobody's secret hangs on it, and a system call for each request would be felt.
    raw = f"{random.getrandbits(192):048x}"
    return f"00-{raw[:32]}-{raw[32:]}-00"


def known_traceparent(value: str) -> str:
    """The caller's traceparent when it is well formed, else nothing."""
    return value if _TRACEPARENT.fullmatch(value) else ""


def accepted_traceparent(value: str) -> str:
    """The caller's traceparent when it is well formed, else a new one."""
    return known_traceparent(value) or new_traceparent()


class _Json(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "event": record.getMessage(),
        }
        if request := request_id.get():
            line["request_id"] = request
        if parent := traceparent.get():
            line["trace_id"] = parent[3:35]
        # What other libraries add is for handlers of their own: uvicorn's is the same words again, in colours.
        if record.name.partition(".")[0] == "cairn":
            line |= {name: value for name, value in vars(record).items() if name not in _STANDARD | line.keys()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """The traceback, without what PostgreSQL says of values: it quotes them, whoever's they are."""
        told = super().formatException(ei)
        error: BaseException | None = ei[1]
        while error is not None:
            if isinstance(error, asyncpg.DataError | asyncpg.IntegrityConstraintViolationError) and str(error):
                told = told.replace(str(error), "(withheld)")
            error = error.__cause__ or error.__context__
        return told


def configure_logging(service: str, level: str) -> None:
    """Send every log record of the process to standard error as a JSON line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # nats-py logs each failed reconnect with its traceback; our own line about it says enough.
    logging.getLogger("nats").setLevel(logging.CRITICAL)


class Once:
    """Says a thing once, until it is over: an hour without a broker is two lines, not ten thousand."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said = ""

    def say(self, level: int, what: str, **fields: str) -> None:
        """Log `what`, unless it is what was said last."""
        if what != self._said:
            self._log.log(level, what, extra=fields)
            self._said = what

    def over(self, what: str, **fields: str) -> None:
        """Log at level info that all is well again, if anything was not."""
        if self._said:
            self._log.info(what, extra=fields)
            self._said = ""


class Tracer:
    """Spans, when there is somewhere to send them; nothing at all otherwise.

    A span tells what was done, for how long and whether it failed. What an exception says stays out of it: that may
    quote a customer.
    """

    def __init__(self, service: str, endpoint: str) -> None:
        """`endpoint` is the whole address, like `http://collector:4318/v1/traces`."""
        self._provider: TracerProvider | None = None
        self._tracer: otel.Tracer | None = None
        if endpoint:
            # By name and only here: it takes as long to load as an area of the product, and few need it.
            exporters: Any = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
            self._exporter: OTLPSpanExporter = exporters.OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS)
            resource = Resource.create({"service.name": f"cairn-{service}"})
            self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
            self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
            self._tracer = self._provider.get_tracer("cairn")

    @property
    def on(self) -> bool:
        return self._tracer is not None

    @contextmanager
    def span(self, name: str, kind: otel.SpanKind, parent: str = "") -> Generator[otel.Span]:
        """A span under `parent` (a traceparent), which becomes the traceparent of what happens inside.

        Without a parent it begins a trace.
        """
        if self._tracer is None:
            yield otel.INVALID_SPAN
            return
        span = self._tracer.start_span(name, _context(parent), kind)
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, otel.set_span_in_context(span))
        token = traceparent.set(carrier.get("traceparent", parent))
        try:
            yield span
        except BaseException as error:
            _failed(span, error)
            raise
        finally:
            traceparent.reset(token)
            span.end()

    @contextmanager
    def batch(self, name: str, parents: Iterable[str], attributes: Mapping[str, str | int]) -> Generator[None]:
        """Work done at once for several causes: a span of it under each of them, so that every trace shows it."""
        if self._tracer is None:
            yield
            return
        spans = [
            self._tracer.start_span(name, _context(parent), otel.SpanKind.CONSUMER, attributes)
            for parent in dict.fromkeys(known_traceparent(parent) for parent in parents)
            if parent
        ]
        try:
            yield
        except BaseException as error:
            for span in spans:
                _failed(span, error)
            raise
        finally:
            for span in spans:
                span.end()

    async def close(self) -> None:
        """Send what waits. A collector that does not answer holds up the end for a few seconds only."""
        if self._provider is None:
            return
        sending = asyncio.ensure_future(asyncio.to_thread(self._provider.shutdown))
        _, late = await asyncio.wait({sending}, timeout=FLUSH_SECONDS)
        if late:
            log.warning("the last spans are lost: the collector does not take them")
            self._exporter.shutdown()


def _context(parent: str) -> Context:
    return _PROPAGATOR.extract({"traceparent": parent}, Context())


def _failed(span: otel.Span, error: BaseException) -> None:
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(otel.StatusCode.ERROR)


class Metrics:
    """What `/metrics` shows. One registry per service, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        fast = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
        sizes = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
        self.requests = Counter(
            "cairn_requests", "HTTP requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "cairn_request_seconds", "Time to answer", ["route"], buckets=fast, registry=self.registry
        )
        self.batch_rows = Histogram(
            "cairn_batch_rows", "Requests sharing one commit", ["batch"], buckets=sizes, registry=self.registry
        )
        self.outbox_depth = Gauge(
            "cairn_outbox_depth", "Events not yet published, counted up to 100,000", registry=self.registry
        )
        self.outbox_age = Gauge(
            "cairn_outbox_oldest_seconds", "Age of the oldest event not yet published", registry=self.registry
        )
        self.relay_active = Gauge("cairn_relay_active", "1 where this process holds the relay", registry=self.registry)
        self.published = Counter("cairn_events_published", "Events acknowledged by the stream", registry=self.registry)
        self.publish_batch = Histogram(
            "cairn_publish_batch", "Events in one publish", ["kind"], buckets=sizes, registry=self.registry
        )
        self.applied = Counter("cairn_events_applied", "Events applied", ["stream"], registry=self.registry)
        self.reader_batch = Histogram(
            "cairn_reader_batch", "Events in one transaction", ["stream"], buckets=sizes, registry=self.registry
        )
        self.reader_lag = Gauge("cairn_reader_lag", "Events waiting in the stream", ["stream"], registry=self.registry)
        self.parked = Gauge("cairn_parked", "Messages set aside", ["stream"], registry=self.registry)
