"""What a connection knows of the types that PostgreSQL has, and how long it keeps plans."""

from uuid import UUID

import asyncpg
import pytest

from shared import connection
from shared.database import Database, Lane
from tests.servers import Cluster


async def test_another_connection_knows_what_one_was_told(
    cluster: Cluster, plant_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [UUID(int=1)], [True, None], [2**40], ['{"a": 1}']
    for asks in (True, False):
        if not asks:
            monkeypatch.delattr(asyncpg.Connection, "_introspect_types")
        database = Database(cluster.url(plant_database, "cairn_feedback"), "feedback", size=1)
        await database.open()
        async with database.read(()) as read, database.lane(None) as lane:
            for one in (read, lane):
                (row,) = await one.all("select $1::uuid[], $2::bool[], $3::int8[], $4::jsonb[]", *sent)
                assert tuple(row) == sent
        await database.close()


TWINS = "select count(*) from grown a join grown b using (k)"
GROW = "insert into grown select generate_series(1, 5000)"


async def test_a_plan_does_not_outlive_the_table_that_it_was_made_for(
    cluster: Cluster, plant_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await asyncpg.connect(cluster.url(plant_database))
    await admin.execute("create schema growing; create table growing.grown (k int)")
    database = Database(cluster.url(plant_database), "growing", size=1)
    await database.open()

    async def plan(lane: Lane) -> str:
        ((name,),) = await lane.all("select name from pg_prepared_statements where statement = $1", TWINS)
        return "\n".join(row[0] for row in await lane.all(f"explain execute {name}"))

    try:
        async with database.lane(None) as lane:
            await lane.all(TWINS)
            await admin.execute(f"set search_path = growing; {GROW}")
            await lane.all(TWINS)
            small = await plan(lane)
        async with database.lane(None) as lane:
            assert await plan(lane) == small, "kept for some seconds"
        monkeypatch.setattr(connection, "PLANS_SECONDS", 0.0)
        async with database.lane(None) as lane:
            assert await plan(lane) != small
    finally:
        await database.close()
        await admin.execute("drop schema growing cascade")
        await admin.close()
