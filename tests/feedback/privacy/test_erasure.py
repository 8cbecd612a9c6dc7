"""A person who is forgotten is nowhere any more: in no table of any service, in no message; and counts stay."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import nats
import pytest
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from deploy import SERVICES
from services.feedback.inbox import domain as inbox
from services.feedback.privacy import domain, store
from services.feedback.privacy.places import FREE, PLACES
from services.feedback.privacy.subject import Subject
from services.feedback.tables import metadata
from shared.database import Database
from shared.errors import Invalid
from shared.ids import new_id
from shared.sealing import Seal
from tests.builders import Api, eventually
from tests.feedback.given import (
    SAID_AT,
    Databases,
    Door,
    check_demand,
    delighted,
    demand_of,
    made,
    new_idea,
    open_door,
    response,
    typeform,
)
from tests.feedback.imports.files import exported, imported
from tests.feedback.needs.given import new_need
from tests.feedback.portal import given as boards
from tests.servers import SEALING_KEY, World

GO_ALONG = {"fetches", "segment_members", "erasures", "comment_versions", "moderation_entries", "moderation_decisions",
            "survey_answers", "export_parts"}  # fmt: skip
"""Tables whose rows go with those of another."""
NOTED = {
    "scoring": {"estimates", "runs", "run_decisions", "idempotency"},
    "roadmap": {"objectives", "objective_changes", "item_history"},
}
"""Tables of the other services in which the team wrote of somebody."""
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
SAVING = {"Idempotency-Key": "save"}
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


async def everything_said(api: Api, tag: str) -> tuple[str, dict[str, Any]]:
    """A person who is everywhere, among others who stay; the contact's id and an idea that they ask for."""
    ada = {"external_id": f"ada-{tag}", "email": f"ada.{tag}@example.com", "name": f"Ada {tag}", "account": "acme"}
    idea = await new_idea(api)
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", "mrr": 700}]})
    rule = {"op": "contains", "field": "email", "value": "@example.com"}
    segment = {"key": "all", "name": "All", "selects": "contacts", "rule": rule}
    await made(await api.feedback.post("/v1/segments", json=segment))
    words = {
        "text": f"I am {tag} and exports are slow.",
        "external_id": f"ticket-{tag}",
        "source_url": f"https://example.com/{tag}",
        "attributes": {"note": tag},
        "ideas": [idea["id"]],
        "contact": ada,
    }
    said = await made(await api.feedback.post("/v1/feedback", json=words, headers={"Idempotency-Key": "say"}))
    insight = {"feedback_id": said["id"], "idea_id": (await new_idea(api, "Speed"))["id"]}
    await made(await api.feedback.post("/v1/insights", json=insight | {"excerpt": {"start": 0, "end": 4}}))
    vote = {"idea_id": idea["id"], "contact": ada, "reason": f"{tag} needs it", "source_url": f"https://x.co/{tag}"}
    named = {"Idempotency-Key": f"vote-Ada.{tag}@example.com"}
    await made(await api.feedback.post("/v1/votes", json=vote, headers=named))
    kept = {"external_id": ada["external_id"], "attributes": {"role": tag}}
    saved = await api.feedback.post("/v1/contacts/bulk", json={"contacts": [kept]}, headers=SAVING)
    await made(saved, 200)
    other = {"text": f"Write to Ada.{tag}@example.com, not me.", "contact": {"email": "ben@example.com"}}
    await made(await api.feedback.post("/v1/feedback", json=other | {"external_id": "ben-1"}))
    twin = await made(await api.feedback.post("/v1/contacts", json={"email": f"twin.{tag}@example.com"}), 200)
    contact = (await made(saved, 200))["data"][0]["id"]
    both = {"contact_id": contact, "duplicate_id": twin["id"]}
    await made(await api.feedback.post("/v1/contacts:merge", json=both), 200)
    return contact, idea


