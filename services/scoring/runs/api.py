"""Runs over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import Field, ValidationError
from pydantic_core import from_json

from services.scoring.frameworks import FRAMEWORKS, FrameworkName
from services.scoring.models.bodies import AnyParameters, UnreadParameters
from services.scoring.runs import domain, store
from services.scoring.runs.comparison import Comparison, Move, Place, compare
from services.scoring.runs.domain import Action, Ruling
from services.scoring.scores.computed import INPUTS, State
from services.scoring.scores.domain import corrections
from services.scoring.scores.inputs import Input
from shared.apart import compute_apart
from shared.errors import Invalid, NotFound
from shared.events.feedback import IdeaKind, IdeaStatus
from shared.paging import LAST, Cursor, Limit, Page, after, decode, page, whole
from shared.problems import EDITING, GUARDED, field_errors, responses
from shared.routes import CallerDep, ReadDep, Route, RuntimeDep, TxDep, allow
from shared.wire import INT4, Key, Line, Text, Wire

router = APIRouter(prefix="/v1/runs", tags=["runs"], route_class=Route)
READING = GUARDED | responses(NotFound)


class RunIn(Wire):
    """Which ranking to freeze."""

    model_id: UUID = Field(description="an active model")
    name: Line = Field(examples=["Planning, Q1"])
    note: Text | None = Field(default=None, examples=["Before the offsite."])


class Run(Wire):
    """A frozen ranking. It never changes."""

    id: UUID
    name: str
    note: str | None
    taken_by: str
    taken_at: datetime
    model_id: UUID
    model_name: str
    framework: FrameworkName
    model_version: int
    parameters: AnyParameters = Field(description="those of the model at that time")
    ideas: int
    scored: int = Field(description="of them, those with a value")
    digest: str = Field(description="SHA-256 over the run, its parameters, entries and all that they rest on")


class RunEntry(Wire):
    """An idea in its place, with the inputs it had."""

    idea_id: UUID
    position: int = Field(description="from 1; those without a value come last")
    title: str
    kind: IdeaKind
    status: IdeaStatus
    state: State
    value: float | None
    missing: list[str]
    model_version: int
    inputs: dict[str, Input]


class DecisionIn(Wire):
    """What was decided on the strength of the run, or, as an override, against it."""

    kind: Literal["decision", "override"] = "decision"
    idea_id: UUID | None = Field(default=None, description="an idea of the run; an override needs one")
    action: Action | None = Field(default=None, description="what is done to the idea, whatever its place")
    reason: Text | None = Field(
        default=None, description="why; it must be there", examples=["Promised to two accounts."]
    )
    decided_by: Key | None = Field(default=None, description="who, by an id of your own", examples=["user-17"])


class RunDecision(Wire):
    """A decision that rests on a run. It is added, never changed."""

    id: UUID
    run_id: UUID
    position: int
    kind: Literal["decision", "override"]
    idea_id: UUID | None
    action: Action | None
    reason: str
    decided_by: str | None
    recorded_by: str
    created_at: datetime
    digest: str = Field(description="SHA-256 over this decision and the digest before it: the run's, for the first")


class RunVerification(Wire):
    """Whether a run and its decisions are what they were when they were stored."""

    intact: bool = Field(description="all is what it was, but for words that an erasure took")
    digest: str
    computed: str = Field(description="the digest of what is stored now")
    decisions: int
    broken_at: int | None = Field(description="the first decision that is not what it was, or before which one is gone")
    blotted: list[str] = Field(
        description="`run`, or the position of a decision: where an erasure took a person out of note or reason. Its "
        "own digest fits no more; that nothing else was changed there rests on the rights of the database"
    )


class RankChange(Wire):
    """An idea whose place or value is another, or that is in one of the rankings only."""

    idea_id: UUID
    title: str
    before: int | None = Field(description="its place; null: it was not there")
    after: int | None
    rose: int = Field(description="places up; negative: down")
    value_before: float | None
    value_after: float | None
    inputs: dict[str, tuple[float | None, float | None]] = Field(description="inputs that changed: before and after")


class RunComparison(Wire):
    """What changed between two rankings."""

    before: UUID = Field(description="the run")
    after: UUID | None = Field(description="the other run; null: the ranking as it stands, or a replay")
    tau: float | None = Field(description="Kendall's tau-b: 1 is the same order; null: too few ideas are in both")
    changed: int
    same: int
    changes: list[RankChange] = Field(description="those that came or went first, then the farthest moves")


class ReplayIn(Wire):
    """Another model to try on the past."""

    framework: FrameworkName | None = Field(default=None, description="left out: the run's own", examples=["rice"])
    parameters: UnreadParameters | None = Field(
        default=None, description="those of the framework; left out: the run's own, or the framework's defaults"
    )


def _run(row: asyncpg.Record) -> Run:
    parameters = FRAMEWORKS[row["framework"]].parameters.model_validate_json(row["parameters"])
    fields: dict[str, Any] = {**row, "parameters": parameters}
    return Run(**fields)


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def take_run(body: RunIn, caller: CallerDep, tx: TxDep, response: Response) -> Run:
    """Freeze a model's ranking with all it rests on: estimates, demand, strategy, evidence, parameters."""
    row = await domain.take(tx, caller.workspace_id, body.model_id, body.name, body.note, caller.actor)
    response.headers["Location"] = f"/v1/runs/{row['id']}"
    return _run(row)


