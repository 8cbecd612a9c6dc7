"""Allocation policies: versions that are added and never changed, each in force from a day on.

A team's own policy comes before that of all teams. One with no classes means that there is none: a team with such a
policy of its own is held to nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from services.scoring.allocations import store
from services.scoring.allocations.classes import Class
from services.scoring.checks import domain as checks
from services.scoring.teams import domain as teams
from shared.database import Read, Tx
from shared.errors import NotFound
from shared.ids import new_id
from shared.routes import require_version

CLASSES = TypeAdapter(list[Class])


@dataclass(frozen=True, slots=True)
class Policy:
    """What is in force for a team in a period."""

    id: UUID
    team_id: UUID | None
    version: int
    since: date
    classes: Sequence[Class]


async def add(
    tx: Tx,
    workspace_id: UUID,
    expected: int | None,
    *,
    team_id: UUID | None,
    since: date,
    classes: Sequence[Class],
    note: str | None,
    by: str,
) -> asyncpg.Record:
    """A new version. Invalid for an unknown team; PreconditionFailed when another came first."""
    if team_id is not None:
        await teams.named(tx, workspace_id, {"/body/team_id": team_id})
    await tx.value(store.LOCK, workspace_id)
    newest: int = await tx.value(store.NEWEST, workspace_id, team_id)
    require_version(expected, newest)
    plain = CLASSES.dump_json(list(classes)).decode()
    row = await tx.one(store.ADD, workspace_id, new_id(), team_id, newest + 1, since, plain, note, by)
    assert row is not None, "it was inserted just now"
    # Of every kind of period: text of the same year or a later one. The check itself finds what is in force.
    await checks.ask_for_all(tx, workspace_id, team_id, str(since.year))
    return row


async def get(read: Read, workspace_id: UUID, allocation_id: UUID) -> asyncpg.Record:
    """A version, or NotFound."""
    row = await read.one(store.GET, workspace_id, allocation_id)
    if row is None:
        raise NotFound("No allocation policy by that id.")
    return row


async def in_force(
    read: Read, workspace_id: UUID, places: Sequence[tuple[UUID | None, date]]
) -> Mapping[tuple[UUID | None, date], Policy]:
    """By team (None: all together) and day, where there is one."""
    rows = await read.all(store.IN_FORCE, workspace_id, [team for team, _ in places], [day for _, day in places])
    found: dict[tuple[UUID | None, date], Policy] = {places[row["position"] - 1]: policy_of(row) for row in rows}
    return {place: policy for place, policy in found.items() if policy.classes}


def policy_of(row: asyncpg.Record) -> Policy:
    """A row as a policy."""
    return Policy(row["id"], row["team_id"], row["version"], row["since"], CLASSES.validate_json(row["classes"]))
