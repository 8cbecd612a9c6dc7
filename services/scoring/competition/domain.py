"""Competition: whoever changes what is known of competitors holds the workspace's scores and moves them with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from services.scoring.competition import store
from services.scoring.facts import domain as facts
from services.scoring.frameworks.parameters import CompetitionRule
from services.scoring.frameworks.parity import Decay
from services.scoring.models.domain import rescore_readers
from services.scoring.scores.computed import Cause
from services.scoring.scores.domain import lock_workspace, rescore
from shared.database import Read, Tx
from shared.errors import FieldError, Invalid
from shared.routes import require_version
from shared.telemetry import traceparent

MOST_COMPETITORS = 50
MOST_CAPABILITIES = 300
MOST_IDEAS = 100
"""Ideas of a capability."""
MOST_OF_IDEA = 10
"""Capabilities of an idea."""


async def hold(tx: Tx, workspace_id: UUID) -> None:
    """Wait for everyone else who moves scores. To be called before anything is read or written."""
    await lock_workspace(tx, workspace_id)


async def move(tx: Tx, workspace_id: UUID, idea_ids: Collection[UUID], cause_id: UUID) -> None:
    """Score ideas anew for something that is known of competitors."""
    if idea_ids:
        cause = Cause("competition", cause_id, traceparent.get())
        await rescore(tx, {(workspace_id, idea_id): cause for idea_id in sorted(idea_ids)})


async def move_capabilities(tx: Tx, workspace_id: UUID, capability_ids: Sequence[UUID], cause_id: UUID) -> None:
    """The same for the ideas of these capabilities."""
    rows = await tx.all(store.IDEAS_OF, workspace_id, capability_ids)
    await move(tx, workspace_id, [row["idea_id"] for row in rows], cause_id)


async def move_all(tx: Tx, workspace_id: UUID, cause_id: UUID) -> None:
    """The same for all ideas, under the models that read competition."""
    await rescore_readers(tx, workspace_id, {CompetitionRule: Cause("competition", cause_id, traceparent.get())})


@dataclass(frozen=True, slots=True)
class Matrix:
    """A part of the parity matrix."""

    competitors: Sequence[asyncpg.Record]
    capabilities: Sequence[asyncpg.Record]
    cells: Mapping[tuple[UUID, UUID], asyncpg.Record]
    """By capability and competitor; those without evidence are left out."""
    decay: Decay


async def matrix(read: Read, workspace_id: UUID, after: UUID, limit: int, idea_id: UUID | None) -> Matrix:
    """All competitors, and one more capability than `limit`; four statements."""
    competitors = await read.all(store.COMPETITORS, workspace_id)
    capabilities = await read.all(store.CAPABILITIES, workspace_id, after, limit + 1, idea_id)
    named = [row["id"] for row in capabilities], [row["id"] for row in competitors]
    cells = {
        (row["capability_id"], row["competitor_id"]): row for row in await read.all(store.CELLS, workspace_id, *named)
    }
    return Matrix(competitors, capabilities, cells, await facts.decay(read, workspace_id))


async def decay(read: Read, workspace_id: UUID) -> tuple[Decay, int]:
    """How evidence grows old, and the version of what is said of it; 0: nothing was ever said."""
    row = await read.one(store.DECAY, workspace_id)
    return (facts.DEFAULT, 0) if row is None else (Decay(row["half_life_days"], row["max_age_days"]), row["version"])


async def set_decay(tx: Tx, workspace_id: UUID, expected: int | None, wanted: Decay) -> tuple[Decay, int]:
    """Let evidence grow old otherwise. PreconditionFailed; Invalid when it would count for nothing long before."""
    if wanted.max_age > 60 * wanted.half_life:
        reason = "is over 60 half-lives, after which evidence counts for nothing that can be told"
        raise Invalid(errors=[FieldError("/body/max_age_days", reason)])
    await hold(tx, workspace_id)
    held, version = await decay(tx, workspace_id)
    require_version(expected, version)
    if held == wanted:
        return held, version
    row = await tx.one(store.SET_DECAY, workspace_id, wanted.half_life, wanted.max_age)
    assert row is not None, "it was stored just now"
    await tx.run(store.SPREAD, workspace_id, wanted.max_age, facts.today())
    await move_all(tx, workspace_id, workspace_id)
    return wanted, row["version"]
