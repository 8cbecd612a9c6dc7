"""Cairn on one machine: PostgreSQL, NATS and the three services, each a process of ours."""

import asyncio
import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy import SERVICES
from deploy.child import Child, Claim
from deploy.infra import Nats, Postgres, nats_url, postgres_url
from deploy.ports import require_free
from deploy.schemas import migrate_all

POSTGRES_OFFSET, NATS_OFFSET = 10, 11
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks this machine itself, whatever proxy the environment names."""


class Place(BaseSettings):
    """Where an embedded Cairn lives."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_")

    port_base: int = Field(default=8700, ge=1024, le=65_000, description="first of the ports; the others follow it")
    data: Path = Field(default=Path(".cairn"), description="folder that everything is kept in")


def uses(base: int) -> dict[int, str]:
    """Every port of a range, and what for."""
    services = {base + offset: name for offset, name in enumerate(SERVICES)}
    return services | {base + POSTGRES_OFFSET: Postgres.name, base + NATS_OFFSET: Nats.name}


def admin_url(data: Path, base: int) -> str:
    """Where the administrator connects to the stack that runs on `data` and `base`, from another process."""
    return postgres_url(base + POSTGRES_OFFSET, "postgres", (data / "postgres" / "password").read_text())


def broker_url(data: Path, base: int) -> str:
    """Where the broker of the stack that runs on `data` and `base` is reached, from another process."""
    return nats_url(base + NATS_OFFSET, (data / "nats" / "password").read_text())


class Keepsakes:
    """What is made up once and kept in `secrets.json`, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        """Read them, or make them up when there is no such file."""
        self._path = path
        if path.exists():
            self._kept: dict[str, Any] = json.loads(path.read_text())
        else:
            self._kept = {
                "key_pepper": secrets.token_hex(32),
                "sealing_key": secrets.token_hex(32),
                "passwords": {f"cairn_{service}": secrets.token_hex(24) for service in SERVICES},
            }
            self._save()

    @property
    def key_pepper(self) -> str:
        """What API keys are hashed with."""
        return self._kept["key_pepper"]

    @property
    def sealing_key(self) -> str:
        """What stored credentials are encrypted with."""
        return self._kept["sealing_key"]

    @property
    def passwords(self) -> dict[str, str]:
        """PostgreSQL's, by role."""
        return self._kept["passwords"]

    @property
    def demo_key(self) -> str | None:
        """The API key of the demo workspace, once there is one."""
        return self._kept.get("demo_key")

    @demo_key.setter
    def demo_key(self, key: str | None) -> None:
        self._kept["demo_key"] = key
        self._save()

    @property
    def demo_loaded(self) -> bool:
        """Whether that workspace has been filled: once, whatever its owner does with it then."""
        return self._kept.get("demo_loaded", False)

    @demo_loaded.setter
    def demo_loaded(self, loaded: bool) -> None:
        self._kept["demo_loaded"] = loaded
        self._save()

    def _save(self) -> None:
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._kept, file, indent=2)
            file.flush()
            # Without the pepper no key is valid any more: it must survive a power cut as the database does.
            os.fsync(file.fileno())
        draft.replace(self._path)


class ServiceProcess:
    """One service as a process."""

    def __init__(self, name: str, port: int, data: Path, environment: Mapping[str, str]) -> None:
        """`environment` holds the service's settings; what our own has besides is handed on."""
        self.name = name
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = data / "logs" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._child = Child(
            name,
            [sys.executable, "-m", "deploy.run", name, "--port", str(port)],
            pid_file=data / "logs" / f"{name}.pid",
            log=self.log,
            environment={**os.environ, **environment, "CAIRN_PUBLIC_URL": self.url},
            # Longer than the service gives its own requests to finish.
            grace=15,
        )

    @property
    def pid(self) -> int:
        """The process that a kill -9 is for."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the process lives; it may not be ready yet."""
        return self._child.running

    def end_orphan(self) -> None:
        """End the process that a killed owner left running."""
        self._child.end_orphan()

    def launch(self) -> None:
        """Start it, without waiting."""
        self._child.start()

    def restart(self) -> None:
        """Start it again, whether it runs or has ended, without waiting."""
        self._child.stop()
        self._child.start()

    def await_ready(self) -> None:
        """Return when `/readyz` says so. Raises Failed with the end of its log when it does not."""
        self._child.await_ready(self._ready, seconds=60)

    def ask_to_stop(self) -> None:
        """Have it finish its requests, without waiting."""
        self._child.ask_to_stop()

    def stop(self) -> None:
        """Have it finish its requests and end."""
        self._child.stop()

    def kill(self) -> None:
        """End it with kill -9, as a crash would."""
        self._child.kill()

    def _ready(self) -> bool:
        try:
            with DIRECT.open(f"{self.url}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


class Stack:
    """All five parts on one data folder and one range of ports.

    The services listen on `base`, `base + 1`, `base + 2`, PostgreSQL on `base + 10`, NATS on `base + 11`.
    """

    def __init__(self, data: Path, base: int, *, patience: float = 0) -> None:
        """Take the folder, waiting `patience` seconds for another owner to leave. Raises Busy when it stays."""
        self.data = data.resolve()
        self.base = base
        # Passable, for PostgreSQL's user when root runs this.
        self.data.mkdir(parents=True, exist_ok=True, mode=0o711)
        self._claim = Claim(self.data, patience=patience)
        try:
            self.kept = Keepsakes(self.data / "secrets.json")
            self.postgres = Postgres(self.data / "postgres", base + POSTGRES_OFFSET)
            self.nats = Nats(self.data / "nats", base + NATS_OFFSET)
            self.services = {name: self._service(name, base + offset) for offset, name in enumerate(SERVICES)}
        except BaseException:
            self._claim.release()
            raise

    def _service(self, name: str, port: int) -> ServiceProcess:
        role = f"cairn_{name}"
        environment = {
            "CAIRN_DATABASE_URL": self.postgres.url(role, password=self.kept.passwords[role]),
            "CAIRN_NATS_URL": self.nats.url,
            "CAIRN_KEY_PEPPER": self.kept.key_pepper,
            "CAIRN_SEALING_KEY": self.kept.sealing_key,
            # Whom roadmap asks what its items rest on.
            "CAIRN_FEEDBACK_URL": f"http://127.0.0.1:{self.base + SERVICES.index('feedback')}",
            "CAIRN_SCORING_URL": f"http://127.0.0.1:{self.base + SERVICES.index('scoring')}",
        }
        return ServiceProcess(name, port, self.data, environment)

    @property
    def urls(self) -> dict[str, str]:
        """Where each service listens."""
        return {name: service.url for name, service in self.services.items()}

    @property
    def parts(self) -> tuple[Postgres | Nats | ServiceProcess, ...]:
        """In the order they start; they stop the other way round."""
        return self.postgres, self.nats, *self.services.values()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything, migrate, and return when every service is ready. Raises Failed with the reason."""
        for part in self.parts:
            part.end_orphan()
        require_free(uses(self.base))
        self.postgres.launch()
        self.nats.launch()
        asyncio.run(migrate_all(self.postgres.url(), self.kept.passwords))
        for service in self.services.values():
            service.launch()
        for service in self.services.values():
            service.await_ready()

    def stop(self) -> None:
        """Stop everything in order and leave the folder to others."""
        for service in self.services.values():
            service.ask_to_stop()
        for part in reversed(self.parts):
            part.stop()
        self._claim.release()
