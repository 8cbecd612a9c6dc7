"""Brings schemas to today's shape: roles, schemas, Alembic's steps, then what must hold for every table.

Run as an administrator (any role that may create roles and schemas), never by a service.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.tables import WRITTEN_ONCE

SCRIPTS = Path(__file__).parent / "migrations"
TRIES = 5
DEADLOCK = "40P01"
LOCK = "select pg_advisory_lock(hashtext('cairn.migrate'))"
# The sub-selects are evaluated once a statement, not once a row. After one SET LOCAL the setting reads '' outside of a
# transaction, not null: both mean no workspace.
TENANT = """
(select current_setting('cairn.workspaces', true)) = '*'
or workspace_id = any (
    (select string_to_array(nullif(nullif(current_setting('cairn.workspaces', true), ''), '*'), ',')::uuid[])::uuid[])
"""
TENANT_TABLES = """
select c.relname from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition
"""
PARTITIONS_OF = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relispartition
and c.relkind = 'r'
"""
PARTITIONS = """
create or replace function {schema}.make_event_partitions(days integer) returns integer
language plpgsql security definer set search_path = {schema} as $body$
declare
    day date;
    made integer := 0;
begin
    for day in select generate_series(current_date - 1, current_date + days, interval '1 day')::date loop
        if to_regclass(format('{schema}.events_%s', to_char(day, 'YYYYMMDD'))) is null then
            execute format(
                'create table {schema}.events_%s partition of {schema}.events for values from (%L) to (%L)',
                to_char(day, 'YYYYMMDD'), day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
            -- With no policy of its own it is reached through its parent only, and that one's policy.
            execute format('alter table {schema}.events_%s enable row level security', to_char(day, 'YYYYMMDD'));
            made := made + 1;
        end if;
    end loop;
    return made;
end $body$
"""


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema: its tables, where its steps lie, and the role that works in it (none for `access`)."""

    name: str
    metadata: MetaData
    steps: Path
    role: str | None


def _config(schema: Schema, connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("version_locations", str(schema.steps))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, metadata=schema.metadata, schema=schema.name)
    return config


def _driver(url: str) -> str:
    return "postgresql+asyncpg://" + url.partition("://")[2]


async def migrate(admin_url: str, schemas: Sequence[Schema], passwords: Mapping[str, str]) -> None:
    """Bring every schema to its newest step. `passwords` gives roles that may log in theirs; safe to run twice.

    One migrator at a time: an advisory lock makes rivals wait and then find nothing to do.
    """
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(LOCK)
        for schema in schemas:
            if schema.role is not None:
                await _role(admin, schema.role, passwords.get(schema.role))
            await admin.execute(f"create schema if not exists {schema.name}")
        for schema in schemas:
            await _upgrade(admin_url, schema)
        for schema in schemas:
            await _secure(admin, schema, [s.role for s in schemas if s.role])
    finally:
        await admin.close()


async def _upgrade(admin_url: str, schema: Schema) -> None:
    """Run the steps that are missing, in one transaction: again, where it lost a deadlock with a service that runs."""
    for attempt in range(TRIES):
        try:
            await _on_engine(
                admin_url, schema, lambda connection: command.upgrade(_config(schema, connection), "heads")
            )
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != DEADLOCK or attempt == TRIES - 1:
                raise
        else:
            return


async def _role(admin: "asyncpg.Connection[asyncpg.Record]", role: str, password: str | None) -> None:
    if not await admin.fetchval("select 1 from pg_roles where rolname = $1", role):
        await admin.execute(f"create role {role} login")
    if password is not None:
        quoted = await admin.fetchval("select quote_literal($1)", password)
        await admin.execute(f"alter role {role} with login password {quoted}")


async def _secure(admin: "asyncpg.Connection[asyncpg.Record]", schema: Schema, roles: Sequence[str]) -> None:
    """What holds for every table, so that no step can forget it: row security by workspace, and grants to one role."""
    for row in await admin.fetch(TENANT_TABLES, schema.name):
        table = f"{schema.name}.{row['relname']}"
        # In one transaction: without a policy, a service that runs meanwhile would find the table empty.
        async with admin.transaction():
            await admin.execute(f"alter table {table} enable row level security")
            await admin.execute(f"drop policy if exists tenant on {table}")
            await admin.execute(f"create policy tenant on {table} using ({TENANT})")
    if schema.role is not None:
        await admin.execute(PARTITIONS.format(schema=schema.name))
        await admin.execute(f"select {schema.name}.make_event_partitions(14)")
        await admin.execute(f"grant usage on schema {schema.name} to {schema.role}")
        await admin.execute(
            f"grant select, insert, update, delete on all tables in schema {schema.name} to {schema.role}"
        )
        await admin.execute(f"grant usage on all sequences in schema {schema.name} to {schema.role}")
        await admin.execute(f"revoke all on {schema.name}.alembic_version from {schema.role}")
        # Written once and never changed, whoever gets to send statements as the service.
        for table in schema.metadata.sorted_tables:
            if WRITTEN_ONCE not in table.info:
                continue
            await admin.execute(f"revoke update, delete on {schema.name}.{table.name} from {schema.role}")
            if columns := ", ".join(table.info[WRITTEN_ONCE]):
                await admin.execute(f"grant update ({columns}) on {schema.name}.{table.name} to {schema.role}")
        for row in await admin.fetch(PARTITIONS_OF, schema.name):
            await admin.execute(f"revoke all on {schema.name}.{row['relname']} from {schema.role}")
        await admin.execute(f"revoke execute on all functions in schema {schema.name} from public")
        await admin.execute(f"grant execute on all functions in schema {schema.name} to {schema.role}")


async def _on_engine(url: str, schema: Schema, work: Callable[[Connection], object]) -> None:
    engine = create_async_engine(_driver(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"set search_path = {schema.name}"))
            await connection.run_sync(work)
    finally:
        await engine.dispose()


async def drift(admin_url: str, schemas: Sequence[Schema]) -> list[str]:
    """What `tables.py` says and the migrated database does not, or the other way round; empty when they agree."""
    found: list[str] = []

    def compare(connection: Connection, schema: Schema) -> None:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": False,
                "include_schemas": False,
                "include_object": include_ours,
                "version_table": "alembic_version",
            },
        )
        found.extend(f"{schema.name}: {difference}" for difference in compare_metadata(context, plain(schema.metadata)))

    for schema in schemas:
        await _on_engine(admin_url, schema, lambda connection, s=schema: compare(connection, s))
    return found


def plain(metadata: MetaData) -> MetaData:
    """The tables without their schema's name: the search path says where they are."""
    bare = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(bare)
    return bare


def include_ours(_thing: object, name: str | None, kind: str, *_: object) -> bool:
    """Whether Alembic should look at this: partitions come and go by themselves."""
    return not (kind == "table" and (name or "").startswith("events_2"))


def new_step(schema: Schema, admin_url: str, message: str) -> None:
    """Write the step that brings the database to what `tables.py` says; read it before you keep it."""

    def revise(connection: Connection) -> None:
        command.revision(
            _config(schema, connection), message, autogenerate=True, version_path=str(schema.steps), head="head"
        )

    asyncio.run(_on_engine(admin_url, schema, revise))
