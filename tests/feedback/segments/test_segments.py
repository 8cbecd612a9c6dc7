"""Who is in a segment is who its rule selects, whatever changed, in whatever order."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.accounts import domain as accounts
from services.feedback.accounts.domain import AccountChange
from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.merging import domain as merging
from services.feedback.segments import domain as segments
from services.feedback.segments import store
from shared.database import Database, Tx
from shared.errors import Conflict
from shared.events.feedback import SegmentChanged
from shared.ids import new_id
from tests.builders import Api, eventually
from tests.depth import examples
from tests.feedback.given import TOLD, Databases, made

RICH = {"op": "ge", "field": "mrr", "value": 100}
STAFF = {
    "op": "or",
    "of": [
        {"op": "contains", "field": "email", "value": "ada"},
        {"op": "and", "of": [{"op": "ge", "field": "account.mrr", "value": 100}, {"op": "exists", "field": "email"}]},
    ],
}
# The same in SQL, by nothing of the product's.
RECOUNTED = """
select s.id, a.id as member from segments s join accounts a on a.workspace_id = s.workspace_id and a.mrr >= 100
where s.workspace_id = $1 and s.key = 'rich'
union all
select s.id, c.id from segments s join contacts c on c.workspace_id = s.workspace_id
left join accounts a on a.id = c.account_id
where s.workspace_id = $1 and s.key = 'staff' and c.merged_into is null and c.erased_at is null
  and (c.email like '%ada%' or (a.mrr >= 100 and c.email is not null))
"""
KEPT = "select segment_id, member_id from segment_members where workspace_id = $1"
COUNTED = """
select id, (select count(*) from segment_members m where m.segment_id = s.id) from segments s where workspace_id = $1
"""
NAMES = st.sampled_from(["ada", "ben", "cem"])
FIRMS = st.sampled_from(["acme", "bolt", None])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("meet"), st.one_of(st.none(), NAMES), NAMES, FIRMS),
        st.tuples(st.just("pay"), st.sampled_from(["acme", "bolt"]), st.integers(0, 200)),
        st.tuples(st.just("merge"), st.integers(0, 5), st.integers(0, 5)),
        st.tuples(st.just("edit"), st.integers(0, 5), NAMES),
    ),
    min_size=6,
    max_size=12,
)


class Here:
    """One workspace with two rules, changed step by step, each step a transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.workspace_id = new_id()

    async def rule(self, tx: Tx, key: str, selects: Any, rule: Any) -> None:
        await segments.create(tx, self.workspace_id, key=key, name=key, selects=selects, rule=rule)

    async def fill(self, tx: Tx) -> None:
        """What the worker does, once it has nothing to wait for."""
        filling = "select *, rule::text as rule from segments where workspace_id = $1 and fill_from is not null"
        for row in await tx.all(filling, self.workspace_id):
            await segments.fill_some(tx, row)

    async def nth(self, tx: Tx, nth: int) -> UUID | None:
        rows = await tx.all("select id from contacts where workspace_id = $1 order by id", self.workspace_id)
        return rows[nth % len(rows)]["id"] if rows else None

    async def meet(self, tx: Tx, email: str | None, name: str, firm: str | None) -> None:
        address = f"{email}@example.com" if email else None
        await customers.recognise(tx, [Person(self.workspace_id, None, name, address, None, firm)])

    async def pay(self, tx: Tx, firm: str, mrr: int) -> None:
        await accounts.save_accounts(tx, self.workspace_id, [AccountChange(firm, None, mrr, None, {})])

    async def merge(self, tx: Tx, one: int, other: int) -> None:
        kept, duplicate = await self.nth(tx, one), await self.nth(tx, other)
        if kept and duplicate:
            await merging.merge(tx, self.workspace_id, kept, duplicate)

    async def edit(self, tx: Tx, nth: int, email: str) -> None:
        if contact_id := await self.nth(tx, nth):
            await customers.update_contact(
                tx, self.workspace_id, contact_id, None,
                external_id=None, email=f"{email}.{nth}@example.com", name=None, account=None, attributes={},
            )  # fmt: skip

    async def check(self, tx: Tx) -> None:
        different = f"(({KEPT}) except ({RECOUNTED})) union all (({RECOUNTED}) except ({KEPT}))"
        assert await tx.all(different, self.workspace_id) == []
        counters = await tx.all("select id, members from segments where workspace_id = $1", self.workspace_id)
        counted = await tx.all(COUNTED, self.workspace_id)
        assert {tuple(row) for row in counters} == {tuple(row) for row in counted}


