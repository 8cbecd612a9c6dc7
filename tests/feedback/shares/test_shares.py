"""Who is behind an idea is told account by account: once for many changes, and as votes and statements say."""

from typing import Any
from uuid import UUID

from shared.events.feedback import AccountChanged, ShareChanged
from tests.builders import Api
from tests.feedback.given import TOLD, Databases, check_shares, made, new_idea, told_shares

# As if it had been cast then, and with it the account's revenue of that time: the API dates a vote by its clock.
BACKDATE = "update feedback.votes set created_at = '2025-03-10' where id = $1"
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
