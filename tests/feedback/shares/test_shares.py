"""Who is behind an idea is told account by account: once for many changes, and as votes and statements say."""

from typing import Any
from uuid import UUID

from pydantic_core import from_json

from services.feedback.shares.store import SPREAD
from shared.events.feedback import AccountChanged, ShareChanged
from shared.outbox import emit
from tests.builders import Api, eventually
from tests.feedback.given import TOLD, Databases, check_shares, made, new_idea, told_shares

# As if it had been cast then, and with it the account's revenue of that time: the API dates a vote by its clock.
BACKDATE = "update feedback.votes set created_at = '2025-03-10' where id = $1"
# As a process leaves it that knows no segments: where there are any, it has told something else.
FORGET = """
update told_shares n set figures = n.figures - 'segment_ids',
    version = n.version + (case when n.figures -> 'segment_ids' = '[]' then 0 else 1 end)
from told_shares b where n.workspace_id = $1 and b.id = n.id
returning n.id, n.idea_id, nullif(n.account_id, '00000000-0000-0000-0000-000000000000') as account_id, n.version,
    n.figures::text as figures, n.version > b.version as news
"""
UNSEGMENTED = "select from told_shares where workspace_id = $1 and not figures ? 'segment_ids'"
MARKS = "select idea_id, account_id, contact_id from share_marks where workspace_id = $1"
MARK = "insert into feedback.share_marks (workspace_id, idea_id, account_id) values ($1, $2, $3)"


async def events(api: Api, database: Databases, kind: type[ShareChanged] | type[AccountChanged]) -> list[Any]:
    """The events of a type so far, once all is told."""
    feedback = await database("feedback")
    await told_shares(feedback, api.workspace_id)
    async with feedback.read({api.workspace_id}) as read:
        rows = await read.all(TOLD, api.workspace_id, kind.type)
    return [kind.model_validate_json(row["data"]) for row in rows]


async def pay(api: Api, **fields: Any) -> UUID:
    saved = await made(
        await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "acme", **fields}]}), 200
    )
    return UUID(saved["data"][0]["id"])


async def test_a_crowd_of_one_account_is_told_of_once(api: Api, database: Databases) -> None:
    idea = (await new_idea(api))["id"]
    feedback = await database("feedback")

    async def vote(who: str, account: str | None = "acme", importance: str = "nice") -> Any:
        contact = {"external_id": who} | ({"account": account} if account else {})
        body = {"idea_id": idea, "contact": contact, "importance": importance}
        return await made(await api.feedback.post("/v1/votes", json=body))

    cast = [await vote(f"u{number}") for number in range(10)]
    for number in range(3):
        await vote(f"x{number}", None, "critical")
    await check_shares(feedback, api.workspace_id)
    told: list[ShareChanged] = await events(api, database, ShareChanged)
    # The service's own job may have come in between: far fewer than the votes in any case, and two pairs.
    assert len({event.share_id for event in told}) == 2
    assert len(told) <= 8
    by_account = {event.account_id: event for event in told}
    assert (by_account[None].contacts, by_account[None].critical) == (3, 3)

    # What a vote says, whose it is, and when: each is told of as well.
    await made(await api.feedback.patch(f"/v1/votes/{cast[0]['id']}", json={"importance": "critical"}), 200)
    async with api.admin.system() as tx:
        await tx.run(BACKDATE, cast[1]["id"])
    moved = await made(await api.feedback.patch(f"/v1/contacts/{cast[1]['contact_id']}", json={"account": "bolt"}), 200)
    assert moved["account_id"]
    merge = {"contact_id": cast[2]["contact_id"], "duplicate_id": cast[3]["contact_id"]}
    await made(await api.feedback.post("/v1/contacts:merge", json=merge), 200)
    await check_shares(feedback, api.workspace_id)
    behind = await told_shares(feedback, api.workspace_id)
    assert sorted(share["contacts"] for share in behind.values()) == [1, 3, 8]
    (bolt,) = (share for share in behind.values() if share["contacts"] == 1)
    assert bolt["asked"] == [{"month": "2025-03", "contacts": 1}]

    # Nothing has changed: nothing is told, though it is looked at.
    before = await events(api, database, ShareChanged)
    async with api.admin.system() as tx:
        await tx.run(MARK, api.workspace_id, UUID(idea), None)
    assert await events(api, database, ShareChanged) == before


