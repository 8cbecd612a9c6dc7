"""Models: a framework with parameters. An active model scores every idea of its workspace.

A change of what an active model computes, or of what all ideas are held against, reaches the first ideas in the
transaction of the change and the rest by a rescoring, chunk by chunk, from a position that is stored: whatever dies, it
goes on from there.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from uuid import UUID

import asyncpg

from services.scoring.frameworks import FRAMEWORKS, FrameworkName
from services.scoring.frameworks.parameters import Parameters, Rule
from services.scoring.models import store
from services.scoring.policies import domain as policies
from services.scoring.rescorings import domain as rescorings
from services.scoring.rescorings.domain import At, Reached
from services.scoring.scores.computed import Cause
from services.scoring.scores.domain import CHUNK, lock_workspace, portion, rescore_stale, score_portion, sweep
from shared.database import RETRYABLE, Database, Tx
from shared.errors import Conflict, NotFound, Unavailable
from shared.ids import new_id
from shared.jobs import forever
from shared.paging import FIRST, LAST
from shared.routes import require_version
from shared.runtime import Runtime
from shared.telemetry import traceparent

MOST_ACTIVE = 20
"""Active models of a workspace: each is one more score to keep for every idea."""
SWEEP_SECONDS = 1.0
AT_ONCE = 3
"""Portions that the job has under way: two that the database works at, and one that is computed."""
PORTIONS = 24
"""Portions of a step, of which the last are waited for together."""


async def create(
    tx: Tx, workspace_id: UUID, *, name: str, framework: FrameworkName, parameters: Parameters, active: bool
) -> asyncpg.Record:
    """Add a model. Conflict when the name is taken, Invalid when it names a demand policy that is not there."""
    await lock_workspace(tx, workspace_id)
    if active:
        await _room(tx, workspace_id)
    await policies.require(tx, workspace_id, parameters.policies(), "/body/parameters")
    model_id = new_id()
    if not await tx.run(store.CREATE, model_id, workspace_id, name, framework, parameters.model_dump_json(), active):
        raise _taken(name)
    await tx.run(store.REVISE, workspace_id, model_id, 1, parameters.model_dump_json())
    if active:
        await _rescore(tx, workspace_id, model_id, _edited(model_id))
    return await _get(tx, workspace_id, model_id)


async def update(
    tx: Tx,
    workspace_id: UUID,
    model_id: UUID,
    expected: int | None,
    *,
    name: str | None,
    parameters: Parameters | None,
    active: bool | None,
) -> asyncpg.Record:
    """Change a model; None leaves a field as it is.

    NotFound, PreconditionFailed, Conflict over its name, Invalid when it names a demand policy that is not there.
    """
    await lock_workspace(tx, workspace_id)
    old = await _get(tx, workspace_id, model_id)
    require_version(expected, old["version"])
    held = FRAMEWORKS[old["framework"]].parameters.model_validate_json(old["parameters"])
    wanted = parameters or held
    to_be_active = old["active"] if active is None else active
    if (name or old["name"], wanted, to_be_active) == (old["name"], held, old["active"]):
        return old
    if name is not None and await tx.value(store.NAME_TAKEN, workspace_id, name, model_id):
        raise _taken(name)
    if to_be_active and not old["active"]:
        await _room(tx, workspace_id)
    revision = old["revision"]
    if wanted != held:
        await policies.require(tx, workspace_id, wanted.policies(), "/body/parameters")
        revision += 1
        await tx.run(store.REVISE, workspace_id, model_id, revision, wanted.model_dump_json())
    await tx.run(
        store.UPDATE, workspace_id, model_id, name or old["name"], wanted.model_dump_json(), to_be_active, revision
    )
    if not to_be_active:
        await rescorings.drop(tx, workspace_id, "model", model_id, "cancelled", "The model was deactivated.")
    elif wanted != held or not old["active"]:
        await _rescore(tx, workspace_id, model_id, _edited(model_id))
    return await _get(tx, workspace_id, model_id)


async def _get(tx: Tx, workspace_id: UUID, model_id: UUID) -> asyncpg.Record:
    row = await tx.one(store.GET, workspace_id, model_id)
    if row is None:
        raise NotFound("No model by that id.")
    return row


async def _room(tx: Tx, workspace_id: UUID) -> None:
    if await tx.value(store.ACTIVE_COUNT, workspace_id) >= MOST_ACTIVE:
        raise Conflict(f"{MOST_ACTIVE} models are active; deactivate one first.", code="too_many_active")


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a model with the name {name!r} already.", code="name_taken")


async def rescore_readers(tx: Tx, workspace_id: UUID, causes: Mapping[type[Rule], Cause]) -> None:
    """Score all ideas anew under active models that read what changed, by the kind of their rule.

    The caller has locked the workspace. A model that reads several is scored once, with the first cause.
    """
    for model in await tx.all(store.ACTIVE, workspace_id, None):
        parameters = FRAMEWORKS[model["framework"]].parameters.model_validate_json(model["parameters"])
        read = {type(rule) for rule in parameters.rules().values()}
        cause = next((cause for kind, cause in causes.items() if kind in read), None)
        if cause is not None:
            await _rescore(tx, workspace_id, model["id"], cause)


async def correct(tx: Tx, workspace_id: UUID, correction_id: UUID, framework: str | None) -> None:
    """Score everything anew that a correction bears on, which was just switched; the workspace is locked."""
    cause = Cause("correction", correction_id, traceparent.get())
    for row in await tx.all(store.ACTIVE, workspace_id, framework):
        await _rescore(tx, workspace_id, row["id"], cause)


async def _rescore(tx: Tx, workspace_id: UUID, model_id: UUID, cause: Cause) -> None:
    began = time.monotonic()
    reached = await sweep(tx, workspace_id, model_id, FIRST, cause)
    if reached is None:
        reason = "A newer change has reached every idea at once."
        await rescorings.drop(tx, workspace_id, "model", model_id, "superseded", reason)
    else:
        so_far = Reached(reached, CHUNK, time.monotonic() - began)
        await rescorings.ask(tx, workspace_id, "model", model_id, so_far, cause)


async def score_anew(tx: Tx, workspace_id: UUID, model_id: UUID) -> None:
    """Have the job score every idea under a model again; the workspace is locked."""
    await rescorings.ask(tx, workspace_id, "model", model_id, Reached(FIRST), Cause("model", model_id, ""))


def _edited(model_id: UUID) -> Cause:
    return Cause("model", model_id, traceparent.get())


async def _portions(database: Database, asked: asyncpg.Record) -> AsyncGenerator[tuple[list[UUID], bool]]:
    """A workspace's next ideas in portions, those of one step; and with each whether it is the last of all.

    None follow once nobody wants them any more.
    """
    after = asked["after"]
    for _ in range(PORTIONS):
        async with database.read((asked["workspace_id"],)) as read:
            if not await rescorings.wanted(read, asked):
                return
            ideas, last = await portion(read, asked["workspace_id"], after)
        yield ideas, last
        if last:
            return
        after = ideas[-1]


async def rescore_some(database: Database) -> bool:
    """Score the next ideas under a model that changed; False when nothing waits.

    Several portions at once, so that the database works at some while another is computed. The position moves when all
    of the step are done, and only from where it was read: a worker whose lease has lapsed wastes work and does no harm.
    """
    async with database.system() as tx:
        asked = await rescorings.claim(tx)
    if asked is None:
        return False
    began = time.monotonic()
    taken: list[tuple[list[UUID], bool]] = []
    try:
        await _score(database, asked, taken)
    except (Unavailable, *RETRYABLE):
        async with database.system() as tx:
            await rescorings.leave(tx, asked)
        raise
    if taken:
        ideas, last = taken[-1]
        reached = Reached(ideas[-1] if ideas else LAST, sum(len(each) for each, _ in taken), time.monotonic() - began)
        at = At(asked["workspace_id"], asked["model_id"], asked["after"], asked["asked_at"])
        async with database.system() as tx:
            await rescorings.advance(tx, "model", at, reached, last=last)
    return True


async def _score(database: Database, asked: asyncpg.Record, taken: list[tuple[list[UUID], bool]]) -> None:
    """Score the portions of a step, which are `taken` in their order."""
    workspace_id, model_id = asked["workspace_id"], asked["model_id"]
    cause = Cause(asked["cause"], asked["cause_id"] or model_id, asked["traceparent"])
    portions, turn = _portions(database, asked), asyncio.Lock()

    async def score() -> None:
        while True:
            # Looked up while others score theirs.
            async with turn:
                found = await anext(portions, None)
                if found is None:
                    return
                taken.append(found)
            async with database.transaction((workspace_id,), by_key=True) as tx:
                await score_portion(tx, workspace_id, model_id, found[0], cause)

    # All are waited for, whatever becomes of one: what is under way must not outlive the step.
    outcomes = await asyncio.gather(*(score() for _ in range(AT_ONCE)), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


async def rescore_all(runtime: Runtime) -> None:
    """The job: bring every idea to the newest state of models and needs, and look once a second whether one changed."""
    signal = asyncio.Event()
    runtime.signals[rescorings.JOBS["model"]] = signal.set

    async def step() -> bool:
        models = await rescore_some(runtime.database)
        async with runtime.database.system() as tx:
            return await rescore_stale(tx) or models

    await forever(signal, SWEEP_SECONDS, step, runtime.lookout.rest(store.WORK))
