"""How far several models agree on the order of the same ideas. Pure.

Agreement of two models is Kendall's tau-b over the ideas that all of them score. An idea's place under a model is
counted from 1 among those ideas; equal scores share the mean of their places (Kendall's midranks), so that the order
in which equals happen to be listed is no disagreement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from services.scoring.frameworks.recipe import Array
from services.scoring.runs.comparison import tau_b


@dataclass(frozen=True, slots=True)
class Agreement:
    """Models by their position in what was asked, ideas by their position in the columns."""

    pairs: Sequence[tuple[int, int, float | None]]
    """Each two models and their tau; None: fewer than two ideas, or a model that holds all equal."""
    places: Array
    """One row for each idea, one column for each model."""
    apart: Sequence[int]
    """Ideas whose places differ, those that differ most first."""


def agree(values: Array, most: int) -> Agreement:
    """Hold the models against each other: `values` has a row for each idea and a column for each model, all finite."""
    places = np.column_stack([midranks(column) for column in values.T]) if values.size else np.empty(values.shape)
    gaps = np.ptp(places, axis=1) if values.size else np.empty(0)
    order = np.argsort(-gaps, kind="stable")
    return Agreement(
        [
            (one, other, tau_b(values[:, one], values[:, other]))
            for one, other in combinations(range(values.shape[1]), 2)
        ],
        places,
        [int(place) for place in order[:most] if gaps[place] > 0],
    )


def midranks(values: Array) -> Array:
    """Places from 1 for the highest; equal values share the mean of theirs."""
    _, which, count = np.unique(-values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[which]
