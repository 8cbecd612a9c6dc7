"""Capacity: what teams have in each period, what ideas take, and what is promised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from services.scoring.capacity import store
from services.scoring.capacity.usage import Effort, NotCounted, Promise, Use, uses
from services.scoring.checks import domain as checks
from services.scoring.frameworks.factors import Range
from services.scoring.scores.corrections import corrected as corrected_by
from services.scoring.scores.corrections import fitting, for_team
from services.scoring.scores.domain import corrections
from services.scoring.teams import domain as teams
from services.scoring.teams.domain import Team, Unit
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid

Period = Annotated[
    str, StringConstraints(pattern=r"^(?:19|20|21)\d\d-(?:Q[1-4]|0[1-9]|1[0-2]|W(?:0[1-9]|[1-4]\d|5[0-3]))$")
]
"""A quarter (`2027-Q1`), a month (`2027-01`) or an ISO week (`2027-W05`): text that sorts as time does."""
MOST_COMMITMENTS = 500
"""Of one period: what is summed at once stays small."""
MOST_TEAMS = 50
"""Looked at together."""


@dataclass(frozen=True, slots=True)
class Spare:
    """How much there is of a skill in a period, and how much of it nobody has promised."""

    whole: float
    left: float


async def set_capacities(
    tx: Tx, workspace_id: UUID, given: Sequence[tuple[UUID, Period, str, float | None]]
) -> Mapping[UUID, Team]:
    """Say what teams have of a skill in a period; None: as usual. Invalid for unknown teams and for doubles."""
    _once([each[:3] for each in given], "capacities")
    found = await _teams(tx, workspace_id, "capacities", [each[0] for each in given])
    columns = [[each[place] for each in given] for place in range(4)]
    await tx.run(store.CLEAR_CAPACITIES, workspace_id, *columns)
    await tx.run(store.SET_CAPACITIES, workspace_id, *columns)
    return found


async def set_efforts(tx: Tx, workspace_id: UUID, given: Sequence[tuple[UUID, str, Unit, float | None]]) -> None:
    """Say what ideas take of a skill; None: nothing is known of it. Invalid for doubles."""
    _once([each[:2] for each in given], "efforts")
    ideas, skills, units, amounts = ([each[place] for each in given] for place in range(4))
    await tx.run(store.CLEAR_EFFORTS, workspace_id, ideas, skills, amounts)
    await tx.run(store.SET_EFFORTS, workspace_id, ideas, skills, units, amounts)
    await checks.ask_for_ideas(tx, workspace_id, [each[0] for each in given])


async def set_commitments(tx: Tx, workspace_id: UUID, given: Sequence[tuple[Period, UUID, UUID, float | None]]) -> None:
    """Promise ideas, or with None take a promise back. Invalid, or Conflict when they are too many."""
    _once([each[:3] for each in given], "commitments")
    await _teams(tx, workspace_id, "commitments", [each[1] for each in given])
    columns = [[each[place] for each in given] for place in range(4)]
    await tx.run(store.CLEAR_COMMITMENTS, workspace_id, *columns)
    await tx.run(store.SET_COMMITMENTS, workspace_id, *columns)
    await checks.ask(tx, workspace_id, {(each[0], each[1]) for each in given})
    periods = sorted({each[0] for each in given})
    if crowded := await tx.all(store.CROWDED, workspace_id, periods, MOST_COMMITMENTS):
        named = ", ".join(row["period"] for row in crowded)
        raise Conflict(f"More than {MOST_COMMITMENTS} ideas would be promised for {named}.", code="too_many")


async def usage(
    read: Read, workspace_id: UUID, periods: Sequence[Period], team_ids: Sequence[UUID], *, corrected: bool = False
) -> tuple[list[Use], list[NotCounted]]:
    """What is promised of each skill that the teams have or need. Without teams: the first `MOST_TEAMS` of them.

    `corrected`: with the corrections of `effort` that are in force for models of every framework. NotFound for a team
    that does not exist.
    """
    found = (
        await teams.each(read, workspace_id, team_ids)
        if team_ids
        else await teams.present(read, workspace_id, MOST_TEAMS)
    )
    ids, when = [team.id for team in found], sorted(set(periods))
    special = {
        (row["team_id"], row["period"], row["skill"]): row["amount"]
        for row in await read.all(store.CAPACITIES, workspace_id, when, ids)
    }
    promises = [Promise(**row) for row in await read.all(store.COMMITMENTS, workspace_id, when, ids)]
    efforts = await efforts_of(read, workspace_id, list({promise.idea_id for promise in promises}))
    factors = await _factors(read, workspace_id, found) if corrected else None
    return uses(found, when, special, promises, efforts, factors)


async def _factors(read: Read, workspace_id: UUID, found: Sequence[Team]) -> dict[UUID, float]:
    fit = fitting(await corrections(read, workspace_id), "", "effort", Range(0))
    return {team.id: corrected_by(for_team(fit, team.id), 1.0) for team in found}


async def efforts_of(read: Read, workspace_id: UUID, ideas: Sequence[UUID]) -> dict[UUID, list[Effort]]:
    """What ideas take, those left out of which nothing is known."""
    found: dict[UUID, list[Effort]] = {}
    for row in await read.all(store.EFFORTS, workspace_id, ideas):
        found.setdefault(row["idea_id"], []).append(Effort(row["skill"], row["unit"], row["amount"]))
    return found


def pooled(found: Sequence[Use], pointer: str) -> tuple[Unit, dict[str, dict[str, Spare]]]:
    """What the teams have together: their unit, and by skill and period what there is. Invalid over unlike units."""
    units = sorted({use.team.unit for use in found})
    if len(units) != 1:
        reason = f"the teams count in unlike units: {', '.join(units)}" if units else "no team there has any capacity"
        raise Invalid(errors=[FieldError(pointer, reason)])
    whole: dict[str, dict[str, Spare]] = {}
    for use in found:
        held = whole.setdefault(use.skill, {}).get(use.period, Spare(0.0, 0.0))
        left = max(use.capacity - use.needed, 0.0)
        whole[use.skill][use.period] = Spare(held.whole + use.capacity, held.left + left)
    return found[0].team.unit, whole


def _once(keys: Sequence[object], name: str) -> None:
    seen: set[object] = set()
    for place, key in enumerate(keys):
        if key in seen:
            raise Invalid(errors=[FieldError(f"/body/{name}/{place}", "is there further up already")])
        seen.add(key)


async def _teams(read: Read, workspace_id: UUID, name: str, ids: Sequence[UUID]) -> Mapping[UUID, Team]:
    return await teams.named(
        read, workspace_id, {f"/body/{name}/{place}/team_id": team_id for place, team_id in enumerate(ids)}
    )
