"""Migrating beside services that run."""

import asyncio
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from shared.migrate import Schema, migrate
from shared.tables import MetaData
from tests.builders import eventually
from tests.servers import Cluster

STEP = """
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("alter table first add column more int")
    op.execute("alter table second add column more int")
"""
WAITS = """
select count(*) from pg_locks where relation = $1::text::regclass and not granted and mode = 'AccessExclusiveLock'
"""


@pytest.fixture
def schema(tmp_path: Path) -> Schema:
    (tmp_path / "0001_more.py").write_text(STEP)
    return Schema(f"raced_{uuid4().hex[:8]}", MetaData(), tmp_path, None)


async def test_a_lost_deadlock_is_tried_again(cluster: Cluster, plant_database: str, schema: Schema) -> None:
    url = cluster.url(plant_database)
    admin, rival = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        await admin.execute(
            f"create schema {schema.name}; set search_path = {schema.name}; "
            "create table first (workspace_id uuid); create table second (workspace_id uuid)"
        )
        # The one that waits for a second first is the one that loses.
        await rival.execute(f"set search_path = {schema.name}; set deadlock_timeout = '30s'; begin; table second")
        migrating = asyncio.create_task(migrate(url, [schema], {}))

        async def waits() -> bool:
            return await admin.fetchval(WAITS, f"{schema.name}.second") == 1

        await eventually(waits)
        # Waits for the migration, which waits for this.
        await rival.execute("table first")
        await rival.execute("commit")
        await migrating
        for table in ("first", "second"):
            assert await admin.fetch(f"select more from {table}") == []
        assert await admin.fetchval("select count(*) from pg_policies where schemaname = $1", schema.name) == 2
    finally:
        await rival.close()
        await admin.execute(f"drop schema {schema.name} cascade")
        await admin.close()