async def everything_besides(api: Api, feedback: Database, tag: str, contact: str, idea: dict[str, Any]) -> str:
    """What they rated, brought to a board and said there, and what the team noted of it; the board's key."""
    need = await new_need(api, key="figures")
    rated = [
        {"kind": "importance", "value": 5, "about": "figures", "label": tag},
        {"kind": "nps", "value": 2, "about": None},
    ]
    async with feedback.transaction({api.workspace_id}) as tx:
        (said,) = await inbox.record(tx, [response(api.workspace_id, f"s-{tag}", SAID_AT, rated, f"ada-{tag}")])
    assert not isinstance(said, Invalid)
    away = {"action": "archive", "ids": [str(said.id)], "note": f"{tag} again"}
    await made(await api.feedback.post("/v1/inbox/actions", json=away), 200)
    board = await boards.new_board(api, "beta")
    await boards.place(api, board, idea["id"])
    await api.feedback.put(f"/v1/boards/{board}/members/{contact}")
    visitor = await boards.token(api, contact)
    path = f"/v1/boards/{board}/ideas/{idea['id']}/comments"
    spoken = await made(await api.feedback.post(path, json={"text": f"I, {tag}"}, headers=visitor))
    await made(
        await api.feedback.patch(f"{path}/{spoken['id']}", json={"text": f"It is me, {tag}"}, headers=visitor), 200
    )
    idle = {"title": f"For {tag}", "description": tag}
    brought = await made(await api.feedback.post(f"/v1/boards/{board}/submissions", json=idle, headers=visitor))
    for entry in (await api.feedback.get("/v1/moderation", params={"state": "pending"})).json()["data"]:
        decision = "approve" if entry["subject_id"] == spoken["id"] else "reject"
        reason = {"entry_ids": [entry["id"]], "decision": decision, "reason": f"{tag} is known"}
        await made(await api.feedback.post("/v1/moderation/decisions", json=reason), 200)
    note = {"text": f"@{contact} is ada.{tag}@example.com", "visibility": "public"}
    note = await made(await api.feedback.post(f"/v1/ideas/{idea['id']}/comments", json=note))
    await made(await api.feedback.patch(f"/v1/comments/{note['id']}", json={"text": f"@{contact} asked"}), 200)
    inside = {"text": f"ADA  {tag} called; Ada and {idea['key']} can wait.", "visibility": "internal"}
    await made(await api.feedback.post(f"/v1/ideas/{idea['id']}/comments", json=inside))
    theirs = (await api.feedback.get("/v1/feedback", params={"limit": 200})).json()["data"]
    ben = next(each["id"] for each in theirs if each["external_id"] == "ben-1")
    noted = {"action": "archive", "ids": [ben], "note": f"by Ada {tag}, says Ben"}
    await made(await api.feedback.post("/v1/inbox/actions", json=noted), 200)
    await made(await api.feedback.put(f"/v1/trust/contacts/{contact}", json={"level": "unknown"}), 200)
    other = await new_idea(api, "Other")
    await made(await api.feedback.post(f"/v1/ideas/{other['id']}/followers", json={"contact": {"id": contact}}), 200)
    wrong = {"text": 7, "contact": {"email": f"ada.{tag}@example.com"}}
    assert (await imported(api, json.dumps(wrong).encode(), kind="feedback"))["invalid"] == 1
    await exported(api)
    seen = (await api.feedback.get(f"/v1/boards/{board}/ideas/{idea['id']}")).json()
    assert (seen["comments"], brought["state"]) == (2, "pending")
    assert (await api.feedback.get(f"/v1/needs/{need['id']}")).json()["ratings"] == 1
    return board


