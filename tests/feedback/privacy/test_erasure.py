"""A person who is forgotten is nowhere any more: in no table of any service, in no message; and counts stay."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import nats
import pytest
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from deploy import SERVICES
from services.feedback.privacy import domain, store
from services.feedback.privacy.bulk import STEPS, Erasing
from services.feedback.privacy.places import FREE, PLACES
from services.feedback.privacy.subject import Subject
from services.feedback.tables import metadata
from shared.database import Database
from shared.ids import new_id
from shared.sealing import Seal
from tests.builders import Api, eventually
from tests.feedback.given import (
    Databases,
    check_demand,
    demand_of,
    made,
)
from tests.feedback.privacy.given import (
    SAVING,
    everything_besides,
    everything_delivered,
    everything_elsewhere,
    everything_said,
    forgotten_elsewhere,
)
from tests.servers import SEALING_KEY, World

GO_ALONG = {"fetches", "segment_members", "erasures", "comment_versions", "moderation_entries", "moderation_decisions",
            "survey_answers", "export_parts"}  # fmt: skip
"""Tables whose rows go with those of another."""
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
COLUMNS = """
select n.nspname || '.' || c.relname as name, a.attname as field, t.typname as type
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped join pg_type t on t.oid = a.atttypid
where n.nspname = any($1) and c.relkind in ('r', 'p') and not c.relispartition
  and t.typname in ('text', '_text', 'json', 'jsonb', 'bytea')
