"""PostgreSQL and NATS as child processes: they open their data after any kind of end."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nats
import psutil
import pytest
from nats.js.api import StreamConfig

from deploy.child import Failed, until
from deploy.infra import Nats, Postgres, postgres_programs
from deploy.ports import free_port
from tests.servers import data_folder

STARTER = """
import sys
from pathlib import Path
from deploy.infra import Nats, Postgres
folder, first, second = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
postgres = Postgres.start(folder / "postgres", first, durable=False)
nats = Nats.start(folder / "nats", second, durable=False)
print(postgres.pid, nats.pid, flush=True)
sys.stdin.read()
"""


def query(url: str, sql: str) -> str:
    """What `psql` prints."""
    psql = [postgres_programs() / "psql", url, "--no-psqlrc", "--tuples-only", "--no-align", "--command", sql]
    return subprocess.run(psql, check=True, capture_output=True, text=True).stdout.strip()


def messages(url: str, *, publish: int = 0) -> int:
    """Publish to the stream, made when absent, and tell how many messages it holds."""
    untyped: Any = nats

    async def count() -> int:
        client = await untyped.connect(url, allow_reconnect=False)
        stream = client.jetstream()
        await stream.add_stream(StreamConfig(name="kept", subjects=["kept"]))
        for _ in range(publish):
            await stream.publish("kept", b"x")
        held = (await stream.stream_info("kept")).state.messages
        await client.close()
        return held

    return asyncio.run(count())


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with data_folder() as path, Postgres.start(path / "postgres", free_port()) as server:
        yield server


def test_postgres_keeps_its_rows_through_kill_and_stop(postgres: Postgres) -> None:
    query(postgres.url(), "create table kept as select 1 as n")
    first = postgres.pid

    postgres.kill()
    assert not postgres.running
    postgres.restart()
    assert postgres.pid != first
    assert query(postgres.url(), "select sum(n) from kept") == "1"

    postgres.stop()
    postgres.restart()
    assert query(postgres.url(), "select sum(n) from kept") == "1"


def test_postgres_asks_for_a_password(postgres: Postgres) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        query(postgres.url(password="wrong"), "select 1")
    assert "password authentication failed" in refused.value.stderr


def test_postgres_ignores_a_dead_servers_number(postgres: Postgres) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        assert until(lambda: psutil.Process(ended.pid).status() == psutil.STATUS_ZOMBIE, 10)
        for other in (os.getpid(), ended.pid):
            postgres.kill()
            pid_file = postgres.data / "cluster" / "postmaster.pid"
            pid_file.write_text(pid_file.read_text().replace(str(postgres.pid), str(other), 1))
            postgres.restart()
            assert query(postgres.url(), "select 1") == "1"


def test_a_cluster_that_was_never_finished_is_made_again(folder: Path) -> None:
    half = folder / "postgres" / "cluster.new"
    half.mkdir(parents=True)
    (folder / "postgres").chmod(0o711)
    (half / "PG_VERSION").write_text("18\n")
    with Postgres.start(folder / "postgres", free_port(), durable=False) as postgres:
        assert query(postgres.url(), "select current_database()") == "cairn"


def test_nats_keeps_acknowledged_messages_through_kill_and_stop(folder: Path) -> None:
    with Nats.start(folder / "nats", free_port()) as server:
        assert messages(server.url, publish=20) == 20
        server.kill()
        server.restart()
        assert messages(server.url, publish=1) == 21
        server.restart()
        assert messages(server.url) == 21


def test_servers_end_with_a_killed_starter_and_open_again(folder: Path) -> None:
    command = [sys.executable, "-c", STARTER, folder, str(free_port()), str(free_port())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        servers = [psutil.Process(int(pid)) for pid in starter.stdout.readline().split()]
        assert [server.pid for server in servers] == [os.getsid(server.pid) for server in servers]
        with pytest.raises(Failed, match=f"in use by process {starter.pid}"):
            Nats.start(folder / "nats", free_port())
        starter.kill()
    # No waiting here: opening the data must do that by itself.
    with (
        Postgres.start(folder / "postgres", free_port(), durable=False) as postgres,
        Nats.start(folder / "nats", free_port()),
    ):
        assert query(postgres.url(), "select 1") == "1"
        assert until(lambda: not any(server.is_running() and server.status() != "zombie" for server in servers), 5)


def test_a_taken_port_is_named(folder: Path) -> None:
    with Nats.start(folder / "one", free_port(), durable=False) as server:
        with pytest.raises(
            Failed, match=rf"port {server.port} \(NATS\) is taken by nats-server \(process {server.pid}\)"
        ):
            Nats.start(folder / "two", server.port)
        # The refused one left nothing behind that keeps its folder.
        Nats.start(folder / "two", free_port(), durable=False).stop()
