"""Keys: believed at once, for as long as they should be, and not a moment longer than five seconds."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from shared.access import registry
from shared.access.directory import Directory
from shared.access.keys import SCOPES, digest, make_key, prefix_of
from shared.database import Database
from shared.errors import Conflict, Invalid
from shared.settings import Settings
from tests.builders import Api, Clients, eventually
from tests.servers import PEPPER, World

SERVICES = {"feedback": "/v1/ideas", "scoring": "/v1/models", "roadmap": "/v1/items"}
"""A route of each that needs a key."""


async def refused_everywhere(clients: Clients) -> bool:
    answers = [(await clients.of(service).get(path)).status_code for service, path in SERVICES.items()]
    return answers == [401] * len(answers)


async def test_a_key_opens_every_service(api: Api) -> None:
    for service, path in SERVICES.items():
        assert (await api.of(service).get(path)).status_code == 200
        assert (await api.anonymous.of(service).get(path)).status_code == 401


async def test_a_revoked_key_is_refused_everywhere_within_five_seconds(api: Api, world: World) -> None:
    assert Settings.model_fields["key_cache_seconds"].default < 5
    made = (await api.feedback.post("/v1/keys", json={"name": "short-lived", "scopes": sorted(SCOPES)})).json()
    clients = Clients(world.apps, made["key"])
    for service, path in SERVICES.items():
        assert (await clients.of(service).get(path)).status_code == 200
    revoked = await api.feedback.delete(f"/v1/keys/{made['id']}")
    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"]
    await eventually(lambda: refused_everywhere(clients), within=5)
    await clients.close()


async def test_a_rotated_key_goes_on_for_its_overlap(api: Api, world: World) -> None:
    old = (await api.feedback.post("/v1/keys", json={"name": "rotating", "scopes": ["ideas:read"]})).json()
    new = (await api.feedback.post(f"/v1/keys/{old['id']}:rotate", json={"overlap_seconds": 3600})).json()
    assert new["replaces"] == old["id"]
    assert new["scopes"] == old["scopes"]
    for key in (old["key"], new["key"]):
        clients = Clients(world.apps, key)
        assert (await clients.feedback.get("/v1/ideas")).status_code == 200
        await clients.close()
    at_once = (await api.feedback.post(f"/v1/keys/{new['id']}:rotate", json={"overlap_seconds": 0})).json()
    clients = Clients(world.apps, new["key"])

    async def ended() -> bool:
        return (await clients.feedback.get("/v1/ideas")).status_code == 401

    await eventually(ended, within=5)
    await clients.close()
    again = await api.feedback.post(f"/v1/keys/{new['id']}:rotate", json={})
    assert again.status_code == 409, "what has ended is not renewed"
    assert at_once["key"] != new["key"]


async def test_an_expired_key_is_refused_the_moment_it_expires(api: Api) -> None:
    expired = await api.another(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await refused_everywhere(expired)
    # Within the time that a key is believed without asking: the expiry itself must be remembered with it.
    short = await api.another(expires_at=datetime.now(UTC) + timedelta(seconds=0.5))
    assert (await short.feedback.get("/v1/ideas")).status_code == 200

    async def refused() -> bool:
        return (await short.feedback.get("/v1/ideas")).status_code == 401

    await eventually(refused, within=1)


async def test_a_key_cannot_grant_what_it_lacks(api: Api) -> None:
    clerk = await api.another(scopes={"keys:write", "ideas:read"})
    granted = await clerk.feedback.post("/v1/keys", json={"name": "a", "scopes": ["ideas:read"]})
    assert granted.status_code == 201
    beyond = await clerk.feedback.post("/v1/keys", json={"name": "b", "scopes": ["ideas:read", "votes:write"]})
    assert beyond.status_code == 403
    assert "votes:write" in beyond.json()["detail"]
    assert (await clerk.feedback.post(f"/v1/keys/{api.key_id}:rotate", json={})).status_code == 403
    unknown = await api.feedback.post("/v1/keys", json={"name": "c", "scopes": ["everything"]})
    assert unknown.status_code in {403, 422}


async def test_the_use_of_a_key_is_noted_when_the_service_stops_or_sooner(
    api: Api, world: World, admin: Database
) -> None:
    """The directory writes it down every ten seconds; here it is told to."""
    async with admin.system() as tx:
        row, key = await registry.create_key(tx, PEPPER, api.workspace_id, "used", SCOPES)
    database = Database(world.role_url("scoring"), "scoring")
    await database.open()
    directory = Directory(database, PEPPER, 100, 1.0)
    assert (await directory.caller(key)).key_id == row.id
    await directory.touch()
    await database.close()
    listed = (await api.feedback.get(f"/v1/keys/{row.id}")).json()
    assert listed["last_used_at"] is not None


async def test_a_key_is_shown_once_and_kept_as_a_hash(api: Api, admin: Database) -> None:
    made = (await api.feedback.post("/v1/keys", json={"name": "secret", "scopes": ["ideas:read"]})).json()
    assert made["key"].startswith(f"ck_{made['prefix']}_")
    shown = await api.feedback.get(f"/v1/keys/{made['id']}")
    assert "key" not in shown.json()
    async with admin.system() as tx:
        row = await tx.one("select * from access.api_keys where id = $1", made["id"])
    assert row is not None
    assert row["hash"] == digest(PEPPER.encode(), made["key"])
    assert made["key"].rpartition("_")[2] not in str(dict(row))


async def test_a_key_in_an_answer_is_not_kept_for_replay(api: Api, admin: Database) -> None:
    headers = {"Idempotency-Key": "make-a-key"}
    body = {"name": "secret", "scopes": ["ideas:read"]}
    made = await api.feedback.post("/v1/keys", json=body, headers=headers)
    async with admin.system() as tx:
        kept = await tx.all("select body from feedback.idempotency where workspace_id = $1", api.workspace_id)
    assert all(made.json()["key"].encode() not in row["body"] for row in kept)
    again = await api.feedback.post("/v1/keys", json=body, headers=headers)
    assert again.content == made.content, "and is replayed all the same"
    assert again.headers["cache-control"] == made.headers["cache-control"] == "no-store"
    clerk = await api.another(scopes={"ideas:read"})
    refused = await clerk.feedback.post("/v1/keys", json=body, headers=headers)
    assert refused.status_code == 403, "an answer is replayed to those only who may ask"


def test_a_key_cannot_be_guessed_and_has_one_shape() -> None:
    assert len({make_key() for _ in range(100)}) == 100
    prefix, text = make_key()
    assert prefix_of(text) == prefix
    for bad in ("", "ck_", "ck_abc_def", f"{text}x", text[:-1], text.upper(), f"{text}\n"):
        assert prefix_of(bad) is None
    assert digest(b"a", text) != digest(b"b", text), "useless without the pepper"


async def test_the_administrator_makes_workspaces_and_keys(admin: Database, api: Api) -> None:
    async with admin.system() as tx:
        assert api.workspace_id in {workspace.id for workspace in await registry.list_workspaces(tx)}
        with pytest.raises(Conflict):
            await registry.create_workspace(tx, api.slug, "again", "USD")
        with pytest.raises(Invalid, match="Scopes are"):
            await registry.create_key(tx, PEPPER, api.workspace_id, "none", [])


async def test_services_cannot_list_keys_of_others(world: World, api: Api, neighbour: Api) -> None:
    for service in SERVICES:
        database = Database(world.role_url(service), service)
        await database.open()
        try:
            async with database.transaction({api.workspace_id}) as tx:
                rows = await tx.all("select workspace_id from access.api_keys")
                assert {row["workspace_id"] for row in rows} == {api.workspace_id}
        except asyncpg.InsufficientPrivilegeError:
            assert service != "feedback", "only feedback manages keys"
        finally:
            await database.close()
    assert neighbour.workspace_id != api.workspace_id
