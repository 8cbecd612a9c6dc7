"""Teams: a name, a unit that work is counted in, and how much there is of each skill in a usual period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from pydantic import Field, StringConstraints
from pydantic_core import from_json, to_json

from services.scoring.teams import store
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.routes import require_version

Skill = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Amount = Annotated[float, Field(ge=0, le=1e9)]
Unit = Literal["person_months", "person_weeks", "person_days", "points"]
DAYS_A_MONTH = 5 * 365.25 / 12 / 7
"""Working days of one person, five a week."""
DAYS: Mapping[Unit, float] = {"person_days": 1.0, "person_weeks": 5.0, "person_months": DAYS_A_MONTH}
"""Working days in a unit. How many a point is nobody knows."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team as capacity is computed with it."""

    id: UUID
    name: str
    unit: Unit
    skills: Mapping[str, float]
    """What it has of each skill in a usual period."""


async def create(tx: Tx, workspace_id: UUID, name: str, unit: Unit, skills: Mapping[str, float]) -> asyncpg.Record:
    """A new team. Conflict when the name is taken."""
    row = await tx.one(store.ADD, new_id(), workspace_id, name, unit, to_json(skills).decode())
    if row is None:
        raise _taken(name)
    return row


async def get(read: Read, workspace_id: UUID, team_id: UUID) -> asyncpg.Record:
    """A team, or NotFound."""
    row = await read.one(store.GET, workspace_id, team_id)
    if row is None:
        raise NotFound("No team by that id.")
    return row


async def update(
    tx: Tx,
    workspace_id: UUID,
    team_id: UUID,
    expected: int | None,
    *,
    name: str | None,
    unit: Unit | None,
    skills: Mapping[str, float] | None,
    archived: bool | None,
) -> asyncpg.Record:
    """Change a team; None leaves a field as it is. NotFound, PreconditionFailed, or Conflict over its name."""
    old = await tx.one(store.LOCK, workspace_id, team_id)
    if old is None:
        raise NotFound("No team by that id.")
    require_version(expected, old["version"])
    held = {"name": old["name"], "unit": old["unit"], "skills": from_json(old["skills"]), "archived": old["archived"]}
    given = {"name": name, "unit": unit, "skills": skills, "archived": archived}
    wanted = {field: held[field] if value is None else value for field, value in given.items()}
    if wanted == held:
        return old
    if name is not None and await tx.value(store.NAME_TAKEN, workspace_id, name, team_id):
        raise _taken(name)
    row = await tx.one(
        store.UPDATE,
        workspace_id,
        team_id,
        wanted["name"],
        wanted["unit"],
        to_json(wanted["skills"]).decode(),
        wanted["archived"],
    )
    assert row is not None, "it is locked"
    return row


async def named(read: Read, workspace_id: UUID, pointers: Mapping[str, UUID]) -> dict[UUID, Team]:
    """Teams by id; Invalid at each pointer of a team that does not exist."""
    rows = await read.all(store.NAMED, workspace_id, list(set(pointers.values())))
    found = {row["id"]: team_of(row) for row in rows}
    if lost := [pointer for pointer, team_id in pointers.items() if team_id not in found]:
        raise Invalid(errors=[FieldError(pointer, "no team by that id") for pointer in lost])
    return found


async def each(read: Read, workspace_id: UUID, ids: Sequence[UUID]) -> Sequence[Team]:
    """Teams by id; NotFound when there is none by one of them."""
    rows = await read.all(store.NAMED, workspace_id, list(set(ids)))
    if len(rows) < len(set(ids)):
        raise NotFound("No team by one of these ids.")
    return [team_of(row) for row in rows]


async def present(read: Read, workspace_id: UUID, most: int) -> Sequence[Team]:
    """The first teams that are not archived."""
    return [team_of(row) for row in await read.all(store.LIST, workspace_id, UUID(int=0), False, most)]


def team_of(row: asyncpg.Record) -> Team:
    """A row as a team."""
    return Team(row["id"], row["name"], row["unit"], from_json(row["skills"]))


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a team with the name {name!r} already.", code="name_taken")
