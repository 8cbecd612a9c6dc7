"""Events in any order, number and grouping end in the same projections and the same scores."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from services.scoring.consumers import PROJECTED, follow_ideas
from services.scoring.frameworks.opportunity import OpportunityParameters
from services.scoring.models import domain as models
from services.scoring.scores.domain import recompute, rescore_stale
from shared.database import Tx
from shared.events.base import Delivered, Event
from shared.ids import new_id
from tests.depth import examples
from tests.scoring.given import SCORES, Databases, Workspace, demand, estimate, idea, kano, model, need, published

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FULL: dict[str, Any] = {"impact": 2.0, "confidence": 0.8, "effort": 4.0}
VERSIONS = 3


async def test_demand_moves_a_score_and_says_why(here: Workspace) -> None:
    model_id = await here.model()
    idea_id = await here.idea()
    await here.estimate(idea_id, **FULL)
    event = await here.demand(idea_id, contacts=3, traceparent=TRACE)
    row = (await here.scores())[idea_id]
    assert (row["state"], row["value"], row["cause"], row["cause_id"]) == (
        "scored",
        3 * 10 * 2 * 0.8 / 4,
        "demand",
        event.id,
    )
    last = (await here.published())[-1]
    assert last == {
        "workspace_id": str(here.id),
        "version": row["version"],
        "score_id": str(row["id"]),
        "idea_id": str(idea_id),
        "model_id": str(model_id),
        "model_version": 1,
        "state": "scored",
        "value": 12.0,
        "previous": None,
        "missing": [],
        "cause": "demand",
        "cause_id": str(event.id),
    }
    async with here.database.read({here.id}) as read:
        trace = await read.value(
            "select traceparent from events where workspace_id = $1 order by seq desc limit 1", here.id
        )
    assert trace == TRACE


async def test_demand_may_come_before_its_idea(here: Workspace) -> None:
    await here.model()
    idea_id = new_id()
    await here.demand(idea_id)
    assert (await here.scores())[idea_id]["state"] == "not_scoreable"
    await here.hear(idea(here.id, idea_id))
    await here.estimate(idea_id, **FULL)
    assert (await here.scores())[idea_id]["value"] == 12


async def test_what_changes_no_score_publishes_nothing(here: Workspace) -> None:
    await here.model()
    idea_id = await here.idea()
    await here.estimate(idea_id, reach=500, **FULL)
    before, told = await here.scores(), await here.published()
    await here.demand(idea_id, version=1, contacts=7)
    await here.hear(idea(here.id, idea_id, version=2, title="Another title"))
    await here.demand(idea_id, version=1, contacts=7)
    assert await here.scores() == before, "an estimate of reach wins over demand"
    assert await here.published() == told


async def test_inputs_name_the_newest_event_even_where_the_score_stays(here: Workspace) -> None:
    await here.model()
    idea_id = await here.idea()
    first = await here.demand(idea_id, version=1, contacts=3, votes=3)
    second = await here.demand(idea_id, version=2, contacts=3, votes=4)
    row = (await here.scores())[idea_id]
    assert from_json(row["inputs"])["reach"]["demand"]["event_id"] == str(second.id)
    assert row["cause_id"] != second.id
    assert row["version"] == len({first.id, "idea"})
    assert await here.differences() == []


async def test_an_estimate_that_agrees_is_named_and_moves_nothing(here: Workspace) -> None:
    await here.model()
    idea_id = await here.idea()
    await here.estimate(idea_id, "ada", **FULL)
    event = await here.demand(idea_id)
    told = await here.published()
    agreeing = await here.estimate(idea_id, "grace", effort=4)
    row = (await here.scores())[idea_id]
    assert str(agreeing[0]["id"]) in from_json(row["inputs"])["effort"]["estimates"]
    assert (row["cause"], row["cause_id"]) == ("demand", event.id)
    assert await here.published() == told
    assert await here.differences() == []


async def test_an_unrelated_idea_moves_no_score(here: Workspace) -> None:
    await here.model()
    held = [await here.idea() for _ in range(3)]
    for number, idea_id in enumerate(held):
        await here.estimate(idea_id, **FULL)
        await here.demand(idea_id, contacts=number)
    before = await here.scores()
    other = await here.idea()
    await here.demand(other, contacts=10_000)
    await here.estimate(other, **FULL)
    after = await here.scores()
    assert {idea_id: after[idea_id] for idea_id in held} == before


async def test_a_batch_takes_few_statements_however_large(here: Workspace) -> None:
    await here.model()
    ideas = [new_id() for _ in range(100)]
    seen: list[str] = []
    here.database.observers.append(seen.append)
    try:
        await here.hear(*(idea(here.id, each) for each in ideas), *(demand(here.id, each) for each in ideas))
    finally:
        here.database.observers.remove(seen.append)
    assert len(seen) == 7, seen
    assert len(await here.scores()) == 100


async def test_workspaces_in_one_batch_stay_apart(here: Workspace, neighbour: Any) -> None:
    there = Workspace(here.database, neighbour.workspace_id)
    await here.model()
    ours, theirs = new_id(), new_id()
    async with here.database.transaction({here.id, there.id}) as tx:
        await follow_ideas(tx, [demand(here.id, ours), demand(there.id, theirs)])
    assert set(await here.scores()) == {ours}
    assert await there.scores() == {}


# The property: a plan is what happens in which order; the facts themselves stay.

_FACT = st.integers(0, 4 * 2 * VERSIONS - 1)
_STEP = st.one_of(
    st.tuples(st.just("batch"), st.lists(_FACT, min_size=1, max_size=6)),
    st.tuples(st.just("interrupted"), st.lists(_FACT, min_size=1, max_size=6)),
    st.tuples(st.just("estimate"), st.integers(0, 1)),
    st.tuples(st.just("activate"), st.none()),
)


class Interrupted(Exception):
    """What ends a transaction midway."""


class Story:
    """Facts about two ideas and two needs, and what scoring makes of them when they are told in some order."""

    def __init__(self, contacts: list[int]) -> None:
        self.workspace_id = new_id()
        self.ideas = [new_id(), new_id()]
        self.needs = [new_id(), new_id()]
        self.facts: list[Delivered[Any]] = []
        for number, idea_id in enumerate(self.ideas):
            for version in range(1, VERSIONS + 1):
                count = contacts[number * VERSIONS + version - 1]
                self.facts += [
                    idea(self.workspace_id, idea_id, version, title=f"title {version}"),
                    demand(self.workspace_id, idea_id, version, count),
                    kano(self.workspace_id, idea_id, version, M=10 * count, A=version),
                    need(
                        self.workspace_id,
                        self.needs[number],
                        version,
                        importance=(1, 0, 0, count, version),
                        # The first serves both ideas by and by, the second serves one and then none.
                        ideas=self.ideas[:version] if number == 0 else self.ideas[version:],
                        archived=version == 1,
                    ),
                ]

    async def tell(self, tx: Tx, plan: list[tuple[str, Any]]) -> None:
        """Follow the plan, then tell whatever it left out."""
        pending = {"activate", "estimate 0", "estimate 1"}
        untold = set(range(len(self.facts)))
        for step, what in plan:
            if step == "batch":
                await follow_ideas(tx, self._some(what))
                untold -= set(what)
            elif step == "interrupted":
                await self._interrupted(tx, self._some(what))
            else:
                pending -= {await self._once(tx, step, what, pending)}
        for fact in sorted(untold):
            await follow_ideas(tx, [self.facts[fact]])
        for left in sorted(pending):
            step, _, which = left.partition(" ")
            await self._once(tx, step, int(which or 0), pending)
        while await rescore_stale(tx):
            pass

    def _some(self, which: list[int]) -> list[Delivered[Any]]:
        return [self.facts[fact] for fact in which]

    async def _interrupted(self, tx: Tx, batch: list[Delivered[Event]]) -> None:
        with suppress(Interrupted):
            async with tx.savepoint():
                await follow_ideas(tx, batch)
                raise Interrupted

    async def _once(self, tx: Tx, step: str, which: int, pending: set[str]) -> str:
        name = step if step == "activate" else f"{step} {which}"
        if name in pending:
            if step == "activate":
                await model(tx, self.workspace_id)
                await models.create(
                    tx, self.workspace_id, name="Needs", framework="opportunity",
                    parameters=OpportunityParameters(), active=True,
                )  # fmt: skip
            else:
                await estimate(tx, self.workspace_id, self.ideas[which], **FULL)
        return name

    async def ends(self, tx: Tx) -> dict[str, Any]:
        """Projections and scores, without what depends on the path: ids, times, versions and causes of scores."""
        found: dict[str, Any] = {}
        for table in PROJECTED:
            rows = await tx.all(f"select t::text as row from {table} t where workspace_id = $1", self.workspace_id)
            found[table] = sorted(row["row"] for row in rows)
        for row in await tx.all(SCORES, self.workspace_id):
            inputs: dict[str, Any] = from_json(row["inputs"])
            for each in inputs.values():
                each["estimates"] = len(each["estimates"])
            found[f"{row['idea_id']} {min(inputs)}"] = (row["state"], row["value"], row["missing"], inputs)
        return found

    async def events_chain(self, tx: Tx) -> None:
        """Every move of a score has been told, from one to the next, and the last is what is stored."""
        last: dict[str, dict[str, Any]] = {}
        for event in await published(tx, self.workspace_id):
            before = last.get(event["score_id"])
            assert event["version"] == (before["version"] if before else 0) + 1
            assert event["previous"] == (before["value"] if before else None)
            last[event["score_id"]] = event
        for row in await tx.all(SCORES, self.workspace_id):
            event = last[str(row["id"])]
            assert (event["version"], event["value"], event["state"]) == (row["version"], row["value"], row["state"])
            assert (event["cause"], event["cause_id"]) == (row["cause"], str(row["cause_id"]))


@examples(15)
@given(
    contacts=st.lists(st.integers(0, 5), min_size=2 * VERSIONS, max_size=2 * VERSIONS),
    plan=st.lists(_STEP, max_size=12),
)
async def test_order_duplicates_batches_and_interruptions_do_not_matter(
    database: Databases, contacts: list[int], plan: list[tuple[str, Any]]
) -> None:
    story = Story(contacts)
    scoring = await database("scoring")
    ends: list[dict[str, Any]] = []
    straight = [("activate", None), ("estimate", 0), ("estimate", 1)]
    for order in (straight, plan):
        with suppress(Interrupted):
            async with scoring.transaction({story.workspace_id}) as tx:
                await story.tell(tx, order)
                ends.append(await story.ends(tx))
                await story.events_chain(tx)
                assert await recompute(tx, story.workspace_id) == []
                raise Interrupted
    assert ends[0] == ends[1]
    under_both = {f"{idea_id} {first}" for idea_id in story.ideas for first in ("confidence", "importance")}
    assert ends[0].keys() == {*PROJECTED, *under_both}
