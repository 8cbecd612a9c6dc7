"""The inbox over HTTP: a machine of all that people do to it, and what a frontend rests on."""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.feedback.search import domain as search
from services.feedback.triage import domain
from shared.database import Database
from tests.builders import Api, eventually
from tests.feedback.given import Databases, check_demand, filled, made, new_idea

SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()
DUE = "update feedback.triage set due = now() - interval '1 second' where workspace_id = $1 and due is not null"
SEGMENT = """
with made as (
    insert into feedback.segments (id, workspace_id, key, name, selects) values ($2, $1, 'vip', 'VIP', 'accounts')
)
insert into feedback.segment_members (segment_id, member_id, workspace_id)
select $2, account_id, $1 from feedback.contacts where workspace_id = $1 and account_id is not null
"""


async def say(api: Api, text: str = "Exports are slow.", **body: Any) -> str:
    return (await made(await api.feedback.post("/v1/feedback", json={"text": text, **body})))["id"]


async def act(api: Api, action: str, *ids: str, status: int = 200, **others: Any) -> Any:
    body = {"action": action, **({"ids": list(ids)} if ids else {}), **others}
    return await made(await api.feedback.post("/v1/inbox/actions", json=body), status)


async def inbox(api: Api, **query: Any) -> list[str]:
    """All that a list has, three at a time."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await api.feedback.get("/v1/inbox", params={"limit": 3, **query, **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [each["id"] for each in page["data"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def place(api: Api, id: str, **query: Any) -> Any:
    return await made(await api.feedback.get(f"/v1/inbox/{id}", params=query), 200)


class Inbox:
    """What the inbox must hold, kept by other means than the product's."""

    def __init__(self, ids: list[str]) -> None:
        self.stands: dict[str, dict[str, Any]] = {
            id: {"state": "new", "assignee": None, "snoozed_until": None, "note": None} for id in ids
        }
        self.linked: dict[str, set[str]] = {id: set() for id in ids}

    def do(self, action: str, ids: list[str], idea: str, assignee: str | None) -> None:
        for id in ids:
            now = self.stands[id]
            match action:
                case "archive":
                    now.update(state="archived", snoozed_until=None, note="no")
                case "snooze":
                    now.update(state="snoozed", snoozed_until=SOON, note=None)
                case "assign":
                    now.update(assignee=assignee)
                case "reopen":
                    now.update(state="new", snoozed_until=None, note=None)
                case "link":
                    self.linked[id].add(idea)
                    now.update(state="linked", snoozed_until=None, note=None)
                case _:
                    had = idea in self.linked[id]
                    self.linked[id].discard(idea)
                    if had and not self.linked[id] and now["state"] == "linked":
                        now.update(state="new")

    def copy(self) -> "Inbox":
        other = Inbox([])
        other.stands = {id: dict(each) for id, each in self.stands.items()}
        other.linked = {id: set(each) for id, each in self.linked.items()}
        return other


GIVEN: dict[str, dict[str, Any]] = {
    "archive": {"note": "no"},
    "snooze": {"until": SOON},
    "assign": {},
    "reopen": {},
    "link": {},
    "unlink": {},
}


