"""Runs: a model's whole ranking frozen with every input, estimate and demand behind it.

A run never changes. Its digest is over all of it, so that a change behind the service's back shows; decisions that rest
on it are added in a chain of digests that begins with the run's own, so that none can be altered or taken away between
two others unseen.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.scoring.candidates import domain as candidates
from services.scoring.facts import domain as facts
from services.scoring.facts import frozen as frozen_facts
from services.scoring.frameworks import Framework
from services.scoring.frameworks.parameters import MEASURES, Parameters
from services.scoring.needs.rated import Need, Rating
from services.scoring.runs import store
from services.scoring.runs.comparison import Place
from services.scoring.scores.corrections import Correction
from services.scoring.scores.domain import weighed_as
from services.scoring.scores.inputs import Demand, Estimates, Known, Weight, resolve, sought
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.forgetting.spans import is_blotted
from shared.ids import new_id

MOST = 5_000
"""Ideas in a run."""
Action = Literal["include", "exclude", "move"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided on the strength of a run, or against it."""

    kind: Literal["decision", "override"]
    idea_id: UUID | None
    action: Action | None
    reason: str | None
    decided_by: str | None


async def take(tx: Tx, workspace_id: UUID, model_id: UUID, name: str, note: str | None, by: str) -> asyncpg.Record:
    """Freeze a model's ranking.

    Invalid when there is no such model; Conflict when it is not active, still changing, or has too many ideas.
    """
    model = await candidates.model(tx, workspace_id, model_id)
    if model.rescoring:
        raise Conflict(
            "A change of the model is not at every idea yet: see /v1/rescorings.",
            code="rescoring",
        )
    if await tx.value(store.COUNT, workspace_id, model_id, MOST + 1) > MOST:
        raise Conflict(f"The model scores more than {MOST:,} ideas, too many for a run.", code="too_many_ideas")
    run_id = new_id()
    decay = await facts.decay(tx, workspace_id)
    await tx.run(store.FREEZE, workspace_id, run_id, model_id)
    await tx.run(
        store.TAKE, workspace_id, run_id, name, note, by, model_id, decay.half_life, decay.max_age, facts.today()
    )
    return await get(tx, workspace_id, run_id)


async def get(read: Read, workspace_id: UUID, run_id: UUID) -> asyncpg.Record:
    """A run, or NotFound."""
    row = await read.one(store.GET, workspace_id, run_id)
    if row is None:
        raise NotFound("No run by that id.")
    return row


async def places(read: Read, workspace_id: UUID, run_id: UUID) -> list[Place]:
    """The ranking of a run."""
    return [_place(row) for row in await read.all(store.PLACES, workspace_id, run_id)]


async def places_now(read: Read, workspace_id: UUID, model_id: UUID) -> list[Place]:
    """A model's ranking as it stands."""
    return [_place(row) for row in await read.all(store.NOW, workspace_id, model_id, MOST)]


def _place(row: asyncpg.Record) -> Place:
    inputs: dict[str, dict[str, Any]] = from_json(row["inputs"])
    given = {name: each.get("value") for name, each in inputs.items()}
    return Place(row["idea_id"], row["title"], row["position"], row["value"], given)


@dataclass(frozen=True, slots=True)
class FrozenNeed:
    """A need as a run keeps it."""

    need_id: UUID
    importance: tuple[int, ...]
    important: int
    satisfaction: tuple[int, ...]
    satisfied: int
    event_id: UUID
    version: int

    def need(self) -> Need:
        """The need again."""
        return Need(
            self.need_id,
            Rating(self.importance, self.important),
            Rating(self.satisfaction, self.satisfied),
            self.event_id,
            self.version,
        )


