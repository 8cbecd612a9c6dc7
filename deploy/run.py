"""One service alone: `python -m deploy.run feedback --role api --port 8700`.

It connects to the PostgreSQL and the NATS that `CAIRN_DATABASE_URL` and `CAIRN_NATS_URL` name, and ends with a SIGTERM
after its requests are answered.
"""

import argparse
import gc
import importlib
import os
from collections.abc import Sequence

import uvicorn

from deploy import SERVICES
from deploy.protocol import Protocol
from shared.settings import Settings
from shared.telemetry import configure_logging

GRACE_SECONDS = 10


def parser() -> argparse.ArgumentParser:
    """What it is told: which service, as what, and where to listen."""
    parser = argparse.ArgumentParser(prog="python -m deploy.run", description="Run one service of Cairn.")
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--role", choices=("api", "worker", "both"), default="both", help="what it does here")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; a worker answers probes there")
    parser.add_argument("--port", type=int, default=8700)
    return parser


def collect_rarely() -> None:
    """What is loaded by now stays: the collector need not walk it again, nor start at every few hundred requests."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop."""
    chosen = parser().parse_args(arguments)
    # numpy's products go to a thread for each core, which wait for each other busily: on a machine with other work a
    # vector took ten times as long by that. One is enough for texts of this length; numpy asks when it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A tenth of a start would be the collector's, which finds nothing in what is only just loaded.
    gc.disable()
    # Imported by name so that a service never loads another's code.
    app = importlib.import_module(f"services.{chosen.service}.app")
    settings = Settings(role=chosen.role)  # pyright: ignore[reportCallIssue]  # the rest comes from the environment
    configure_logging(chosen.service, settings.log_level)
    application = app.create_app(settings)
    collect_rarely()
    uvicorn.run(
        application,
        host=chosen.host,
        port=chosen.port,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
