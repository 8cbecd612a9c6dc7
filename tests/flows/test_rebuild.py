"""What projections hold is what the streams give, and PostgreSQL can fill the streams again."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Generator
from typing import Any
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client
from nats.js.api import StreamConfig

from deploy.child import Failed
from deploy.cli import main
from deploy.infra import Nats
from deploy.rebuild import REBUILDABLE, Compared, connected, published, rebuild, rescore, reseed
from services.feedback.inbox.domain import record
from shared.database import Database
from tests.builders import Api, eventually
from tests.feedback.given import SAID_AT, response
from tests.servers import Cluster, World, running_nats

SPOIL = """
update scoring.demand set contacts = contacts + 100, mrr = 1 where idea_id = $1
"""
LOSE = "delete from roadmap.ideas where idea_id = $1"
INVENT = """
insert into roadmap.scores (score_id, workspace_id, idea_id, model_id, model_version, state, version)
values ($1, $1, $1, $1, 1, 'not_scoreable', 1)
"""
RATED = """
select n.importance from scoring.needs n join scoring.need_ideas l on l.need_id = n.need_id where l.idea_id = $1
"""
BEHIND = """
select s.contacts, a.account_id is not null as told from scoring.shares s
left join scoring.accounts a on a.account_id = s.account_id where s.idea_id = $1
"""
TABLES = [
    "scoring.ideas",
    "scoring.demand",
    "scoring.shares",
    "scoring.accounts",
    "scoring.segments",
    "scoring.needs",
    "scoring.need_ideas",
    "scoring.kano",
    "scoring.objectives",
    "scoring.contributions",
    "roadmap.ideas",
    "roadmap.demand",
    "roadmap.scores",
]
FEWEST = {"scoring.accounts": 2, "scoring.segments": 1}
"""Rows that a table must have, so that something is compared; of others as many as there are ideas."""


@pytest.fixture(scope="module")
def nats() -> Generator[Nats]:
    """A broker that may be broken."""
    with running_nats() as started:
        yield started


@pytest.fixture(scope="module")
async def world(cluster: Cluster, nats: Nats) -> AsyncGenerator[World]:
    """Services that nobody else uses: here streams are deleted under them."""
    async with World.running(cluster, f"rebuild_{uuid4().hex[:8]}", nats.url) as running:
        yield running


@pytest.fixture(scope="module")
async def admin(world: World) -> AsyncGenerator[Database]:
    opened = Database(world.admin_url, "access", application="tests")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def schemas(world: World) -> AsyncGenerator[dict[str, Database]]:
    """Each service's schema as the administrator has it."""
    opened = {service: Database(world.admin_url, service) for service in ("feedback", *REBUILDABLE)}
    for each in opened.values():
        await each.open()
    yield opened
    for each in opened.values():
        await each.close()


async def compare(nats: Nats, schemas: dict[str, Database], *, check: bool = True) -> list[Compared]:
    async with connected(nats.url) as broker:
        return [
            each
            for service in REBUILDABLE
            for each in await rebuild(schemas[service], broker, service, check=check, say=print)
        ]


async def ask(api: Api, ideas: int, votes: int) -> list[UUID]:
    """Ideas under an active model, with votes and estimates; known to all services when this returns."""
    made = await api.scoring.post("/v1/models", json={"name": "RICE", "framework": "rice", "active": True})
    assert made.status_code in (201, 409), made.text
    ids: list[UUID] = []
    for number in range(ideas):
        idea = (await api.feedback.post("/v1/ideas", json={"title": f"Idea {number}"})).json()
        ids.append(UUID(idea["id"]))
        estimates = [
            {"idea_id": idea["id"], "input": name, "value": 1 + number % 2, "estimator": "e"}
            for name in ("impact", "effort")
        ] + [{"idea_id": idea["id"], "input": "confidence", "value": 0.5, "estimator": "e"}]
        saved = await api.scoring.post("/v1/estimates/bulk", json={"estimates": estimates})
        assert saved.status_code == 201, saved.text
        need = (await api.feedback.post("/v1/needs", json={"job": "Job", "outcome": f"Outcome {number}"})).json()
        linked = await api.feedback.put(f"/v1/needs/{need['id']}/ideas/{idea['id']}")
        assert linked.status_code == 204, linked.text
        await answer(api, need["key"], idea["key"])
        for voter in range(votes):
            contact = {"email": f"v{voter}@example.com", "account": f"a{voter % 2}"}
            cast = await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], "contact": contact})
            assert cast.status_code == 201, cast.text
    return ids


async def align(api: Api, ideas: list[UUID]) -> None:
    """As many objectives, each served by one of the ideas; known to scoring when this returns."""
    for idea in ideas:
        objective = (await api.roadmap.post("/v1/objectives", json={"title": "Grow", "weight": 2})).json()["id"]
        said = {"contributions": [{"objective_id": objective, "weight": 0.1 + 0.2}]}
        (await api.roadmap.put(f"/v1/contributions/{idea}", json=said)).raise_for_status()
        # Said otherwise: of both snapshots the newer one stays.
        await api.roadmap.patch(f"/v1/objectives/{objective}", json={"weight": 3})

    async def arrived() -> bool:
        shown = [(await api.scoring.get(f"/v1/alignments/{idea}")).json() for idea in ideas]
        return all(each["total"] == 3 * len(ideas) and each["shares"] for each in shown)

    await eventually(arrived)


