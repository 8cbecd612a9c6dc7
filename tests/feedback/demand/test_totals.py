"""Demand is what votes and insights say, whatever happened, in whatever order."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.accounts import domain as accounts
from services.feedback.accounts.domain import AccountChange
from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.ideas import domain as ideas
from services.feedback.inbox import domain as inbox
from services.feedback.inbox.domain import Statement
from services.feedback.insights import domain as insights
from services.feedback.merging import domain as merging
from services.feedback.privacy import domain as privacy
from services.feedback.votes import domain as votes
from services.feedback.votes.domain import Ballot
from shared.database import Database, Tx
from shared.errors import Conflict
from shared.ids import new_id
from shared.sealing import Seal
from tests.depth import examples
from tests.feedback.given import Databases, caller, check_demand, check_events

IDEAS = 3
NAMES = st.sampled_from(["ada", "ben", "cem", "dia"])
ACCOUNTS = st.sampled_from(["acme", "bolt", None])
SOME_IDEAS = st.lists(st.integers(0, IDEAS - 1), max_size=2, unique=True)
SAID_AT = datetime(2026, 1, 1, tzinfo=UTC)

Step = tuple[str, dict[str, Any]]


def step(name: str, **choices: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), st.fixed_dictionaries(choices))


PEOPLE = st.fixed_dictionaries(
    {"external_id": st.one_of(st.none(), NAMES), "email": st.one_of(st.none(), NAMES), "account": ACCOUNTS}
).filter(lambda person: person["external_id"] or person["email"])
STEPS = st.lists(
    st.one_of(
        step("vote", ballots=st.lists(st.tuples(PEOPLE, st.integers(0, IDEAS - 1)), min_size=1, max_size=4)),
        step("withdraw", nth=st.integers(0, 20)),
        step(
            "say",
            key=st.integers(0, 3),
            person=st.one_of(st.none(), PEOPLE),
            ideas=SOME_IDEAS,
            text=st.sampled_from(["slow", "late"]),
            replaces=st.booleans(),
            revised=st.integers(0, 5),
        ),
        step("link", nth=st.integers(0, 20), idea=st.integers(0, IDEAS - 1)),
        step("unlink", nth=st.integers(0, 20)),
        step("merge", nth=st.integers(0, 20), other=st.integers(0, 20)),
        step("erase", nth=st.integers(0, 20)),
        step("move", nth=st.integers(0, 20), account=st.sampled_from(["acme", "bolt", "cord"])),
        step(
            "pay",
            mrr=st.dictionaries(
                st.sampled_from(["acme", "bolt", "cord"]), st.one_of(st.none(), st.integers(0, 900)), min_size=1
            ),
        ),
    ),
    # Short examples find nothing: most steps need others before them.
    min_size=10,
    max_size=20,
)


def named(external_id: str | None, email: str | None = None, account: str | None = None) -> dict[str, str | None]:
    return {"external_id": external_id, "email": email, "account": account}


BEFORE: list[Step] = [
    ("pay", {"mrr": {"acme": 100, "bolt": 50}}),
    ("vote", {"ballots": [(named("ada", None, "acme"), 0), (named("ben", "ben", "acme"), 0), (named(None, "cem"), 1)]}),
    (
        "say",
        {
            "key": 0,
            "person": named("ben", None, "bolt"),
            "ideas": [0, 1],
            "text": "slow",
            "replaces": False,
            "revised": 0,
        },
    ),
]


class Here:
    """One workspace's feedback, changed step by step, each step a transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.caller = caller(new_id())
        self.workspace_id = self.caller.workspace_id
        self.ideas: list[UUID] = []

    async def prepare(self) -> None:
        async with self.database.transaction({self.workspace_id}) as tx:
            for number in range(IDEAS):
                made = await ideas.create(
                    tx, self.caller, key=f"idea-{number}", title="Idea", description="", kind="feature"
                )
                self.ideas.append(made["id"])

    def person(self, named: dict[str, str | None]) -> Person:
        email = f"{named['email']}@example.com" if named["email"] else None
        return Person(self.workspace_id, None, named["external_id"], email, None, named["account"])

    async def nth(self, tx: Tx, table: str, nth: int) -> UUID | None:
        rows = await tx.all(f"select id from {table} where workspace_id = $1 order by id", self.workspace_id)
        return rows[nth % len(rows)]["id"] if rows else None

    async def vote(self, tx: Tx, ballots: list[tuple[dict[str, str | None], int]]) -> None:
        cast = await votes.cast(
            tx,
            [
                Ballot(f"idea-{idea}", self.person(named), "important", False, new_id(), None, None)
                for named, idea in ballots
            ],
        )
        assert not any(isinstance(each, Exception) for each in cast)

    async def withdraw(self, tx: Tx, nth: int) -> None:
        if (vote_id := await self.nth(tx, "votes", nth)) is not None:
            await votes.withdraw(tx, self.workspace_id, vote_id)

    async def say(
        self,
        tx: Tx,
        key: int,
        person: dict[str, str | None] | None,
        ideas: list[int],
        text: str,
        replaces: bool,
        revised: int,
    ) -> None:
        statement = Statement(
            workspace_id=self.workspace_id,
            source="survey",
            text=text,
            said_at=SAID_AT,
            linked_by="rule:test",
            external_id=str(key),
            person=self.person(person) if person else None,
            ideas=tuple(str(self.ideas[idea]) for idea in ideas),
            replaces=replaces,
            revised_at=SAID_AT + timedelta(seconds=revised),
        )
        await inbox.record(tx, [statement])

    async def link(self, tx: Tx, nth: int, idea: int) -> None:
        if (feedback_id := await self.nth(tx, "feedback", nth)) is not None:
            await insights.create(
                tx, self.workspace_id, feedback_id, "key:test", idea=f"idea-{idea}", need=None, excerpt=None,
                confidence=None,
            )  # fmt: skip

    async def unlink(self, tx: Tx, nth: int) -> None:
        if (insight_id := await self.nth(tx, "insights", nth)) is not None:
            await insights.unlink(tx, self.workspace_id, insight_id, "key:test")

    async def move(self, tx: Tx, nth: int, account: str) -> None:
        if (contact_id := await self.nth(tx, "contacts", nth)) is not None:
            with contextlib.suppress(Conflict):
                await customers.update_contact(
                    tx, self.workspace_id, contact_id, None,
                    external_id=None, email=None, name=None, account=account, attributes={},
                )  # fmt: skip

    async def merge(self, tx: Tx, nth: int, other: int) -> None:
        kept, duplicate = await self.nth(tx, "contacts", nth), await self.nth(tx, "contacts", other)
        if kept is not None and duplicate is not None:
            # With itself, or with who was merged or erased before.
            with contextlib.suppress(Conflict):
                await merging.merge(tx, self.workspace_id, kept, duplicate)
                left = "select count(*) from idea_contacts where contact_id = $1"
                assert await tx.value(left, duplicate) == 0

    async def erase(self, tx: Tx, nth: int) -> None:
        if (contact_id := await self.nth(tx, "contacts", nth)) is not None:
            seal = Seal("a sealing key that only tests know")
            row = await privacy.begin(
                tx, seal, self.workspace_id, subject_id=contact_id, external_id=None, email=None, reference=None,
                requested_by="key:test",
            )  # fmt: skip
            more = True
            while more:
                claimed = await tx.one("select * from erasures where id = $1", row["id"])
                assert claimed is not None
                more = await privacy.advance(tx, seal, claimed)

    async def pay(self, tx: Tx, mrr: dict[str, int | None]) -> None:
        changes = [AccountChange(account, None, amount, None, {}) for account, amount in mrr.items()]
        await accounts.save_accounts(tx, self.workspace_id, changes)


