"""Whatever happens in whatever order, each idea's demand is what one counts on paper, merged or not."""

import random
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.accounts import domain as accounts
from services.feedback.accounts.domain import AccountChange
from services.feedback.boards import domain as boards
from services.feedback.customers import domain as customers
from services.feedback.customers.domain import Person
from services.feedback.demand import domain as demand
from services.feedback.demand import trend
from services.feedback.followers import domain as followers
from services.feedback.followers import store as follower_rows
from services.feedback.ideas import domain as ideas
from services.feedback.inbox import domain as inbox
from services.feedback.inbox.domain import Statement
from services.feedback.insights import domain as insights
from services.feedback.merges import domain as merges
from services.feedback.needs import domain as needs
from services.feedback.products import domain as products
from services.feedback.votes import domain as votes
from services.feedback.votes.domain import Ballot
from shared.database import Database, Tx
from shared.errors import Conflict, Invalid, Moved, NotFound
from shared.events.feedback import NeedChanged
from shared.ids import new_id
from shared.paging import FIRST
from tests.depth import examples
from tests.feedback.given import SAID_AT, Databases, caller, check_events, check_shares
from tests.feedback.groups import check_groups, follow_marks, keep_groups
from tests.feedback.merges.model import Counts, Paper

IDEAS = 5
FIRST_DAY = datetime.fromisoformat(trend.FIRST_DAY).replace(tzinfo=UTC)
PEOPLE = ("ada", "ben", "cem", "dia", "eli")
"""The last two belong to no account until they are moved."""
ACCOUNTS = ("acme", "bolt")
STATEMENTS = 4
KEPT = """
select i.key, d.votes, d.insights, d.contacts, d.accounts, d.mrr, d.heat from demand d join ideas i on i.id = d.idea_id
where d.workspace_id = $1 order by i.key
"""
# Who stands behind each idea, from votes and insights alone, by the recursion of `merged_into` alone.
BEHIND = """
with recursive up as (
    select id, id as at, merged_into from ideas where workspace_id = $1
    union all select up.id, i.id, i.merged_into from up join ideas i on i.id = up.merged_into
), roots as (select id, at as root from up where merged_into is null), asks as (
    select idea_id, contact_id from votes where workspace_id = $1
    union all select idea_id, contact_id from insights where workspace_id = $1 and contact_id is not null
), counted as (
    select r.root as idea_id, a.contact_id, count(*)::int as asks from asks a join roots r on r.id = a.idea_id
    group by 1, 2
), kept as (select idea_id, contact_id, asks from idea_contacts where workspace_id = $1), firms as (
    select idea_id, c.account_id, count(*)::int as contacts from counted join contacts c on c.id = contact_id
    where c.account_id is not null group by 1, 2
), held as (select idea_id, account_id, contacts from idea_accounts where workspace_id = $1)
select 'root' as what, i.id from ideas i join roots r on r.id = i.id where i.root <> r.root
union all select 'too little', idea_id from (table counted except table kept) as x
union all select 'too much', idea_id from (table kept except table counted) as x
union all select 'too few accounts', idea_id from (table firms except table held) as x
union all select 'too many accounts', idea_id from (table held except table firms) as x
"""
NEED = "select data::text from events where workspace_id = $1 and type = $2 order by seq desc limit 1"
# As it stands there, once for what was merged.
STANDING = """
select p.idea_id from board_ideas p join ideas i on i.id = p.idea_id
where p.workspace_id = $1 and i.merged_root is null
"""
# A segment of accounts and two of contacts; whoever is in it goes, whoever is not comes.
SEGMENTS = """
insert into segments (id, workspace_id, key, name, selects)
values (gen_random_uuid(), $1, 'vip', 'VIP', 'accounts'), (gen_random_uuid(), $1, 'beta', 'Beta', 'contacts'),
    (gen_random_uuid(), $1, 'admin', 'Admins', 'contacts')
"""
COME_OR_GO = """
with asked as (
    select s.id as segment_id, coalesce(a.id, c.id) as member_id from segments s
    left join accounts a on s.selects = 'accounts' and a.workspace_id = $1 and a.external_id = $3
    left join contacts c on s.selects = 'contacts' and c.workspace_id = $1 and c.external_id = $3
    where s.workspace_id = $1 and s.key = $2
), gone as (
    delete from segment_members m using asked a
    where m.workspace_id = $1 and m.segment_id = a.segment_id and m.member_id = a.member_id returning m.member_id
)
insert into segment_members (segment_id, member_id, workspace_id)
select segment_id, member_id, $1 from asked where not exists (select from gone)
"""


