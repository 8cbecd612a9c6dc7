"""Corrections of estimates by what came of earlier ones. Pure.

    ratio: corrected = factor * value          for inputs whose scale has no upper end: effort, reach
    odds:  corrected = f p / (1 - p + f p)     for probabilities, on a scale from 0 to 1: the odds times f; 0 and 1 stay

A correction of another kind than the scale of an input is for does not apply to it: five on a scale from one to five
is not an amount. Of several that are in force the most particular one counts: that of the estimate's team before that
of all teams, and among those that of the framework before that of all frameworks. Never two at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import numpy as np

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.recipe import Array

Kind = Literal["ratio", "odds"]


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction that is in force."""

    id: UUID
    number: int
    """Its version among those of the same scope."""
    input: str
    team_id: UUID | None
    framework: str | None
    kind: Kind
    factor: float
    n: int


def kind_for(scale: Range) -> Kind | None:
    """The kind of correction that an input on this scale can have."""
    if scale.highest == math.inf and scale.lowest >= 0:
        return "ratio"
    return "odds" if scale.lowest >= 0 and scale.highest == 1 else None


def fitting(
    corrections: Sequence[Correction], framework: str, estimated_as: str, scale: Range
) -> tuple[Correction, ...]:
    """Those that may apply to an input of a framework, the most particular first."""
    kind = kind_for(scale)
    found = [
        each
        for each in corrections
        if each.input == estimated_as and each.kind == kind and each.framework in {None, framework}
    ]
    return tuple(sorted(found, key=lambda each: (each.team_id is None, each.framework is None, each.id)))


def for_team(corrections: Sequence[Correction], team_id: UUID | None) -> Correction | None:
    """The one of those fitting that applies to an estimate of this team; None: of no team."""
    return next((each for each in corrections if each.team_id is None or each.team_id == team_id), None)


def corrected(correction: Correction | None, value: float) -> float:
    """A value, corrected. What lies off a probability's scale stays as it is."""
    if correction is None:
        return value
    if correction.kind == "ratio":
        return correction.factor * value
    return correction.factor * value / (1 - value + correction.factor * value) if 0 <= value <= 1 else value


def corrected_draws(correction: Correction | None, values: Array) -> Array:
    """The same for many at once."""
    if correction is None:
        return values
    if correction.kind == "ratio":
        return correction.factor * values
    within = np.clip(values, 0.0, 1.0)
    odds = correction.factor * within / (1 - within + correction.factor * within)
    return np.where((values >= 0) & (values <= 1), odds, values)
