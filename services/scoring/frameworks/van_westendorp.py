"""Van Westendorp's price sensitivity meter: the prices at which its curves cross.

Each respondent names four prices, in money: too cheap, cheap, expensive, too expensive.

| point | where                                                    | reads as                         |
|-------|----------------------------------------------------------|----------------------------------|
| PMC   | too cheap meets not cheap, or expensive (`range`)        | lower end of what is acceptable  |
| PME   | too expensive meets not expensive, or cheap (`range`)    | upper end                        |
| IDP   | cheap meets expensive                                    | indifference price               |
| OPP   | too cheap meets too expensive                            | optimal price                    |

Source: Peter van Westendorp, "NSS Price Sensitivity Meter", 1976; the R package pricesensitivitymeter, whose defaults
these are: only respondents whose prices ascend strictly count, "cheap" and "too cheap" are shares who say so at a price
or above it (1 minus the distribution), and a crossing is the first named price at which the rising curve is at least
the falling one. `range` is `original` (not cheap, not expensive) or `narrower` (expensive, cheap).

Refusals: a price that is missing or negative makes its respondent invalid; without one valid respondent there is
nothing to read (`not_scoreable`); curves that never cross are `not_identified`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.recipe import Array, Mask, one_length, sound

PRICE = Range(0)


@dataclass(frozen=True, slots=True)
class Prices:
    """The four points, in the unit of the answers, and how many answered validly."""

    optimal: float
    indifference: float
    lowest: float
    highest: float
    valid: int
    invalid: int


def valid(too_cheap: Array, cheap: Array, expensive: Array, too_expensive: Array) -> Mask:
    """Which respondents named prices that ascend strictly."""
    columns = [too_cheap, cheap, expensive, too_expensive]
    one_length(columns)
    named = np.all([sound(PRICE, column) for column in columns], axis=0)
    with np.errstate(invalid="ignore"):
        return named & (too_cheap < cheap) & (cheap < expensive) & (expensive < too_expensive)


def prices(
    too_cheap: Array,
    cheap: Array,
    expensive: Array,
    too_expensive: Array,
    range: Literal["original", "narrower"] = "original",
) -> Prices | Refusal:
    """The points where the curves cross, over the prices that were named."""
    held = valid(too_cheap, cheap, expensive, too_expensive)
    if not held.any():
        return Refusal("not_scoreable", "no respondent named four prices that ascend", ("prices",))
    columns = [column[held] for column in (too_cheap, cheap, expensive, too_expensive)]
    at = np.unique(np.concatenate(columns))
    below = [np.searchsorted(np.sort(column), at, side="right") / len(column) for column in columns]
    says_too_cheap, says_cheap = 1 - below[0], 1 - below[1]
    says_expensive, says_too_expensive = below[2], below[3]
    original = range == "original"
    points = [
        _crossing(at, says_too_expensive, says_too_cheap),
        _crossing(at, says_expensive, says_cheap),
        _crossing(at, 1 - says_cheap if original else says_expensive, says_too_cheap),
        _crossing(at, says_too_expensive, 1 - says_expensive if original else says_cheap),
    ]
    optimal, indifference, lowest, highest = points
    if optimal is None or indifference is None or lowest is None or highest is None:
        return Refusal("not_identified", "the curves do not cross within the prices named", ("prices",))
    total = int(held.sum())
    return Prices(optimal, indifference, lowest, highest, total, len(held) - total)


def _crossing(at: Array, rising: Array, falling: Array) -> float | None:
    met = np.flatnonzero(rising >= falling)
    return float(at[met[0]]) if len(met) else None