@examples(6)
@given(STEPS, st.integers(0, 5))
async def test_members_are_who_the_rules_select(database: Databases, steps: list[Any], ruled_after: int) -> None:
    here = Here(await database("feedback"))
    for position, (name, *choices) in enumerate(steps):
        if position == ruled_after:
            async with here.database.transaction({here.workspace_id}) as tx:
                await here.rule(tx, "rich", "accounts", RICH)
                await here.rule(tx, "staff", "contacts", STAFF)
                await here.fill(tx)
        try:
            async with here.database.transaction({here.workspace_id}) as tx:
                await getattr(here, name)(tx, *choices)
        except Conflict:
            continue
        if position >= ruled_after:
            async with here.database.transaction({here.workspace_id}) as tx:
                await here.check(tx)


async def test_changes_at_the_same_time_leave_nobody_out(database: Databases) -> None:
    """An account's plan changes while people join it: whoever is last judges by what the other has written."""
    here = Here(await database("feedback"))
    async with here.database.transaction({here.workspace_id}) as tx:
        await here.rule(tx, "rich", "accounts", RICH)
        await here.rule(tx, "staff", "contacts", STAFF)
        await here.fill(tx)

    async def one(name: str, *choices: Any) -> None:
        async with here.database.transaction({here.workspace_id}) as tx:
            await getattr(here, name)(tx, *choices)

    joins = [one("meet", f"p{n}", f"p{n}", "acme") for n in range(8)]
    pays = [one("pay", "acme", mrr) for mrr in (50, 150, 20, 130)]
    await asyncio.gather(*joins, *pays)
    # Whoever paid last is not known; now it is rich.
    await one("pay", "acme", 150)
    async with here.database.transaction({here.workspace_id}) as tx:
        await here.check(tx)
        assert await tx.value("select count(*) from segment_members where workspace_id = $1", here.workspace_id) > 0


async def settled(api: Api, segment_id: str) -> dict[str, Any]:
    async def filled() -> dict[str, Any]:
        shown = (await api.feedback.get(f"/v1/segments/{segment_id}")).json()
        assert shown["settled"]
        return shown

    return await eventually(filled)


