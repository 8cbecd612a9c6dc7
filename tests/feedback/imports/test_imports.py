"""Imports over HTTP: every row stored once, or told with what is wrong with it; however often they are broken off."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

from shared.access.keys import SCOPES
from shared.database import Database
from tests.builders import Api
from tests.feedback.given import check_demand, demand_of, made, new_idea
from tests.feedback.imports.files import begun, ended, imported, send
from tests.feedback.imports.sheets import workbook

# As if whoever works at it had been killed: another one holds it, and died too.
ROB = """
update feedback.imports set holder = gen_random_uuid(), due_at = now()
where id = $1 and state = 'running' and number > $2 returning number
"""


def ndjson(rows: list[Any]) -> bytes:
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)


async def texts(api: Api) -> list[str]:
    shown = await api.feedback.get("/v1/feedback?limit=200")
    return sorted(each["text"] for each in shown.json()["data"])


async def test_good_rows_are_stored_and_bad_ones_told(api: Api) -> None:
    idea = await new_idea(api, key="exports")
    rows: list[Any] = [
        {"text": "one", "external_id": "a", "ideas": ["exports"], "contact": {"email": "a@example.com"}},
        b"no json \x00 \xff",
        {"text": "", "external_id": "b"},
        b"",
        {"text": "two", "external_id": "a"},
        {"text": "three", "ideas": ["exports", "unknown"]},
        {"text": "x\x00", "a\x00": 1},
        {"text": "no id"},
        {"text": "no id"},
    ]
    content = ndjson(rows)
    done = await imported(api, content, kind="feedback", source="old-desk")
    assert (done["state"], done["rows"], done["invalid"], done["percent"]) == ("finished", 8, 4, 100.0)
    assert done["counts"] == {"feedback": {"created": 3, "updated": 0, "duplicate": 1}}
    told = [json.loads(line) for line in done["errors"].splitlines()]
    assert [(each["row"], [e["pointer"] for e in each["errors"]][:1]) for each in told] == [
        (2, [""]), (3, ["/text"]), (6, ["/ideas/1"]), (7, ["/text"])
    ]  # fmt: skip
    assert json.loads(told[2]["raw"]) == rows[5]
    table = await api.feedback.get(f"{done['path']}/errors?format=csv")
    assert table.text.splitlines()[0] == "row,pointer,reason,raw"
    assert await texts(api) == ["no id", "no id", "one"]
    assert (await demand_of(api, idea["id"]))["contacts"] == 1
    sources = {each["source"] for each in (await api.feedback.get("/v1/feedback")).json()["data"]}
    assert sources == {"old-desk"}
    again = await imported(api, content, kind="feedback", source="old-desk")
    assert again["counts"] == {"feedback": {"created": 0, "updated": 0, "duplicate": 4}}
    assert (await api.feedback.delete(done["path"])).status_code == 204
    assert (await api.feedback.get(f"{done['path']}/errors")).status_code == 404


async def test_a_dry_run_tells_and_stores_nothing(api: Api) -> None:
    rows = [{"external_id": f"p{n}", "name": "Acme" if n else "", "mrr": n} for n in range(3)]
    done = await imported(api, ndjson(rows), kind="accounts", dry_run=True)
    assert (done["counts"], done["invalid"]) == ({"accounts": {"created": 2, "updated": 0, "duplicate": 0}}, 1)
    assert (await api.feedback.get("/v1/accounts")).json()["data"] == []
    assert (await imported(api, ndjson(rows), kind="accounts"))["counts"] == done["counts"]


async def test_columns_become_fields_by_a_saved_mapping(api: Api) -> None:
    mapping = {
        "fields": {
            "text": {"column": "Comment"},
            "external_id": {"column": "No."},
            "said_at": {"column": "When", "format": "%d.%m.%Y %H:%M"},
            "contact.email": {"column": "E-mail"},
            "contact.account": {"default": "acme"},
            "language": {"column": "Lang", "values": {"German": "de"}},
            "ideas": {"column": "For", "separator": "/"},
        },
        "rest": "attributes",
    }
    await new_idea(api, key="one")
    await new_idea(api, key="two")
    saved = {"key": "desk", "kind": "feedback", "mapping": mapping}
    await made(await api.feedback.post("/v1/import-mappings", json=saved))
    header = ["No.", "Comment", "When", "E-mail", "Lang", "For", "Plan"]
    row = ["7", 'Fünf "Zeilen"\r\nund mehr', "01.05.2026 10:30", "Ada@Example.com", "German", "one / two", "pro"]
    table = ";".join(header) + "\r\n" + ";".join('"{}"'.format(cell.replace('"', '""')) for cell in row)
    file = workbook(header, [8, *row[1:]])
    done = await imported(api, table.encode("cp1252"), format="csv", kind="feedback", mapping_key="desk")
    assert (done["state"], done["invalid"]) == ("finished", 0), done
    read = {"encoding": "cp1252", "delimiter": ";", "columns": header}
    assert {name: done["layout"][name] for name in read} == read
    done = await imported(api, file.getvalue(), format="xlsx", kind="feedback", mapping_key="desk")
    assert (done["rows"], done["invalid"]) == (1, 0), done
    second, first = (await api.feedback.get("/v1/feedback")).json()["data"]
    assert (first["external_id"], second["external_id"]) == ("7", "8")
    for shown in (first, second):
        assert (shown["text"], shown["language"]) == (row[1], "de")
        assert (shown["said_at"], shown["attributes"]) == ("2026-05-01T10:30:00Z", {"Plan": "pro"})
        assert len((await api.feedback.get(f"/v1/insights?feedback_id={shown['id']}")).json()["data"]) == 2
    missing = await imported(api, b"a,b\n1,2\n", format="csv", kind="feedback", mapping_key="desk")
    assert missing["state"] == "failed"
    assert "'Comment'" in missing["reason"]
    wrong = {"key": "x", "kind": "votes", "mapping": {"fields": {"text": {"column": "a"}}}}
    refused = await made(await api.feedback.post("/v1/import-mappings", json=wrong), 422)
    assert refused["errors"][0]["pointer"] == "/body/mapping/fields/text"


async def test_who_is_killed_over_and_over_is_taken_up_exactly(api: Api, admin: Database) -> None:
    idea = await new_idea(api, key="exports")
    size = 1_500
    rows = [
        {
            "text": f"row {n}" if n % 100 else "",
            "contact": {"external_id": f"u{n % 700}", "account": f"a{n % 9}"},
            "ideas": ["exports"],
        }
        for n in range(size)
    ]
    path = await begun(api, kind="feedback")
    await made(await send(api, path, ndjson(rows)), 200)
    robbed, last = 0, -1
    while (await api.feedback.get(path)).json()["state"] in {"waiting", "running"}:
        async with admin.system() as tx:
            number = await tx.value(ROB, path.rpartition("/")[2], last)
        if number is not None:
            robbed, last = robbed + 1, number
    done = await ended(api, path)
    assert robbed, "it was taken away while it was worked at"
    assert (done["state"], done["rows"], done["invalid"]) == ("finished", size, size // 100)
    assert done["counts"] == {"feedback": {"created": size - size // 100, "updated": 0, "duplicate": 0}}
    assert (await demand_of(api, idea["id"]))["insights"] == size - size // 100
    async with admin.system(search_path="feedback") as tx:
        await check_demand(tx, api.workspace_id)
        stored = await tx.value("select count(*) from feedback where workspace_id = $1", api.workspace_id)
        parts = await tx.value("select count(*) from import_parts where workspace_id = $1", api.workspace_id)
    assert (stored, parts) == (size - size // 100, 0)


async def test_memory_does_not_grow_with_the_file(api: Api) -> None:
    """A file of 12 MB goes in and is read; what is held at once is a part of it and some rows."""
    line = json.dumps({"text": "x" * 19_900, "external_id": "same"}).encode() + b"\n"

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(600):
            yield line

    path = await begun(api, kind="feedback", dry_run=True)
    tracemalloc.start()
    try:
        await made(await api.feedback.put(f"{path}/file", content=chunks()), 200)
        done = await ended(api, path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (done["rows"], done["size"]) == (600, 600 * len(line))
    assert peak < 600 * len(line) * 0.8, f"{peak / 2**20:.0f} MiB"


async def test_an_import_takes_one_file(api: Api) -> None:
    path = await begun(api, kind="contacts")
    one, other = b'{"email": "a@example.com", "account": "acme"}', b'{"email": "b@example.com"}'
    sent = await asyncio.gather(send(api, path, one), send(api, path, other))
    assert sorted(response.status_code for response in sent) == [200, 409]
    done = await ended(api, path)
    assert done["counts"] == {"contacts": {"created": 1, "updated": 0, "duplicate": 0}}
    again = await asyncio.gather(send(api, path, one), send(api, path, other))
    assert sorted(response.status_code for response in again) == [200, 409]
    assert (await api.feedback.post(f"{path}:cancel")).status_code == 409
    waiting = await begun(api, kind="contacts")
    assert (await made(await api.feedback.post(f"{waiting}:cancel"), 200))["state"] == "cancelled"
    assert (await send(api, waiting, one)).status_code == 409


async def test_a_key_must_be_allowed_to_write_what_the_rows_are(api: Api) -> None:
    weak = await api.another(SCOPES - {"votes:write"})
    body = {"kind": "votes"}
    refused = await made(await weak.feedback.post("/v1/imports", json=body), 403)
    assert "votes:write" in refused["detail"]
    assert (await weak.feedback.post("/v1/imports", json={"kind": "canny"})).status_code == 403
    path = await begun(api, **body)
    assert (await weak.feedback.put(f"{path}/file", content=b"{}")).status_code == 403
    for wrong in ({}, {"kind": "canny", "mapping_key": "x"}, {"kind": "votes", "mapping_key": "x"}):
        assert (await api.feedback.post("/v1/imports", json=wrong)).status_code == 422
