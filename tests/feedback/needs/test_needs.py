"""Needs over HTTP, and what surveys make of them: totals that follow every response, told in events."""

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from services.feedback.customers.domain import Person
from services.feedback.inbox.domain import Statement, record
from services.feedback.merging.domain import merge
from shared.database import Read
from shared.events.feedback import KanoChanged, NeedChanged
from shared.statistics.kano import TABLE
from tests.builders import Api, eventually
from tests.feedback.given import SAID_AT, TOLD, Databases, new_idea, open_door
from tests.feedback.needs.given import new_need

# From the answers as they are stored, by no statement of the product's: of each respondent the latest.
RECOUNTED = """
select id, kind, answer, count(*) as times from (
    select distinct on (n.id, a.kind, coalesce(f.contact_id, f.id)) n.id, a.kind, a.answer
    from feedback f cross join lateral (
        select a ->> 'kind' as kind, a ->> 'about' as about, a ->> 'value' as answer, position
        from jsonb_array_elements(f.answers) with ordinality as e (a, position)
        where a ->> 'kind' in ('importance', 'satisfaction')
        union all
        select 'kano', w ->> 'about', (w ->> 'value') || '/' || (o ->> 'value'), 1
        from jsonb_array_elements(f.answers) w join jsonb_array_elements(f.answers) o on o ->> 'about' = w ->> 'about'
        where w ->> 'kind' = 'kano_functional' and o ->> 'kind' = 'kano_dysfunctional'
    ) as a join (
        select workspace_id, id, key from needs union all select workspace_id, id, key from ideas
    ) as n on n.workspace_id = f.workspace_id and (n.key = a.about or n.id::text = a.about)
    where f.workspace_id = $1
    order by n.id, a.kind, coalesce(f.contact_id, f.id), f.said_at desc, f.id desc, a.position desc
) as latest group by 1, 2, 3
"""
RESPONSES = """
select n.id, count(distinct f.id)::int as ratings from feedback f cross join lateral jsonb_array_elements(f.answers) a
join needs n on n.workspace_id = f.workspace_id and (n.key = a ->> 'about' or n.id::text = a ->> 'about')
where f.workspace_id = $1 and a ->> 'kind' in ('importance', 'satisfaction') group by 1
"""
WORDS = ("like", "expect", "neutral", "tolerate", "dislike")


async def check(read: Read, workspace_id: UUID) -> None:
    """The last event of each need and of each idea says what the stored answers say."""
    recounted = Counter[tuple[UUID, str, str]]()
    for row in await read.all(RECOUNTED, workspace_id):
        recounted[(row["id"], row["kind"], row["answer"])] = row["times"]
    responses = {row["id"]: row["ratings"] for row in await read.all(RESPONSES, workspace_id)}
    last: dict[UUID, Any] = {}
    for contract in (NeedChanged, KanoChanged):
        for row in await read.all(TOLD, workspace_id, contract.type):
            event = contract.model_validate_json(row["data"])
            assert event.aggregate_id not in last or last[event.aggregate_id].version < event.version
            last[event.aggregate_id] = event
    for event in last.values():
        theirs = {key: times for key, times in recounted.items() if key[0] == event.aggregate_id}
        if isinstance(event, KanoChanged):
            counts = Counter[str]()
            for (_, kind, answer), times in theirs.items():
                if kind == "kano":
                    with_it, without = answer.split("/")
                    counts[TABLE[WORDS.index(with_it)][WORDS.index(without)]] += times
            assert (Counter(event.counts), event.respondents) == (counts, counts.total())
        else:
            assert event.ratings == responses.get(event.need_id, 0)
            for kind in ("importance", "satisfaction"):
                steps = [theirs.get((event.need_id, kind, f"{step}.0"), 0) for step in range(1, 6)]
                high = sum(steps[3:]) / sum(steps) if any(steps) else None
                found = getattr(event, kind)
                assert (found.counts, found.answers, found.top_share) == (steps, sum(steps), high)
    assert {key[0] for key in recounted} <= set(last), "whatever was asked about was told of"


async def test_totals_follow_responses_however_they_are_sent_again(api: Api, database: Databases) -> None:
    """Random states of a few responses about needs and ideas, in batches, late ones and repeated ones among them.

    Some name a need by its id; another need and another idea are made once questions have been asked about them; one
    person turns out to be another, and is forgotten.
    """
    feedback, dice = await database("feedback"), Random(7)
    need, idea = await new_need(api, key="one"), await new_idea(api, key="export")
    names = ["one", need["id"], "two", "export", idea["id"], "import", "nothing"]

    def state(at: int) -> Statement:
        answers: list[dict[str, Any]] = []
        for name in dice.sample(names, dice.randint(0, 4)):
            if name in ("export", idea["id"], "import"):
                # A pair of a response about an idea counts once, whatever it is called: the first.
                if not any(each["about"] in ("export", idea["id"]) for each in answers) or name == "import":
                    answers += [
                        {"kind": f"kano_{half}", "value": dice.choice(WORDS), "about": name}
                        for half in ("functional", "dysfunctional")
                    ]
            else:
                answers += [
                    {"kind": kind, "value": float(dice.randint(1, 5)), "about": name}
                    for kind in ("importance", "satisfaction")
                    if dice.random() < 0.8
                ]
        who = dice.choice(["ada", "ben", "cyd", None])
        return Statement(
            api.workspace_id, "typeform", "", SAID_AT, "rule:test", external_id=f"r{dice.randint(1, 8)}",
            person=Person(api.workspace_id, None, who) if who else None, answers=to_json(answers).decode(),
            replaces=True, revised_at=SAID_AT + timedelta(seconds=at),
        )  # fmt: skip

    for at in range(24):
        batch = [state(at + dice.randint(-3, 3)) for _ in range(dice.randint(1, 4))]
        async with feedback.transaction({api.workspace_id}) as tx:
            await record(tx, batch)
        if at == 12:
            await new_need(api, key="two")
            await new_idea(api, key="import")
        if at == 18:
            async with feedback.transaction({api.workspace_id}) as tx:
                people = await tx.all("select id from contacts where workspace_id = $1 order by id", api.workspace_id)
                await merge(tx, api.workspace_id, people[0]["id"], people[1]["id"])
        async with feedback.read({api.workspace_id}) as read:
            if at >= 12:
                await check(read, api.workspace_id)
    forgotten = await api.feedback.post("/v1/erasures", json={"external_id": "cyd"})
    assert forgotten.status_code == 201, forgotten.text

    async def gone() -> bool:
        return (await api.feedback.get(f"/v1/erasures/{forgotten.json()['id']}")).json()["finished_at"] is not None

    await eventually(gone)
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
            "id": key, "answers": {"i": importance, "s": satisfaction}, "need_key": need_key, "email": f"{key}@b.co",
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

    # A need that is made later counts what was said about it before, and the same answers read again count no more.
    later = await new_need(api, key="unknown")
    assert later["satisfaction"]["answers"] == 1
    again = f"/v1/connections/{door.id}/deliveries:reprocess"
    assert (await api.feedback.post(again, json={"state": None})).is_success

    async def read_again() -> bool:
        deliveries = (await api.feedback.get(f"/v1/deliveries?connection_id={door.id}")).json()["data"]
        return all(each["state"] == "applied" for each in deliveries)

    await eventually(read_again)
    await counted([1, 1, 0, 0, 0], [0, 0, 0, 0, 1])
    assert (await api.feedback.get(f"/v1/needs/{later['id']}")).json()["satisfaction"]["answers"] == 1


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