async def check(api: Api, feedback: Database, kept: Inbox) -> None:
    """Lists, counts, insights and demand say what the model says."""
    states = {state: [id for id, each in kept.stands.items() if each["state"] == state] for state in domain.STATES}
    for state, ids in states.items():
        assert await inbox(api, state=state) == ids
        assert await inbox(api, state=state, order="newest") == ids[::-1]
    mine = [id for id, each in kept.stands.items() if each["assignee"] == "ada"]
    assert await inbox(api, state="any", assignee="ada") == mine
    counts = await made(await api.feedback.get("/v1/inbox/counts"), 200)
    assert counts == {state: len(ids) for state, ids in states.items()}
    shown = (await made(await api.feedback.get("/v1/inbox", params={"state": "any", "limit": 200}), 200))["data"]
    for each in shown:
        until = each["snoozed_until"] and datetime.fromisoformat(each["snoozed_until"])
        expected = kept.stands[each["id"]]
        assert {name: each[name] for name in expected} | {"snoozed_until": until} == expected | {
            "snoozed_until": expected["snoozed_until"] and datetime.fromisoformat(expected["snoozed_until"])
        }
    insights = (await made(await api.feedback.get("/v1/insights?limit=200"), 200))["data"]
    assert {(each["feedback_id"], each["idea_id"]) for each in insights} == {
        (id, idea) for id, ideas in kept.linked.items() for idea in ideas
    }
    async with feedback.read({api.workspace_id}) as read:
        await check_demand(read, api.workspace_id)


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_people_do_the_inbox_says_so_and_undoes_it(api: Api, database: Databases, seed: int) -> None:
    """Random deeds on random statements, some undone at once: every list, count, link and demand follows."""
    feedback, dice = await database("feedback"), Random(seed)
    ideas = [(await new_idea(api, key=key))["id"] for key in ("one", "two")]
    ids = [await say(api, contact={"external_id": f"u{n % 3}", "account": "acme"}) for n in range(8)]
    kept = Inbox(ids)
    for _ in range(12):
        action, some = dice.choice(list(GIVEN)), dice.sample(ids, dice.randint(1, 5))
        idea, assignee = dice.choice(ideas), dice.choice(["ada", None])
        given: dict[str, Any] = {**GIVEN[action], **({"assignee": assignee} if action == "assign" else {})}
        given |= {"idea_id": idea} if action in {"link", "unlink"} else {}
        before = kept.copy()
        kept.do(action, some, idea, assignee)
        done = await act(api, action, *some, **given)
        assert [each["id"] for each in done["results"]] == some
        for each in done["results"]:
            id = each["id"]
            changed = (kept.stands[id], kept.linked[id]) != (before.stands[id], before.linked[id])
            assert (each["status"], each["state"]) == ("changed" if changed else "unchanged", kept.stands[id]["state"])
        if dice.random() < 0.4:
            undone = await made(await api.feedback.post(f"/v1/inbox/actions/{done['id']}:undo"), 200)
            assert undone["changed"] == len([each for each in undone["results"] if each["status"] == "changed"])
            kept = before
    await check(api, feedback, kept)


async def test_a_keyboard_goes_on_from_an_entry_that_has_left_the_list(api: Api) -> None:
    ids = [await say(api, source="support" if n % 2 else "api") for n in range(6)]
    await act(api, "archive", ids[2], ids[3])
    shown = await place(api, ids[2])
    assert (shown["entry"]["state"], shown["previous_id"], shown["next_id"]) == ("archived", ids[1], ids[4])
    newest = await place(api, ids[2], order="newest")
    assert (newest["previous_id"], newest["next_id"]) == (ids[4], ids[1])
    support = await place(api, ids[2], source="support")
    assert (support["previous_id"], support["next_id"]) == (ids[1], ids[5])
    assert (await place(api, ids[5]))["next_id"] is None
    page = (await api.feedback.get("/v1/inbox?limit=2")).json()
    # All of the page leaves the list, and the next page is none the poorer.
    await act(api, "archive", *(each["id"] for each in page["data"]))
    rest = await api.feedback.get("/v1/inbox", params={"cursor": page["next_cursor"]})
    assert [each["id"] for each in rest.json()["data"]] == ids[4:]


