"""A workspace carried away whole and put back into an empty one of the same database: its export is equal."""

import hashlib
import json

from shared.database import Database
from tests.builders import Api, eventually
from tests.feedback.given import check_demand, made, new_idea
from tests.feedback.imports.files import begun, ended, exported, imported, send

FILLED_IN = """
insert into feedback.segments (id, workspace_id, key, name, selects, rule)
select gen_random_uuid(), $1, 'large', 'Large', 'accounts', '{"mrr": {"gte": 1.50, "of": [1, null]}}';
"""
MEMBERS = """
insert into feedback.segment_members (segment_id, member_id, workspace_id)
select s.id, a.id, s.workspace_id from feedback.segments s join feedback.accounts a using (workspace_id)
where s.workspace_id = $1
"""


async def furnish(api: Api, admin: Database) -> None:
    """Something in most tables: accounts, people, ideas, words, votes, an item, origins, a mapping, a segment."""
    accounts = [{"external_id": f"a{n}", "name": f"Ä {n} \U0001f600", "mrr": 100 * n} for n in range(3)]
    await made(await api.feedback.post("/v1/accounts", json={"accounts": accounts}), 200)
    idea = await new_idea(api, key="exports", description='Quotes " and\nlines \\')
    posts = [
        {"external_id": "p1", "title": "Merged", "merged_into": "p2"},
        {"external_id": "p2", "title": "Survivor", "status": "planned", "created_at": "2020-02-29T01:02:03.456789Z"},
    ]
    await imported(api, "\n".join(map(json.dumps, posts)).encode(), kind="ideas", source="old")
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
    await made(await api.roadmap.post("/v1/items", json={"idea_ids": [idea["id"]], "title": "Exports"}))
    async with admin.system() as tx:
        await tx.run(FILLED_IN.strip().rstrip(";"), api.workspace_id)
        await tx.run(MEMBERS, api.workspace_id)

    async def followed() -> bool:
        return (await api.feedback.get(f"/v1/ideas/{idea['id']}")).json()["status"] == "planned"

    await eventually(followed)


async def test_an_export_put_back_exports_the_same(api: Api, neighbour: Api, admin: Database) -> None:
    await furnish(api, admin)
    first, file = await exported(api)
    assert hashlib.sha256(file).hexdigest() == first["sha256"]
    assert first["size"] == len(file)
    manifest = json.loads(file.splitlines()[-1])["manifest"]
    carried = {"accounts", "contacts", "segments", "segment_members", "ideas", "demand", "idea_contacts", "feedback",
               "idea_accounts", "votes", "origins", "items", "item_ideas", "insights", "import_mappings"}  # fmt: skip
    assert set(manifest["tables"]) == carried
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
    found = (await neighbour.feedback.get("/v1/origins?source=old&external_id=p1")).json()["data"]
    assert [each["title"] for each in found] == ["Merged"]

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
