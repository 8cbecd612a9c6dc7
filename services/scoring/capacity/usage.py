"""How much of each skill is promised: needed = sum over promised ideas of effort * share; over = needed - capacity.

Effort and capacity are in the team's unit. An effort in another unit is not converted: what a point is in weeks nobody
knows; it is named as not counted, and so is an idea whose effort nobody has told.

With `factors`, what a team takes on is multiplied by its own: what it took against what was expected of it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.scoring.teams.domain import Team


@dataclass(frozen=True, slots=True)
class Promise:
    """An idea that a team has promised for a period; `share`: how much of its effort falls there."""

    period: str
    team_id: UUID
    idea_id: UUID
    title: str
    share: float


@dataclass(frozen=True, slots=True)
class Effort:
    """What an idea takes of one skill."""

    skill: str
    unit: str
    amount: float


@dataclass(frozen=True, slots=True)
class Part:
    """What one idea takes of a skill in a period."""

    promise: Promise
    amount: float


@dataclass(frozen=True, slots=True)
class Use:
    """A skill of a team in a period."""

    team: Team
    period: str
    skill: str
    capacity: float
    needed: float
    parts: Sequence[Part]
    """What it is needed for, the most first."""
    factor: float = 1.0
    """What its efforts were multiplied by."""

    @property
    def over(self) -> float:
        """How much is promised that is not there; 0 when it is enough. Sums of decimals may miss by an ulp."""
        return max(self.needed - self.capacity, 0.0) if self.needed > self.capacity * (1 + 1e-9) else 0.0


@dataclass(frozen=True, slots=True)
class NotCounted:
    """A promise that no sum could be made with."""

    promise: Promise
    reason: Literal["no_effort", "other_unit"]
    skill: str | None


def uses(
    teams: Sequence[Team],
    periods: Sequence[str],
    capacities: Mapping[tuple[UUID, str, str], float],
    promises: Sequence[Promise],
    efforts: Mapping[UUID, Sequence[Effort]],
    factors: Mapping[UUID, float] | None = None,
) -> tuple[list[Use], list[NotCounted]]:
    """Every skill that a team has or needs, by period, team and skill; and what could not be counted.

    `capacities` is by team, period and skill, where a period is not as usual.
    """
    by_id = {team.id: team for team in teams}
    times = {team.id: (factors or {}).get(team.id, 1.0) for team in teams}
    parts: dict[tuple[str, UUID, str], list[Part]] = {}
    left: list[NotCounted] = []
    for promise in promises:
        found = efforts.get(promise.idea_id, ())
        if not found:
            left.append(NotCounted(promise, "no_effort", None))
        for effort in found:
            if effort.unit != by_id[promise.team_id].unit:
                left.append(NotCounted(promise, "other_unit", effort.skill))
            else:
                place = (promise.period, promise.team_id, effort.skill)
                parts.setdefault(place, []).append(
                    Part(promise, effort.amount * promise.share * times[promise.team_id])
                )
    skills: dict[tuple[str, UUID], set[str]] = {}
    for team_id, period, skill in [*capacities, *((team_id, period, skill) for period, team_id, skill in parts)]:
        skills.setdefault((period, team_id), set()).add(skill)
    made: list[Use] = []
    for period in periods:
        for team in teams:
            for skill in sorted(skills.get((period, team.id), set()) | team.skills.keys()):
                capacity = capacities.get((team.id, period, skill), team.skills.get(skill, 0.0))
                theirs = sorted(parts.get((period, team.id, skill), ()), key=lambda part: -part.amount)
                needed = math.fsum(part.amount for part in theirs)
                made.append(Use(team, period, skill, capacity, needed, theirs, times[team.id]))
    return made, left
