"""Inputs of a score as draws: what each of them may be, many times over.

An input of several estimators is an equal mixture of theirs (M. Stone, "The opinion pool", 1961): each draw believes
one of them. Its mean is the mean of theirs, as in a score, and where they disagree the draws spread. A point is that
point in every draw, unless the caller says how far points are off: then it is multiplied by a lognormal of mean 1 with
that coefficient of variation. Demand is counted, alignment and competition are computed: they do not vary.

Every idea and input has a stream of its own under one seed, so the same seed gives the same draws, whichever other
ideas are looked at.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from services.scoring.frameworks.recipe import Array
from services.scoring.frameworks.spreads import Spread
from services.scoring.needs.rated import Sampled
from services.scoring.scores.corrections import Correction, corrected_draws
from services.scoring.scores.inputs import mean


@dataclass(frozen=True, slots=True)
class Believed:
    """What one input of one idea may be: the points and spreads of its estimators, or what demand makes of it."""

    points: Sequence[float]
    spreads: Sequence[Spread | Sampled | None]
    """One for each point; None: it is only that point."""
    counted: bool = False
    """From demand, or computed: a point that does not vary."""
    corrections: Sequence[Correction | None] = ()
    """What the points have been corrected by and the spreads have not; empty: by nothing."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An idea to be drawn: its inputs by name; those that nobody has given are left out."""

    idea_id: UUID
    inputs: Mapping[str, Believed]


def stream(seed: int, *names: str) -> np.random.Generator:
    """The random stream of something by its names; the same for the same seed on every machine."""
    digest = hashlib.blake2b("\0".join((str(seed), *names)).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))


def draw(believed: Believed, lot: np.random.Generator, size: int, doubt: float = 0.0) -> Array:
    """As many draws of one input; `doubt`: the coefficient of variation of what is a point only."""
    corrections = believed.corrections or [None] * len(believed.points)
    parts = [
        _one(point, spread, lot, size, 0.0 if believed.counted else doubt, correction)
        for point, spread, correction in zip(believed.points, believed.spreads, corrections, strict=True)
    ]
    if len(parts) == 1:
        return parts[0]
    return np.stack(parts)[lot.integers(len(parts), size=size), np.arange(size)]


def _one(
    point: float,
    spread: Spread | Sampled | None,
    lot: np.random.Generator,
    size: int,
    doubt: float,
    correction: Correction | None,
) -> Array:
    if spread is not None:
        return corrected_draws(correction, spread.draw(lot, size))
    if doubt == 0:
        return np.full(size, point)
    variance = math.log1p(doubt**2)
    return point * lot.lognormal(-variance / 2, math.sqrt(variance), size)


def columns(
    subject: Subject, names: Sequence[str], seed: int, size: int, doubts: Mapping[str, float]
) -> dict[str, Array]:
    """The draws of an idea's inputs; NaN where an input is missing."""
    drawn: dict[str, Array] = {}
    for name in names:
        believed = subject.inputs.get(name)
        if believed is None:
            drawn[name] = np.full(size, np.nan)
        else:
            lot = stream(seed, str(subject.idea_id), name)
            drawn[name] = draw(believed, lot, size, doubts.get(name, 0.0))
    return drawn


def points(subjects: Sequence[Subject], names: Sequence[str]) -> dict[str, Array]:
    """Each input as scores take it: the mean of the points, one for each idea; NaN where it is missing."""
    found = {name: np.full(len(subjects), np.nan) for name in names}
    for place, subject in enumerate(subjects):
        for name, believed in subject.inputs.items():
            found[name][place] = mean(believed.points)
    return found