class Here:
    """One workspace, changed in step with the paper, each step a transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.caller = caller(new_id())
        self.workspace_id = self.caller.workspace_id
        self.ideas: list[UUID] = []
        self.need_id = new_id()
        self.paper = Paper(IDEAS)

    async def prepare(self) -> None:
        async with self.database.transaction({self.workspace_id}) as tx:
            for number in range(IDEAS):
                made = await ideas.create(
                    tx, self.caller, key=f"idea-{number}", title="Idea", description="", kind="feature"
                )
                self.ideas.append(made["id"])
            self.need_id = await needs.create(
                tx, self.workspace_id, key="need", job="work", outcome="done", persona=None, product_id=None
            )
            await boards.create(
                tx, self.workspace_id, key="wishes", name="Wishes", description="", visibility="public",
                submissions=True, comments=True,
            )  # fmt: skip
            await self.pay(tx, 0, 100)
            await self.pay(tx, 1, 30)
            for number, name in enumerate(PEOPLE):
                (contact,) = await customers.recognise(tx, [Person(self.workspace_id, external_id=name)])
                assert contact is not None
                self.paper.account[name] = None
                if number < len(PEOPLE) - 2:
                    await self.move(tx, number, number % 2)
            await products.create(tx, self.workspace_id, key="app", name="App", description="")
            await tx.run(SEGMENTS, self.workspace_id)
            await keep_groups(tx, self.workspace_id)

    async def vote(self, tx: Tx, idea: int, person: int, by_key: bool, day: int) -> None:
        name = f"idea-{idea}" if by_key else str(self.ideas[idea])
        ballot = Ballot(
            name, Person(self.workspace_id, external_id=PEOPLE[person]), "important", False, new_id(), None, None,
            cast_at=FIRST_DAY + timedelta(days=day, hours=day % 24),
        )  # fmt: skip
        (cast,) = await votes.cast(tx, [ballot])
        assert not isinstance(cast, Invalid)
        assert (cast.status == "created") == ((idea, PEOPLE[person]) not in self.paper.votes)
        assert cast.idea_id == self.ideas[idea]
        self.paper.votes.setdefault((idea, PEOPLE[person]), day)

    async def withdraw(self, tx: Tx, nth: int) -> None:
        rows = await tx.all(
            """select v.id, i.key, c.external_id as name from votes v join ideas i on i.id = v.idea_id
            join contacts c on c.id = v.contact_id where v.workspace_id = $1 order by v.id""",
            self.workspace_id,
        )
        if rows:
            row = rows[nth % len(rows)]
            await votes.withdraw(tx, self.workspace_id, row["id"])
            del self.paper.votes[int(row["key"][-1]), row["name"]]

    async def retract(self, tx: Tx, idea: int, person: int) -> None:
        """All of a contact's votes for an idea and for those that were merged into it."""
        name, root = PEOPLE[person], self.paper.root(idea)
        (contact,) = await customers.recognise(tx, [Person(self.workspace_id, external_id=name)])
        assert contact is not None
        await votes.retract(tx, self.workspace_id, self.ideas[root], contact)
        for each in self.paper.tree(root):
            self.paper.votes.pop((each, name), None)

    async def say(self, tx: Tx, statement: int, person: int | None, about: list[int]) -> None:
        speaker = PEOPLE[person] if person is not None else None
        said = Statement(
            workspace_id=self.workspace_id,
            source="survey",
            text=f"words of {speaker}",
            said_at=SAID_AT,
            linked_by="rule:test",
            external_id=str(statement),
            person=Person(self.workspace_id, external_id=speaker) if speaker else None,
            ideas=tuple(f"idea-{idea}" for idea in about),
            replaces=True,
            revised_at=SAID_AT,
        )
        await inbox.record(tx, [said])
        if speaker or statement not in self.paper.said_by:
            self.paper.said_by[statement] = speaker
        self.paper.links |= {(idea, statement) for idea in about}

    async def unlink(self, tx: Tx, nth: int) -> None:
        rows = await tx.all(
            """select n.id, i.key, f.external_id from insights n join ideas i on i.id = n.idea_id join feedback f
            on f.workspace_id = $1 and f.id = n.feedback_id where n.workspace_id = $1 order by n.id""",
            self.workspace_id,
        )
        if rows:
            row = rows[nth % len(rows)]
            await insights.unlink(tx, self.workspace_id, row["id"], "key:test")
            self.paper.links.remove((int(row["key"][-1]), int(row["external_id"])))

    async def move(self, tx: Tx, person: int, account: int) -> None:
        contact = await tx.value(
            "select id from contacts where workspace_id = $1 and external_id = $2", self.workspace_id, PEOPLE[person]
        )
        await customers.update_contact(
            tx, self.workspace_id, contact, None,
            external_id=None, email=None, name=None, account=ACCOUNTS[account], attributes={},
        )  # fmt: skip
        self.paper.account[PEOPLE[person]] = ACCOUNTS[account]

    async def pay(self, tx: Tx, account: int, mrr: int) -> None:
        change = AccountChange(ACCOUNTS[account], None, mrr, "pro" if mrr % 2 else "free", {})
        await accounts.save_accounts(tx, self.workspace_id, [change])
        self.paper.mrr[ACCOUNTS[account]] = mrr

    async def belong(self, tx: Tx, idea: int, somewhere: bool) -> None:
        edits = {"product": "app" if somewhere else None}
        await self._moved(idea, ideas.update(tx, self.workspace_id, self.ideas[idea], None, edits))

    async def come_or_go(self, tx: Tx, segment: str, who: int) -> None:
        name = ACCOUNTS[who % 2] if segment == "vip" else PEOPLE[who]
        await tx.run(COME_OR_GO, self.workspace_id, segment, name)

    async def follow(self, tx: Tx, idea: int, person: int) -> None:
        who = Person(self.workspace_id, external_id=PEOPLE[person])
        if not await self._moved(idea, followers.follow(tx, self.workspace_id, self.ideas[idea], who)):
            self.paper.follows.add((idea, PEOPLE[person]))

    async def serve(self, tx: Tx, idea: int) -> None:
        if not await self._moved(
            idea, needs.link_idea(tx, self.workspace_id, self.need_id, self.ideas[idea], "key:test")
        ):
            self.paper.serving.add(idea)

    async def serve_not(self, tx: Tx, idea: int) -> None:
        work = needs.unlink_idea(tx, self.workspace_id, self.need_id, self.ideas[idea])
        await self._taken_from(self.paper.serving, idea, work)

    async def place(self, tx: Tx, idea: int) -> None:
        if not await self._moved(idea, boards.place(tx, self.workspace_id, "wishes", self.ideas[idea])):
            self.paper.placed.add(idea)

    async def take_off(self, tx: Tx, idea: int) -> None:
        work = boards.take_off(tx, self.workspace_id, "wishes", self.ideas[idea])
        await self._taken_from(self.paper.placed, idea, work)

    async def _taken_from(self, standing: set[int], idea: int, work: Coroutine[Any, Any, None]) -> None:
        """What was merged into it is taken along."""
        tree = self.paper.tree(idea)
        try:
            moved = await self._moved(idea, work)
        except NotFound:
            assert not tree & standing
        else:
            assert moved or tree & standing
            standing -= set() if moved else tree

    async def _moved(self, idea: int, work: Coroutine[Any, Any, Any]) -> bool:
        """Do something to an idea; a merged one says where it went, and whether it did is told."""
        location = None
        try:
            await work
        except Moved as told:
            location = told.headers["Location"]
        assert (location is not None) == (idea in self.paper.into)
        assert location is None or str(self.ideas[self.paper.root(idea)]) in location
        return location is not None

    async def merge(self, tx: Tx, source: int, into: int) -> None:
        before = self.paper.counts()
        names = self.ideas[source], f"idea-{into}"
        root = self.paper.root(into)
        if source == into:
            await self._refused(tx, Invalid, *names)
        elif (source in self.paper.into and self.paper.into[source] != into) or root == source:
            await self._refused(tx, Conflict, *names)
        else:
            foreseen = await merges.merge(tx, self.caller.workspace_id, self.caller.actor, *names, dry_run=True)
            await self.check(tx)
            self.paper.into[source] = into
            effect = await merges.merge(tx, self.caller.workspace_id, self.caller.actor, *names)
            assert effect == foreseen
            self._effect(effect, source, root, before)

    async def _refused(self, tx: Tx, kind: type[Exception], source: UUID, into: str) -> None:
        try:
            await merges.merge(tx, self.caller.workspace_id, self.caller.actor, source, into)
        except kind:
            return
        raise AssertionError("it was taken")

    async def unmerge(self, tx: Tx, nth: int) -> None:
        if not self.paper.into:
            return
        idea = sorted(self.paper.into)[nth % len(self.paper.into)]
        before, root = self.paper.counts(), self.paper.root(idea)
        foreseen = await merges.unmerge(tx, self.caller.workspace_id, self.ideas[idea], dry_run=True)
        await self.check(tx)
        del self.paper.into[idea]
        effect = await merges.unmerge(tx, self.caller.workspace_id, self.ideas[idea])
        assert effect == foreseen
        self._effect(effect, idea, root, before)

    def _effect(self, effect: merges.Effect, idea: int, root: int, before: list[Counts]) -> None:
        after = self.paper.counts()
        told = [
            tuple(each.values()) for shift in (effect.idea, effect.survivor) for each in (shift.before, shift.after)
        ]
        assert told == [before[idea], after[idea], before[root], after[root]]

    async def check(self, tx: Tx) -> None:
        rows = await tx.all(KEPT, self.workspace_id)
        assert [tuple(row.values())[1:-1] for row in rows] == self.paper.counts()
        assert [row["heat"] for row in rows] == self.paper.heats()
        assert await tx.all(BEHIND, self.workspace_id) == []
        paper = self.paper
        serving = {self.ideas[paper.root(idea)] for idea in paper.serving}
        assert set((await needs.explain(tx, self.workspace_id, self.need_id))[1]) == serving
        said = NeedChanged.model_validate_json(await tx.value(NEED, self.workspace_id, NeedChanged.type))
        assert set(said.idea_ids) == serving
        standing = {row["idea_id"] for row in await tx.all(STANDING, self.workspace_id)}
        assert standing == {self.ideas[paper.root(idea)] for idea in paper.placed}
        for number, idea_id in enumerate(self.ideas):
            if paper.root(number) == number:
                rows = await tx.all(follower_rows.LIST, self.workspace_id, idea_id, FIRST, 20)
                assert {row["external_id"] for row in rows} == paper.hears(number)