async def test_an_account_is_told_of_once_it_asks_and_what_nobody_said_is_not_zero(
    api: Api, database: Databases
) -> None:
    idea = (await new_idea(api))["id"]
    acme = await pay(api, name="Acme")
    segment = await made(
        await api.feedback.post("/v1/segments", json={"key": "vip", "name": "VIP", "selects": "accounts"})
    )
    assert await events(api, database, AccountChanged) == [], "it asks for nothing"

    vote = {"idea_id": idea, "contact": {"external_id": "u1", "account": "acme"}}
    cast = await made(await api.feedback.post("/v1/votes", json=vote))
    assert [(event.mrr, event.segment_ids) for event in await events(api, database, AccountChanged)] == [(None, [])]
    assert (await events(api, database, ShareChanged))[-1].mrr_at_vote is None

    assert await pay(api, mrr=0) == acme
    member = await api.feedback.put(f"/v1/segments/{segment['id']}/members/{acme}")
    assert member.status_code == 204, member.text
    told: list[AccountChanged] = await events(api, database, AccountChanged)
    assert (told[-1].mrr, told[-1].segment_ids) == (0, [UUID(segment["id"])])
    await pay(api, mrr=700)
    assert (await api.feedback.delete(f"/v1/segments/{segment['id']}")).status_code == 204
    told = await events(api, database, AccountChanged)
    assert (told[-1].mrr, told[-1].segment_ids) == (700, [])
    assert [event.version for event in told] == list(range(1, len(told) + 1))

    # A vote is cast with what is paid by then, and keeps it.
    assert (await api.feedback.delete(f"/v1/votes/{cast['id']}")).status_code == 204
    await made(await api.feedback.post("/v1/votes", json=vote))
    await pay(api, mrr=900)
    shares: list[ShareChanged] = await events(api, database, ShareChanged)
    assert (shares[-1].contacts, shares[-1].mrr_at_vote) == (1, 700)
    assert {event.share_id for event in shares} == {shares[0].share_id}
    await check_shares(await database("feedback"), api.workspace_id)


