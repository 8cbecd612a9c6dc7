"""Scores: active models applied to ideas, in the transaction of what moved them.

Everyone who moves a score locks first and reads after: the workspace shared and the ideas alone (`lock_ideas`), or the
whole workspace alone when a model changes (`lock_workspace`). What is read is then what the last holder committed, so
no estimate and no demand is lost, and an idea that is new while a model changes is scored by one of the two.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.scoring.facts import domain as facts
from services.scoring.frameworks import FRAMEWORKS
from services.scoring.frameworks.parameters import MEASURES, Parameters
from services.scoring.needs.domain import of_ideas
from services.scoring.scores import store
from services.scoring.scores.computed import INPUTS, Cause, Computed, Difference, Subject, Written, as_stored
from services.scoring.scores.corrections import Correction
from services.scoring.scores.inputs import (
    AccountWeight,
    CountedBy,
    Demand,
    Estimates,
    Known,
    Weighed,
    Weight,
    resolve,
    sought,
)
from shared.database import Read, Tx, as_text
from shared.events.scoring import CauseKind
from shared.paging import FIRST

CHUNK = 200
"""Ideas scored at once: as many as a reader's batch holds."""
SWEPT = 500
"""Ideas that the job scores at once, for which nobody waits."""
READERS_OF_NEEDS = [
    each.name for each in FRAMEWORKS.values() if each.parameters.from_needs is not Parameters.from_needs
]
"""Frameworks whose inputs may follow from needs."""
CORRECTIONS = TypeAdapter(list[Correction])


async def lock_ideas(tx: Tx, subjects: Collection[Subject], workspaces: Collection[UUID] = ()) -> None:
    """Wait for everyone else who moves scores of these ideas. To be called once, before anything is read or written.

    With an idea the one that it was merged into is held too.

    `workspaces`: those in which something is told that models which become active meanwhile must not miss.
    """
    shared = {*workspaces, *(workspace for workspace, _ in subjects)}
    await tx.all(store.LOCK_IDEAS, as_text(shared), as_text(idea for _, idea in subjects))


async def lock_workspace(tx: Tx, *workspace_ids: UUID) -> None:
    """Wait for everyone who moves any score of these workspaces. To be called before anything is read or written."""
    await tx.all(store.LOCK_WORKSPACES, workspace_ids)


async def rescore(tx: Tx, causes: Mapping[Subject, Cause], model_id: UUID | None = None) -> int:
    """Score ideas, locked by the caller, under the active models or one of them; return how many scores moved.

    For one that was merged into another that one is scored, and what the merged one scores rests until it is unmerged.
    Four statements, however many ideas; one more where a model reads needs and where one weighs demand by a policy, and
    two more for each of alignment and competition where one reads it; one more where ideas have been merged.
    """
    if not causes:
        return 0
    distinct = {id(cause): cause for cause in causes.values()}.values()
    models = await active_models(tx, list(causes), model_id, {(each.kind, each.id) for each in distinct})
    if models is None:
        return 0
    if models.merged:
        # Held already, unless it was merged while its lock was waited for.
        await lock_ideas(tx, {(workspace, into) for (workspace, _), into in models.merged.items()})
        moved_to = {(workspace, into): causes[workspace, idea] for (workspace, idea), into in models.merged.items()}
        causes = {**moved_to, **{each: cause for each, cause in causes.items() if each not in models.merged}}
    computed = await compute(tx, list(causes), models.active)
    if not computed:
        return 0
    written = Written()
    for each in computed:
        written.add(each, causes[each.subject], models.waiting.get((each.model_id, each.subject)))
    inputs = [as_stored(each.inputs) for each in computed]
    rows, common = to_json(written.rows).decode(), to_json(written.common).decode()
    moved: int = await tx.value(store.WRITE, rows, datetime.now(UTC), inputs, common)
    tx.emitted = tx.emitted or moved > 0
    return moved


class ActiveModels(NamedTuple):
    """The active models, or one of them, and what is known of some ideas."""

    active: Sequence[asyncpg.Record]
    merged: Mapping[Subject, UUID]
    """What those were merged into that were."""
    waiting: Mapping[tuple[UUID, Subject], tuple[CauseKind, UUID]]
    """By model and idea, what has not reached the idea yet: another state of the model, or of what it reads."""


