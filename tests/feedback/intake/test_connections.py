"""Connections: doors that only their vendor can find and only with its secret open."""

from typing import Any
from uuid import uuid4

import pytest

from shared.database import Database
from shared.sealing import Seal
from tests.builders import Api
from tests.feedback.given import made, open_door
from tests.servers import SEALING_KEY

KEPT = (
    "select token, secrets::text as secrets, encode(token_hash, 'hex') as hash from feedback.connections where id = $1"
)


async def test_the_secret_is_shown_once(api: Api) -> None:
    door = await open_door(api)
    assert len(door.secret) == 64
    token = door.path.rpartition("/")[2]
    assert len(token) == 43
    assert door.url == f"https://feedback.test/v1/hooks/{token}"
    path = f"/v1/connections/{door.id}"
    shown = await api.feedback.get(path)
    edited = await api.feedback.patch(path, json={"name": "Other"})
    listed = await api.feedback.get("/v1/connections")
    assert "secret" not in shown.json()
    assert all(door.secret not in answer.text for answer in (shown, edited, listed))
    assert shown.json() == {name: value for name, value in door.shown.items() if name != "secret"}


async def test_tokens_and_secrets_are_all_different(api: Api) -> None:
    doors = [await open_door(api) for _ in range(3)]
    assert len({door.path for door in doors} | {door.secret for door in doors}) == 6


async def test_nothing_in_the_table_opens_the_door(api: Api, admin: Database) -> None:
    door = await open_door(api, "standard_webhooks")
    token = door.path.rpartition("/")[2]
    async with admin.system() as tx:
        row = await tx.one(KEPT, door.id)
    assert row is not None
    kept = " ".join(map(str, row.values()))
    assert token not in kept
    assert door.secret not in kept
    assert door.secret.removeprefix("whsec_") not in kept
    assert Seal(SEALING_KEY).open(row["token"]) == token


@pytest.mark.parametrize(
    ("vendor", "begins"), [("standard_webhooks", "whsec_"), ("formbricks", "whsec_"), ("tally", "")]
)
async def test_a_secret_fits_the_vendor(api: Api, vendor: str, begins: str) -> None:
    door = await open_door(api, vendor)
    assert door.secret.startswith(begins)
    assert (await door.deliver({"type": "ping"})).status_code == 200


@pytest.mark.parametrize(
    ("vendor", "secret", "reason"),
    [
        ("standard_webhooks", "whsec_not base64!", "base64"),
        ("standard_webhooks", "whsk_AAAA", "ed25519"),
        ("formbricks", "whsec_", "empty"),
    ],
)
async def test_a_secret_that_could_never_verify_is_refused(api: Api, vendor: str, secret: str, reason: str) -> None:
    body = {"vendor": vendor, "name": "Survey", "secret": secret}
    refused = await api.feedback.post("/v1/connections", json=body)
    (error,) = (await made(refused, 422))["errors"]
    assert error["pointer"] == "/body/secret"
    assert reason in error["reason"]
    assert (await api.feedback.get("/v1/connections")).json()["data"] == []


async def test_a_secret_of_the_vendors_own(api: Api) -> None:
    """As it comes out of a clipboard."""
    door = await open_door(api, "delighted", secret="  private-api-key\n")
    assert door.secret == "private-api-key"
    assert (await door.deliver({"event_type": "else"})).status_code == 200


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"vendor": "fax"}, "/body/vendor"),
        ({"name": " "}, "/body/name"),
        ({"rules": {"questions": {"q": "stars"}}}, "/body/rules/questions/q"),
        ({"rules": {"ideas": "x"}}, "/body/rules/ideas"),
    ],
)
async def test_what_is_wrong_is_pointed_at(api: Api, change: dict[str, Any], pointer: str) -> None:
    body = {"vendor": "typeform", "name": "Survey", **change}
    refused = await made(await api.feedback.post("/v1/connections", json=body), 422)
    assert [error["pointer"] for error in refused["errors"]] == [pointer]


async def test_editing_knows_what_it_edits(api: Api, neighbour: Api) -> None:
    door = await open_door(api, rules={"idea": "idea"})
    path = f"/v1/connections/{door.id}"
    tag = {"If-Match": (await api.feedback.get(path)).headers["etag"]}
    edited = await api.feedback.patch(path, json={"rules": {"account": "firm"}, "enabled": False}, headers=tag)
    shown = await made(edited, 200)
    assert (shown["rules"]["account"], shown["rules"]["idea"], shown["enabled"], shown["name"]) == (
        "firm", None, False, "Survey"
    )  # fmt: skip
    late = await api.feedback.patch(path, json={"name": "Late"}, headers=tag)
    assert (late.status_code, late.headers["etag"]) == (412, edited.headers["etag"])
    assert (await neighbour.feedback.patch(path, json={"name": "Mine"})).status_code == 404
    assert (await neighbour.feedback.get(path)).status_code == 404
    assert (await api.feedback.get(f"/v1/connections/{uuid4()}")).status_code == 404
    assert (await neighbour.feedback.get("/v1/connections")).json()["data"] == []


async def test_scopes(api: Api) -> None:
    reader = await api.another({"connections:read"})
    refused = await reader.feedback.post("/v1/connections", json={"vendor": "tally", "name": "Survey"})
    assert (refused.status_code, "connections:write" in refused.json()["detail"]) == (403, True)
    assert (await reader.feedback.get("/v1/connections")).status_code == 200
    other = await api.another({"feedback:read"})
    for path in ("/v1/connections", "/v1/deliveries"):
        assert (await other.feedback.get(path)).status_code == 403