@examples(18)
@given(STEPS)
async def test_totals_are_what_a_recount_gives(database: Databases, steps: list[Step]) -> None:
    here = Here(await database("feedback"))
    await here.prepare()
    for number, (name, choices) in enumerate([*BEFORE, *steps]):
        async with here.database.transaction({here.workspace_id}) as tx:
            await getattr(here, name)(tx, **choices)
            # A recount costs more than a step, and what is wrong after one is seldom right after the next.
            if number % 3 == 0:
                await check_demand(tx, here.workspace_id)
    async with here.database.read({here.workspace_id}) as read:
        await check_demand(read, here.workspace_id)
        await check_events(read, here.workspace_id)


@pytest.fixture
async def here(database: Databases) -> Here:
    here = Here(await database("feedback"))
    await here.prepare()
    return here


async def test_an_idea_that_nobody_wants_any_more_has_nobody_behind_it(here: Here) -> None:
    async with here.database.transaction({here.workspace_id}) as tx:
        await here.vote(tx, [(named("ada", None, "acme"), 0)])
    async with here.database.transaction({here.workspace_id}) as tx:
        await here.withdraw(tx, 0)
    async with here.database.read({here.workspace_id}) as read:
        for table in ("idea_contacts", "idea_accounts"):
            assert await read.value(f"select count(*) from {table} where workspace_id = $1", here.workspace_id) == 0
        row = await read.one("select * from demand where idea_id = $1", here.ideas[0])
        assert row is not None
        assert (row["votes"], row["contacts"], row["accounts"], row["version"]) == (0, 0, 0, 2)


async def test_two_contacts_can_change_places(here: Here) -> None:
    """In one batch: each account loses one asker of the idea and gains one."""
    async with here.database.transaction({here.workspace_id}) as tx:
        await here.pay(tx, {"x": 100, "y": 10})
        await here.vote(tx, [(named("a", None, "x"), 0), (named("b", None, "y"), 0)])
    async with here.database.transaction({here.workspace_id}) as tx:
        await here.vote(tx, [(named("a", None, "y"), 1), (named("b", None, "x"), 1)])
    async with here.database.read({here.workspace_id}) as read:
        await check_demand(read, here.workspace_id)
        assert await read.value("select mrr from demand where idea_id = $1", here.ideas[0]) == 110
