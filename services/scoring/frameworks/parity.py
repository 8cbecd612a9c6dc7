"""Parity: how far competitors are ahead in what an idea would give, by evidence that grows old.

    gap = max(0, worth of their standing - worth of ours)                  none 0, partial 0.5, full 1
    competition = sum(weight * freshness * gap) / sum(weight * freshness)
    freshness = 2 ^ (-age / half-life) up to the greatest age, nothing after that

Both sums are over the cells of the matrix that the idea stands in: each capability that it is linked to, with each
competitor of whom there is evidence. It is 1 when all of them have fully what we lack, and 0 when nobody is ahead.
`weight` is the competitor's own. Evidence of a day is as fresh as another of that day; the latest of a cell counts.

| input        | unit              | range              |
|--------------|-------------------|--------------------|
| weight       | beside the others | > 0                |
| age          | days              | ≥ 0                |
| half-life    | days              | > 0                |
| standing     | category          | none, partial, full|

As time goes by every freshness shrinks by the same factor, so a day alone moves nothing: old evidence weighs less
beside newer. What moves the figure is evidence that comes, goes or lapses at the greatest age. With all of it lapsed
there is no figure: unknown, which is not 0.

Source: exponential decay with a half-life, the standard form; the worths and the mean are our choice.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

Standing = Literal["none", "partial", "full"]
WORTH: dict[Standing, float] = {"none": 0.0, "partial": 0.5, "full": 1.0}


@dataclass(frozen=True, slots=True)
class Decay:
    """How evidence grows old, in days."""

    half_life: float = 180.0
    max_age: int = 540
    """Evidence older than this has lapsed."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of one competitor in one capability: the latest evidence, and how we stand ourselves."""

    evidence_id: UUID
    ours: Standing
    theirs: Standing
    observed_on: date
    weight: float
    """The competitor's."""


@dataclass(frozen=True, slots=True)
class WeighedEvidence:
    """One piece of evidence in the figure."""

    evidence_id: UUID
    ours: Standing
    theirs: Standing
    observed_on: date
    weight: Annotated[float, Field(description="of the competitor, times the freshness beside the latest evidence")]
    share: Annotated[float, Field(description="what it adds to the figure; all of them add up to it")]


@dataclass(frozen=True, slots=True)
class Competed:
    """How far competitors are ahead, evidence by evidence."""

    competition: Annotated[float, Field(description="sum(weight * gap) / sum(weight), from 0 to 1")]
    evidence: tuple[WeighedEvidence, ...]
    half_life_days: float
    max_age_days: int
    lapses_on: Annotated[date, Field(description="the first day on which some of the evidence is too old")]


def age(observed_on: date, today: date) -> int:
    """How old evidence is, in days; what was observed where tomorrow has begun already is new."""
    return max((today - observed_on).days, 0)


def lapses_on(observed_on: date, max_age: int) -> date:
    """The first day on which evidence is too old."""
    return observed_on + timedelta(days=max_age + 1)


def freshness(observed_on: date, today: date, decay: Decay) -> float:
    """What evidence still counts for, from 1 on its day down to 0 once it is too old."""
    days = age(observed_on, today)
    return 0.0 if days > decay.max_age else 2.0 ** (-days / decay.half_life)


def gap(ours: Standing, theirs: Standing) -> float:
    """How far they are ahead; 0 where they are not."""
    return max(WORTH[theirs] - WORTH[ours], 0.0)


def compete(cells: Sequence[Cell], today: date, decay: Decay) -> Competed | None:
    """How far competitors are ahead by evidence that is not too old; None where there is none of it.

    Freshness is told beside the latest evidence, which leaves the figure as it is and makes it the same every day.
    """
    fresh = sorted((each for each in cells if age(each.observed_on, today) <= decay.max_age), key=_by_id)
    if not fresh:
        return None
    latest = max(each.observed_on for each in fresh)
    weights = [each.weight * 2.0 ** (-(latest - each.observed_on).days / decay.half_life) for each in fresh]
    total = math.fsum(weights)
    parts = [weight * gap(each.ours, each.theirs) for each, weight in zip(fresh, weights, strict=True)]
    return Competed(
        competition=min(math.fsum(parts) / total, 1.0),
        evidence=tuple(
            WeighedEvidence(each.evidence_id, each.ours, each.theirs, each.observed_on, weight, part / total)
            for each, weight, part in zip(fresh, weights, parts, strict=True)
        ),
        half_life_days=decay.half_life,
        max_age_days=decay.max_age,
        lapses_on=min(lapses_on(each.observed_on, decay.max_age) for each in fresh),
    )


def _by_id(cell: Cell) -> UUID:
    return cell.evidence_id