async def active_models(
    read: Read,
    subjects: Sequence[Subject],
    model_id: UUID | None = None,
    causes: Collection[tuple[CauseKind, UUID]] = (),
) -> ActiveModels | None:
    """None where no model is active. `causes`: all that is about to reach the ideas, so that it is not waited for."""
    workspaces = {workspace for workspace, _ in subjects}
    rows = await read.all(store.ACTIVE_MODELS, list(workspaces), model_id, [idea for _, idea in subjects])
    if not rows:
        return None
    into, stale = _by_idea(rows[0]["merged"]), _by_idea(rows[0]["stale"])
    waiting: dict[tuple[UUID, Subject], tuple[CauseKind, UUID]] = {}
    for row in rows:
        if stale and row["framework"] in READERS_OF_NEEDS:
            waiting |= {(row["id"], each): ("need", stale[each[1]]) for each in subjects if each[1] in stale}
        if row["swept"] is not None:
            swept, sweep = row["swept"], (row["sweep"], row["sweep_id"])
            if {sweep} == causes and not stale:
                continue
            waiting |= {(row["id"], each): sweep for each in subjects if each[1] > swept}
    return ActiveModels(rows, {each: into[each[1]] for each in subjects if each[1] in into}, waiting)


def _by_idea(found: str | None) -> dict[UUID, UUID]:
    return {} if found is None else {UUID(idea): UUID(other) for idea, other in from_json(found).items()}


async def compute(read: Read, subjects: Sequence[Subject], models: Sequence[asyncpg.Record]) -> list[Computed]:
    """What the models make of ideas, none of them merged, by what is stored now."""
    tuned = [FRAMEWORKS[each["framework"]].parameters.model_validate_json(each["parameters"]) for each in models]
    known = await _known(read, subjects, tuned)
    computed: list[Computed] = []
    for model, parameters in zip(models, tuned, strict=True):
        framework = FRAMEWORKS[model["framework"]]
        needed = sought(parameters, framework.name, corrections_of(model["corrections"]))
        theirs = [position for position, (workspace, _) in enumerate(subjects) if workspace == model["workspace_id"]]
        inputs = [resolve(needed, known[position]) for position in theirs]
        columns = {each.name: [given[each.name].value for given in inputs] for each in needed}
        computed += [
            Computed(subjects[position], model["id"], model["revision"], outcome, given)
            for position, given, outcome in zip(theirs, inputs, framework.score(columns, parameters), strict=True)
        ]
    return computed


async def weights_of(
    read: Read, subjects: Sequence[Subject], policies: Collection[UUID] | None
) -> list[tuple[int, Weight]]:
    """What ideas weigh under these demand policies, or all of them: each with the position of its idea."""
    asked = [workspace for workspace, _ in subjects], [idea for _, idea in subjects]
    rows = await read.all(store.WEIGHTS, *asked, policies)
    return [
        (row["position"] - 1, Weight(weighed_as(row), row["contacts"], row["event_id"], row["version"])) for row in rows
    ]


def weighed_as(row: asyncpg.Record | Mapping[str, Any]) -> Weighed:
    """The columns of a stored weight as explanations have them."""
    parts, unknown = from_json(row["largest"]), from_json(row["unknown"])
    return Weighed(
        row["policy_id"],
        row["revision"],
        row["state"],
        row["value"],
        tuple(map(_account, parts["accounts"])),
        parts["others"],
        parts["without_account"],
        row["cut"],
        tuple(UUID(each) for each in unknown["some"]),
        unknown["accounts"],
        unknown["contacts"],
    )


def _account(part: Mapping[str, Any]) -> AccountWeight:
    by = part.get("segment")
    segment = None if by is None else CountedBy(UUID(by["segment_id"]), by["selects"])
    return AccountWeight(UUID(part["account_id"]), part["weight"], part["cut"], segment)


async def _known(read: Read, subjects: Sequence[Subject], models: Sequence[Parameters]) -> list[Known]:
    policies = {policy for each in models for policy in each.policies()}
    asked = [workspace for workspace, _ in subjects], [idea for _, idea in subjects]
    texts = [as_text(each) for each in asked]
    demand: dict[int, Demand] = {
        position: Demand(dict(zip(MEASURES, counts, strict=True)), event_id, version)
        for position, event_id, version, *counts in await read.all(store.DEMAND, *texts)
    }
    told = await facts.load(read, subjects, {type(rule) for each in models for rule in each.rules().values()})
    served = await of_ideas(read, *asked) if any(each.from_needs() for each in models) else [()] * len(subjects)
    known = [
        Known({}, demand.get(position), *each) for position, each in enumerate(zip(told, served, strict=True), start=1)
    ]
    place: int
    for place, name, id, value, team_id in await read.all(store.ESTIMATES, *texts):
        estimates = known[place - 1].estimates
        held = estimates.get(name)
        # Most inputs have one.
        estimates[name] = (
            Estimates((id,), (value,), (team_id,))
            if held is None
            else Estimates((*held.ids, id), (*held.values, value), (*held.teams, team_id))
        )
    if policies:
        for position, weight in await weights_of(read, subjects, policies):
            known[position].weights[weight.weighed.policy_id] = weight
    return known


