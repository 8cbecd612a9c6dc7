"""Two rankings held against each other: who moved, who came, who went, and how alike the orders are.

Likeness is Kendall's tau-b over the ideas that both rank: 1 for the same order, -1 for its reverse, corrected for
equal values. Source: M. G. Kendall, "The treatment of ties in ranking problems", Biometrika, 1945. None where fewer
than two ideas are ranked in both, or one of them holds all equal.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from services.scoring.frameworks.recipe import Array


@dataclass(frozen=True, slots=True)
class Place:
    """An idea in one ranking."""

    idea_id: UUID
    title: str
    position: int
    value: float | None
    inputs: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Move:
    """An idea in both rankings; None where it is not in one."""

    idea_id: UUID
    title: str
    before: Place | None
    after: Place | None

    @property
    def by(self) -> int:
        """How many places it rose; negative: fell. One that has a value in neither stands in no order."""
        if self.before is None or self.after is None or (self.before.value, self.after.value) == (None, None):
            return 0
        return self.before.position - self.after.position

    @property
    def changed(self) -> bool:
        """Whether its place or value is another, or it is in one of the rankings only."""
        if self.before is None or self.after is None:
            return True
        return self.by != 0 or self.before.value != self.after.value


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rankings, the farthest moves first."""

    moves: Sequence[Move]
    """Those that changed: another place or value, come or gone."""
    same: int
    tau: float | None


def compare(before: Sequence[Place], after: Sequence[Place]) -> Comparison:
    """What changed from one ranking to the other."""
    old, new = {each.idea_id: each for each in before}, {each.idea_id: each for each in after}
    moves = [
        Move(idea_id, (new.get(idea_id) or old[idea_id]).title, old.get(idea_id), new.get(idea_id))
        for idea_id in old | new
    ]
    changed = [each for each in moves if each.changed]
    ranked = [
        (each.before.value, each.after.value)
        for each in moves
        if each.before and each.after and each.before.value is not None and each.after.value is not None
    ]
    pairs = np.array(ranked, np.float64).reshape(-1, 2)
    return Comparison(
        sorted(changed, key=lambda each: (each.before is not None and each.after is not None, -abs(each.by))),
        len(moves) - len(changed),
        tau_b(pairs[:, 0], pairs[:, 1]),
    )


def tau_b(first: Array, second: Array) -> float | None:
    """Kendall's tau-b of two columns of values."""
    concordant, left, right = 0.0, 0.0, 0.0
    for place in range(len(first) - 1):
        one = np.sign(first[place + 1 :] - first[place])
        other = np.sign(second[place + 1 :] - second[place])
        concordant += float(np.sum(one * other))
        left += float(np.count_nonzero(one))
        right += float(np.count_nonzero(other))
    return None if not left or not right else concordant / math.sqrt(left * right)