async def answer(api: Api, need: str, idea: str) -> None:
    """A response about a need and an idea."""
    answers: list[dict[str, Any]] = [
        {"kind": "importance", "value": 5, "about": need, "scale": [1, 5]},
        {"kind": "kano_functional", "value": "like", "about": idea},
        {"kind": "kano_dysfunctional", "value": "dislike", "about": idea},
    ]
    async with api.admin.system(search_path="feedback") as tx:
        await record(tx, [response(api.workspace_id, need, SAID_AT, answers)])


async def scored(api: Api, idea_id: UUID, votes: int) -> None:
    """Return when roadmap holds the score that so many contacts give, and scoring knows the accounts of all of them."""

    async def arrived() -> bool:
        async with api.admin.system() as tx:
            demand = await tx.value("select votes from roadmap.demand where idea_id = $1", idea_id)
            score = await tx.value("select value from roadmap.scores where idea_id = $1", idea_id)
            stored = await tx.value("select value from scoring.scores where idea_id = $1", idea_id)
            rated = await tx.value(RATED, idea_id)
            kano = await tx.value("select counts from scoring.kano where idea_id = $1", idea_id)
            behind = await tx.all(BEHIND, idea_id)
        told = rated == [0, 0, 0, 0, 1] and kano == [0, 1, 0, 0, 0, 0]
        known = sum(row["contacts"] for row in behind) == votes and all(row["told"] for row in behind)
        return demand == votes and score is not None and score == stored and told and known

    await eventually(arrived)


async def test_a_replay_gives_the_rows_that_are_there(api: Api, nats: Nats, schemas: dict[str, Database]) -> None:
    vip = {"key": "vip", "name": "VIP", "selects": "accounts"}
    assert (await api.feedback.post("/v1/segments", json=vip)).status_code == 201
    revenue = {"name": "Accounts", "parameters": {"kind": "account", "half_life_months": 6}}
    policy = (await api.scoring.post("/v1/demand-policies", json=revenue)).json()
    ideas = await ask(api, ideas=5, votes=4)
    for idea in ideas:
        await scored(api, idea, votes=4)
    await align(api, ideas)

    async def weighed() -> bool:
        ranked = (await api.scoring.get(f"/v1/demand-policies/{policy['id']}/ideas")).json()["data"]
        return [each["weighed"]["weight"] for each in ranked] == [2] * 5

    await eventually(weighed)
    compared = await compare(nats, schemas)
    assert [each.table for each in compared] == TABLES
    assert all(each.equal and each.rows >= FEWEST.get(each.table, 5) for each in compared), compared
    assert await rescore(schemas["scoring"], check=True) == 0
    async with api.admin.system() as tx:
        await tx.run("update scoring.weights set value = 7 where idea_id = $1", ideas[0])
    assert await rescore(schemas["scoring"], check=True) == 1, "a weight that the shares do not give"
    assert await rescore(schemas["scoring"], check=False) == 1
    await eventually(weighed)
    async with api.admin.system() as tx:
        assert not await tx.value("select 1 from pg_namespace where nspname like 'rebuild%'"), "nothing is left"


async def test_rows_that_differ_are_found_and_replaced(api: Api, nats: Nats, schemas: dict[str, Database]) -> None:
    first, second, third = await ask(api, ideas=3, votes=2)
    for idea in (first, second, third):
        await scored(api, idea, votes=2)
    async with api.admin.system() as tx:
        await tx.run(SPOIL, first)
        await tx.run(LOSE, second)
        await tx.run(INVENT, uuid4())

    found = {each.table: each.different for each in await compare(nats, schemas)}
    assert found == {**dict.fromkeys(TABLES, 0), "scoring.demand": 1, "roadmap.ideas": 1, "roadmap.scores": 1}
    assert await rescore(schemas["scoring"], check=True) == 1, "the score no longer follows from the demand"

    assert not all(each.equal for each in await compare(nats, schemas, check=False))
    assert [each for each in await compare(nats, schemas) if not each.equal] == []
    assert await rescore(schemas["scoring"], check=False) == 0


async def test_a_score_that_does_not_follow_is_scored_again(api: Api, schemas: dict[str, Database]) -> None:
    (idea,) = await ask(api, ideas=1, votes=2)
    await scored(api, idea, votes=2)
    async with api.admin.system() as tx:
        await tx.run("update scoring.scores set value = 1e9 where idea_id = $1", idea)
    assert await rescore(schemas["scoring"], check=True) == 1
    assert await rescore(schemas["scoring"], check=False) == 1
    await scored(api, idea, votes=2)

    async def right() -> bool:
        return await rescore(schemas["scoring"], check=True) == 0

    await eventually(right)


