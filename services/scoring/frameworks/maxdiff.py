"""MaxDiff (best-worst scaling): how much items are worth, from how often each was called best and worst.

    d = (best - worst) / shown        b = ln((1 + d) / (1 - d))        se = sqrt(2 / (shown * (1 - d^2)))

    share of choice = exp(b) / sum(exp(b))

Source: Lipovetsky and Conklin, "Best-worst scaling in analytical closed-form solution", Journal of Choice Modelling 10,
2014, equations 7, 10, 12, 13 and 18; the R package bwsTools (`ae_mnl`), whose figures the tests hold. Interval: b +/-
1.96 se.

Counts are of all respondents together. Refusals: an item that was never shown, or called best and worst more often than
it was shown, is `not_scoreable`; one that was always best, or always worst, has no finite utility (`not_identified`):
nothing says how far above or below the others it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.recipe import Array, one_length, sound

Z = 1.96
MOST = 1e15
"""Counts beyond which a double does not count."""


@dataclass(frozen=True, slots=True)
class Utilities:
    """What each item is worth, in the order of the items."""

    counted: Array
    """d, the count score: best minus worst, of the times it was shown; -1 to 1."""
    utility: Array
    standard_error: Array
    lower: Array
    upper: Array
    share: Array
    """The chance that it is chosen as best among all of them. They add up to 1."""


def utilities(items: Sequence[str], shown: Array, best: Array, worst: Array, z: float = Z) -> Utilities | Refusal:
    """The utilities of items by their counts. ValueError when there are not as many counts as items."""
    if one_length([shown, best, worst]) != len(items):
        raise ValueError("one count of each kind is needed for each item")
    if not items:
        return Refusal("not_scoreable", "there is no item", ("items",))
    counts = [sound(Range(0, MOST), each) for each in (shown, best, worst)]
    fits = np.all(counts, axis=0) & (shown > 0)
    fits[fits] = (best[fits] + worst[fits]) <= shown[fits]
    if not fits.all():
        wrong = tuple(items[place] for place in np.flatnonzero(~fits).tolist())
        return Refusal("not_scoreable", "shown at least once, and no more often best or worst than shown", wrong)
    d = (best - worst) / shown
    endless = np.flatnonzero(np.abs(d) == 1).tolist()
    if endless:
        reason = "always best or always worst: no finite utility follows"
        return Refusal("not_identified", reason, tuple(items[place] for place in endless))
    utility = np.log((1 + d) / (1 - d))
    error = np.sqrt(2 / (shown * (1 - d * d)))
    odds = np.exp(utility)
    return Utilities(d, utility, error, utility - z * error, utility + z * error, odds / odds.sum())
