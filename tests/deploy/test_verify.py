"""What is changed behind the product's back is found."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from deploy import cli, verify
from shared import chain
from shared.database import Database
from shared.provenance import node
from shared.sealing import Seal
from tests.builders import Api, eventually, new_workspace
from tests.flows.given import planned
from tests.servers import PEPPER, SEALING_KEY, Cluster, World, running_nats

SEAL = Seal(SEALING_KEY)
# What to do, how to undo it, and where it shows.
ALTERATIONS = {
    "a delivery's bytes": (
        "feedback",
        "update deliveries set body = body || '\\x20'::bytea where workspace_id = $1",
        "update deliveries set body = substr(body, 1, length(body) - 1) where workspace_id = $1",
        {"deliveries"},
    ),
    "how much an idea is wanted": (
        "feedback",
        "update demand set votes = votes + 1 where workspace_id = $1",
        "update demand set votes = votes - 1 where workspace_id = $1",
        {"demand"},
    ),
    "an event of long ago": (
        "feedback",
        """update events set data = replace(data::text, '"votes":1', '"votes":9')::json
        where workspace_id = $1 and type = 'feedback.demand.changed.v1'""",
        """update events set data = replace(data::text, '"votes":9', '"votes":1')::json
        where workspace_id = $1 and type = 'feedback.demand.changed.v1'""",
        {"log", "demand"},
    ),
    "what a score rests on": (
        "scoring",
        "update scores set inputs = jsonb_set(inputs, '{impact,source}', '\"demand\"') where workspace_id = $1",
        "update scores set inputs = jsonb_set(inputs, '{impact,source}', '\"estimate\"') where workspace_id = $1",
        {"scores"},
    ),
    "an estimate": (
        "scoring",
        "update estimates set value = value + 1 where workspace_id = $1 and input = 'effort'",
        "update estimates set value = value - 1 where workspace_id = $1 and input = 'effort'",
        {"scores"},
    ),
    "why a score moved": (
        "scoring",
        "update scores set cause = 'x' || cause where workspace_id = $1",
        "update scores set cause = substr(cause, 2) where workspace_id = $1",
        {"scores"},
    ),
    "where an item stands": (
        "roadmap",
        "update items set status = 'shipped' where workspace_id = $1",
        "update items set status = 'planned' where workspace_id = $1",
        {"items"},
    ),
    "a seal": (
        "roadmap",
        "update log_seals set events = events + 1 where workspace_id = $1",
        "update log_seals set events = events - 1 where workspace_id = $1",
        {"log"},
    ),
}


class Site:
    """A Cairn of this test's own, with something planned in it."""

    def __init__(self, api: Api, schemas: dict[str, Database]) -> None:
        self.api = api
        self.schemas = schemas

    async def seal(self) -> None:
        """Seal the logs as they are now."""
        for database in self.schemas.values():

            async def sealed(database: Database = database) -> bool:
                async with database.system() as tx:
                    upto = await chain.horizon(tx)
                assert upto is not None
                async with database.system() as tx:
                    while await chain.seal_some(tx, SEAL, upto):
                        pass
                    return await tx.value("select upto from log_sealed") == upto.seq

            await eventually(sealed)

    async def change(self, service: str, statement: str) -> None:
        """Somebody with the database's password."""
        async with self.schemas[service].system() as tx:
            assert await tx.run(statement, self.api.workspace_id), statement

    async def found(self, service: str) -> set[str]:
        """What is not as it was."""
        return {fault.what async for fault in verify.stored(self.schemas[service], SEAL)}


@pytest.fixture
async def site(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Site]:
    name = f"verified_{uuid4().hex[:8]}"
    monkeypatch.setenv("CAIRN_ADMIN_URL", cluster.url(name))
    monkeypatch.setenv("CAIRN_KEY_PEPPER", PEPPER)
    monkeypatch.setenv("CAIRN_SEALING_KEY", SEALING_KEY)
    async with AsyncExitStack() as stack:
        nats = stack.enter_context(running_nats())
        world = await stack.enter_async_context(World.running(cluster, name, nats.url))
        schemas: dict[str, Database] = {}
        for schema in ("access", *world.apps):
            schemas[schema] = Database(world.admin_url, schema)
            await schemas[schema].open()
            stack.push_async_callback(schemas[schema].close)
        api = await new_workspace(world.apps, schemas.pop("access"))
        stack.push_async_callback(api.close)
        yield Site(api, schemas)