Step = tuple[str, dict[str, Any]]
IDEA, PERSON = st.integers(0, IDEAS - 1), st.integers(0, len(PEOPLE) - 1)


def step(name: str, **choices: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), st.fixed_dictionaries(choices))


ASKING = [
    step("vote", idea=IDEA, person=PERSON, by_key=st.booleans(), day=st.sampled_from([0, 3, 14, 2_500, 2_513, 65_000])),
    step("say", statement=st.integers(0, STATEMENTS - 1), person=st.one_of(st.none(), PERSON),
         about=st.lists(IDEA, max_size=3, unique=True)),
]  # fmt: skip
MERGING = [step("merge", source=IDEA, into=IDEA), step("unmerge", nth=st.integers(0, IDEAS))]
ABOUT = [
    *(step(name, idea=IDEA) for name in ("serve", "serve", "serve_not", "place", "place", "take_off")),
    step("follow", idea=IDEA, person=PERSON),
]
OTHER = [
    step("withdraw", nth=st.integers(0, 20)),
    step("retract", idea=IDEA, person=PERSON),
    step("unlink", nth=st.integers(0, 20)),
    step("move", person=PERSON, account=st.integers(0, 1)),
    step("pay", account=st.integers(0, 1), mrr=st.integers(0, 900)),
    step("belong", idea=IDEA, somewhere=st.booleans()),
    step("come_or_go", segment=st.sampled_from(["vip", "beta", "admin"]), who=PERSON),
]
FIRST_MERGE = 8
STEPS = st.tuples(
    st.lists(st.one_of(*ASKING), min_size=FIRST_MERGE, max_size=12),
    st.lists(st.one_of(*ASKING, *MERGING, *MERGING, *ABOUT, *OTHER), min_size=12, max_size=25),
).map(lambda lists: [*lists[0], *lists[1]])


