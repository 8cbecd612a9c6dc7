"""Whom feedback has forgotten is forgotten in every column of the other services that may hold words."""

import time
from collections.abc import AsyncGenerator, Mapping
from uuid import UUID

import asyncpg
import pytest

from services.roadmap.app import PLACES as ROADMAP
from services.scoring.app import PLACES as SCORING
from shared.database import Database
from shared.events.feedback import Identifier
from shared.forgetting import store
from shared.forgetting.domain import IDENTIFIERS, Places
from shared.forgetting.spans import Forgotten, spoken
from shared.ids import new_id
from shared.sealing import Seal
from tests.servers import SEALING_KEY, Cluster
from tests.shared.test_isolation import COLUMNS, ROLES, VALUES

SERVICES: Mapping[str, Places] = {"scoring": SCORING, "roadmap": ROADMAP}
SEAL = Seal(SEALING_KEY)
KNOWN_AS = [("email", "ada.l@example.com"), ("external_id", "user-17"), ("name", "ada king lovelace")]
ADA = [
    Identifier(kind=kind, words=len(value.split()), hash=SEAL.sign(spoken(kind, value)))  # pyright: ignore[reportArgumentType] one of the three
    for kind, value in KNOWN_AS
]
SAID = "Ask Ada  King Lovelace (ada.L@example.com, user-17), not nada.l@example.com or Ada King."
LEFT = "Ask [erased] ([erased], [erased]), not nada.l@example.com or Ada King."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (SAID, LEFT),
        ("mailto:ada.l@example.com?x=1", "mailto:[erased]?x=1"),
        ("https://x.co/?who=Ada.L%40example.com&y=2", "https://x.co/?who=[erased]&y=2"),
        ("ada.l@example.com.au", "ada.l@example.com.au"),
        ("user-171 and user-17.", "user-171 and [erased]."),
        ("\u201cAda King Lovelace\u201d", "\u201c[erased]\u201d"),
        ("King Lovelace, Ada", "King Lovelace, Ada"),
        ("", ""),
    ],
)
def test_what_names_somebody_is_blotted_out(text: str, left: str) -> None:
    assert Forgotten(ADA, SEAL.sign).blotted(text) == left


def test_nobody_can_make_it_slow() -> None:
    """The longest text that is taken: quadratic, one of them would hold up a whole service for half a minute."""
    began = time.process_time()
    for part in ("a", "!", "-", "a@", "%40", "a "):
        Forgotten(ADA, SEAL.sign).blotted(part * (100_000 // len(part)) + "!a")
    assert time.process_time() - began < 3


def test_who_stood_alone_in_a_column_stays_one_of_several() -> None:
    ben = [Identifier(kind="email", hash=SEAL.sign(spoken("email", "ben@example.com")))]
    both = {
        Forgotten(ADA, SEAL.sign).blotted("Ada.L@example.com"),
        Forgotten(ben, SEAL.sign).blotted("ben@example.com"),
    }
    assert len(both) == 2
    assert all(each.startswith("erased-") for each in both)


@pytest.fixture
async def apart(request: pytest.FixtureRequest, cluster: Cluster) -> AsyncGenerator[tuple[Cluster, str]]:
    """A database that no service runs on: rows of nonsense do not meet their jobs."""
    worker = getattr(request.config, "workerinput", {"workerid": "alone"})["workerid"]
    name = f"forgetting_{worker}"
    await cluster.clone(name)
    yield cluster, name
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def test_no_column_with_words_is_left_out(apart: tuple[Cluster, str]) -> None:
    """Planted in each column of text or JSON that is not told of as free, and found in none of them afterwards."""
    cluster, name = apart
    admin = await asyncpg.connect(cluster.url(name))
    await admin.execute("set session_replication_role = replica")
    workspace, neighbour = new_id(), new_id()
    for service, places in SERVICES.items():
        for table in places.tables.values():
            columns = await admin.fetch(COLUMNS, f"{service}.{table.table}")
            for owner in (workspace, neighbour):
                values = {each["name"]: VALUES[each["type"]] for each in columns} | {"workspace_id": f"'{owner}'"}
                values |= dict.fromkeys(table.texts, f"'{SAID}'")
                values |= dict.fromkeys(table.documents, f"""'{{"a": [1.50, "{SAID}"]}}'""")
                listed = ", ".join(values)
                await admin.execute(
                    f"insert into {service}.{table.table} ({listed}) values ({', '.join(values.values())})"
                )
        answer = f"""'{{"note": "{SAID}"}}'"""
        await admin.execute(
            f"insert into {service}.idempotency"
            f" values ('{workspace}', 'user-17', '\\x00', 201, '{{}}', {answer}, now(), 'outline')"
        )
        await forget(Database(cluster.url(name, ROLES[service]), service, size=2), places, workspace)
        for table in places.tables.values():
            left = await admin.fetch(f"select workspace_id, to_jsonb(t)::text as row from {service}.{table.table} t")
            assert {row["workspace_id"] for row in left if "ada.L@" in row["row"]} == {neighbour}, table.table
            assert any(LEFT in row["row"] for row in left), table.table
        (answered,) = await admin.fetch(f"select key, status, body, outline from {service}.idempotency")
        assert (answered["status"], answered["outline"]) == (410, None)
        assert b"Ada" not in answered["body"]
        assert answered["key"].startswith("erased:")
    await admin.close()


async def forget(database: Database, places: Places, workspace: UUID) -> None:
    """As the job does it, each part rolled back once before it is kept: it may die anywhere."""

    class Died(Exception):
        pass

    erasure = new_id()
    await database.open()
    async with database.transaction({workspace}) as tx:
        told = IDENTIFIERS.dump_json(ADA).decode()
        await tx.run(store.HEAR, [erasure, erasure], [workspace] * 2, [told] * 2)
    more = True
    while more:
        for dies in (True, False):
            try:
                async with database.transaction({workspace}) as tx:
                    row = await tx.one(store.CLAIM, workspace, erasure)
                    assert row is not None
                    more = await places.advance(tx, SEAL, workspace, erasure, row)
                    if dies:
                        raise Died
            except Died:
                continue
    async with database.read({workspace}) as read:
        (row,) = await read.all(store.LIST, workspace, "ffffffff-ffff-ffff-ffff-ffffffffffff", 5)
        assert row["finished_at"] is not None
        assert await read.value("select identifiers::text from forgettings") == "[]"
    await database.close()
