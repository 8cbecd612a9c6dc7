"""Estimates: what one person thinks an input of an idea's score is.

An estimator's latest for an input is current; older ones are kept and count no more. A withdrawn one brings no older
one back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from services.scoring.estimates import store
from services.scoring.frameworks.spreads import Spread
from services.scoring.scores.computed import Cause
from services.scoring.scores.domain import lock_ideas, rescore
from shared.database import Tx
from shared.errors import FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.telemetry import traceparent


@dataclass(frozen=True, slots=True)
class Draft:
    """An estimate to be stored."""

    idea_id: UUID
    input: str
    value: float
    estimator: str
    discipline: str | None
    note: str | None
    spread: Spread | None = None
    """What `value` is the mean of."""
    team_id: UUID | None = None
    """The team that it speaks for."""


async def add(
    tx: Tx, workspace_id: UUID, drafts: Sequence[Draft], round_id: UUID | None = None
) -> list[asyncpg.Record]:
    """Store estimates and rescore their ideas; Invalid when one estimator gives one input of one idea twice."""
    seen: set[tuple[UUID, str, str]] = set()
    for position, draft in enumerate(drafts):
        if (key := (draft.idea_id, draft.input, draft.estimator)) in seen:
            reason = "the same estimator gives this input of this idea further up"
            raise Invalid(errors=[FieldError(f"/body/estimates/{position}", reason)])
        seen.add(key)
    await lock_ideas(tx, {(workspace_id, draft.idea_id) for draft in drafts})
    ideas = [draft.idea_id for draft in drafts]
    inputs = [draft.input for draft in drafts]
    estimators = [draft.estimator for draft in drafts]
    ids = [new_id() for _ in drafts]
    await tx.run(store.SUPERSEDE, workspace_id, ideas, inputs, estimators)
    rows = await tx.all(
        store.ADD,
        workspace_id,
        ids,
        ideas,
        inputs,
        [draft.value for draft in drafts],
        estimators,
        [draft.discipline for draft in drafts],
        [draft.note for draft in drafts],
        [None if draft.spread is None else draft.spread.model_dump_json() for draft in drafts],
        round_id,
        [draft.team_id for draft in drafts],
    )
    trace = traceparent.get()
    await rescore(
        tx,
        {(workspace_id, draft.idea_id): Cause("estimate", id, trace) for draft, id in zip(drafts, ids, strict=True)},
    )
    stored = {row["id"]: row for row in rows}
    return [stored[id] for id in ids]


async def withdraw(tx: Tx, workspace_id: UUID, estimate_id: UUID) -> None:
    """Let an estimate count no more; once is as good as twice. NotFound when there is none."""
    row = await tx.one(store.GET, workspace_id, estimate_id)
    if row is None:
        raise NotFound("No estimate by that id.")
    subject = (workspace_id, row["idea_id"])
    await lock_ideas(tx, [subject])
    if await tx.value(store.WITHDRAW, workspace_id, estimate_id):
        await rescore(tx, {subject: Cause("estimate", estimate_id, traceparent.get())})
