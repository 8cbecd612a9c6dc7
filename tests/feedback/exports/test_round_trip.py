"""A workspace carried away whole and put back into an empty one of the same database: its export is equal."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from services.feedback.exports.file import Seal, line_of, mask_of, renamed, table_of
from services.feedback.inbox import domain as inbox
from services.feedback.tables.carried import CARRIED
from shared.access.keys import SCOPES
from shared.database import Database
from shared.errors import Invalid
from tests.builders import Api, eventually
from tests.feedback.given import SAID_AT, Databases, check_demand, made, new_idea, response
from tests.feedback.imports.files import begun, ended, exported, imported, send
from tests.feedback.needs.given import new_need
from tests.feedback.portal.given import decide, new_board, new_contact, place, token

FILLED_IN = """
insert into feedback.segments (id, workspace_id, key, name, selects, rule)
values (gen_random_uuid(), $1, 'large', 'Large', 'accounts',
    '{"op": "or", "of": [{"op": "ge", "field": "attributes.ratio", "value": 1.50}]}')
"""
MEMBERS = """
insert into feedback.segment_members (segment_id, member_id, workspace_id)
select s.id, a.id, s.workspace_id from feedback.segments s join feedback.accounts a using (workspace_id)
where s.workspace_id = $1
"""


async def furnish(api: Api, admin: Database, feedback: Database) -> None:
    """Something in every table that is carried."""
    accounts = [{"external_id": f"a{n}", "name": f"Ä {n} \U0001f600", "mrr": 100 * n} for n in range(3)]
    await made(await api.feedback.post("/v1/accounts", json={"accounts": accounts}), 200)
    product = await made(await api.feedback.post("/v1/products", json={"key": "app", "name": "App"}))
    part = {"key": "files", "name": "Files"}
    await made(await api.feedback.post(f"/v1/products/{product['id']}/components", json=part))
    placed: dict[str, Any] = {"product": "app", "component": "files", "tags": ["csv"], "attributes": {"n": 1.50}}
    idea = await new_idea(api, key="exports", description='Quotes " and\nlines \\', **placed)
    posts = [
        {"external_id": "p1", "title": "Merged", "merged_into": "p2"},
        {"external_id": "p2", "title": "Survivor", "status": "planned", "created_at": "2020-02-29T01:02:03.456789Z"},
    ]
    await imported(api, "\n".join(map(json.dumps, posts)).encode(), kind="ideas", source="old")
    said = {"external_id": "c1", "idea": "p1", "text": "An answer to what has not come.", "parent": "gone"}
    await imported(api, json.dumps(said).encode(), kind="comments", source="old")
    rows = [
        {
            "text": f"row {n} é \u2028",
            "external_id": f"x{n}" if n % 3 else None,
            "contact": {"email": f"u{n % 40}@example.com", "account": f"a{n % 3}"},
            "attributes": {"n": n, "ratio": n / 7, "yes": True, "no": None},
            "ideas": ["exports"] if n % 2 else [],
        }
        for n in range(700)
    ]
    await imported(api, "\n".join(map(json.dumps, rows)).encode(), kind="feedback")
    for n in range(5):
        vote = {"idea_id": "exports", "contact": {"email": f"v{n}@example.com", "account": "a1"}, "reason": "because"}
        await made(await api.feedback.post("/v1/votes", json=vote))
    mapping = {"key": "desk", "kind": "feedback", "mapping": {"rest": "attributes"}}
    await made(await api.feedback.post("/v1/import-mappings", json=mapping))
    await say_more(api, feedback, idea["id"])
    await ship(api, idea["id"])
    async with admin.system() as tx:
        await tx.run(FILLED_IN, api.workspace_id)
        await tx.run(MEMBERS, api.workspace_id)

    async def settled() -> bool:
        """The merge was noted by the index of what is alike."""
        found = (await api.feedback.get("/v1/similar/suggestions")).json()["data"]
        return {each["joined"] for each in found} >= {"merged"}

    await eventually(settled)


async def say_more(api: Api, feedback: Database, idea_id: str) -> None:
    """A need that answers rate, a statement that was set aside, a board, and what is said there."""
    need = await new_need(api, key="figures")
    assert (await api.feedback.put(f"/v1/needs/{need['id']}/ideas/{idea_id}")).status_code == 204
    async with feedback.transaction({api.workspace_id}) as tx:
        rated = [
            {"kind": "importance", "value": 5, "scale": [1, 7], "about": "figures"},
            {"kind": "nps", "value": 9, "about": None},
        ]
        (said,) = await inbox.record(tx, [response(api.workspace_id, "s1", SAID_AT, rated, "ada")])
    assert not isinstance(said, Invalid)
    for deed in (
        {"action": "link", "idea_id": idea_id},
        {"action": "unlink", "idea_id": idea_id},
        {"action": "archive", "note": "known"},
    ):
        await made(await api.feedback.post("/v1/inbox/actions", json={"ids": [str(said.id)], **deed}), 200)
    ada, ben = await new_contact(api, "ada@example.com"), await new_contact(api, "ben@example.com")
    board = await new_board(api)
    await place(api, board, idea_id)
    await api.feedback.put(f"/v1/boards/{board}/members/{ada}")
    visitor = await token(api, ada)
    brought = {"title": "PDF", "description": "As well."}
    brought = await made(await api.feedback.post(f"/v1/boards/{board}/submissions", json=brought, headers=visitor))
    spoken = await api.feedback.post(
        f"/v1/boards/{board}/ideas/{idea_id}/comments", json={"text": "?"}, headers=visitor
    )
    await decide(api, "approve", brought["id"], (await made(spoken))["id"])
    comments = f"/v1/ideas/{idea_id}/comments"
    note = await made(await api.feedback.post(comments, json={"text": f"@ada and @{ben}", "visibility": "public"}))
    await made(await api.feedback.post(comments, json={"text": "So?", "visibility": "public", "parent_id": note["id"]}))
    await made(await api.feedback.patch(f"/v1/comments/{note['id']}", json={"text": f"@ada or @{ben}"}), 200)
    await made(await api.feedback.post(f"/v1/ideas/{idea_id}/followers", json={"contact": {"id": ben}}), 200)


async def ship(api: Api, idea_id: str) -> None:
    """Ship the idea, and wait for who asked for it to be named, and for the idea to follow."""
    item = await made(await api.roadmap.post("/v1/items", json={"idea_ids": [idea_id], "title": "Exports"}))
    for status in ("in_progress", "shipped"):
        await made(await api.roadmap.post(f"/v1/items/{item['id']}/status", json={"status": status}), 200)

    async def followed() -> bool:
        shown = (await api.feedback.get(f"/v1/ideas/{idea_id}")).json()
        named = (await api.feedback.get("/v1/requesters", params={"item_id": item["id"]})).json()
        return shown["status"] == "shipped" and bool(named["data"])

    await eventually(followed)


async def test_an_export_put_back_exports_the_same(
    api: Api, neighbour: Api, admin: Database, database: Databases
) -> None:
    await furnish(api, admin, await database("feedback"))
    first, file = await exported(api)
    assert hashlib.sha256(file).hexdigest() == first["sha256"]
    assert first["size"] == len(file)
    manifest = json.loads(file.splitlines()[-1])["manifest"]
    assert set(manifest["tables"]) == CARRIED, "something of each"
    assert manifest["rows"] == first["rows"] == sum(each["rows"] for each in manifest["tables"].values())
    again, same = await exported(api)
    assert same == file, "the same content is the same file"
    assert again["id"] != first["id"]

    done = await imported(neighbour, file, kind="workspace")
    assert (done["state"], done["reason"]) == ("finished", None)
    second, copy = await exported(neighbour)
    assert copy == file
    assert second["sha256"] == first["sha256"]
    async with admin.system(search_path="feedback") as tx:
        await check_demand(tx, neighbour.workspace_id)
    ideas = (await neighbour.feedback.get("/v1/ideas")).json()["data"]
    assert {idea["id"] for idea in ideas}.isdisjoint(
        idea["id"] for idea in (await api.feedback.get("/v1/ideas")).json()["data"]
    )
    (searched,) = (await neighbour.feedback.get("/v1/ideas?q=quotes")).json()["data"]
    assert searched["key"] == "exports", "its words were written with it"
    assert {idea["title"] for idea in ideas}.isdisjoint({"Merged"}), "it is merged there as well"
    need = (await neighbour.feedback.get("/v1/needs")).json()["data"][0]
    assert need["ratings"] == 1
    ben = (await neighbour.feedback.get("/v1/contacts?email=ben@example.com")).json()["data"][0]["id"]
    assert len((await neighbour.feedback.get(f"/v1/mentions?of={ben}")).json()["data"]) == 1, "by the id that they have"
    found = (await neighbour.feedback.get("/v1/origins?source=old&external_id=p1")).json()["data"]
    assert [each["title"] for each in found] == ["Merged"]

    actions = (await neighbour.feedback.get("/v1/inbox/actions")).json()["data"]
    assert [each["action"] for each in actions] == ["archive", "unlink", "link"]
    assert actions[1]["asked"]["idea"] in {idea["id"] for idea in ideas}, "by the id that it has there"
    for each in actions[:2]:
        undone = await made(await neighbour.feedback.post(f"/v1/inbox/actions/{each['id']}:undo"), 200)
        assert [result["status"] for result in undone["results"]] == ["changed"]
    (put,) = [each["id"] for each in (await neighbour.feedback.get("/v1/feedback?source=survey")).json()["data"]]
    changes = (await neighbour.feedback.get(f"/v1/inbox/{put}/history")).json()["data"]
    assert [each["kind"] for each in changes] == ["undo", "undo", "archive", "unlink", "link"], "the new behind the old"

    async def scored() -> bool:
        """The other services were told of the ideas."""
        item = await neighbour.roadmap.post("/v1/items", json={"idea_ids": [ideas[0]["id"]]})
        return item.json()["title"] == ideas[0]["title"]

    await eventually(scored)
    full = await neighbour.feedback.post("/v1/imports", json={"kind": "workspace"})
    assert (full.status_code, full.json()["code"]) == (409, "not_empty")


async def test_what_is_no_whole_export_is_refused_before_anything_is_stored(api: Api, neighbour: Api) -> None:
    await new_idea(api)
    await new_idea(api)
    _, file = await exported(api)
    lines = file.splitlines(keepends=True)
    other = file.replace(b'"USD"', b'"EUR"')
    for broken, why in (
        (b"".join(lines[:-1]), "not whole"),
        (file.replace(b"Export as CSV", b"Export as csv", 1), "not whole"),
        (b"".join([lines[0], lines[2], *lines[3:]]), "not whole"),
        (file + lines[1], "after the manifest"),
        (file[:-10], "not whole"),
        (b'{"table":"events","row":{}}\n' + file, "first line"),
        (lines[0] + b'{"table":"events","row":{}}\n' + file, "not a row of a table"),
        (other, "money"),
        (b"", "not whole"),
    ):
        done = await imported(neighbour, broken, kind="workspace")
        assert done["state"] == "failed", why
        assert why in done["reason"]
    assert (await neighbour.feedback.get("/v1/ideas")).json()["data"] == []
    path = await begun(neighbour, kind="workspace")
    await new_idea(neighbour)
    await send(neighbour, path, file)
    assert "empty workspace" in (await ended(neighbour, path))["reason"]


async def test_a_key_carries_away_and_puts_back_what_it_may_see_and_write(api: Api) -> None:
    """A file holds the team's notes, who is blocked, and boards: whoever has it has read all of that."""
    path = (await api.feedback.post("/v1/exports")).headers["location"]
    for lacking in ("feedback:read", "ideas:read", "votes:read", "customers:read", "comments:read", "moderation:read"):
        blind = await api.another(SCOPES - {lacking})
        for asked in (blind.feedback.post("/v1/exports"), blind.feedback.get(path), blind.feedback.get(f"{path}/file")):
            refused = await asked
            assert (refused.status_code, refused.json()["detail"]) == (403, f"The key lacks the scope {lacking}.")
    for lacking in ("boards:write", "moderation:write", "comments:write"):
        refused = await (await api.another(SCOPES - {lacking})).feedback.post("/v1/imports", json={"kind": "workspace"})
        assert (refused.status_code, refused.json()["detail"]) == (403, f"The key lacks the scope {lacking}.")


