"""Work held against an allocation policy. Pure.

    share of a class = effort of its kinds / effort of all kinds        over or under: |share - target| > tolerance

Effort is in the team's unit, over all skills. A policy is a set of classes (features 60 %, enablers 20 %, debt 20 %),
each with the kinds of ideas in it, a target and how far from it is still all right. Kinds that no class names are the
class `other`, which has no target and counts in what shares are of. Nothing done is no share: it breaches nothing.

There is no published standard for the targets. The split is known as investment allocation or investment themes; D.
Reinertsen, "The Principles of Product Development Flow", 2009, argues for setting it and watching its variance.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.scoring.allocations.classes import OTHER, Class
from shared.events.feedback import IdeaKind

SLACK = 1e-9
"""A share on the edge of its tolerance is within: sums of decimals may miss by an ulp."""
Side = Literal["over", "under"]


@dataclass(frozen=True, slots=True)
class Part:
    """A class as it is."""

    name: str
    kinds: tuple[IdeaKind, ...]
    effort: float
    share: float | None
    """None: no effort at all."""
    target: float | None
    tolerance: float | None
    breach: Side | None


def parts(efforts: Mapping[IdeaKind, float], classes: Sequence[Class]) -> list[Part]:
    """Each class of the policy in its order, and `other` where other kinds take effort."""
    whole = math.fsum(efforts.values())
    made = [_part(each.name, each.kinds, efforts, whole, each.target, each.tolerance) for each in classes]
    named = {kind for each in classes for kind in each.kinds}
    rest: list[IdeaKind] = [kind for kind, effort in efforts.items() if kind not in named and effort > 0]
    return [*made, _part(OTHER, tuple(sorted(rest)), efforts, whole, None, None)] if rest else made


def _part(
    name: str,
    kinds: tuple[IdeaKind, ...],
    efforts: Mapping[IdeaKind, float],
    whole: float,
    target: float | None,
    tolerance: float | None,
) -> Part:
    effort = math.fsum(efforts.get(kind, 0.0) for kind in kinds)
    share = min(effort / whole, 1.0) if whole > 0 else None
    breach: Side | None = None
    if share is not None and target is not None and tolerance is not None:
        off = share - target
        breach = None if abs(off) <= tolerance + SLACK else "over" if off > 0 else "under"
    return Part(name, kinds, effort, share, target, tolerance, breach)


def begins(period: str) -> date:
    """The first day of a period. A week 53 of a year that has none is the week after its 52nd."""
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return date(int(year), 3 * int(part[1:]) - 2, 1)
    if part.startswith("W"):
        return date.fromisocalendar(int(year), 1, 1) + timedelta(weeks=int(part[1:]) - 1)
    return date(int(year), int(part), 1)


def months(period: str) -> float:
    """How many months a period is."""
    part = period.partition("-")[2]
    return 3.0 if part.startswith("Q") else 7 * 12 / 365.25 if part.startswith("W") else 1.0
