"""What PostgreSQL's own types are made of is asked once in a process."""

from uuid import UUID

import asyncpg
import pytest

from shared.database import Database
from tests.servers import Cluster


async def test_another_connection_knows_what_one_was_told(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = [UUID(int=1)], [True, None], [2**40], ['{"a": 1}']
    for asks in (True, False):
        if not asks:
            monkeypatch.delattr(asyncpg.Connection, "_introspect_types")
        database = Database(cluster.url(role="cairn_feedback"), "feedback", size=1)
        await database.open()
        async with database.read(()) as read, database.lane(None) as lane:
            for one in (read, lane):
                (row,) = await one.all("select $1::uuid[], $2::bool[], $3::int8[], $4::jsonb[]", *sent)
                assert tuple(row) == sent
        await database.close()
