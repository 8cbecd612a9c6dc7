"""Scoring alone on databases of several sizes, each filled with ideas that are wanted and estimated."""

import asyncio
import os
import socket
import tempfile
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import uvicorn

from deploy.infra import Postgres
from deploy.ports import free_port
from deploy.protocol import Protocol
from deploy.run import collect_rarely
from deploy.schemas import migrate_all
from services.scoring.app import create_app
from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database
from shared.settings import Settings
from tests.bench.figures import say
from tests.bench.population import IDEA, PREPARE, made
from tests.servers import PASSWORDS, PEPPER, SEALING_KEY, Listener, lifespan

KEEP = "CAIRN_BENCH_LAB"
"""A folder to keep the databases in, so that the next run need not fill them."""
RATE = 1_000_000
# Skewed demand; every tenth idea lacks its effort; kinds and statuses from frequent to rare.
FILL = (
    """
insert into scoring.ideas (idea_id, workspace_id, title, kind, status, archived, version)
select pg_temp.made(3, n), {workspace}, 'Export list ' || n || ' as CSV',
    case when n % 100 = 1 then 'debt' when n % 10 = 2 then 'enabler' when n % 5000 = 4 then 'migration'
         else 'feature' end,
    case when n % 50 = 7 then 'planned' else 'open' end, n % 40 = 9, 1
from generate_series(0::bigint, {ideas} - 1) as n
""",
    """
insert into scoring.demand (idea_id, workspace_id, votes, insights, contacts, accounts, mrr, currency, version,
    event_id)
select pg_temp.made(3, n), {workspace}, c, c, c, c, c, 'EUR', 1, pg_temp.made(5, n)
from (select n, (2000 * pg_temp.chance(n, 1) ^ 3)::int as c from generate_series(0::bigint, {ideas} - 1) as n) as d
""",
    """update pg_index set indisready = false
where indrelid = 'scoring.estimates'::regclass""",
    """
insert into scoring.estimates (id, workspace_id, idea_id, input, value, estimator, created_at)
select pg_temp.made(10, n), {workspace}, pg_temp.made(3, n / 3), (array['impact', 'confidence', 'effort'])[1 + n % 3],
    case n % 3 when 0 then (array[0.25, 0.5, 1, 2, 3])[1 + floor(5 * pg_temp.chance(n, 2))::int]
               when 1 then (array[0.5, 0.8, 1])[1 + floor(3 * pg_temp.chance(n, 3))::int]
               else 0.5 + floor(20 * pg_temp.chance(n, 4)) / 2 end, 'user-1', now() - interval '3 days'
from generate_series(0::bigint, {ideas} * 3 - 1) as n where n % 30 <> 29
""",
    "reindex table scoring.estimates",
    "vacuum analyze scoring.ideas",
    "vacuum analyze scoring.demand",
    "vacuum analyze scoring.estimates",
)


@dataclass(frozen=True, slots=True)
class Lab:
    """One database with so many ideas in one workspace."""

    ideas: int
    url: str
    """As the administrator."""
    role_url: str
    """As scoring's own role."""
    workspace_id: UUID
    key: str

    @staticmethod
    def idea_id(number: int) -> UUID:
        """The id of an idea by its number."""
        return made(IDEA, number)

    @asynccontextmanager
    async def database(self) -> AsyncGenerator[Database]:
        """As scoring's job has it, in a process that is set up as a service's."""
        collect_rarely()
        database = Database(self.role_url, "scoring", application="bench", patience=600)
        await database.open()
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def served(self) -> AsyncGenerator[int]:
        """Its API on a port, without a broker."""
        settings = Settings.model_validate(
            {
                "database_url": self.role_url,
                "nats_url": "nats://127.0.0.1:1",
                "key_pepper": PEPPER,
                "sealing_key": SEALING_KEY,
                "role": "api",
            }
        )
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            async with lifespan(create_app(settings)) as app:
                config = uvicorn.Config(app, lifespan="off", http=Protocol, access_log=False, log_config=None)
                server = Listener(config)
                serving = asyncio.ensure_future(server.serve([door]))
                await server.listens.wait()
                yield door.getsockname()[1]
                server.should_exit = True
                await serving


@contextmanager
def _folder() -> Generator[Path]:
    if kept := os.environ.get(KEEP):
        path = Path(kept)
        path.mkdir(exist_ok=True)
        path.chmod(0o711)
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="cairn-lab-") as made_here:
        path = Path(made_here)
        path.chmod(0o711)
        yield path


@contextmanager
def labs(sizes: Mapping[str, int]) -> Generator[dict[str, Lab]]:
    """PostgreSQL as `make run` starts it, with a database for each size."""
    with _folder() as folder, Postgres.start(folder / "postgres", free_port()) as postgres:
        asyncio.run(migrate_all(postgres.url(), PASSWORDS))
        yield {name: asyncio.run(_lab(postgres, name, ideas)) for name, ideas in sizes.items()}


async def _lab(postgres: Postgres, name: str, ideas: int) -> Lab:
    database = f"lab_{name}"
    admin = await asyncpg.connect(postgres.url(database="postgres"))
    kept = await admin.fetchval("select 1 from pg_database where datname = $1", database)
    if not kept:
        await admin.execute(f"create database {database} template cairn")
    await admin.close()
    url = postgres.url(database=database)
    connection = await asyncpg.connect(url)
    workspace_id = await connection.fetchval("select workspace_id from scoring.ideas limit 1")
    access = Database(url, "access", application="bench")
    await access.open()
    async with access.system() as tx:
        if workspace_id is None:
            workspace_id = await registry.create_workspace(tx, "lab", "Lab", "EUR")
        _, key = await registry.create_key(tx, PEPPER, workspace_id, "lab", SCOPES, rate=RATE)
    await access.close()
    if not kept:
        say(f"Filling a database with {ideas:,} ideas")
        await connection.execute(PREPARE)
        for statement in FILL:
            await connection.execute(statement.format(workspace=f"'{workspace_id}'::uuid", ideas=ideas))
    await connection.close()
    role = postgres.url("cairn_scoring", database, password=PASSWORDS["cairn_scoring"])
    return Lab(ideas, url, role, workspace_id, key)
