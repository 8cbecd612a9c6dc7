"""Fixtures for every test: real servers once, a new workspace each time.

A test that needs no server asks for no fixture and pays for none.
"""

import asyncio
import functools
import gc
import inspect
import json
import logging
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast
from zlib import crc32

import hypothesis
import pytest
import uvloop
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from deploy.child import until
from deploy.run import collect_rarely
from shared.database import Database
from tests.builders import Api, new_workspace
from tests.depth import DEPTH
from tests.servers import Cluster, World, data_folder, running_cluster, running_nats

_TOLD = pytest.StashKey[Path]()
_SERVERS = pytest.StashKey[ExitStack]()
LONGEST_SECONDS = 90
"""For a coroutine, on a machine that is busy with other things too. A test whose marker allows for more has that."""
FIRST = ("tests/deploy/", "tests/flows/", "tests/shared/", "tests/feedback/exports/")
"""Where tests take seconds. They begin, so that in the end no process waits for another's long one."""


class Node(Protocol):
    """What pytest-xdist hands over for each worker that it starts."""

    config: pytest.Config
    workerinput: dict[str, Any]


# A quarter of what it costs to import everything is the collector's search for garbage where there is none.
gc.disable()
# Some tests start programs of ours, and each run starts as many processes as there are cores: where the environment
# forbids to keep what was compiled, each would compile everything again, for seconds.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# As services do: threads that wait for each other busily, on cores that other workers want.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# The ASGI transport of httpx2 asks for sniffio at each request, and a search for what is not installed goes through the
# whole path: a tenth of what a request costs.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = cast("ModuleType", None)
# A line for each request of a test says nothing that the service's own line does not.
logging.getLogger("httpx2").setLevel(logging.WARNING)
# The same examples each time: a run that fails must fail again. With the usual hundred of each, half of a run would be
# spent on the fuzzing of adapters alone. A deep run tells what to write beside a test for an example to be met again.
hypothesis.settings.register_profile(
    "cairn", deadline=None, derandomize=DEPTH == 1, database=None, max_examples=40 * DEPTH, print_blob=True
)
hypothesis.settings.load_profile("cairn")
# It would try constants of whatever code of ours is imported, which parses all of that, and gives other examples when
# other tests ran before in the same process.
providers._get_local_constants = Constants


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], object]]:
    """Tests run on the loop that services run on."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order tests, and bound asynchronous ones: signals do not reach a hanging uvloop, and this shows what is awaited.

    And seed those of properties: by their names, since a digest of their source costs as much as some examples.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        if getattr(item.obj, "is_hypothesis_test", False):
            item.add_marker(pytest.mark.deep)
        if inspect.iscoroutinefunction(item.obj):
            marker = item.get_closest_marker("timeout")
            item.obj = _bounded(item.obj, DEPTH * (marker.args[0] if marker else LONGEST_SECONDS))
        elif getattr(item.obj, "is_hypothesis_test", False) and DEPTH == 1:
            hypothesis.seed(crc32(item.nodeid.partition("[")[0].encode()))(item.obj)


def pytest_collection_finish() -> None:
    """Look for garbage from now on, as services do."""
    collect_rarely()


def _bounded(test: Callable[..., Awaitable[None]], seconds: float) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def bounded(*args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        async with asyncio.timeout(seconds):
            await test(*args, **kwargs)

    return bounded


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One for each core, and one for when a test waits: for a program to start, or for work that takes its time."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Node) -> None:
    """Tell each worker where it will find what it has to know of PostgreSQL."""
    config = node.config
    if _TOLD not in config.stash:
        stack = config.stash[_SERVERS] = ExitStack()
        config.stash[_TOLD] = stack.enter_context(data_folder()) / "cluster.json"
    node.workerinput["cluster"] = str(config.stash[_TOLD])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodeready(node: Node) -> None:
    """Start PostgreSQL here, for this process outlives the workers; they load the tests meanwhile."""
    told = node.config.stash[_TOLD]
    if not told.exists():
        started = node.config.stash[_SERVERS].enter_context(running_cluster())
        draft = told.with_suffix(".new")
        draft.write_text(json.dumps(started.as_plain()))
        draft.rename(told)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SERVERS in config.stash:
        config.stash[_SERVERS].close()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Generator[Cluster]:
    """The run's PostgreSQL."""
    given = getattr(request.config, "workerinput", None)
    if given is not None:
        told = Path(given["cluster"])
        assert until(told.exists, LONGEST_SECONDS), "PostgreSQL does not start"
        yield Cluster(**json.loads(told.read_text()))
        return
    with running_cluster() as started:
        yield started


@pytest.fixture(scope="session")
def nats_url() -> Generator[str]:
    """The broker of this process."""
    with running_nats() as nats:
        yield nats.url


@pytest.fixture(scope="session")
async def world(request: pytest.FixtureRequest, cluster: Cluster, nats_url: str) -> AsyncGenerator[World]:
    """The three services, running in this process on a database and a broker that no other process has."""
    worker = getattr(request.config, "workerinput", {"workerid": "alone"})["workerid"]
    async with World.running(cluster, f"cairn_{worker}", nats_url) as running:
        yield running


@pytest.fixture(scope="session")
async def siblings(world: World) -> AsyncGenerator[None]:
    """Feedback and scoring within roadmap's reach, over sockets; without it they are away from there."""
    async with world.open_doors():
        yield


@pytest.fixture(scope="session")
async def admin(world: World) -> AsyncGenerator[Database]:
    """The database as its superuser: `async with admin.system() as tx`. Statements name the schema."""
    database = Database(world.cluster.near_url(world.database), "access", application="tests")
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def database(world: World) -> AsyncGenerator[Callable[[str], Awaitable[Database]]]:
    """The database as a service has it: `(await database("scoring")).transaction({api.workspace_id})`."""
    opened: dict[str, Database] = {}

    async def of(service: str) -> Database:
        if service not in opened:
            opened[service] = Database(
                world.cluster.near_url(world.database, f"cairn_{service}"), service, application="tests"
            )
            await opened[service].open()
        return opened[service]

    yield of
    for each in opened.values():
        await each.close()


@pytest.fixture
async def new_api(world: World, admin: Database) -> AsyncGenerator[Callable[..., Awaitable[Api]]]:
    """Makes workspaces: `await new_api(currency="EUR")`."""
    made: list[Api] = []

    async def make(*, currency: str = "USD") -> Api:
        made.append(await new_workspace(world.apps, admin, currency=currency))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
async def api(new_api: Callable[..., Awaitable[Api]]) -> Api:
    """A new workspace and a key with every scope: `api.feedback`, `api.scoring`, `api.roadmap` are HTTP clients."""
    return await new_api()


@pytest.fixture
async def neighbour(new_api: Callable[..., Awaitable[Api]]) -> Api:
    """Another workspace, whose rows nobody else may see."""
    return await new_api()
