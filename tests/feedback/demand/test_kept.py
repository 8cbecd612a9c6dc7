"""Demand that is too much to be counted when somebody asks is kept by a job."""

from typing import Any

from services.feedback.breakdowns import domain as breakdowns
from services.feedback.keeping import domain as keeping
from services.feedback.shares import domain as shares
from shared.database import Tx
from tests.builders import Api, eventually
from tests.feedback.demand.test_breakdown import by_key
from tests.feedback.given import Databases, made, new_idea

ACCOUNTS, CONTACTS = 20, 2_400
CROWD = (
    """
insert into feedback.accounts (id, workspace_id, external_id, name, mrr, plan)
select gen_random_uuid(), $1, 'a' || n, 'A ' || n, n, 'plan ' || n % 2 from generate_series(1, $2::int) as n
""",
    """
insert into feedback.contacts (id, workspace_id, account_id, external_id)
select gen_random_uuid(), $1, a.id, a.external_id || '-' || n
from feedback.accounts a cross join generate_series(1, $2::int) as n where a.workspace_id = $1
""",
    """
insert into feedback.votes (id, workspace_id, idea_id, contact_id, created_at, mrr)
select gen_random_uuid(), $1, $2::uuid, id, '2026-01-01'::timestamptz + make_interval(days => n::int % 50), 5
from (select id, row_number() over () as n from feedback.contacts where workspace_id = $1) as c
""",
    """
insert into feedback.idea_contacts (idea_id, contact_id, workspace_id, asks)
select $2::uuid, id, $1, 1 from feedback.contacts where workspace_id = $1
""",
    """
insert into feedback.idea_accounts (idea_id, account_id, workspace_id, contacts)
select $2::uuid, account_id, $1, count(*) from feedback.contacts where workspace_id = $1 group by account_id
""",
    """
update feedback.demand d set votes = n.votes, contacts = n.votes, accounts = $2, mrr = $2 * ($2 + 1) / 2
from (select count(*) as votes from feedback.votes where workspace_id = $1) as n where d.workspace_id = $1
""",
    "insert into feedback.demand_marks (workspace_id, idea_id) select $1, $2::uuid",
)


BARE = """
insert into votes (id, workspace_id, idea_id, contact_id)
select gen_random_uuid(), $1, $2::uuid, gen_random_uuid() from generate_series(1, $3::int)
"""


async def crowd(tx: Tx, workspace_id: Any, idea: str) -> None:
    """Votes of every contact of every account, written past the doors."""
    await tx.run("set local session_replication_role = replica")
    for statement, more in zip(CROWD, (ACCOUNTS, CONTACTS // ACCOUNTS, idea, idea, idea, ACCOUNTS, idea), strict=True):
        await tx.run(statement, workspace_id, more)


async def test_a_crowd_is_counted_by_the_job(api: Api, database: Databases) -> None:
    feedback = await database("feedback")
    idea = (await new_idea(api))["id"]
    breakdown, overview = f"/v1/ideas/{idea}/demand/breakdown", "/v1/demand"
    async with api.admin.system() as tx:
        await crowd(tx, api.workspace_id, idea)

    async def kept(path: str, **query: Any) -> Any:
        async def counted() -> Any:
            # Beside the service's own job, which rests in between.
            async with feedback.system() as tx:
                await shares.tell_some(tx, 1_000)
                await keeping.keep_some(tx, 1_000)
            answer = await api.feedback.get(path, params=query)
            return answer.status_code == 200 and answer.json()["counted_at"] and answer.json()

        return await eventually(counted)

    months = await kept(breakdown, by="month")
    total = {None: (CONTACTS, 0, CONTACTS, ACCOUNTS, 210, 100, 0)}
    assert by_key([months["total"]]) == total
    assert [len(months["groups"]), sum(group["votes"] for group in months["groups"])] == [2, CONTACTS]
    assert months["groups"][0]["top_accounts"] == ["A 20", "A 19", "A 18"]
    assert by_key((await kept(overview, by="plan"))["groups"]) == {
        "plan 0": (CONTACTS // 2, 0, CONTACTS // 2, 10, 110, 50, 0),
        "plan 1": (CONTACTS // 2, 0, CONTACTS // 2, 10, 100, 50, 0),
    }
    # One vote more, and a price: the job follows what is marked.
    vote = {"idea_id": idea, "contact": {"external_id": "new", "account": "a1"}}
    await made(await api.feedback.post("/v1/votes", json=vote))
    await made(await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "a2", "mrr": 500}]}), 200)

    async def followed() -> bool:
        richest = await kept(breakdown, by="account", limit=2)
        return (
            [group["key"] for group in richest["groups"]] == ["a2", "a20"]
            and richest["total"]["votes"] == CONTACTS + 1
            and richest["total"]["mrr"] == 708
        )

    await eventually(followed)


async def test_too_much_is_not_counted_while_somebody_waits(api: Api, database: Databases) -> None:
    """Until the job has counted it through: here nothing was marked, so that it never does."""
    idea = (await new_idea(api))["id"]
    feedback = await database("feedback")
    async with feedback.transaction({api.workspace_id}) as tx:
        await tx.run(BARE, api.workspace_id, idea, breakdowns.MOST_COUNTED)
        assert not (await breakdowns.above(tx, api.workspace_id, None)).idea
        await tx.run(BARE, api.workspace_id, idea, 1)
    refused = await api.feedback.get("/v1/demand")
    assert (refused.status_code, refused.json()["code"]) == (409, "being_counted")