async def test_filters(api: Api, admin: Database, database: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """However little of a window is wanted, page after page finds all of it."""
    monkeypatch.setattr(search, "WINDOW", 4)
    rare = [
        await say(api, "The EXPORT is slow 100%_", source="sales", contact={"external_id": "u1", "account": "acme"}),
    ]
    for n in range(9):
        await say(api, "Too slow.", source="support", contact={"external_id": "u2"} if n % 2 else None)
    rare.append(await say(api, "my export", source="sales", contact={"external_id": "u1"}))
    await filled(api, await database("feedback"), 11)
    segment = "0197f3c1-6d0e-7cc1-8f6f-3f1d2b5a9e10"
    async with admin.system() as tx:
        await tx.run(SEGMENT, api.workspace_id, segment)
    await act(api, "assign", rare[0], assignee="ada")
    for query in ({"source": "sales"}, {"q": "export"}, {"segment_id": segment}):
        assert await inbox(api, **query) == rare, query
        assert await inbox(api, **query, order="newest") == rare[::-1], query
    assert await inbox(api, q="100%_") == rare[:1]
    assert await inbox(api, source="sales", unassigned=True) == rare[1:]
    assert await inbox(api, assignee="ada", source="support") == []
    assert await inbox(api, product_id=segment) == []
    short = (await api.feedback.get("/v1/inbox?source=sales&limit=2")).json()
    assert len(short["data"]) == 1
    assert short["next_cursor"] is not None, "it looked at a window, and tells how far"
    monkeypatch.setattr(domain, "AT_ONCE", 1)
    first = await act(api, "assign", assignee="ben", filter={"source": "sales"})
    rest = await act(api, "assign", assignee="ben", filter={"source": "sales"}, after=first["next"])
    assert [[each["id"] for each in done["results"]] for done in (first, rest)] == [rare[:1], rare[1:]]
    assert rest["next"] is None


async def test_what_is_snoozed_comes_back_when_it_is_due(api: Api, admin: Database) -> None:
    ids = [await say(api) for _ in range(3)]
    await act(api, "snooze", *ids[:2], until=SOON, note="after the release")
    assert await inbox(api) == ids[2:]
    async with admin.system() as tx:
        await tx.run(DUE, api.workspace_id)

    async def back() -> bool:
        return await inbox(api) == ids

    await eventually(back)
    history = (await made(await api.feedback.get(f"/v1/inbox/{ids[0]}/history"), 200))["data"]
    assert [(each["kind"], each["after"]["state"], each["changed_by"]) for each in history] == [
        ("wake", "new", "cairn"), ("snooze", "snoozed", f"key:{api.key_id}")
    ]  # fmt: skip


async def test_an_undo_leaves_alone_what_was_changed_since(api: Api) -> None:
    await new_idea(api, key="one")
    ids = [await say(api) for _ in range(2)]
    done = await act(api, "link", *ids, idea_id="one")
    await act(api, "assign", ids[0], assignee="ada")
    undone = await made(await api.feedback.post(f"/v1/inbox/actions/{done['id']}:undo"), 200)
    assert [each["status"] for each in undone["results"]] == ["unchanged", "changed"]
    assert undone["undone_by"] == f"key:{api.key_id}"
    again = await api.feedback.post(f"/v1/inbox/actions/{done['id']}:undo")
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")
    listed = (await api.feedback.get("/v1/inbox/actions")).json()["data"]
    assert [(each["action"], each["changed"], each["undone_at"] is None) for each in listed] == [
        ("assign", 1, True), ("link", 2, False)
    ]  # fmt: skip


async def test_a_link_that_was_taken_back_comes_back_as_it_was(api: Api) -> None:
    await new_idea(api, key="one")
    id = await say(api)
    excerpt = {"start": 0, "end": 7}
    body = {"feedback_id": id, "idea_id": "one", "excerpt": excerpt, "confidence": 0.5}
    before = await made(await api.feedback.post("/v1/insights", json=body))
    done = await act(api, "unlink", id, idea_id="one")
    assert (await api.feedback.get("/v1/insights")).json()["data"] == []
    assert await inbox(api) == [id]
    await made(await api.feedback.post(f"/v1/inbox/actions/{done['id']}:undo"), 200)
    (after,) = (await api.feedback.get("/v1/insights")).json()["data"]
    same = ("feedback_id", "idea_id", "excerpt", "quote", "stale", "confidence", "linked_by")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert await inbox(api, state="linked") == [id]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": "archive"}, "/body"),
        ({"action": "archive", "filter": {}, "ids": ["0197f3c1-6d0e-7cc1-8f6f-3f1d2b5a9e10"]}, "/body"),
        ({"action": "snooze", "filter": {}}, "/body"),
        ({"action": "snooze", "filter": {}, "until": "2020-01-01T00:00:00Z"}, "/body/until"),
        ({"action": "link", "filter": {}}, "/body"),
        ({"action": "link", "filter": {}, "idea_id": "unknown"}, "/body/idea_id"),
        ({"action": "unlink", "filter": {}, "need_id": "unknown"}, "/body/need_id"),
        ({"action": "reopen", "filter": {}, "note": "why"}, "/body"),
        ({"action": "archive", "ids": []}, "/body/ids"),
    ],
)
async def test_actions_that_are_none(api: Api, body: dict[str, Any], pointer: str) -> None:
    refused = await api.feedback.post("/v1/inbox/actions", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), json.dumps(body)


async def test_a_neighbours_statements_are_not_found(api: Api, neighbour: Api) -> None:
    theirs = await say(neighbour)
    done = await act(api, "archive", theirs)
    assert done["results"] == [{"id": theirs, "status": "not_found", "state": None}]
    assert await inbox(neighbour) == [theirs]
    assert (await api.feedback.get(f"/v1/inbox/{theirs}")).status_code == 404
    assert (await neighbour.feedback.post(f"/v1/inbox/actions/{done['id']}:undo")).status_code == 404
    assert UUID(done["id"])