async def test_a_segment_over_http(api: Api, database: Databases) -> None:
    firms = [{"external_id": f"a{n}", "mrr": n * 100, "plan": "pro" if n % 2 else "free"} for n in range(4)]
    saved = (await made(await api.feedback.post("/v1/accounts", json={"accounts": firms}), 200))["data"]
    contact = await made(await api.feedback.post("/v1/contacts", json={"external_id": "u", "account": "a3"}), 200)
    rule = {"op": "and", "of": [RICH, {"op": "eq", "field": "plan", "value": "pro"}]}
    tried = await api.feedback.post("/v1/segments:preview", json={"rule": rule})
    pro = [saved[1]["id"], saved[3]["id"]]
    assert tried.json() == {"examined": 4, "matched": 2, "complete": True, "sample": pro}
    answer = await api.feedback.post("/v1/segments", json={"key": "rich", "name": "Rich", "rule": rule})
    segment = await made(answer)
    path = answer.headers["location"]
    shown = await settled(api, segment["id"])
    assert (shown["members"], shown["version"]) == (2, 2)
    first = (await api.feedback.get(f"{path}/members?limit=1")).json()
    second = (await api.feedback.get(f"{path}/members?limit=1&cursor={first['next_cursor']}")).json()
    assert [each["member_id"] for each in (*first["data"], *second["data"])] == pro
    why = (await api.feedback.get(f"{path}/members/{saved[2]['id']}")).json()
    assert (why["member"], why["since"]) == (False, None)
    assert [(each["pointer"], each["seen"], each["holds"]) for each in why["clauses"]] == [
        ("/rule", None, False), ("/rule/of/0", 200, True), ("/rule/of/1", "free", False)
    ]  # fmt: skip
    # A change counts at once, and a contact is where its account is.
    await api.feedback.post("/v1/accounts", json={"accounts": [{"external_id": "a2", "plan": "pro"}]})
    assert (await api.feedback.get(f"{path}/members/{saved[2]['id']}")).json()["member"]
    (one,) = (await api.feedback.get(f"/v1/contacts/{contact['id']}/segments")).json()["data"]
    assert (one["key"], one["through"]) == ("rich", "account")
    # Members of a rule are not named by hand, and a rule that changes is applied anew.
    refused = await api.feedback.put(f"{path}/members/{saved[0]['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "rule_decides")
    edited = await api.feedback.patch(path, json={"rule": {"op": "eq", "field": "mrr", "value": 0}})
    assert (edited.json()["settled"], edited.json()["version"]) == (False, 3)
    assert (await settled(api, segment["id"]))["members"] == 1
    late = await api.feedback.patch(path, json={"name": "x"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert (await api.feedback.delete(path)).status_code == 204
    assert (await api.feedback.get(path)).status_code == 404
    async with (await database("feedback")).read({api.workspace_id}) as read:
        rows = await read.all(TOLD, api.workspace_id, SegmentChanged.type)
    told = [SegmentChanged.model_validate_json(row["data"]) for row in rows]
    assert [(each.version, each.members, each.settled, each.deleted) for each in told] == [
        (1, 0, False, False), (2, 2, True, False), (3, 3, False, False), (4, 1, True, False), (5, 0, True, True)
    ]  # fmt: skip


async def test_members_named_by_hand(api: Api, neighbour: Api) -> None:
    contact = await made(await api.feedback.post("/v1/contacts", json={"external_id": "u"}), 200)
    theirs = await made(await neighbour.feedback.post("/v1/contacts", json={"external_id": "u"}), 200)
    body = {"key": "beta", "name": "Beta", "selects": "contacts"}
    segment = await made(await api.feedback.post("/v1/segments", json=body))
    assert (await api.feedback.post("/v1/segments", json=body)).json()["code"] == "key_taken"
    path = f"/v1/segments/{segment['id']}"
    for _ in range(2):
        assert (await api.feedback.put(f"{path}/members/{contact['id']}")).status_code == 204
    for nobody in (theirs["id"], str(uuid4())):
        assert (await api.feedback.put(f"{path}/members/{nobody}")).status_code == 404
    assert (await api.feedback.get(path)).json()["members"] == 1
    assert (await api.feedback.patch(path, json={"rule": RICH})).json()["code"] == "no_rule"
    assert (await api.feedback.delete(f"{path}/members/{contact['id']}")).status_code == 204
    assert (await api.feedback.delete(f"{path}/members/{contact['id']}")).status_code == 404
    assert (await api.feedback.get(path)).json()["members"] == 0


@pytest.mark.parametrize("rule", [{"op": "ge", "field": "mrr", "value": "much"}, {"op": "eq"}, {}])
async def test_a_rule_that_cannot_be_read(api: Api, rule: dict[str, Any]) -> None:
    refused = await api.feedback.post("/v1/segments", json={"key": "k", "name": "K", "rule": rule})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"].startswith("/body/rule/")


async def test_a_workspace_without_rules_pays_no_statement(api: Api, database: Databases) -> None:
    """And with rules a newcomer costs three: the rules, the newcomers, and who of them is a member."""
    feedback = await database("feedback")
    seen: list[str] = []

    async def newcomer(name: str) -> int:
        seen.clear()
        feedback.observers.append(seen.append)
        try:
            async with feedback.transaction({api.workspace_id}) as tx:
                await customers.recognise(tx, [Person(api.workspace_id, None, name)])
        finally:
            feedback.observers.remove(seen.append)
        return len(seen)

    bare = await newcomer("u1")
    assert store.HOLD_RULES not in seen
    body = {"key": "staff", "name": "Staff", "selects": "contacts", "rule": STAFF}
    await made(await api.feedback.post("/v1/segments", json=body))
    assert await newcomer("u2") == bare + 3
    assert await newcomer("u2") == 1, "who is known costs one look, rules or not"