async def test_what_is_changed_behind_the_products_back_is_found(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api = site.api
    item, _ = await planned(api)

    async def scored() -> bool:
        (score,) = (await api.scoring.get(f"/v1/scores/{item['idea_ids'][0]}")).json()["scores"]
        demand = (await api.feedback.get(f"/v1/ideas/{item['idea_ids'][0]}/demand")).json()
        rests_on = score["inputs"]["reach"]["demand"]
        return bool(rests_on and rests_on["version"] == demand["version"] and demand["insights"] and score["intact"])

    await eventually(scored)
    await site.seal()
    noted = tmp_path / "heads.json"
    chosen = cli.parser().parse_args(["verify", "--heads", str(noted)])
    await chosen.command(chosen)
    assert capsys.readouterr().out.count("nothing found") == 3
    heads = json.loads(noted.read_text())
    assert {str(api.workspace_id)} == set(heads["feedback"]) == set(heads["scoring"]) == set(heads["roadmap"])
    for name, (service, alter, restore, shows) in ALTERATIONS.items():
        await site.change(service, alter)
        assert await site.found(service) == shows, name
        await site.change(service, restore)
        assert await site.found(service) == set(), name
    # Everything in the database sealed anew fits together, and yet not what was noted elsewhere, nor who signs.
    forger = Seal("somebody else's key, of 32 bytes or more")
    await site.change("feedback", "delete from events where workspace_id = $1 and seq = (select min(seq) from events)")
    await site.change("feedback", "delete from log_seals where workspace_id = $1")
    async with site.schemas["feedback"].system() as tx:
        await tx.run("update log_sealed set upto = 0")
        upto = await chain.horizon(tx)
        assert upto is not None
        await chain.seal_some(tx, forger, chain.Horizon(upto.seq, 0))
    assert {fault.why async for fault in verify.stored(site.schemas["feedback"], SEAL)} == {
        "it was not signed with this CAIRN_SEALING_KEY"
    }
    chosen = cli.parser().parse_args(["verify", "feedback", "--against", str(noted)])
    with pytest.raises(cli.Failed):
        await chosen.command(chosen)
    assert "is not the one that was noted" in capsys.readouterr().out


async def test_a_seal_is_checked_by_whoever_reads_it(site: Site) -> None:
    api = site.api
    await planned(api)
    await site.seal()
    for service in ("feedback", "scoring", "roadmap"):
        base = f"/v1/operations/{service}/seals"
        previous = chain.FIRST
        for seal in (await api.of(service).get(base)).json()["data"]:
            position = seal["position"]
            assert (await api.of(service).get(f"{base}/{position}")).json()["holds"] is True
            events = (await api.of(service).get(f"{base}/{position}/events", params={"limit": 200})).json()["data"]
            assert len(events) == seal["events"]
            for event in events:
                lines = ("seq", "id", "type", "aggregate_id", "version", "occurred_at", "data")
                assert sha256("\n".join(str(event[name]) for name in lines).encode()).hexdigest() == event["hash"]
            assert sha256(b"".join(bytes.fromhex(event["hash"]) for event in events)).hexdigest() == seal["stretch"]
            assert seal["digest"] == chain.link(UUID(str(api.workspace_id)), position, seal, previous)
            previous = seal["digest"]
        assert previous != chain.FIRST, service


def test_a_saved_answer_is_checked_without_any_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leaf = node("vote", "v", {"importance": "nice", "mrr": 1e21, "share": 0.1})
    root = node("votes", "i", {"counted": 1}, [leaf])
    saved = tmp_path / "answer.json"
    saved.write_text(json.dumps({"digest": root.digest, "tree": root.model_dump(mode="json")}))
    assert cli.main(["verify", "--file", str(saved)]) == 0
    assert capsys.readouterr().out.strip() == root.digest
    saved.write_text(saved.read_text().replace("nice", "critical"))
    assert cli.main(["verify", "--file", str(saved)]) == 1
    assert "votes i > vote v" in capsys.readouterr().err
    saved.write_text("[]")
    assert cli.main(["verify", "--file", str(saved)]) == 1
