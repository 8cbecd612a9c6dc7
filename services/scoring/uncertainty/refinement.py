"""The value of information: which one estimate to refine next.

The decision is to take the k ideas of the highest expected value. Knowing one input of one idea exactly would let it be
decided after knowing: expected value of partial perfect information (EVPPI),

    gain = E over the input [ best k given the input ] - best k now

Source: Howard Raiffa and Robert Schlaifer, "Applied Statistical Decision Theory", 1961; Mark Strong and Jeremy Oakley,
"An efficient method for computing single-parameter partial expected value of perfect information", 2013.

One input moves the expected value of one idea only. So an idea among the k loses its place when that falls below the
best one outside, and one outside wins a place when it rises above the worst one inside; nothing else can change. The
expected value given an input is computed at the mid-quantiles of its draws, with the other inputs as drawn, the same
for each. Gains are in the model's own unit, never below zero, and zero where no figure changes the choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.scoring.frameworks.recipe import Array, Recipe

LEVELS = 40
"""Mid-quantiles at which an input is looked at."""
WITHIN = 200
"""Draws of the other inputs at each."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What refining one input of one idea is worth."""

    place: int
    input: str
    gain: float
    changes: float
    """The chance that knowing the input changes the choice."""
    below: float | None
    above: float | None
    """Of the figures looked at: the choice changes at this one and below, or at this one and above."""


def perfect(values: Array, k: int) -> float:
    """What knowing everything at once would be worth: no refinement is worth more."""
    worth = np.where(np.isnan(values), 0.0, values)
    if not len(worth) or k >= len(worth):
        return 0.0
    # A draw to a row, so that each is parted where it lies.
    known = np.partition(np.ascontiguousarray(worth.T), len(worth) - k, axis=1)[:, -k:].sum(axis=1).mean()
    now = np.partition(worth.mean(axis=1), len(worth) - k)[-k:].sum()
    return max(float(known - now), 0.0)


def gains(recipe: Recipe, drawn: Sequence[Mapping[str, Array]], k: int, most: int) -> list[Gain]:
    """The refinements that are worth anything, the best first; `drawn`: each idea's inputs as draws."""
    if k >= len(drawn) or most == 0:
        return []
    means = np.array([_mean(recipe, columns) for columns in drawn])
    order = np.argsort(-means, kind="stable")
    chosen = set(order[:k].tolist())
    last_in, first_out = float(means[order[k - 1]]), float(means[order[k]])
    found: list[Gain] = []
    for place, columns in enumerate(drawn):
        for name, column in columns.items():
            if np.isnan(column).any() or column.min() == column.max():
                continue
            inside = place in chosen
            gain = _gain(recipe, columns, name, first_out if inside else last_in, inside)
            if gain is not None:
                found.append(Gain(place, name, *gain))
    return sorted(found, key=lambda each: -each.gain)[:most]


def _mean(recipe: Recipe, columns: Mapping[str, Array]) -> float:
    values = recipe.score({name: column[:WITHIN] for name, column in columns.items()}).values
    return float(np.where(np.isnan(values), 0.0, values).mean())


def _gain(
    recipe: Recipe, columns: Mapping[str, Array], name: str, bar: float, inside: bool
) -> tuple[float, float, float | None, float | None] | None:
    levels = np.quantile(columns[name], (np.arange(LEVELS) + 0.5) / LEVELS)
    others = {each: np.tile(column[:WITHIN], LEVELS) for each, column in columns.items() if each != name}
    within = min(WITHIN, len(columns[name]))
    values = recipe.score({**others, name: np.repeat(levels, within)}).values
    given = np.where(np.isnan(values), 0.0, values).reshape(LEVELS, within).mean(axis=1)
    # What the other choice is worth more, where it is: kept against the best outside, or taken instead of the worst.
    better = np.maximum(bar - given if inside else given - bar, 0.0)
    changing = better > 0
    if not changing.any():
        return None
    below = float(levels[changing].max()) if changing[0] and not changing[-1] else None
    above = float(levels[changing].min()) if changing[-1] and not changing[0] else None
    return float(better.mean()), float(changing.mean()), below, above