@router.get("", responses=GUARDED, dependencies=[allow("scores:read")])
async def list_runs(
    caller: CallerDep,
    read: ReadDep,
    model_id: Annotated[UUID | None, Query(description="only of this model")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Run]:
    """List runs, the newest first."""
    rows = await read.all(store.LIST, caller.workspace_id, after(cursor, LAST), model_id, limit + 1)
    return page(rows, limit, _run, lambda run: (run.id,))


@router.get("/{run_id}", responses=READING, dependencies=[allow("scores:read")])
async def get_run(run_id: UUID, caller: CallerDep, read: ReadDep) -> Run:
    """Show one run."""
    return _run(await domain.get(read, caller.workspace_id, run_id))


@router.get("/{run_id}/entries", responses=READING, dependencies=[allow("scores:read")])
async def list_run_entries(
    run_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[RunEntry]:
    """List the ideas of a run in its order."""
    await domain.get(read, caller.workspace_id, run_id)
    last = 0 if cursor is None else decode(cursor, whole(INT4))[0]
    rows = await read.all(store.ENTRIES, caller.workspace_id, run_id, last, limit + 1)
    return page(rows, limit, _entry, lambda entry: (entry.position,))


def _entry(row: asyncpg.Record) -> RunEntry:
    read: dict[str, Any] = {"missing": from_json(row["missing"]), "inputs": INPUTS.validate_json(row["inputs"])}
    return RunEntry(**{**row, **read})


@router.get("/{run_id}/verification", responses=READING, dependencies=[allow("scores:read")])
async def verify_run(run_id: UUID, caller: CallerDep, read: ReadDep) -> RunVerification:
    """Compute a run's digest anew, and those of its decisions, and say whether they are what they were."""
    found = await domain.verify(read, caller.workspace_id, run_id)
    return RunVerification(
        intact=(found.digest == found.computed or "run" in found.blotted) and found.broken_at is None,
        digest=found.digest,
        computed=found.computed,
        decisions=found.decisions,
        broken_at=found.broken_at,
        blotted=found.blotted,
    )


@router.get("/{run_id}/comparison", responses=READING, dependencies=[allow("scores:read")])
async def compare_run(
    run_id: UUID,
    caller: CallerDep,
    runtime: RuntimeDep,
    other: Annotated[UUID | None, Query(description="a later run; left out: the model's ranking as it stands")] = None,
    limit: Limit = 50,
) -> RunComparison:
    """Compare a run with another or with the present: who moved, came or went, and which inputs changed."""
    async with runtime.database.read((caller.workspace_id,)) as read:
        run = await domain.get(read, caller.workspace_id, run_id)
        before = await domain.places(read, caller.workspace_id, run_id)
        if other is None:
            later = await domain.places_now(read, caller.workspace_id, run["model_id"])
        else:
            await domain.get(read, caller.workspace_id, other)
            later = await domain.places(read, caller.workspace_id, other)
    found = await compute_apart(runtime, lambda: compare(before, later))
    return _comparison(run_id, other, found, limit)


@router.post("/{run_id}/replays", responses=EDITING, dependencies=[allow("scores:read")])
async def replay_run(
    run_id: UUID, body: ReplayIn, caller: CallerDep, runtime: RuntimeDep, limit: Limit = 50
) -> RunComparison:
    """Try another formula on the past: what it makes of what was known when the run was taken.

    Nothing is stored. `before` is the run; `after` is what the formula would have shown. Corrections of estimates count
    as they were switched then.
    """
    async with runtime.database.read((caller.workspace_id,)) as read:
        run = await domain.get(read, caller.workspace_id, run_id)
        framework = FRAMEWORKS[body.framework or run["framework"]]
        given: Any = body.parameters
        if given is None:
            given = from_json(run["parameters"]) if framework.name == run["framework"] else {}
        try:
            parameters = framework.parameters.model_validate(given)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
            raise Invalid(errors=field_errors(errors, "/body/parameters")) from None
        known = await domain.evidence(read, caller.workspace_id, run_id)
        in_force = await corrections(read, caller.workspace_id, run["taken_at"])
        before = await domain.places(read, caller.workspace_id, run_id)
    found = await compute_apart(runtime, lambda: compare(before, domain.replay(framework, parameters, known, in_force)))
    return _comparison(run_id, None, found, limit)


def _comparison(before: UUID, later: UUID | None, found: Comparison, limit: int) -> RunComparison:
    return RunComparison(
        before=before,
        after=later,
        tau=found.tau,
        changed=len(found.moves),
        same=found.same,
        changes=[_change(move) for move in found.moves[:limit]],
    )


def _change(move: Move) -> RankChange:
    old, new = move.before, move.after
    return RankChange(
        idea_id=move.idea_id,
        title=move.title,
        before=None if old is None else old.position,
        after=None if new is None else new.position,
        rose=move.by,
        value_before=None if old is None else old.value,
        value_after=None if new is None else new.value,
        inputs=_inputs(old, new),
    )


def _inputs(old: Place | None, new: Place | None) -> dict[str, tuple[float | None, float | None]]:
    if old is None or new is None:
        return {}
    names: Sequence[str] = list(dict.fromkeys([*old.inputs, *new.inputs]))
    pairs = {name: (old.inputs.get(name), new.inputs.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@router.post("/{run_id}/decisions", status_code=201, responses=EDITING, dependencies=[allow("scores:write")])
async def decide_on_run(run_id: UUID, body: DecisionIn, caller: CallerDep, tx: TxDep) -> RunDecision:
    """Attach a decision to a run, or an override of its order with the reason for it."""
    ruling = Ruling(body.kind, body.idea_id, body.action, body.reason, body.decided_by)
    return RunDecision(**await domain.decide(tx, caller.workspace_id, run_id, ruling, caller.actor))


@router.get("/{run_id}/decisions", responses=READING, dependencies=[allow("scores:read")])
async def list_run_decisions(
    run_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[RunDecision]:
    """List the decisions that rest on a run, the first first."""
    await domain.get(read, caller.workspace_id, run_id)
    last = 0 if cursor is None else decode(cursor, whole(INT4))[0]
    rows = await read.all(store.DECISIONS, caller.workspace_id, run_id, last, limit + 1)
    return page(rows, limit, lambda row: RunDecision(**row), lambda decision: (decision.position,))