async def test_what_is_parked_is_no_part_of_it(api: Api, nats: Nats, schemas: dict[str, Database]) -> None:
    (idea,) = await ask(api, ideas=1, votes=1)
    await scored(api, idea, votes=1)
    async with schemas["feedback"].transaction((api.workspace_id,)) as tx:
        # An event that no handler of today can read.
        await tx.run(
            "with told as (insert into events (id, workspace_id, type, aggregate_id, version, occurred_at, data)"
            " values ($1, $2, 'feedback.demand.changed.v1', $3, 99, now(), '{}') returning seq, occurred_at)"
            " insert into outbox select * from told",
            uuid4(),
            api.workspace_id,
            idea,
        )

    async def parked() -> bool:
        async with api.admin.system() as tx:
            sets = [await tx.value(f"select count(*) from {service}.parked") for service in REBUILDABLE]
        return sets == [1, 1]

    await eventually(parked)
    assert [each for each in await compare(nats, schemas) if not each.equal] == []


async def test_a_broker_that_lost_everything_is_filled_again(
    api: Api, nats: Nats, schemas: dict[str, Database]
) -> None:
    async def all_equal() -> bool:
        try:
            return all(each.equal for each in await compare(nats, schemas))
        except Failed:
            # A reader has not met the new stream yet.
            return False

    ideas = await ask(api, ideas=4, votes=3)
    for idea in ideas:
        await scored(api, idea, votes=3)
    # Roadmap's readers rest between batches: what is before counts when all have caught up.
    await eventually(all_equal)
    before = await _rows(schemas)

    nats.kill()
    shutil.rmtree(nats.data / "jetstream")
    nats.restart()

    (new,) = await ask(api, ideas=1, votes=2)
    await scored(api, new, votes=2)
    for service in ("feedback", *REBUILDABLE):
        await published(schemas[service], service)
    await eventually(all_equal)
    after = await _rows(schemas)
    assert {table: [row for row in after[table] if row in rows] for table, rows in before.items()} == before
    assert any(new in row.values() for row in after["scoring.ideas"])


async def test_a_stream_whose_beginning_has_expired_is_reseeded_first(
    api: Api, nats: Nats, schemas: dict[str, Database], capsys: pytest.CaptureFixture[str]
) -> None:
    ideas = await ask(api, ideas=3, votes=2)
    for idea in ideas:
        await scored(api, idea, votes=2)
    await _expire(nats, "feedback")
    assert [each for each in await compare(nats, schemas) if not each.equal] == []
    assert "begins at" in capsys.readouterr().out


async def test_an_operator_reseeds_and_rebuilds_from_a_shell(
    api: Api, nats: Nats, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (idea,) = await ask(api, ideas=1, votes=2)
    await scored(api, idea, votes=2)
    monkeypatch.setenv("CAIRN_ADMIN_URL", world.admin_url)
    monkeypatch.setenv("CAIRN_NATS_URL", nats.url)
    assert await asyncio.to_thread(main, ["reseed", "feedback"]) == 0
    assert "events to publish again" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["rebuild", "scoring", "--check"]) == 0
    assert "equal" in capsys.readouterr().out

    async with api.admin.system() as tx:
        await tx.run(SPOIL, idea)
    assert await asyncio.to_thread(main, ["rebuild", "scoring", "--check"]) == 1
    assert await asyncio.to_thread(main, ["rebuild"]) == 0
    assert "1 different" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["rebuild", "--check"]) == 0


async def test_a_reseed_changes_nothing_that_is_up_to_date(api: Api, schemas: dict[str, Database]) -> None:
    (idea,) = await ask(api, ideas=1, votes=2)
    await scored(api, idea, votes=2)
    before = await _rows(schemas)
    for service in ("feedback", *REBUILDABLE):
        await reseed(schemas[service], service)
        await published(schemas[service], service)
    assert await _rows(schemas) == before


async def _rows(schemas: dict[str, Database]) -> dict[str, list[dict[str, Any]]]:
    async with schemas["feedback"].system() as tx:
        return {table: [dict(row) for row in await tx.all(f"select * from {table} order by 1")] for table in TABLES}


async def _expire(nats: Nats, stream: str) -> None:
    """Have everything in a stream reach its age, as after a week."""
    client = Client()
    await client.connect(nats.url)
    try:
        js = client.jetstream()  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
        config: StreamConfig = (await js.stream_info(stream)).config
        age = config.max_age
        await js.update_stream(config.evolve(max_age=0.1, duplicate_window=0.1))  # pyright: ignore[reportUnknownMemberType] untyped in nats-py

        async def empty() -> bool:
            return (await js.stream_info(stream)).state.messages == 0

        await eventually(empty)
        await js.update_stream(config.evolve(max_age=age))  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
    finally:
        await client.close()
    # It may know ids for as long as it was to know them when they came; when it starts it knows those that are there.
    nats.stop()
    nats.restart()