@examples(8)
@given(STEPS, st.randoms(use_true_random=False))
async def test_counts_are_what_one_counts_on_paper(
    database: Databases, steps: list[Step], chance: random.Random
) -> None:
    here = Here(await database("feedback"))
    await here.prepare()
    for number, (name, choices) in enumerate(steps):
        async with here.database.transaction({here.workspace_id}) as tx:
            await getattr(here, name)(tx, **choices)
            # Before anything can be merged a look now and then is enough; from then on after each step.
            if number % 5 == 0 or number >= FIRST_MERGE:
                await here.check(tx)
        if number % 5 == 0:
            await follow_marks(here.database)
    await check_shares(here.database, here.workspace_id)
    await check_groups(here.database, here.workspace_id)
    # Taken apart in any order, it is as if nothing had ever been merged.
    while here.paper.into:
        async with here.database.transaction({here.workspace_id}) as tx:
            await here.unmerge(tx, chance.randrange(IDEAS))
            await here.check(tx)
    assert here.paper.counts() == here.paper.counts(merged=False)
    # Counted anew from the votes it is the same.
    async with here.database.transaction({here.workspace_id}) as tx:
        await tx.run("update demand set heat = 1 where workspace_id = $1", here.workspace_id)
        await demand.warm(tx, here.workspace_id, here.ideas)
        await here.check(tx)
    async with here.database.read({here.workspace_id}) as read:
        await check_events(read, here.workspace_id)
    await check_shares(here.database, here.workspace_id)
    await check_groups(here.database, here.workspace_id)
