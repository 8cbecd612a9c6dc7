"""No score moves without an event that says why, and every value decomposes exactly, under whichever framework."""

from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from services.scoring.consumers import follow_ideas
from services.scoring.estimates import domain as estimates
from services.scoring.frameworks import FRAMEWORKS
from services.scoring.models import domain as models
from services.scoring.models.domain import MOST_ACTIVE
from services.scoring.scores import store
from services.scoring.scores.computed import INPUTS
from shared.database import Tx
from shared.events.scoring import ScoreChanged
from shared.ids import new_id
from tests.depth import examples
from tests.scoring.given import Databases, demand, estimate, idea
from tests.scoring.samples import SAMPLES, Sample
from tests.scoring.test_recipes import of, replayed

CHOSEN = tuple({sample.framework: sample for sample in SAMPLES}.values())
"""One model of each framework."""
SCORES = """
select id, model_id, idea_id, model_version, state, value, missing::text as missing, cause, cause_id, version
from scores where workspace_id = $1
"""
NEWER = "select seq, data::text as data from events where workspace_id = $1 and seq > $2 order by seq"
STEPS = st.tuples(
    st.sampled_from(["demand", "idea", "estimate", "estimate", "estimate", "withdraw", "model", "switch"]),
    st.integers(0, 1),
    st.integers(0, 10_000),
)


class Moved(NamedTuple):
    """What a step may have moved scores by."""

    kind: str
    ids: set[UUID]


class Undone(Exception):
    """Takes an example back."""


class Board:
    """Two ideas under a model of every framework."""

    def __init__(self, tx: Tx, workspace_id: UUID) -> None:
        self.tx = tx
        self.workspace_id = workspace_id
        self.ideas = [new_id(), new_id()]
        self.models: dict[UUID, Sample] = {}
        self.given: list[UUID] = []
        self.version = 1
        self.seq = 0
        self.stored: dict[UUID, dict[str, Any]] = {}

    async def begin(self) -> None:
        """Every model, active, and what each of its inputs may be."""
        for number, sample in enumerate(CHOSEN[:MOST_ACTIVE]):
            row = await models.create(
                self.tx,
                self.workspace_id,
                name=f"model {number}",
                framework=FRAMEWORKS[sample.framework].name,
                parameters=of(sample),
                active=True,
            )
            self.models[row["id"]] = sample
        for idea_id in self.ideas:
            await follow_ideas(self.tx, [idea(self.workspace_id, idea_id)])
        await self.told(None)

    async def step(self, kind: str, which: int, number: int) -> Moved:
        """Do one thing that may move scores."""
        idea_id = self.ideas[which]
        model_id = list(self.models)[number % len(self.models)]
        sample = self.models[model_id]
        self.version += 1
        match kind:
            case "demand":
                event = demand(self.workspace_id, idea_id, self.version, number % 7)
                await follow_ideas(self.tx, [event])
                return Moved(kind, {event.id})
            case "idea":
                event = idea(self.workspace_id, idea_id, self.version)
                await follow_ideas(self.tx, [event])
                return Moved(kind, {event.id})
            case "estimate":
                # Whole samples as often as single inputs: most frameworks score only what has all of them.
                names = list(sample.given)
                chosen = names if number % 2 else [names[number % len(names)]]
                inputs = {name: sample.given[name] for name in chosen}
                rows = await estimate(self.tx, self.workspace_id, idea_id, f"person {number % 3}", **inputs)
                self.given += [row["id"] for row in rows]
                return Moved(kind, {row["id"] for row in rows})
            case "withdraw" if self.given:
                taken = self.given.pop(number % len(self.given))
                await estimates.withdraw(self.tx, self.workspace_id, taken)
                return Moved("estimate", {taken})
            case "model" | "switch":
                others = [each for each in SAMPLES if each.framework == sample.framework]
                parameters = of(others[number % len(others)]) if kind == "model" else None
                active = None if kind == "model" else bool(number % 3)
                await models.update(
                    self.tx, self.workspace_id, model_id, None, name=None, parameters=parameters, active=active
                )
                return Moved("model", {model_id})
            case _:
                return Moved("nothing", set())

    async def told(self, moved: Moved | None) -> None:
        """Each score that is not what it was has been told of once, with the cause, and no other has."""
        rows = {row["id"]: dict(row) for row in await self.tx.all(SCORES, self.workspace_id)}
        events: dict[UUID, dict[str, Any]] = {}
        for row in await self.tx.all(NEWER, self.workspace_id, self.seq):
            event = from_json(row["data"])
            self.seq = row["seq"]
            if "score_id" in event:
                # Put together in SQL, and what the contract itself would be written as.
                assert event == ScoreChanged.model_validate_json(row["data"]).model_dump(mode="json")
                # The models were made one after another: of the first events of all, the last counts.
                assert moved is None or UUID(event["score_id"]) not in events
                events[UUID(event["score_id"])] = event
        different = {id for id, row in rows.items() if row != self.stored.get(id)}
        assert different == events.keys()
        assert self.stored.keys() <= rows.keys()
        for id, event in events.items():
            row, before = rows[id], self.stored.get(id, {"version": 0, "value": None})
            assert (event["version"], event["value"], event["state"]) == (row["version"], row["value"], row["state"])
            assert (event["cause"], event["cause_id"]) == (row["cause"], str(row["cause_id"]))
            if moved is not None:
                assert (event["version"], event["previous"]) == (before["version"] + 1, before["value"])
                assert (row["cause"], row["cause_id"] in moved.ids) == (moved.kind, True)
        self.stored = rows

    async def decompose(self) -> None:
        """The steps of every score, applied in order to its start, give the value to the last digit."""
        for idea_id in self.ideas:
            for row in await self.tx.all(store.EXPLAIN, self.workspace_id, idea_id):
                framework = FRAMEWORKS[row["framework"]]
                parameters = framework.parameters.model_validate_json(row["parameters"])
                inputs = {name: each.value for name, each in INPUTS.validate_json(row["inputs"]).items()}
                explained = framework.explain(inputs, parameters)
                assert row["intact"] is True
                if row["value"] is None:
                    assert explained.steps == ()
                    assert {name for name, each in explained.factors.items() if each.problem} == set(
                        from_json(row["missing"])
                    )
                else:
                    assert replayed(explained) == row["value"]


@examples(6)
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
async def test_a_score_moves_with_its_event_and_decomposes(
    database: Databases, steps: list[tuple[str, int, int]]
) -> None:
    workspace_id = new_id()
    with suppress(Undone):
        async with (await database("scoring")).transaction({workspace_id}) as tx:
            board = Board(tx, workspace_id)
            await board.begin()
            for step in steps:
                await board.told(await board.step(*step))
            await board.decompose()
            raise Undone