def corrections_of(text: str | None) -> list[Correction]:
    """The corrections that a row of a model came with. None: none is in force."""
    return [] if text is None else CORRECTIONS.validate_json(text)


async def corrections(read: Read, workspace_id: UUID, at: datetime | None = None) -> list[Correction]:
    """The corrections of estimates that are in force, or were at a moment."""
    return [Correction(**row) for row in await read.all(store.CORRECTIONS, workspace_id, at)]


async def mark_stale(tx: Tx, causes: Mapping[Subject, Cause]) -> None:
    """Have ideas scored anew by the job, where a model reads needs: a need may be served by hundreds of them."""
    if causes:
        ordered = sorted(causes)
        await tx.run(
            store.MARK,
            [workspace for workspace, _ in ordered],
            [idea for _, idea in ordered],
            [causes[each].id for each in ordered],
            [causes[each].traceparent for each in ordered],
            READERS_OF_NEEDS,
        )


async def rescore_stale(tx: Tx) -> bool:
    """Score the next of those ideas; False when none wait. What is read is newer than the mark that is taken away."""
    rows = await tx.all(store.STALE, CHUNK)
    subjects = [(row["workspace_id"], row["idea_id"]) for row in rows]
    if not subjects:
        return False
    await lock_ideas(tx, subjects)
    taken = await tx.all(store.UNMARK, [workspace for workspace, _ in subjects], [idea for _, idea in subjects])
    await rescore(
        tx,
        {(row["workspace_id"], row["idea_id"]): Cause("need", row["cause_id"], row["traceparent"]) for row in taken},
    )
    return True


async def sweep(tx: Tx, workspace_id: UUID, model_id: UUID, after: UUID, cause: Cause) -> UUID | None:
    """Score the workspace's next ideas under one model; return the last of them, or None when there are no more."""
    rows = await tx.all(store.IDEAS_AFTER, workspace_id, after, CHUNK)
    subjects = [(workspace_id, row["idea_id"]) for row in rows]
    await lock_ideas(tx, subjects)
    await rescore(tx, dict.fromkeys(subjects, cause), model_id)
    return subjects[-1][1] if len(subjects) == CHUNK else None


async def portion(read: Read, workspace_id: UUID, after: UUID) -> tuple[list[UUID], bool]:
    """The workspace's next ideas, as many as the job scores at once; and whether these are the last."""
    ideas = [row["idea_id"] for row in await read.all(store.IDEAS_AFTER, workspace_id, after, SWEPT)]
    return ideas, len(ideas) < SWEPT


async def score_portion(tx: Tx, workspace_id: UUID, model_id: UUID, ideas: Sequence[UUID], cause: Cause) -> None:
    """Score some ideas of a workspace under one model."""
    subjects = [(workspace_id, idea_id) for idea_id in ideas]
    await lock_ideas(tx, subjects)
    await rescore(tx, dict.fromkeys(subjects, cause), model_id)


async def recompute(read: Read, workspace_id: UUID) -> list[Difference]:
    """Compute every score of a workspace from its stored inputs and list those that are stored otherwise.

    Empty when all is well. While scores move, those that are moving may be listed. Those of merged ideas rest.
    """
    found: list[Difference] = []
    after = FIRST
    while True:
        ideas = [row["idea_id"] for row in await read.all(store.IDEAS_AFTER, workspace_id, after, CHUNK)]
        if not ideas:
            return found
        after = ideas[-1]
        models = await active_models(read, [(workspace_id, idea_id) for idea_id in ideas])
        if models is None:
            return found
        ideas = [idea_id for idea_id in ideas if (workspace_id, idea_id) not in models.merged]
        computed = {
            (each.model_id, each.subject[1]): {
                "model_version": each.model_version,
                "state": each.state,
                "value": each.outcome.value,
                "missing": list(each.outcome.missing),
                "inputs": from_json(INPUTS.dump_json(each.inputs, exclude_none=True)),
            }
            for each in await compute(read, [(workspace_id, idea_id) for idea_id in ideas], models.active)
        }
        active = {model_id for model_id, _ in computed}
        stored = {
            (row["model_id"], row["idea_id"]): {
                "model_version": row["model_version"],
                "state": row["state"],
                "value": row["value"],
                "missing": from_json(row["missing"]),
                "inputs": from_json(row["inputs"]),
            }
            for row in await read.all(store.STORED, workspace_id, ideas)
            if row["model_id"] in active
        }
        found += [
            Difference(*key, stored.get(key), computed.get(key))
            for key in sorted(stored.keys() | computed.keys())
            if stored.get(key) != computed.get(key)
        ]