NEEDS = TypeAdapter(list[FrozenNeed])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was known of an idea when the run was taken."""

    place: Place
    known: Known


async def evidence(read: Read, workspace_id: UUID, run_id: UUID) -> list[Evidence]:
    """The ideas of a run with what was known of them, in its order."""
    found: list[Evidence] = []
    frozen = await read.one(store.FACTS, workspace_id, run_id)
    assert frozen is not None, "the caller has looked for the run"
    whole = frozen_facts.workspace(*(None if each is None else from_json(each) for each in frozen.values()))
    for row in await read.all(store.EVIDENCE, workspace_id, run_id):
        given: dict[str, list[dict[str, Any]]] = {}
        for each in from_json(row["estimates"]):
            given.setdefault(each["input"], []).append(each)
        estimates = {
            name: Estimates(
                [UUID(each["id"]) for each in theirs],
                [each["value"] for each in theirs],
                # Runs from before estimates named a team do not say.
                [None if each.get("team_id") is None else UUID(each["team_id"]) for each in theirs],
            )
            for name, theirs in given.items()
        }
        told: dict[str, Any] | None = None if row["demand"] is None else from_json(row["demand"])
        demand = None
        if told is not None:
            demand = Demand({name: told[name] for name in MEASURES}, UUID(told["event_id"]), told["version"])
        place = Place(row["idea_id"], row["title"], row["position"], row["value"], {})
        known = frozen_facts.thawed(
            whole, *(None if row[name] is None else from_json(row[name]) for name in ("contributions", "cells"))
        )
        needs = () if row["needs"] is None else NEEDS.validate_json(row["needs"])
        weighed: list[dict[str, Any]] = (told or {}).get("weights", [])
        weights = {UUID(each["policy_id"]): _weight(each) for each in weighed}
        found.append(Evidence(place, Known(estimates, demand, known, tuple(each.need() for each in needs), weights)))
    return found


def _weight(kept: dict[str, Any]) -> Weight:
    columns = {
        **kept,
        "policy_id": UUID(kept["policy_id"]),
        "largest": to_json(kept["largest"]),
        "unknown": to_json(kept["unknown"]),
    }
    return Weight(weighed_as(columns), kept["contacts"], UUID(kept["event_id"]), kept["version"])


def replay(
    framework: Framework, parameters: Parameters, known: Sequence[Evidence], corrections: Sequence[Correction] = ()
) -> list[Place]:
    """What a model would have made of a run's evidence. Pure: run it away from the loop."""
    needed = sought(parameters, framework.name, corrections)
    inputs = [resolve(needed, each.known) for each in known]
    columns = {each.name: [given[each.name].value for given in inputs] for each in needed}
    values = [each.value for each in framework.score(columns, parameters)]
    order = sorted(
        range(len(known)),
        key=lambda place: (values[place] is not None, values[place] or 0.0, known[place].place.idea_id),
        reverse=True,
    )
    return [
        Place(
            known[place].place.idea_id,
            known[place].place.title,
            position,
            values[place],
            {name: each.value for name, each in inputs[place].items()},
        )
        for position, place in enumerate(order, start=1)
    ]


async def decide(tx: Tx, workspace_id: UUID, run_id: UUID, ruling: Ruling, by: str) -> asyncpg.Record:
    """Attach a decision to a run. NotFound; Invalid for an override without its reason, or an idea not in the run."""
    run = await tx.one(store.LOCK, workspace_id, run_id)
    if run is None:
        raise NotFound("No run by that id.")
    wrong: list[FieldError] = []
    if ruling.reason is None:
        wrong.append(FieldError("/body/reason", "say why"))
    if ruling.kind == "override" and (ruling.idea_id is None or ruling.action is None):
        wrong.append(FieldError("/body/action", "an override names its idea_id and its action"))
    if ruling.idea_id is not None and not await tx.value(store.HAS_IDEA, workspace_id, run_id, ruling.idea_id):
        wrong.append(FieldError("/body/idea_id", "is not in the run"))
    if wrong:
        raise Invalid(errors=wrong)
    last = await tx.one(store.LAST_DECISION, workspace_id, run_id)
    position, before = (1, run["digest"]) if last is None else (last["position"] + 1, last["digest"])
    decision_id, now = new_id(), datetime.now(UTC)
    fields = (ruling.kind, ruling.idea_id, ruling.action, ruling.reason, ruling.decided_by, by)
    digest = link(before, decision_id, position, now, *fields)
    row = await tx.one(store.DECIDE, workspace_id, decision_id, run_id, position, *fields, digest, now)
    assert row is not None, "it was inserted just now"
    return row


def link(before: str, decision_id: UUID, position: int, at: datetime, *fields: object) -> str:
    """The digest of a decision: over its own fields and the digest of the one before, or of the run."""
    return hashlib.sha256(to_json([before, decision_id, position, at.isoformat(), *fields])).hexdigest()


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a run and its decisions are what they were."""

    digest: str
    computed: str
    decisions: int
    broken_at: int | None
    """The first decision whose digest is not what it should be."""
    blotted: list[str]
    """`run`, and positions of decisions: what an erasure took words out of. Of these the digest fits no more."""


async def verify(read: Read, workspace_id: UUID, run_id: UUID) -> Verification:
    """Compute a run's digest anew, and those of its decisions. NotFound.

    A decision that an erasure took words out of keeps its digest, which the next one goes on from.
    """
    run = await get(read, workspace_id, run_id)
    computed = await read.value(store.DIGEST, workspace_id, run_id)
    before, broken, count = run["digest"], None, 0
    # The role of the service may change nothing else of them, so that a changed word is all that it can be.
    blotted = ["run"] if computed != run["digest"] and is_blotted(run["note"]) else []
    for row in await read.all(store.DECISIONS, workspace_id, run_id, 0, None):
        count += 1
        fields = (row["kind"], row["idea_id"], row["action"], row["reason"], row["decided_by"], row["recorded_by"])
        wanted = link(before, row["id"], count, row["created_at"].astimezone(UTC), *fields)
        if row["position"] == count and row["digest"] != wanted and is_blotted(row["reason"], row["decided_by"]):
            blotted.append(str(count))
        elif broken is None and (row["position"], row["digest"]) != (count, wanted):
            broken = count
        before = row["digest"]
    return Verification(run["digest"], computed, count, broken, blotted)
