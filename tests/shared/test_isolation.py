"""No service role reads or writes another workspace's rows, or anything of another schema."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.schemas import SCHEMAS
from shared.database import Database, scope_of
from tests.servers import Cluster

ROLES = {schema.name: schema.role for schema in SCHEMAS if schema.role}
# They hold positions of streams and of workers, nobody's data.
WITHOUT_WORKSPACE = {
    "languages_known",
    "cursors",
    "outbox",
    "published_stream",
    "workers",
    "alembic_version",
    "log_sealed",
}
SHARED_WITH_FEEDBACK = {"access.workspaces", "access.api_keys"}
# Services add to these and take nothing back. Of some they may blot out words, as an erasure does.
ADDED_TO = {
    "events", "log_seals", "connection_mappings",
    "runs", "run_entries", "run_decisions", "model_revisions", "demand_policy_revisions", "idea_days", "score_days",
}  # fmt: skip
BLOTTED = {"runs": {"note"}, "run_decisions": {"reason", "decided_by"}}
FUNCTIONS = {"access.find_key", "access.touch_keys", "access.find_workspace"}
# Called by the tables alone: PostgreSQL refuses every other call of a trigger's function.
TRIGGERS = {
    "feedback": {
        "feedback.similar_note",
        "feedback.share_note_accounts",
        "feedback.share_note_members",
        "feedback.demand_note",
        *(f"feedback.survey_note_{change}" for change in ("insert", "update", "delete")),
    }
}

TABLES = """
select n.nspname as schema, c.relname as name, c.relispartition as partition,
       exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id') as tenant
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1::text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1, 2
"""
COLUMNS = """
select attname as name, format_type(atttypid, null) as type from pg_attribute
where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attidentity = '' and attgenerated = ''
order by attnum
"""
REACHABLE_FUNCTIONS = """
select n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname not in ('pg_catalog', 'information_schema') and has_function_privilege($1, p.oid, 'execute')
  and has_schema_privilege($1, n.oid, 'usage')
"""
VALUES = {
    "uuid": "gen_random_uuid()",
    "text": "'x'",
    "text[]": "'{x}'::text[]",
    "uuid[]": "array[gen_random_uuid()]",
    "integer[]": "'{1}'::integer[]",
    "bigint[]": "'{1}'::bigint[]",
    "double precision[]": "'{1}'::float8[]",
    "real": "1",
    "bytea": "'\\x00'::bytea",
    "json": "'{}'::json",
    "jsonb": "'{}'::jsonb",
    "boolean": "true",
    "smallint": "1",
    "integer": "1",
    "bigint": "1",
    "double precision": "1",
    "numeric": "1",
    "date": "current_date",
    "timestamp with time zone": "now()",
}


# Columns of which one alone may have a value.
LEFT_OUT = {"feedback.comments": {"feedback_id"}, "feedback.insights": {"need_id"}}


class Shop:
    """A database with one row of one workspace in each table that holds rows of workspaces."""

    def __init__(self, url: str, cluster: Cluster, database: str) -> None:
        self.url, self.cluster, self.database = url, cluster, database
        self.owner = uuid4()
        self.stranger = uuid4()
        self.tables: list[asyncpg.Record] = []

    async def stock(self) -> None:
        connection = await asyncpg.connect(self.url)
        # Neither foreign keys nor triggers: each table gets its row whatever the others hold.
        await connection.execute("set session_replication_role = replica")
        self.tables = await connection.fetch(TABLES, [schema.name for schema in SCHEMAS])
        for table in self.tables:
            if table["tenant"] and not table["partition"]:
                name = f"{table['schema']}.{table['name']}"
                values = {
                    column["name"]: VALUES[column["type"]]
                    for column in await connection.fetch(COLUMNS, name)
                    if column["name"] not in LEFT_OUT.get(name, ())
                } | {"workspace_id": f"'{self.owner}'"}
                await connection.execute(
                    f"insert into {name} ({', '.join(values)}) values ({', '.join(values.values())})"
                )
        await connection.execute(
            "insert into access.workspaces (id, slug, name, currency) values ($1, 'owner', 'x', 'USD')", self.owner
        )
        await connection.close()

    async def enter(self, service: str, *workspaces: UUID) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection as a service has it, in a transaction over these workspaces."""
        connection = await asyncpg.connect(self.cluster.url(self.database, ROLES[service]))
        await connection.execute("begin")
        await connection.execute(f"set local cairn.workspaces = '{scope_of(workspaces)}'")
        return connection


WRITABLE = """
select string_agg(quote_ident(column_name), ', ') from information_schema.columns
where table_schema = $1 and table_name = $2 and is_generated = 'NEVER'
"""


@pytest.fixture(scope="module")
async def shop(request: pytest.FixtureRequest, cluster: Cluster) -> AsyncGenerator[Shop]:
    worker = getattr(request.config, "workerinput", {"workerid": "alone"})["workerid"]
    name = f"isolation_{worker}"
    await cluster.clone(name)
    shop = Shop(cluster.url(name), cluster, name)
    await shop.stock()
    yield shop
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def attempt(connection: "asyncpg.Connection[asyncpg.Record]", sql: str) -> int | None:
    """How many rows a statement reaches; None when it is refused."""
    await connection.execute("savepoint attempt")
    try:
        status = await connection.execute(sql)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedFunctionError):
        await connection.execute("rollback to savepoint attempt")
        return None
    await connection.execute("rollback to savepoint attempt")
    return int(status.rpartition(" ")[2])


