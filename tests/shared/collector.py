"""What receives traces: OTLP over HTTP, as a collector speaks it, keeping what it was sent."""

import gzip
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


@dataclass(frozen=True, slots=True)
class Sent:
    """One span that arrived, by the service that sent it. Ids are hex; `parent` is empty where a trace begins."""

    service: str
    trace: str
    id: str
    parent: str
    name: str
    server: bool
    failed: bool
    attributes: dict[str, str | int]
    words: str
    """Everything it says, to look for what it must not say."""


@dataclass
class Collector:
    """A running collector: where it is, and what arrived. `refusing` answers 503 and keeps nothing."""

    url: str = ""
    spans: list[Sent] = field(default_factory=list[Sent])
    refusing: bool = False
    refused: int = 0

    def of(self, service: str, trace: str) -> list[Sent]:
        """Spans of a trace that a service sent."""
        return [span for span in self.spans if (span.service, span.trace) == (service, trace)]


def _sent(service: str, span: Span) -> Sent:
    return Sent(
        service=service,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        server=span.kind == Span.SPAN_KIND_SERVER,
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes={each.key: each.value.string_value or each.value.int_value for each in span.attributes},
        words=str(span),
    )


@contextmanager
def collecting() -> Generator[Collector]:
    """A collector on a free port of this machine."""
    collector = Collector()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is http.server's
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if collector.refusing:
                collector.refused += 1
                self.send_response(503)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                names = {each.key: each.value.string_value for each in resource.resource.attributes}
                for scope in resource.scope_spans:
                    collector.spans.extend(_sent(names["service.name"], span) for span in scope.spans)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    collector.url = f"http://127.0.0.1:{server.server_address[1]}/v1/traces"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