def forged(file: bytes, table: str, **columns: str) -> bytes:
    """The export as whoever owns it could have written it: with other values in each row of a table."""
    lines = file.splitlines(keepends=True)[:-1]
    seal = Seal()
    for number, line in enumerate(lines):
        if table_of(line) == table:
            told = json.loads(line)
            lines[number] = line_of(table, json.dumps(told["row"] | columns))
        seal.add(lines[number])
    return b"".join([*lines, seal.manifest()])


@pytest.mark.parametrize(
    "case", ["ideas merged_root", "ideas merged_into", "contacts account_id", "votes idea_id", "ideas id"]
)
async def test_nothing_that_is_put_back_refers_to_what_is_somebody_elses(
    api: Api, neighbour: Api, new_api: Callable[[], Awaitable[Api]], case: str
) -> None:
    """The file is the caller's to write, and ids of ideas stand on public boards."""
    theirs = await new_idea(api)
    await made(await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 7}]}), 200)
    account = (await api.feedback.get("/v1/accounts")).json()["data"][0]
    ours = await new_idea(neighbour)
    vote = {"idea_id": ours["key"], "contact": {"external_id": "u1", "account": "acme"}}
    await made(await neighbour.feedback.post("/v1/votes", json=vote))
    _, file = await exported(neighbour)
    empty = await new_api()
    table, column = case.split()
    named = renamed(UUID((account if column == "account_id" else theirs)["id"]), mask_of(empty.workspace_id))
    hostile = forged(file, table, **{column: str(named)})
    if case == "ideas id":
        # Whole in itself: all that referred to the idea does so by its new id.
        own = str(renamed(UUID(ours["id"]), mask_of(neighbour.workspace_id))).encode()
        hostile = forged(file.replace(own, str(named).encode()), "nothing")
    done = await imported(empty, hostile, kind="workspace")
    assert done["state"] == "failed"
    assert ("has the id of another" if case == "ideas id" else f"A row of {table} refers to") in done["reason"]
    for listed in ("ideas", "contacts", "votes?idea_id=" + theirs["id"]):
        assert (await empty.feedback.get(f"/v1/{listed}")).json()["data"] == [], "nothing of it was stored"
