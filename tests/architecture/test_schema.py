"""The database agrees with the code: tables, statements, row security."""

import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

import asyncpg
import pytest

from deploy import SERVICES
from deploy.schemas import SCHEMAS, migrate_all
from shared import chain, idempotency, outbox, reader
from shared.access import directory, registry
from shared.database import Database
from shared.migrate import drift
from tests.servers import World

ROOT = Path(__file__).parents[2]
STORES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted((ROOT / "services").rglob("store.py"))
]
STARTS = ("select", "insert", "update", "delete", "with")


async def test_tables_and_migrations_agree(world: World) -> None:
    assert await drift(world.admin_url, SCHEMAS) == []


def statements(module: ModuleType) -> dict[str, str]:
    """The SQL constants of a module by name."""
    return {
        name: value
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and value.strip().lower().startswith(STARTS)
    }


@pytest.mark.parametrize("store", STORES)
async def test_every_statement_prepares_as_its_service(
    store: str, database: Callable[[str], Awaitable[Database]]
) -> None:
    module = importlib.import_module(store)
    found = statements(module)
    assert found, f"{store} has no statements"
    async with (await database(store.split(".")[1])).transaction(()) as tx:
        connection = await tx.connection()
        for name, sql in found.items():
            try:
                await connection.prepare(sql)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{store}.{name}: {error}")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("module", [outbox, reader, idempotency, directory, chain], ids=lambda module: module.__name__)
async def test_the_platforms_statements_prepare_in_every_schema(
    service: str, module: ModuleType, database: Callable[[str], Awaitable[Database]]
) -> None:
    async with (await database(service)).transaction(()) as tx:
        connection = await tx.connection()
        for sql in statements(module).values():
            await connection.prepare(sql)


async def test_the_statements_about_keys_prepare_for_who_runs_them(
    admin: Database, database: Callable[[str], Awaitable[Database]]
) -> None:
    for_the_administrator = {"ADD_WORKSPACE"}
    async with admin.system() as tx, (await database("feedback")).transaction(()) as service:
        for name, sql in statements(registry).items():
            runs = tx if name in for_the_administrator else service
            await (await runs.connection()).prepare(sql)


async def test_migrating_again_changes_nothing(world: World) -> None:
    await migrate_all(world.admin_url, {})
    assert await drift(world.admin_url, SCHEMAS) == []


async def test_every_table_of_a_workspace_has_row_security(admin: Database) -> None:
    async with admin.system() as tx:
        bare = await tx.all(
            """
            select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
            join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
            where n.nspname = any($1) and c.relkind in ('r', 'p') and not c.relispartition and not c.relrowsecurity
            """,
            [schema.name for schema in SCHEMAS],
        )
    assert bare == []


async def test_no_service_role_owns_or_bypasses(admin: Database) -> None:
    async with admin.system() as tx:
        rows = await tx.all("select rolname, rolsuper, rolbypassrls from pg_roles where rolname like 'cairn\\_%'")
    assert {row["rolname"] for row in rows} >= {f"cairn_{service}" for service in SERVICES}
    assert not any(row["rolsuper"] or row["rolbypassrls"] for row in rows)