async def test_every_table_of_tenants_says_whose_its_rows_are(shop: Shop) -> None:
    assert len(shop.tables) > 40
    without = {table["name"] for table in shop.tables if not table["tenant"]} - {"workspaces"}
    assert without == WITHOUT_WORKSPACE


@pytest.mark.parametrize("service", ROLES)
async def test_a_service_reaches_the_rows_of_its_callers_workspace_only(shop: Shop, service: str) -> None:
    own, strange, nobody = await asyncio.gather(
        shop.enter(service, shop.owner), shop.enter(service, shop.stranger), shop.enter(service)
    )
    tried = 0
    for table in shop.tables:
        if table["schema"] != service or not table["tenant"]:
            continue
        name = f"{table['schema']}.{table['name']}"
        statements = [
            f"select * from {name}",
            f"update {name} set workspace_id = workspace_id",
            f"delete from {name}",
        ]
        for statement in statements:
            tried += 1
            if table["partition"]:
                assert await attempt(own, statement) is None, f"{name} is reached through its parent only"
            else:
                final = table["name"] in ADDED_TO and not statement.startswith("select")
                assert await attempt(own, statement) == (None if final else 1), f"the owner: {statement}"
                assert await attempt(strange, statement) == (None if final else 0), f"a stranger: {statement}"
                assert await attempt(nobody, statement) == (None if final else 0), f"without a workspace: {statement}"
            if table["name"] in ADDED_TO and not table["partition"]:
                for column in await own.fetch(COLUMNS, name):
                    blot = await attempt(own, f"update {name} set {column['name']} = {column['name']}")
                    assert blot == (1 if column["name"] in BLOTTED.get(table["name"], ()) else None), (name, column)
        if not table["partition"]:
            steal = f"update {name} set workspace_id = '{shop.stranger}'"
            assert await attempt(own, steal) is None, f"{name}: rows do not change hands"
            columns = await own.fetchval(WRITABLE, table["schema"], table["name"])
            copy = f"insert into {name} ({columns}) select {columns} from {name}"
            assert await attempt(strange, copy) == 0
    assert tried > 20
    for connection in (own, strange, nobody):
        await connection.close()


@pytest.mark.parametrize("service", ROLES)
async def test_a_service_reaches_nothing_of_another_schema(shop: Shop, service: str) -> None:
    connection = await shop.enter(service, shop.owner, shop.stranger)
    for table in shop.tables:
        name = f"{table['schema']}.{table['name']}"
        if table["schema"] == service or (service == "feedback" and name in SHARED_WITH_FEEDBACK):
            continue
        assert await attempt(connection, f"select 1 from {name}") is None, f"{service} reads {name}"
        assert await attempt(connection, f"delete from {name}") is None, f"{service} empties {name}"
    await connection.close()


async def test_feedback_sees_keys_and_name_of_its_callers_workspace_only(shop: Shop) -> None:
    own, strange = await shop.enter("feedback", shop.owner), await shop.enter("feedback", shop.stranger)
    for name in SHARED_WITH_FEEDBACK:
        assert await attempt(own, f"select * from {name}") == 1
        assert await attempt(strange, f"select * from {name}") == 0
        assert await attempt(own, f"delete from {name}") is None
    assert await attempt(strange, "update access.api_keys set revoked_at = now()") == 0
    assert await attempt(own, "update access.workspaces set name = 'mine'") is None
    await own.close()
    await strange.close()


@pytest.mark.parametrize("service", ROLES)
async def test_a_role_owns_nothing_and_may_not_widen_its_rights(shop: Shop, service: str) -> None:
    connection = await shop.enter(service, shop.owner)
    rights = await connection.fetchrow(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles where rolname = $1",
        ROLES[service],
    )
    assert rights is not None
    assert not any(rights.values())
    owned = await connection.fetchval(
        "select count(*) from pg_class where relowner = (select oid from pg_roles where rolname = $1)", ROLES[service]
    )
    assert owned == 0, "row security does not bind an owner"
    reachable = {row["name"] for row in await connection.fetch(REACHABLE_FUNCTIONS, ROLES[service])}
    assert reachable == FUNCTIONS | {f"{service}.make_event_partitions"} | TRIGGERS.get(service, set())
    for statement in (
        f"alter table {service}.events disable row level security",
        f"create table {service}.mine (id int)",
        "create table public.mine (id int)",
        "set role postgres",
        f"drop policy tenant on {service}.events",
    ):
        await connection.execute("savepoint attempt")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
        await connection.execute("rollback to savepoint attempt")
    await connection.close()


async def test_the_setting_ends_with_its_transaction(shop: Shop) -> None:
    """The connection goes back to the pool: the next caller must not inherit the workspace."""
    database = Database(shop.cluster.url(shop.database, ROLES["feedback"]), "feedback", size=2)
    await database.open()
    async with database.transaction({shop.owner}) as tx:
        assert await tx.value("select count(*) from ideas") == 1
    async with database.transaction(()) as tx:
        assert await tx.value("select count(*) from ideas") == 0
    with contextlib.suppress(ZeroDivisionError):
        async with database.transaction({shop.owner}) as tx:
            assert await tx.value("select count(*) from ideas") == 1
            raise ZeroDivisionError
    async with database.read({shop.stranger}) as read:
        assert await read.value("select count(*) from ideas") == 0
    async with database.system() as tx:
        assert await tx.value("select count(*) from ideas") == 1
    async with database.read({shop.owner}) as read:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await read.value("delete from ideas returning 1")
    await database.close()
