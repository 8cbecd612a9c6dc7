"""Needs over HTTP, and what surveys make of them: totals that follow every response, told in events."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from services.feedback.customers.domain import Person
from services.feedback.inbox.domain import Statement, record
from shared.database import Read
from shared.events.feedback import NeedChanged
from tests.builders import Api, eventually
from tests.feedback.given import TOLD, Databases, new_idea, open_door
from tests.feedback.needs.given import new_need

# From the answers as they are stored, by no statement of the product's; on the scale from 1 to 5 a step is its answer.
RECOUNTED = """
select n.id as need_id, a ->> 'kind' as kind, (a ->> 'value')::float8::int as step, count(*) as times
from feedback f cross join lateral jsonb_array_elements(f.answers) a join needs n on n.workspace_id = f.workspace_id
    and (n.key = a ->> 'about' or n.id::text = a ->> 'about')
where f.workspace_id = $1 and a ->> 'kind' in ('importance', 'satisfaction') group by 1, 2, 3
"""
KEPT = "select * from need_totals where workspace_id = $1"
BY_WHOM = """
select count(*) from need_ratings r join feedback f on f.workspace_id = r.workspace_id and f.id = r.feedback_id
where r.workspace_id = $1 and r.contact_id is distinct from f.contact_id
"""


async def check(read: Read, workspace_id: UUID) -> None:
    """Totals are what the stored answers say, and the last event of each need says the same."""
    recounted = Counter[tuple[UUID, str, int]]()
    for row in await read.all(RECOUNTED, workspace_id):
        recounted[(row["need_id"], row["kind"], row["step"])] = row["times"]
    last: dict[UUID, NeedChanged] = {}
    for row in await read.all(TOLD, workspace_id, NeedChanged.type):
        event = NeedChanged.model_validate_json(row["data"])
        assert event.need_id not in last or last[event.need_id].version < event.version
        last[event.need_id] = event
    for row in await read.all(KEPT, workspace_id):
        event = last[row["need_id"]]
        assert (event.version, event.ratings, event.insights) == (row["version"], row["ratings"], row["insights"])
        for kind in ("importance", "satisfaction"):
            counts = [recounted[(row["need_id"], kind, step)] for step in range(1, 6)]
            assert (row[kind], getattr(event, kind).counts) == (counts, counts)
    assert await read.value(BY_WHOM, workspace_id) == 0


async def test_totals_follow_responses_however_they_are_sent_again(api: Api, database: Databases) -> None:
    """Random states of a few responses about needs, in batches, late ones and repeated ones among them."""
    feedback, dice = await database("feedback"), Random(7)
    needs = [(await new_need(api, key=key)) for key in ("one", "two")]
    names = ["one", needs[0]["id"], "two", "an-idea"]

    def state(at: int) -> Statement:
        asked = dice.sample(names, dice.randint(0, 3))
        answers = [
            {"key": f"{kind}-{name}", "kind": kind, "value": float(dice.randint(1, 5)), "about": name}
            for name in asked
            # A need is named once in a response here, or the recount would count it twice.
            if not (name == needs[0]["id"] and "one" in asked)
            for kind in ("importance", "satisfaction")
            if dice.random() < 0.8
        ]
        who = dice.choice(["ada", "ben", None])
        return Statement(
            api.workspace_id, "typeform", "", datetime.now(UTC), "rule:test", external_id=f"r{dice.randint(1, 4)}",
            person=Person(api.workspace_id, None, who) if who else None, answers=to_json(answers).decode(),
            replaces=True, revised_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=at),
        )  # fmt: skip

    for at in range(15):
        batch = [state(at + dice.randint(-3, 3)) for _ in range(dice.randint(1, 4))]
        async with feedback.transaction({api.workspace_id}) as tx:
            await record(tx, batch)
        async with feedback.read({api.workspace_id}) as read:
            await check(read, api.workspace_id)


async def test_a_survey_rates_a_need_by_its_mapping_or_a_hidden_field(api: Api) -> None:
    need = await new_need(api, key="figures-out")
    path = f"/v1/needs/{need['id']}"
    assert need["importance"] == {
        "answers": 0, "counts": [0] * 5, "mean": None, "top_share": None, "top_share_interval": None, "few": True
    }  # fmt: skip
    rules: dict[str, Any] = {
        "questions": {"i": "importance", "s": "satisfaction"},
        "about": {"i": "figures-out"},
        "need": "need_key",
        "scales": {"i": {"low": 0, "high": 10}},
    }
    door = await open_door(api, "generic", unsigned=False, rules=rules)

    async def answer(key: str, importance: int, satisfaction: int, at: int, need_key: str = "figures-out") -> None:
        body = {
            "id": key, "answers": {"i": importance, "s": satisfaction}, "need_key": need_key, "email": "a@b.co",
            "updated_at": f"2026-05-01T10:00:{at:02}Z",
        }  # fmt: skip
        assert (await door.deliver(body, message_id=f"{key}-{at}")).is_success

    async def counted(importance: list[int], satisfaction: list[int]) -> Any:
        async def shown() -> Any:
            found = (await api.feedback.get(path)).json()
            assert (found["importance"]["counts"], found["satisfaction"]["counts"]) == (importance, satisfaction)
            return found

        return await eventually(shown)

    await answer("r1", 9, 2, 1)
    await answer("r2", 3, 4, 1, need_key="unknown")
    shown = await counted([0, 1, 0, 0, 1], [0, 1, 0, 0, 0])
    assert (shown["ratings"], shown["importance"]["top_share"], shown["importance"]["few"]) == (2, 0.5, True)
    assert shown["importance"]["top_share_interval"]["low"] < 0.5 < shown["importance"]["top_share_interval"]["high"]
    assert shown["version"] == 1, "an editor is not disturbed by responses"
    await answer("r1", 0, 5, 2)
    await counted([1, 1, 0, 0, 0], [0, 0, 0, 0, 1])
    ratings = (await api.feedback.get(f"{path}/ratings")).json()["data"]
    assert [each["importance"]["value"] for each in ratings] == [0, 3]
    assert [each["satisfaction"] and each["satisfaction"]["step"] for each in ratings] == [5, None]

    # A need that is made later counts what was said before once the deliveries are read again.
    later = await new_need(api, key="unknown")
    again = f"/v1/connections/{door.id}/deliveries:reprocess"
    assert (await api.feedback.post(again, json={"state": None})).is_success

    async def caught_up() -> bool:
        return (await api.feedback.get(f"/v1/needs/{later['id']}")).json()["satisfaction"]["answers"] == 1

    await eventually(caught_up)
    await counted([1, 1, 0, 0, 0], [0, 0, 0, 0, 1])


async def test_needs_are_edited_listed_and_linked(api: Api, neighbour: Api, database: Databases) -> None:
    idea, need = await new_idea(api), await new_need(api, persona="Controller")
    path, link = f"/v1/needs/{need['id']}", f"/v1/needs/{need['id']}/ideas/{idea['id']}"
    assert need["key"].startswith("minimise-the-time")
    for key, status in (("taken", 201), ("taken", 409), ("0197f3c1-6d0e-7cc1-8f6f-3f1d2b5a9e10", 422)):
        answer = await api.feedback.post("/v1/needs", json={"job": "x", "outcome": "y", "key": key})
        assert answer.status_code == status
    edited = await api.feedback.patch(path, json={"persona": None, "archived": True}, headers={"If-Match": '"1"'})
    assert (edited.json()["persona"], edited.json()["archived"], edited.headers["etag"]) == (None, True, '"2"')
    assert (await api.feedback.patch(path, json={"job": "z"}, headers={"If-Match": '"1"'})).status_code == 412
    nowhere = await api.feedback.patch(path, json={"product_id": idea["id"]})
    assert (nowhere.status_code, nowhere.json()["errors"][0]["pointer"]) == (422, "/body/product_id")

    assert [(await api.feedback.put(link)).status_code for _ in range(2)] == [204, 204]
    assert (await api.feedback.get(path)).json()["idea_ids"] == [idea["id"]]
    assert (await neighbour.feedback.put(link)).status_code == 404
    assert [(await api.feedback.delete(link)).status_code for _ in range(2)] == [204, 404]
    async with (await database("feedback")).read({api.workspace_id}) as read:
        rows = await read.all(TOLD, api.workspace_id, NeedChanged.type)
        events = [NeedChanged.model_validate_json(row["data"]) for row in rows]
    told = [(each.version, each.archived, len(each.idea_ids)) for each in events if str(each.need_id) == need["id"]]
    assert told == [(1, False, 0), (2, True, 0), (3, True, 1), (4, True, 0)]
    listed = (await api.feedback.get("/v1/needs?limit=1")).json()
    assert (listed["data"][0]["key"], listed["next_cursor"] is None) == ("taken", False)
    assert (await neighbour.feedback.get(path)).status_code == 404