async def test_which_segments_of_contacts_ask_is_told_and_nobody_by_name(api: Api, database: Databases) -> None:
    """Ada and Ben have no account, Cem and Dia are Acme's. Ada and Cem are admins, Ben and Dia pay for it."""
    feedback = await database("feedback")
    asked, other, quiet = [(await new_idea(api, title))["id"] for title in ("Dark mode", "Exports", "SSO")]
    people: dict[str, str] = {}
    for who, account, idea in (
        ("ada", {}, asked), ("ada", {}, other), ("ben", {}, asked),
        ("cem", {"account": "acme"}, asked), ("cem", {}, other), ("dia", {"account": "acme"}, asked),
    ):  # fmt: skip
        vote = {"idea_id": idea, "contact": {"external_id": who} | account}
        people[who] = (await made(await api.feedback.post("/v1/votes", json=vote)))["contact_id"]

    async def segment(key: str, **rule: Any) -> str:
        body = {"key": key, "name": key, "selects": "contacts", **rule}
        return (await made(await api.feedback.post("/v1/segments", json=body)))["id"]

    async def checked() -> set[tuple[str, bool, frozenset[str], int]]:
        """What is told, which is what the votes say: idea, whether of an account, segments, contacts."""
        await check_shares(feedback, api.workspace_id)
        told = await told_shares(feedback, api.workspace_id)
        return {
            (str(idea), account is not None, frozenset(share["segment_ids"]), share["contacts"])
            for (idea, account, _), share in told.items()
        }

    admins = await segment("admins")
    pay_rule = {"op": "eq", "field": "attributes.pays", "value": True}
    payers = await segment("payers", rule=pay_rule)
    for who in ("ada", "cem"):
        assert (await api.feedback.put(f"/v1/segments/{admins}/members/{people[who]}")).status_code == 204
    for who in ("ben", "dia"):
        changed = {"attributes": {"pays": True}}
        await made(await api.feedback.patch(f"/v1/contacts/{people[who]}", json=changed), 200)
    one, both = frozenset([admins]), frozenset([admins, payers])
    assert await checked() == {
        (asked, False, one, 1), (asked, False, frozenset([payers]), 1), (asked, True, both, 2),
        (other, False, one, 1), (other, True, one, 1),
    }  # fmt: skip

    # Whoever comes or goes marks what that contact asks for, and nothing beside it.
    async with feedback.transaction({api.workspace_id}) as tx:
        joined = "insert into segment_members (workspace_id, segment_id, member_id) values ($1, $2, $3)"
        await tx.run(joined, api.workspace_id, admins, people["ben"])
        await tx.value(SPREAD, 10_000)
        assert [tuple(map(str, mark)) for mark in await tx.all(MARKS, api.workspace_id)] == [
            (asked, "None", people["ben"])
        ]
    assert (asked, False, both, 1) in await checked()

    # A rule is another, a contact joins an account, one turns out to be another, one is forgotten, a segment goes.
    rule = {"op": "not", "of": [pay_rule]}
    await made(await api.feedback.patch(f"/v1/segments/{payers}", json={"rule": rule}), 200)

    async def filled() -> bool:
        return (await api.feedback.get(f"/v1/segments/{payers}")).json()["settled"]

    await eventually(filled)
    assert await checked() == {
        (asked, False, both, 1), (asked, False, one, 1), (asked, True, both, 2),
        (other, False, both, 1), (other, True, both, 1),
    }  # fmt: skip
    await made(await api.feedback.patch(f"/v1/contacts/{people['ben']}", json={"account": "acme"}), 200)
    assert (asked, True, both, 3) in await checked()
    merge = {"contact_id": people["dia"], "duplicate_id": people["ada"]}
    await made(await api.feedback.post("/v1/contacts:merge", json=merge), 200)
    assert await checked() == {(asked, True, both, 3), (other, True, both, 2)}
    for who in ("cem", "dia"):
        await made(await api.feedback.post("/v1/erasures", json={"subject_id": people[who]}))
    assert await checked() == {(asked, True, one, 3), (other, True, frozenset[str](), 2)}, "they count on, as nobody"
    await made(await api.feedback.post("/v1/votes", json={"idea_id": quiet, "contact": {"external_id": "ben"}}))
    assert (quiet, True, one, 1) in await checked()

    # What a process without segments has told is told once more, where there is anything to add.
    async with feedback.transaction({api.workspace_id}) as tx:
        for row in await tx.all(FORGET, api.workspace_id):
            ids = {"share_id": row["id"], "idea_id": row["idea_id"], "account_id": row["account_id"]}
            if row["news"]:
                event = ids | {"version": row["version"]} | from_json(row["figures"])
                await emit(tx, [ShareChanged(workspace_id=api.workspace_id, **event)])
        before = await tx.all(TOLD, api.workspace_id, ShareChanged.type)

    async def again() -> bool:
        await told_shares(feedback, api.workspace_id)
        async with feedback.read({api.workspace_id}) as read:
            return not await read.all(UNSEGMENTED, api.workspace_id)

    await eventually(again)
    told = (await events(api, database, ShareChanged))[len(before) :]
    assert {(str(each.idea_id), *map(str, each.segment_ids)) for each in told} == {(asked, admins), (quiet, admins)}
    assert (await api.feedback.delete(f"/v1/segments/{admins}")).status_code == 204
    assert {segments for _, _, segments, _ in await checked()} == {frozenset[str]()}
    assert not [each for each in people.values() if any(each in event.model_dump_json() for event in told)]
