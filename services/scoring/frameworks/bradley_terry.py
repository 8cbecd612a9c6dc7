"""Bradley-Terry: how strong items are, from who won against whom.

    P(i beats j) = exp(b_i) / (exp(b_i) + exp(b_j))

Source: Bradley and Terry, "Rank analysis of incomplete block designs", 1952; Ford, "Solution of a ranking problem from
binary comparisons", 1957, for when there is a solution; Agresti, "Categorical Data Analysis", 2002, p. 448, for the
example that the tests hold. Fitted by Newton's method to the maximum of the likelihood.

Abilities are logarithms of odds relative to one item, the reference, whose own is 0. A tie is half a win for each. The
diagonal is ignored.

Refusals: negative or missing counts; and, as Ford showed, no maximum exists unless every item has beaten every other
through some chain of wins. Without that (an undefeated item, groups that never met) the answer is `not_identified` with
the items outside of the largest group that is joined, unless the caller adds `prior` wins each way between all pairs,
which the result names. Wins so one-sided that no double holds the odds are refused likewise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.recipe import Array, Mask

Places = NDArray[np.int64]
_ROUNDS = 200
MOST_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Abilities:
    """How strong each item is, relative to the reference."""

    ability: dict[str, float]
    standard_error: dict[str, float]
    """Of the difference to the reference, whose own is 0."""
    reference: str
    prior: float
    """Wins added each way between all pairs; 0: none."""


def wins_of(items: Sequence[str], contests: Sequence[tuple[str, str]], ties: Sequence[tuple[str, str]] = ()) -> Array:
    """Single contests (winner, loser), and ties, as the matrix of who beat whom how often."""
    places = {item: place for place, item in enumerate(items)}
    wins = np.zeros((len(items), len(items)))
    for winner, loser in contests:
        wins[places[winner], places[loser]] += 1
    for one, other in ties:
        wins[places[one], places[other]] += 0.5
        wins[places[other], places[one]] += 0.5
    return wins


def fit(items: Sequence[str], wins: Array, reference: str | None = None, prior: float = 0.0) -> Abilities | Refusal:
    """The abilities of items by how often each (row) beat each other (column). ValueError when the shapes differ."""
    size = len(items)
    if wins.shape != (size, size):
        raise ValueError(f"{size} items need {size} rows and columns of wins, not {wins.shape}")
    if not 2 <= size <= MOST_ITEMS or len(set(items)) < size or (reference is not None and reference not in items):
        reason = f"from 2 to {MOST_ITEMS} different items are needed, the reference among them"
        return Refusal("not_scoreable", reason, ("items",))
    counts = wins + prior
    np.fill_diagonal(counts, 0.0)
    if not np.isfinite(counts).all() or (counts < 0).any():
        return Refusal("not_scoreable", "wins must be counts of at least 0", ("wins",))
    outside = np.flatnonzero(~_joined_with_most(counts > 0)).tolist()
    if outside:
        reason = "not every item has beaten every other through a chain of wins"
        return Refusal("not_identified", reason, tuple(items[place] for place in outside))
    origin = 0 if reference is None else items.index(reference)
    others = np.array([place for place in range(size) if place != origin], np.int64)
    try:
        ability, information = _newton(counts, others)
        errors = np.zeros(size)
        errors[others] = np.sqrt(np.diag(np.linalg.inv(information)))
    except np.linalg.LinAlgError:
        reason = "the wins are so one-sided that the abilities cannot be told apart from infinite ones"
        return Refusal("not_identified", reason, ("wins",))
    return Abilities(
        ability=dict(zip(items, ability.tolist(), strict=True)),
        standard_error=dict(zip(items, errors.tolist(), strict=True)),
        reference=items[origin],
        prior=prior,
    )


def _newton(counts: Array, others: Places) -> tuple[Array, Array]:
    met = counts + counts.T
    won = counts.sum(axis=1)
    ability = np.zeros(len(counts))
    information: Array = np.eye(len(others))
    step: Array = np.zeros(len(others))
    for _ in range(_ROUNDS):
        chance: Array = 1 / (1 + np.exp(ability[np.newaxis, :] - ability[:, np.newaxis]))
        slope: Array = won - (met * chance).sum(axis=1)
        weight: Array = met * chance * chance.T
        full: Array = np.diag(weight.sum(axis=1)) - weight
        information = full[others][:, others]
        step = np.linalg.solve(information, slope[others]).astype(np.float64)
        # The likelihood is concave; a bounded step keeps the first ones from overshooting into its flat ends.
        ability[others] += step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        if float(np.abs(step).max()) < 1e-12:
            break
    if not float(np.abs(step).max()) < 1e-6 or not np.isfinite(ability).all():
        raise np.linalg.LinAlgError("no maximum was reached")
    return ability, information


def _joined_with_most(beat: Mask) -> Mask:
    """The largest set of items each of which beats each other through a chain."""
    reach = beat | np.eye(len(beat), dtype=np.bool_)
    for _ in range(max(len(beat) - 1, 1).bit_length()):
        reach = (reach.astype(np.float64) @ reach.astype(np.float64)) > 0
    both = reach & reach.T
    return both[int(np.argmax(both.sum(axis=1)))]
