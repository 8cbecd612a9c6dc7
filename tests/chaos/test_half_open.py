"""Lines that go half-open: each end just hears nothing more."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from shared.database import AWAY, Database
from shared.errors import Unavailable
from shared.outbox import LOCK
from tests.builders import eventually
from tests.chaos.proxy import Proxy
from tests.servers import Cluster, World

PATIENCE = 0.5
"""Seconds: as long as the product has, only shorter."""
SUBJECT = "update accounts set name = name where external_id = 'half-open'"
COUNT = "select count(*) from accounts where external_id = $1"

Connect = Callable[[], Awaitable[Database]]


@pytest.fixture
async def proxy(cluster: Cluster) -> AsyncGenerator[Proxy]:
    opened = Proxy(cluster.port)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def connect(world: World, proxy: Proxy) -> AsyncGenerator[Connect]:
    """Doors to feedback's schema through the proxy."""
    async with AsyncExitStack() as stack:

        async def through_proxy() -> Database:
            url = urlsplit(world.role_url("feedback"))
            port = f"{url.username}:{url.password}@127.0.0.1:{proxy.port}"
            database = Database(url._replace(netloc=port).geturl(), "feedback", patience=PATIENCE)
            await database.open()
            stack.push_async_callback(database.close)
            return database

        yield through_proxy


@pytest.fixture
async def account(world: World, admin: Database) -> None:
    async with admin.system() as tx:
        await tx.run(
            "insert into feedback.accounts (id, workspace_id, external_id, name) values ($1, $1, 'half-open', 'x')"
            " on conflict do nothing",
            uuid4(),
        )


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("in_part", [False, True], ids=["between statements", "with a statement half sent"])
async def test_a_lost_client_gives_its_locks_back(connect: Connect, proxy: Proxy, *, in_part: bool) -> None:
    lost, other = await connect(), await connect()

    async def lose() -> None:
        async with lost.system() as tx:
            await tx.run(SUBJECT)
            # What asyncpg sends first is the statement; its arguments follow when that is parsed.
            proxy.freeze(after_next=in_part)
            await tx.value(COUNT, "half-open")

    with pytest.raises(Unavailable):
        await lose()

    async def free() -> bool:
        try:
            async with other.system() as tx:
                return await tx.run(SUBJECT) > 0
        except Unavailable:
            return False

    await eventually(free)


async def test_no_dead_line_is_tried_twice(connect: Connect, proxy: Proxy) -> None:
    database = await connect()
    async with AsyncExitStack() as stack:
        for _ in range(5):
            tx = await stack.enter_async_context(database.system())
            await tx.value(COUNT, "x")
    assert proxy.freeze() == 5
    began = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable):
        async with database.system() as tx:
            await tx.value(COUNT, "x")
    for _ in range(5):
        async with database.system() as tx:
            await tx.value(COUNT, "x")
    assert asyncio.get_running_loop().time() - began < 4 * PATIENCE + 2


async def test_a_lost_relay_gives_its_lock_back(connect: Connect, proxy: Proxy) -> None:
    database = await connect()
    name = f"relay-{uuid4()}"
    lost = await database.connect()
    assert await lost.fetchval(LOCK, name)
    proxy.freeze()
    with pytest.raises(AWAY):
        await lost.fetchval("select 1")
    lost.terminate()

    async def free() -> bool:
        rival: asyncpg.Connection[asyncpg.Record] = await database.connect()
        try:
            return await rival.fetchval(LOCK, name)
        finally:
            await rival.close()

    await eventually(free)
