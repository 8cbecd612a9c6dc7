"""Elo: ratings that move with each contest.

    expected = 1 / (1 + 10 ^ ((opponent - own) / 400))        new = own + K * (score - expected)

Source: Arpad Elo, "The Rating of Chessplayers, Past and Present", 1978. A score is 1 for a win, 0.5 for a tie, 0 for a
loss.

`rate` plays contests one after another, so their order matters; `after_period` rates one item by all its contests of a
period at once, as tournaments are. What one wins the other loses. Where order must not matter, use Bradley-Terry.
Ratings and K that are no finite numbers, and scores outside of 0 to 1, are refused.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.recipe import Array, one_length

START, K = 1500.0, 32.0
SPREAD = 400.0
Contest = tuple[str, str, float]
"""Two items, and the score of the first."""


@dataclass(frozen=True, slots=True)
class Rated:
    """An item after a period."""

    expected: float
    """The score that its rating led to expect."""
    rating: float


def expected(own: Array, opponent: Array) -> Array:
    """The score to be expected of contests between these ratings."""
    # A difference beyond this is certainty already, and powers of ten end at 308.
    difference = np.clip((opponent - own) / SPREAD, -300.0, 300.0)
    return 1 / (1 + np.power(10.0, difference))


def after_period(rating: float, opponents: Array, scores: Array, k: float = K) -> Rated | Refusal:
    """One item's rating after contests that all count from the same start."""
    one_length([opponents, scores])
    if not (math.isfinite(rating) and 0 < k < math.inf and np.isfinite(opponents).all()):
        return Refusal("not_scoreable", "ratings are finite numbers and K is above 0", ("ratings",))
    if not ((scores >= 0) & (scores <= 1)).all():
        return Refusal("not_scoreable", "a score is from 0 to 1", ("scores",))
    due = float(expected(np.full(len(opponents), rating), opponents).sum())
    return Rated(due, rating + k * (float(scores.sum()) - due))


def rate(
    contests: Sequence[Contest], start: Mapping[str, float] | None = None, k: float = K
) -> dict[str, float] | Refusal:
    """Ratings after contests in their order. Items that `start` does not name begin at 1500."""
    ratings = dict(start or {})
    if strange := tuple(name for name, rating in ratings.items() if not math.isfinite(rating)):
        return Refusal("not_scoreable", "ratings are finite numbers", strange)
    for one, other, score in contests:
        if one == other:
            return Refusal("not_scoreable", f"{one} cannot meet itself", ("contests",))
        mine, theirs = ratings.get(one, START), ratings.get(other, START)
        rated = after_period(mine, np.array([theirs]), np.array([score]), k)
        if isinstance(rated, Refusal):
            return rated
        ratings[one], ratings[other] = rated.rating, theirs - (rated.rating - mine)
    return ratings