async def everything_elsewhere(api: Api, tag: str, idea: dict[str, Any]) -> None:
    """What others said of them in feedback, and what the team noted of them in the other services."""
    named = f"Ada {tag} said so, see https://crm.example/?who=ada.{tag}%40example.com"
    reason = {"reason": f"for ada.{tag}@example.com too", "contact": {"email": "ben@example.com"}}
    await made(await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], **reason}))
    behalf = {"reason": f"Ada  {tag} is behind this", "contact": {"email": "cem@example.com"}, "on_behalf": True}
    await made(await api.feedback.post("/v1/votes", json={"idea_id": idea["id"], **behalf}))
    told: dict[str, Any] = {"title": f"What Ada {tag} wants", "description": named, "owner": f"ada.{tag}@example.com"}
    told |= {"tags": [f"ada {tag}"], "attributes": {"who": named}, "key": "wanted"}
    await new_idea(api, **told)
    body = {"name": "RICE", "framework": "rice", "active": True}
    model = await made(await api.scoring.post("/v1/models", json=body))
    said = {"idea_id": idea["id"], "input": "effort", "value": 3, "note": named, "estimator": f"ada.{tag}@example.com"}
    await made(await api.scoring.post("/v1/estimates", json=said, headers={"Idempotency-Key": f"ada-{tag}"}))
    run = {"name": "Now", "model_id": model["id"], "note": named}
    path = f"/v1/runs/{(await made(await api.scoring.post('/v1/runs', json=run)))['id']}"
    for reason in (named, "We agreed."):
        await made(await api.scoring.post(f"{path}/decisions", json={"reason": reason, "decided_by": f"ada-{tag}"}))
    objective = {"title": f"Keep Ada {tag}", "description": named, "owner": f"ada-{tag}", "weight": 1}
    await made(await api.roadmap.post("/v1/objectives", json=objective))
    item = await made(await api.roadmap.post("/v1/items", json={"idea_ids": [idea["id"]], "title": "Export"}))
    moved = {"status": "in_progress", "note": named}
    await made(await api.roadmap.post(f"/v1/items/{item['id']}/status", json=moved), 200)


async def forgotten_elsewhere(api: Api, erasure_id: str) -> None:
    """Wait for the other services; what was frozen is told to have lost words, and nothing else."""
    for service in ("scoring", "roadmap"):

        async def finished(service: str = service) -> dict[str, Any]:
            listed = (await api.of(service).get(f"/v1/operations/{service}/erasures")).json()["data"]
            found = [each for each in listed if each["erasure_id"] == erasure_id and each["finished_at"]]
            assert found, listed
            return found[0]

        found = await eventually(finished)
        assert found["failure"] is None
        assert set(found["rows"]) >= NOTED[service]
    (run,) = (await api.scoring.get("/v1/runs")).json()["data"]
    checked = (await api.scoring.get(f"/v1/runs/{run['id']}/verification")).json()
    assert (checked["intact"], checked["broken_at"], checked["blotted"]) == (True, None, ["run", "1", "2"])


async def everything_delivered(api: Api, tag: str) -> list[Door]:
    """What vendors sent of them: applied, an older state of it, one that names them by id alone, and one unreadable."""
    forms, scores = await open_door(api), await open_door(api, "delighted")
    hidden = {"email": f"ada.{tag}@example.com", "name": f"Ada {tag}"}
    await forms.deliver(typeform(f"token-{tag}", f"{tag} again", **hidden), message_id=f"{tag}-1")
    await forms.deliver(b'{"who": "ada.%s@Example.com"}' % tag.encode(), message_id=f"{tag}-2")
    await forms.deliver(b"not json: ada.%s%%40example.com" % tag.encode(), message_id=f"{tag}-3")
    await forms.deliver(typeform("somebody", "else"), message_id="other")
    for moment in (1, 2):
        body = delighted(f"r-{tag}", updated_at=moment, comment=f"{tag} {moment}", email=hidden["email"])
        await scores.deliver(body)
    # The same record once more, by its name alone.
    late = delighted(f"r-{tag}", updated_at=0, comment=None)
    late["event_data"]["person"] = {"id": "p1", "email": None, "name": None}
    await scores.deliver(late)

    async def all_read() -> bool:
        listed = (await api.feedback.get("/v1/deliveries?limit=200")).json()["data"]
        assert len(listed) == 7
        return all(each["state"] != "received" for each in listed)

    await eventually(all_read)
    return [forms, scores]


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
