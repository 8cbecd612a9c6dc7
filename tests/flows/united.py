"""A workspace in all three services, and the same on paper: ideas that are merged and taken apart."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from pydantic_core import from_json

from services.feedback.customers.domain import Person
from services.feedback.ideas import domain as ideas
from services.feedback.inbox import domain as inbox
from services.feedback.merges import domain as merges
from services.feedback.votes import domain as votes
from services.feedback.votes.domain import Ballot
from services.roadmap.contributions import domain as contributions
from services.roadmap.coverage import domain as coverage
from services.roadmap.ideas import domain as known
from services.roadmap.objectives import domain as objectives
from services.scoring.capabilities import domain as capabilities
from services.scoring.competitors import domain as competitors
from services.scoring.estimates import domain as estimates
from services.scoring.evidence import domain as evidence
from services.scoring.frameworks.parity import Standing
from services.scoring.frameworks.weighted import WeightedParameters
from services.scoring.models import domain as models
from services.scoring.scores.domain import recompute
from services.scoring.unions import domain as unions
from shared.errors import Invalid, Moved
from shared.events.base import Delivered, Event
from shared.events.feedback import DemandChanged, IdeaChanged, KanoChanged
from shared.events.roadmap import ContributionsChanged, ObjectiveChanged
from shared.events.scoring import ScoreChanged
from shared.ids import new_id
from shared.paging import FIRST
from shared.statistics.kano import CATEGORIES, TABLE
from tests.feedback.given import SAID_AT, caller, response
from tests.feedback.merges.model import Paper
from tests.roadmap.given import Said
from tests.scoring.given import BY_CONTACTS, Workspace, estimate

IDEAS = 4
PEOPLE = ("ada", "ben", "cem")
FEELINGS = ("like", "expect", "neutral", "tolerate", "dislike")
GAPS: dict[Standing, float] = {"none": 0.0, "partial": 0.5, "full": 1.0}
STRATEGY = WeightedParameters.model_validate(
    {
        "criteria": [
            {"name": "fit", "weight": 1, "alignment": {"at_full": 10}},
            {"name": "behind", "weight": 1, "highest": 1, "competition": {}},
        ]
    }
)
TYPES: dict[str, type[Event]] = {
    each.type: each
    for each in (IdeaChanged, DemandChanged, KanoChanged, ContributionsChanged, ObjectiveChanged, ScoreChanged)
}
NEWER = "select seq, id, type, data::text as data from events where workspace_id = $1 and seq > $2 order by seq"
INPUTS = """
select s.idea_id, m.framework, s.inputs::text as inputs from scores s join models m on m.id = s.model_id
where s.workspace_id = $1
"""


class Given(NamedTuple):
    """An estimate that stands."""

    id: UUID
    idea: int
    input: str
    estimator: str
    value: float


class Here:
    """One workspace in all three services, changed in step with what one would write on paper."""

    def __init__(self, feedback: Any, scoring: Any, roadmap: Any) -> None:
        self.services = {"feedback": feedback, "scoring": scoring, "roadmap": roadmap}
        self.caller = caller(new_id())
        self.id = self.caller.workspace_id
        self.scoring = Workspace(scoring, self.id)
        self.roadmap = Said(roadmap, self.id)
        self.seen = dict.fromkeys(self.services, 0)
        self.paper = Paper(IDEAS)
        self.paper.account = dict.fromkeys(PEOPLE)
        self.ideas: list[UUID] = []
        self.objectives: list[UUID] = []
        self.capabilities: list[UUID] = []
        self.given: list[Given] = []
        self.serves: dict[int, dict[int, float]] = {}
        self.gives: dict[int, set[int]] = {}
        """Ideas of each capability."""
        self.answers: list[tuple[int, str, tuple[int, int]]] = []

    def tx(self, service: str) -> Any:
        return self.services[service].transaction({self.id})

    async def prepare(self) -> None:
        async with self.tx("feedback") as tx:
            for number in range(IDEAS):
                row = await ideas.create(
                    tx, self.caller, key=f"idea-{number}", title="Idea", description="", kind="feature"
                )
                self.ideas.append(row["id"])
        async with self.tx("roadmap") as tx:
            for weight in (1.0, 3.0):
                told: dict[str, Any] = dict.fromkeys(("starts_on", "ends_on", "owner", "product_id"))
                told |= {"title": "Grow", "description": "", "weight": weight, "status": "active"}
                self.objectives.append((await objectives.create(tx, self.id, told, "key:test"))["id"])
        await self.scoring.model(BY_CONTACTS)
        async with self.tx("scoring") as tx:
            await models.create(
                tx, self.id, name="Strategy", framework="weighted", parameters=STRATEGY, active=True
            )  # fmt: skip
            rival = (await competitors.create(tx, self.id, name="Rival", url=None, note="", weight=1.0))["id"]
            for number, theirs in enumerate(GAPS):
                made = await capabilities.create(
                    tx, self.id, name=f"capability {number}", note="", ours="none", idea_ids=[]
                )
                self.capabilities.append(made["id"])
                await evidence.tell(
                    tx, self.id, capability_id=made["id"], competitor_id=rival, theirs=theirs, observed_on=None,
                    url="https://rival.example", note=None, said_by="ada",
                )  # fmt: skip
        await self.hear()

    async def hear(self) -> None:
        """Let every service hear what the others said, in order."""
        for service in ("feedback", "roadmap", "scoring"):
            async with self.services[service].read({self.id}) as read:
                rows = await read.all(NEWER, self.id, self.seen[service])
            said: list[Delivered[Any]] = []
            for row in rows:
                self.seen[service] = row["seq"]
                if row["type"] in TYPES:
                    event = TYPES[row["type"]].model_validate_json(row["data"])
                    said.append(Delivered(row["id"], event, SAID_AT, "", row["seq"]))
            if service != "scoring":
                await self.scoring.hear(*said)
            await self.roadmap.say(*(each.event for each in said))

    async def vote(self, idea: int, person: int) -> None:
        who = Person(self.id, external_id=PEOPLE[person])
        async with self.tx("feedback") as tx:
            ballot = Ballot(str(self.ideas[idea]), who, "important", False, new_id(), None, None)
            (cast,) = await votes.cast(tx, [ballot])
            assert not isinstance(cast, Invalid)
        self.paper.votes.setdefault((idea, PEOPLE[person]), 0)

    async def answer(self, idea: int, person: int, pair: tuple[int, int]) -> None:
        halves = zip(("kano_functional", "kano_dysfunctional"), pair, strict=True)
        asked = [{"kind": kind, "value": FEELINGS[value], "about": f"idea-{idea}"} for kind, value in halves]
        at = SAID_AT + timedelta(minutes=len(self.answers))
        async with self.tx("feedback") as tx:
            await inbox.record(tx, [response(self.id, f"r{len(self.answers)}", at, asked, PEOPLE[person])])
        self.answers.append((idea, PEOPLE[person], pair))

    async def estimate(self, idea: int, person: int, input: str, value: float) -> None:
        async with self.tx("scoring") as tx:
            (row,) = await estimate(tx, self.id, self.ideas[idea], PEOPLE[person], **{input: value})
        key = idea, input, PEOPLE[person]
        self.given = [each for each in self.given if (each.idea, each.input, each.estimator) != key]
        self.given.append(Given(row["id"], *key, value))

    async def withdraw(self, nth: int) -> None:
        if self.given:
            taken = self.given.pop(nth % len(self.given))
            async with self.tx("scoring") as tx:
                await estimates.withdraw(tx, self.id, taken.id)

    async def serve(self, idea: int, weights: dict[int, float]) -> None:
        named = [(self.objectives[number], weight) for number, weight in weights.items()]
        async with self.tx("roadmap") as tx:
            said = contributions.say(tx, self.id, self.ideas[idea], None, named, "key:test")
            if idea in self.paper.into:
                with pytest.raises(Moved, match=str(self.ideas[self.paper.root(idea)])):
                    await said
            else:
                await said
                self.serves[idea] = weights

    async def give(self, capability: int, about: set[int]) -> None:
        told = {"idea_ids": [self.ideas[each] for each in about]}
        async with self.tx("scoring") as tx:
            await capabilities.update(tx, self.id, self.capabilities[capability], None, told)
        self.gives[capability] = about

    async def merge(self, source: int, into: int) -> None:
        if source != into and source not in self.paper.into and self.paper.root(into) != source:
            supposed = await self.supposed(source, into)
            async with self.tx("feedback") as tx:
                await merges.merge(tx, self.id, "key:test", self.ideas[source], f"idea-{into}")
            self.paper.into[source] = into
            await self.hear()
            root = self.ideas[self.paper.root(into)]
            assert {row["model_id"]: row["value"] for row in await self.stored() if row["idea_id"] == root} == supposed

    async def supposed(self, source: int, into: int) -> dict[UUID, float | None]:
        """The scores that the one that stays would have, by what a dry run tells. Nothing moves by asking."""
        await self.hear()
        moved = await self.stored()
        async with self.tx("feedback") as tx:
            dry = await merges.merge(tx, self.id, "key:test", self.ideas[source], f"idea-{into}", dry_run=True)
        async with self.tx("scoring") as tx:
            root = self.ideas[self.paper.root(into)]
            _, found = await unions.suppose(tx, self.id, self.ideas[source], root, dry.survivor.after)
        assert await self.stored() == moved
        return {each.model_id: each.after.value for each in found}

    async def unmerge(self, nth: int) -> None:
        if self.paper.into:
            idea = sorted(self.paper.into)[nth % len(self.paper.into)]
            async with self.tx("feedback") as tx:
                await merges.unmerge(tx, self.id, self.ideas[idea])
            del self.paper.into[idea]

    def contributed(self, root: int) -> dict[int, float]:
        """By objective: what is said of the idea itself, else the most that is said of what was merged into it."""
        others = [self.serves.get(each, {}) for each in self.paper.tree(root) - {root}]
        most = {id: max(each.get(id, 0.0) for each in others) for id in {id for each in others for id in each}}
        return most | self.serves.get(root, {})

    def estimated(self, root: int, input: str) -> float | None:
        """What estimates make of an input: of the idea itself, else each estimator's latest of what was merged."""
        theirs = [each for each in self.given if each.input == input and each.idea in self.paper.tree(root)]
        own = [each.value for each in theirs if each.idea == root]
        values = own or list({each.estimator: each.value for each in theirs}.values())
        return math.fsum(values) / len(values) if values else None

    def expected(self, root: int) -> Iterator[tuple[str, float | None]]:
        for input in ("impact", "confidence", "effort"):
            yield input, self.estimated(root, input)
        reach = self.estimated(root, "reach")
        yield "reach", 10 * len(self.paper.hears(root)) if reach is None else reach
        yield "fit", 10 * sum(weight * (1, 3)[id] for id, weight in self.contributed(root).items()) / 4
        tree = self.paper.tree(root)
        gaps = [list(GAPS.values())[each] for each, about in self.gives.items() if about & tree]
        yield "behind", sum(gaps) / len(gaps) if gaps else None

    def classified(self, root: int) -> list[int]:
        """Respondents by category: each once, with the latest answer about any of the ideas that are one."""
        latest = {who: pair for idea, who, pair in self.answers if self.paper.root(idea) == root}
        found = [TABLE[one][other] for one, other in latest.values()]
        return [found.count(each) for each in CATEGORIES]

    async def check(self) -> None:
        await self.hear()
        paper, scoring = self.paper, self.services["scoring"]
        async with scoring.read({self.id}) as read:
            rows = await read.all("select idea_id, merged_into from ideas where workspace_id = $1", self.id)
            asked = {
                row["idea_id"]: row["counts"]
                for row in await read.all("select idea_id, counts from kano where workspace_id = $1", self.id)
            }
            stored: dict[UUID, dict[str, Any]] = {}
            for row in await read.all(INPUTS, self.id):
                stored.setdefault(row["idea_id"], {}).update(from_json(row["inputs"]))
            assert await recompute(read, self.id) == []
        roots = {idea_id: self.ideas[paper.root(number)] for number, idea_id in enumerate(self.ideas)}
        assert {row["idea_id"]: row["merged_into"] or row["idea_id"] for row in rows} == roots
        for number, idea_id in enumerate(self.ideas):
            assert asked.get(idea_id, [0] * len(CATEGORIES)) == self.classified(number), number
            if paper.root(number) == number:
                for name, value in self.expected(number):
                    found = stored[idea_id][name].get("value")
                    # Nobody asks, and nobody has told of it yet.
                    same = (found or 0.0) == 0.0 if not value else found is not None and math.isclose(found, value)
                    assert same, (number, name, found, value)
        await self.check_roadmap()

    async def check_roadmap(self) -> None:
        paper = self.paper
        values = {
            (row["idea_id"], row["model_id"]): row["value"] for row in (await self.stored()) if row["value"] is not None
        }
        async with self.services["roadmap"].read({self.id}) as read:
            for number, (idea, scores) in enumerate(await known.evidence(read, self.id, self.ideas)):
                root = paper.root(number)
                assert idea["merged_into"] == (self.ideas[root] if root != number else None)
                assert (idea["votes"], idea["people"]) == (paper.counts()[root][0], paper.counts()[root][2])
                told = {row["model_id"]: row["value"] for row in scores if row["value"] is not None}
                assert told == {model: value for (id, model), value in values.items() if id == self.ideas[root]}
            roots = [number for number in range(IDEAS) if paper.root(number) == number]
            for number in roots:
                said = (await contributions.said(read, self.id, self.ideas[number])).contributions
                found = {self.objectives.index(row["objective_id"]): row["weight"] for row in said}
                assert found == self.contributed(number)
            for place, objective in enumerate(self.objectives):
                serving = await coverage.serving(read, self.id, objective, FIRST, 50)
                found = {self.ideas.index(row["idea_id"]): row["weight"] for row, _ in serving}
                wanted = {number: self.contributed(number) for number in roots}
                assert found == {number: each[place] for number, each in wanted.items() if place in each}

    async def stored(self) -> list[Any]:
        async with self.services["scoring"].read({self.id}) as read:
            return await read.all("select idea_id, model_id, value from scores where workspace_id = $1", self.id)
