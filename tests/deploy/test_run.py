"""One service as a process of its own, as it runs anywhere but on a developer's machine."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM
from uuid import uuid4

import httpx2

from deploy.child import until
from deploy.ports import free_port
from tests.servers import PEPPER, SEALING_KEY, Cluster
from tests.shared.collector import collecting

ROOT = Path(__file__).parents[2]


@contextmanager
def scoring(cluster: Cluster, log: Path, **settings: str) -> Generator[tuple[subprocess.Popen[bytes], str]]:
    """The service on a database of its own, ready to answer, and where; its standard error goes to `log`."""
    port, database = free_port(), f"ran_{uuid4().hex}"
    asyncio.run(cluster.clone(database))
    environment = os.environ | {
        "CAIRN_DATABASE_URL": cluster.url(database, "cairn_scoring"),
        "CAIRN_NATS_URL": f"nats://127.0.0.1:{free_port()}",
        "CAIRN_KEY_PEPPER": PEPPER,
        "CAIRN_SEALING_KEY": SEALING_KEY,
    }
    command = [sys.executable, "-m", "deploy.run", "scoring", "--role", "api", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment | settings, stderr=out)
    try:

        def ready() -> bool:
            try:
                return client.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
            except httpx2.TransportError:
                return process.poll() is not None

        # One for all tries: each of its own would read every certificate authority there is.
        with httpx2.Client() as client:
            assert until(ready, 60)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_it_sends_its_spans_and_says_only_what_is_worth_saying(cluster: Cluster, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with collecting() as collector, scoring(cluster, log, CAIRN_TRACE_ENDPOINT=collector.url) as (process, url):
        answer = httpx2.get(f"{url}/v1/models")
        assert answer.status_code == 401
        process.send_signal(SIGTERM)
        # What had not been sent by then is sent before it ends; then uvicorn lets the signal have its way.
        assert process.wait(20) == -SIGTERM
        (span,) = collector.of("cairn-scoring", answer.headers["x-request-id"])
        assert (span.name, span.attributes["http.response.status_code"]) == ("GET /v1/models", 401)

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert any(line["event"].startswith("Uvicorn running on http") for line in lines)
    fields = {name for line in lines for name in line}
    assert fields <= {
        *("at", "level", "service", "logger", "event", "request_id", "trace_id"),
        *("method", "route", "status", "ms"),
    }
    (asked,) = [line for line in lines if line.get("route") == "/v1/models"]
    assert asked["trace_id"] == asked["request_id"] == span.trace
    # No broker is there: that is said once, and not by everyone who would need one.
    assert [line["level"] for line in lines if "broker" in line["event"]] == ["warning"]