"""


async def found_in_database(admin: Database, words: list[str]) -> list[str]:
    """Every column of every table of every schema that holds one of the words, in any case."""
    tables: dict[str, list[str]] = {}
    found: list[str] = []
    async with admin.system() as tx:
        for row in await tx.all(COLUMNS, [*SERVICES, "access"]):
            field = f'"{row["field"]}"'
            text = f"encode({field}, 'escape')" if row["type"] == "bytea" else f"{field}::text"
            holds = f"bool_or({text} ilike any($1)) as {field}"
            tables.setdefault(row["name"], []).append(holds)
        for table, each in tables.items():
            row = await tx.one(f"select {', '.join(each)} from {table}", [f"%{word}%" for word in words])
            assert row is not None
            found += [f"{table}.{field}" for field, holds in row.items() if holds]
    return found


async def found_in_streams(nats_url: str, words: list[str]) -> tuple[int, list[str]]:
    """How many messages the streams hold, and those with one of the words in headers or body."""
    connection = await nats.connect(nats_url)  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
    looked, found = 0, list[str]()
    try:
        js = connection.jetstream()  # pyright: ignore[reportUnknownMemberType] untyped in nats-py
        for stream in await js.streams_info():
            name = stream.config.name
            assert name is not None
            left = stream.state.messages
            config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL)
            subscription = await js.pull_subscribe("", None, stream=name, config=config)
            while left > 0:
                for message in await subscription.fetch(min(left, 500), timeout=5):
                    left -= 1
                    looked += 1
                    whole = f"{message.subject} {message.headers} {message.data.decode()}".lower()
                    if any(word in whole for word in words):
                        found.append(message.subject)
            await subscription.unsubscribe()
    finally:
        await connection.close()
    return looked, found


async def done(api: Api, erasure_id: str) -> dict[str, Any]:
    async def finished() -> dict[str, Any]:
        shown = (await api.feedback.get(f"/v1/erasures/{erasure_id}")).json()
        assert shown["state"] == "done", shown
        return shown

    return await eventually(finished)


async def test_nothing_of_them_is_anywhere(api: Api, admin: Database, world: World, database: Databases) -> None:
    tag = f"q{uuid4().hex[:10]}z"
    words = [tag]
    contact, idea = await everything_said(api, tag)
    board = await everything_besides(api, await database("feedback"), tag, contact, idea)
    doors = await everything_delivered(api, tag)
    await everything_elsewhere(api, tag, idea)
    before = await found_in_database(admin, words)
    for place in ("contacts.email", "contacts.name", "feedback.text", "feedback.external_id", "deliveries.body",
                  "votes.reason", "idempotency.body", "contacts.attributes", "feedback.source_url",
                  "feedback.answers", "comments.text", "comment_versions.text", "board_submissions.title",
                  "moderation_decisions.reason", "triage.note", "triage_history.after", "inbox_actions.asked",
                  "import_errors.raw", "export_parts.content"):  # fmt: skip
        assert f"feedback.{place}" in before, "there is something to forget"
    assert {"scoring.estimates.note", "scoring.estimates.estimator", "scoring.run_decisions.reason",
            "roadmap.item_history.note", "roadmap.objective_changes.state", "feedback.idea_terms.term",
            "scoring.idempotency.body"} <= set(before)  # fmt: skip
    demand = await demand_of(api, idea["id"])

    exported: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await api.feedback.get(f"/v1/contacts/{contact}/data?limit=3{cursor}")).json()
        exported += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    shown = {each["place"] for each in exported}
    assert shown == {place.table for place in PLACES if place.SHOW} - {"requesters", "board_ideas"}
    assert json.dumps(exported).count(f"I am {tag}") == 1

    asked = {"subject_id": contact, "reference": "DSR-17"}
    erasure = await made(await api.feedback.post("/v1/erasures", json=asked, headers={"Idempotency-Key": "erase"}), 201)
    assert (await api.feedback.get(f"/v1/contacts/{contact}")).json()["email"] is None, "at once"
    receipt = await done(api, erasure["id"])
    await forgotten_elsewhere(api, erasure["id"])

    # A title had been told of before anybody was forgotten; of that the receipt speaks.
    assert set(await found_in_database(admin, words)) <= {
        "feedback.events.data", "scoring.idea_days.title", "scoring.run_entries.title",
    }  # fmt: skip
    looked, found = await found_in_streams(world.nats_url, words)
    assert looked > 0
    assert all(".idea.changed." in each for each in found)

    # Counts stay, and nobody else has lost anything.
    assert await demand_of(api, idea["id"]) == demand
    async with (await database("feedback")).read({api.workspace_id}) as read:
        await check_demand(read, api.workspace_id)
    seen = (await api.feedback.get(f"/v1/boards/{board}/ideas/{idea['id']}")).json()
    assert seen["comments"] == 1, "theirs is a tombstone"
    (need,) = (await api.feedback.get("/v1/needs")).json()["data"]
    assert need["ratings"] == need["importance"]["answers"] == 0
    assert (await api.feedback.get("/v1/surveys/nps", params=YEAR)).json()["total"]["n"] == 0
    texts = {each["text"] for each in (await api.feedback.get("/v1/feedback?limit=200")).json()["data"]}
    assert {"Write to [erased], not me.", "else", ""} <= texts
    health = (await api.feedback.get(f"/v1/connections/{doors[0].id}/health")).json()
    listed = (await api.feedback.get(f"/v1/deliveries?connection_id={doors[0].id}")).json()["data"]
    assert sorted(each["state"] for each in listed) == ["applied", "erased", "erased", "erased"]
    assert (health["applied"], health["ignored"], health["quarantined"]) == (1, 0, 0)
    (segment,) = (await api.feedback.get("/v1/segments")).json()["data"]
    members = (await api.feedback.get(f"/v1/segments/{segment['id']}/members")).json()["data"]
    assert len(members) == segment["members"]
    assert contact not in {each["member_id"] for each in members}

    # Asked again, what was answered about them is gone, and not done anew.
    kept = {"contacts": [{"external_id": f"ada-{tag}", "attributes": {"role": tag}}]}
    again = await api.feedback.post("/v1/contacts/bulk", json=kept, headers=SAVING)
    assert (again.status_code, again.json()["code"]) == (410, "erased")
    same = await api.feedback.post("/v1/erasures", json=asked, headers={"Idempotency-Key": "erase"})
    assert same.json()["id"] == erasure["id"]

    rows = {each["table"]: each["rows"] for each in receipt["receipt"]["places"]}
    assert rows["contacts"] == 2
    assert rows["feedback"] == 5
    assert (rows["comments"], rows["board_submissions"], rows["import_errors"], rows["exports"]) == (3, 1, 1, 1)
    assert (rows["triage"], rows["triage_history"], rows["inbox_actions"]) == (2, 2, 2)
    said = (await api.feedback.get(f"/v1/comments?idea_id={idea['id']}")).json()["data"]
    assert f"[erased] called; Ada and {idea['key']} can wait." in {each["text"] for each in said}
    assert rows["deliveries"] == 6
    assert receipt["receipt"]["unreachable"]
    check = {"receipt": receipt["receipt"], "signature": receipt["signature"], "email": f"ada.{tag}@example.com"}
    assert (await api.feedback.post("/v1/erasures:check", json=check)).json() == {"valid": True, "about": True}
    forged = check | {"receipt": receipt["receipt"] | {"requested_by": "nobody"}, "email": "ben@example.com"}
    assert (await api.feedback.post("/v1/erasures:check", json=forged)).json() == {"valid": False, "about": False}


async def test_what_erasing_refuses(api: Api) -> None:
    for name in ("ada", "ben"):
        await made(await api.feedback.post("/v1/contacts", json={"external_id": name}), 200)
        await made(await api.feedback.post("/v1/contacts", json={"email": f"{name}@example.com"}), 200)
    both = await api.feedback.post("/v1/erasures", json={"external_id": "ada", "email": "ben@example.com"})
    assert (both.status_code, both.json()["code"]) == (409, "ambiguous_subject")
    assert (await api.feedback.post("/v1/erasures", json={"subject_id": str(uuid4())})).status_code == 422
    assert (await api.feedback.post("/v1/erasures", json={})).status_code == 422
    erasure = await made(await api.feedback.post("/v1/erasures", json={"external_id": "ada"}))
    (contact,) = erasure["contact_ids"]
    await done(api, erasure["id"])
    assert (await api.feedback.patch(f"/v1/contacts/{contact}", json={"name": "Ada"})).json()["code"] == "erased"
    spoken = await api.feedback.post("/v1/feedback", json={"text": "x", "contact": {"id": contact}})
    assert spoken.status_code == 422
    fresh = await made(await api.feedback.post("/v1/contacts", json={"external_id": "ada"}), 200)
    assert fresh["id"] != contact, "whoever comes after is somebody new"
    reader = await api.another({"privacy:read"})
    assert (await reader.feedback.post("/v1/erasures", json={"external_id": "ada"})).status_code == 403


async def test_interrupted_anywhere_it_goes_on(api: Api, database: Databases) -> None:
    """Each part is rolled back once before it is kept, as when the process dies: the end is the same, nothing twice."""
    feedback, seal = await database("feedback"), Seal(SEALING_KEY)
    said = [{"text": f"word {n}", "contact": {"external_id": "ada"}, "external_id": str(n)} for n in range(5)]
    await asyncio.gather(*(api.feedback.post("/v1/feedback", json=each) for each in said))
    async with feedback.transaction({api.workspace_id}) as tx:
        row = await domain.begin(
            tx, seal, api.workspace_id, subject_id=None, external_id="ada", email=None, reference=None,
            requested_by="key:test",
        )  # fmt: skip
        # Never seen by the worker of the service that runs beside.
        await tx.run("update erasures set seen_at = now(), due_at = 'infinity' where id = $1", row["id"])

    class Died(Exception):
        pass

    more = True
    while more:
        for dies in (True, False):
            try:
                async with feedback.transaction({api.workspace_id}) as tx:
                    claimed = await tx.one(store.CLAIM, api.workspace_id, row["id"])
                    assert claimed is not None
                    more = await domain.advance(tx, seal, claimed)
                    if dies:
                        raise Died
            except Died:
                continue
    shown = (await api.feedback.get(f"/v1/erasures/{row['id']}")).json()
    assert shown["rows"]["feedback"] == 5
    texts = [each["text"] for each in (await api.feedback.get("/v1/feedback")).json()["data"]]
    assert texts == [""] * 5


async def test_who_is_being_written_of_is_waited_for(api: Api, database: Databases) -> None:
    """A transaction that looked somebody up before they were erased may still store what they said."""
    feedback, late = await database("feedback"), new_id()
    contact = await made(await api.feedback.post("/v1/contacts", json={"external_id": "ada"}), 200)
    said = """
    insert into feedback (id, workspace_id, source, external_id, contact_id, text, said_at)
    values ($1, $2, 'api', gen_random_uuid()::text, $3, 'late words', now())
    """
    async with feedback.transaction({api.workspace_id}) as older:
        assert await older.value("select id from contacts where external_id = 'ada'") is not None
        erasure = await made(await api.feedback.post("/v1/erasures", json={"external_id": "ada"}))

        async def seen() -> bool:
            return (await api.feedback.get(f"/v1/erasures/{erasure['id']}")).json()["state"] == "running"

        await eventually(seen)
        async with feedback.system() as tx:
            row = await tx.one(store.NEXT)
            assert row is None or str(row["id"]) != erasure["id"]
        await older.run(said, late, api.workspace_id, contact["id"])
    await done(api, erasure["id"])
    assert (await api.feedback.get(f"/v1/feedback/{late}")).json()["text"] == ""


def test_every_table_says_what_it_holds_of_a_person() -> None:
    """A new table is declared in `privacy/places.py`, with how it is shown and forgotten or why it need not be."""
    declared = [place.table for place in PLACES] + list(FREE)
    assert sorted(declared) == sorted(set(declared))
    assert set(declared) == set(metadata.tables)
    for place in PLACES:
        assert (place.fate == "kept") or place.ERASE or place.table in {*domain.STEPS, *GO_ALONG}


@pytest.mark.parametrize(
    ("raw", "holds"),
    [
        (b'{"email":"Ada@Example.com"}', True),
        (b"email=ada%40example.com&x=1", True),
        (b'"ada\\u0040example.com"', True),
        (b'"line\\nada@example.com"', True),
        (b"nada@example.com", False),
        (b"ada@example.com.au", False),
        (b"ada@example.comx", False),
        (b"write to ada@example.com.", True),
        (b'{"id": "User-17"}', True),
        (b'{"id": "user-171"}', False),
        (b"\xff\xfe ada@example.com", True),
        (b"", False),
    ],
)
def test_what_mentions_somebody(raw: bytes, holds: bool) -> None:
    assert Subject.of(["ADA@example.com", None], ["user-17", "u1"]).mentioned_in(raw) is holds


async def test_whoever_is_found_on_the_way_goes_with_all_that_names_them(api: Api, database: Databases) -> None:
    """Somebody is known by the same address again, under whom others were merged: their names lead nowhere then."""
    feedback = await database("feedback")
    people = [{"external_id": "u1", "email": "ada@example.com"}, {"external_id": "u2"}, {"external_id": "u3"}]
    found, twin, other = [
        (await made(await api.feedback.post("/v1/contacts", json=each), 200))["id"] for each in people
    ]
    both = {"contact_id": found, "duplicate_id": twin}
    await made(await api.feedback.post("/v1/contacts:merge", json=both), 200)
    subject = Subject.of(["ada@example.com"], [], [])
    erasing = Erasing(new_id(), api.workspace_id, [], subject, "")
    async with feedback.transaction({api.workspace_id}) as tx:
        step = await STEPS["contacts"](tx, erasing)
    assert {str(id) for id in step.contact_ids or ()} == {found, twin}
    for name in ("u1", "u2"):
        again = await made(await api.feedback.post("/v1/contacts", json={"external_id": name}), 200)
        assert again["id"] not in {found, twin}, "it is nobody's name any more"
    assert (await made(await api.feedback.post("/v1/contacts", json={"external_id": "u3"}), 200))["id"] == other
