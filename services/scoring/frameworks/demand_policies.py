"""Demand policies: what all asks for an idea weigh, account by account.

    weight(idea) = sum over its accounts of min(worth * importance * 2 ^ (-age / half_life), level)

| policy    | worth of one account that asks                  | unit     |
|-----------|-------------------------------------------------|----------|
| `flat`    | as many as its contacts who ask                 | asks     |
| `account` | 1                                               | accounts |
| `mrr`     | its monthly recurring revenue                   | money    |
| `log_mrr` | ln(1 + revenue)                                 | none     |
| `segment` | the weight of its segment in a table            | weight   |

A table holds segments of accounts and of contacts. An account counts by the first of them that it is in itself, or a
contact of it that asks: once, like its revenue, and not once more for each. That contact need not be the one that asked
last.

Each contact asks for an idea once, and each account's revenue counts once for an idea, however many of its contacts
ask. A contact without an account is one of its own, of no revenue, and counts by the first segment that it is in.

**Importance.** A policy may say what an ask counts by how important the idea is to whoever asks; 1, 2 and 3 are
Productboard's figures (support.productboard.com, article 360058215013). An account counts by the contact to whom it
matters most; under `flat`, and without an account, each contact by its own: by the mean over those of the share
that they stand in, so that importance and recency are taken to be independent among them.

**Recency.** An account is as recent as its latest ask; under `flat` each contact as its own. Without a half-life the
factor is 1.

**Cap.** No account makes up more than the share `cap` of an idea's weight. `level` is the largest number for which
that holds: with k accounts cut to it, and s the sum of the others, level = cap * s / (1 - cap * k). What is over is
left out, not given to others. The cap is taken as the decimal it is written as and solved in whole numbers, so that it
holds exactly. Where fewer accounts count than 1 / cap, one of them always makes up more: the idea is `infeasible`, and
has no weight.

**Exact sums.** Each account's part is rounded to a multiple of a power of two, 2 ^ -50 of the idea's weight before the
cap or finer, so the parts add up to the weight to the last bit, in any order.

Refusals, never guesses: an account whose worth is not known makes the idea `unknown`, unless the policy says that such
accounts are left out. It is named in both cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.scoring.frameworks.factors import Range
from services.scoring.frameworks.recipe import Array, Mask

Kind = Literal["flat", "account", "mrr", "log_mrr", "segment"]
State = Literal["weighed", "unknown", "infeasible"]
STATES: tuple[State, ...] = ("weighed", "unknown", "infeasible")
Positions = NDArray[np.int64]
SPAN, SHARE, AMOUNT = Range(0, above=True), Range(0, 1, above=True), Range(0)
_BITS = 51


@dataclass(frozen=True, slots=True)
class Policy:
    """How asks are weighed."""

    kind: Kind
    half_life: float | None = None
    """In the unit of the ages."""
    cap: float | None = None
    """The most of an idea's weight that one account makes up, as a share: above 0, at most 1."""
    leave_out: bool = False
    """Whether accounts of unknown worth count nothing, rather than leave the idea without a weight."""


@dataclass(frozen=True, slots=True)
class Asks:
    """Who asks for which idea: a row for each account of an idea, and rows for those without one.

    Ideas and rows are named by their position. The cells say how many contacts of a row asked last how long ago; each
    row has one at least, and cells and rows come in the order of what they belong to.
    """

    idea: Positions
    units: Positions
    """How many stand in the row, each for itself: 1 for an account; contacts without one that have the same age."""
    mrr: Array
    """A month; NaN: not known."""
    segment: Array
    """The weight that the policy's table has for it; NaN: none."""
    cell_row: Positions
    cell_age: Array
    cell_contacts: Array
    importance: Array | None = None
    """By row: what importance multiplies its worth by; None: the policy does not look at it."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Ideas under a policy; rows as in the asks."""

    total: Array
    """By idea; NaN where it is not weighed."""
    state: NDArray[np.int8]
    """By idea: the position in `STATES`."""
    weight: Array
    """By row: what each of its units counts; NaN where the idea is not weighed."""
    cut: Array
    """By row: what the cap took off each of its units."""
    unknown: Mask
    """By row: whether its worth is not known."""


@dataclass(slots=True)
class _Cut:
    weight: Array
    cut: Array
    infeasible: list[int] = field(default_factory=list[int])


def problems(policy: Policy) -> list[str]:
    """What is wrong with a policy; nothing can be weighed by such a one."""
    found: list[str] = []
    if policy.half_life is not None and not SPAN.holds(policy.half_life):
        found.append(f"half_life: {policy.half_life:g} is not {SPAN.words}")
    if policy.cap is not None and not SHARE.holds(policy.cap):
        found.append(f"cap: {policy.cap:g} is not {SHARE.words}")
    return found


def weigh(asks: Asks, policy: Policy, ideas: int) -> Weighed:
    """Weigh the ideas at the positions below `ideas`; one that nobody asks for weighs 0.

    ValueError for a policy with `problems`, and for ages or revenue below zero.
    """
    if wrong := problems(policy):
        raise ValueError("; ".join(wrong))
    if (
        np.any(asks.cell_age < 0)
        or np.any(asks.mrr < 0)
        or (asks.importance is not None and np.any(asks.importance < 0))
    ):
        raise ValueError("ages, revenue and importance are at least 0")
    each = _worth(asks, policy)
    if asks.importance is not None:
        each = each * asks.importance
    unknown = ~np.isfinite(each)
    state = np.zeros(ideas, np.int8)
    if not policy.leave_out:
        state[asks.idea[unknown]] = STATES.index("unknown")
    each = np.where(unknown, 0.0, each)
    grid = _grid(asks, each, ideas)
    each = np.rint(each / grid[asks.idea]) * grid[asks.idea]
    kept = _capped(asks, each, policy.cap, grid) if policy.cap is not None else _Cut(each, np.zeros(len(each)))
    for idea in kept.infeasible:
        if state[idea] == 0:
            state[idea] = STATES.index("infeasible")
    out = state != 0
    total = _sum(asks, kept.weight, ideas)
    return Weighed(
        np.where(out, np.nan, total),
        state,
        np.where(out[asks.idea], np.nan, kept.weight),
        np.where(out[asks.idea], 0.0, kept.cut),
        unknown,
    )


def _worth(asks: Asks, policy: Policy) -> Array:
    """What each unit of a row counts before the cap; NaN where that is not known."""
    rows = len(asks.idea)
    fresh = np.ones(len(asks.cell_age)) if policy.half_life is None else np.exp2(-asks.cell_age / policy.half_life)
    if policy.kind == "flat":
        return np.bincount(asks.cell_row, asks.cell_contacts * fresh, rows) / asks.units
    latest = np.zeros(rows)
    np.maximum.at(latest, asks.cell_row, fresh)
    match policy.kind:
        case "account":
            return latest
        case "mrr":
            return asks.mrr * latest
        case "log_mrr":
            return np.log1p(asks.mrr) * latest
        case "segment":
            return asks.segment * latest


def _sum(asks: Asks, each: Array, ideas: int) -> Array:
    """By idea. Exact where the summands are multiples of the grid."""
    return np.bincount(asks.idea, each * asks.units, ideas).astype(np.float64)


def _grid(asks: Asks, each: Array, ideas: int) -> Array:
    """By idea: what all parts become multiples of. Up to four times the sum can then be added up without rounding."""
    _, exponent = np.frexp(_sum(asks, each, ideas))
    return np.ldexp(1.0, np.maximum(exponent - _BITS, -1000))


def _capped(asks: Asks, each: Array, cap: float, grid: Array) -> _Cut:
    share = Fraction(repr(cap))
    total = _sum(asks, each, len(grid))
    highest = np.zeros(len(grid))
    np.maximum.at(highest, asks.idea, each)
    found = _Cut(each.copy(), np.zeros(len(each)))
    # Those that may be over, by floats; whether they are is then decided in whole numbers.
    for idea in np.flatnonzero(highest > cap * total * (1 - 1e-9)).tolist():
        first, last = np.searchsorted(asks.idea, [idea, idea + 1]).tolist()
        part = each[first:last]
        order = np.argsort(-part, kind="stable")[: share.denominator // share.numerator + 2]
        steps = [int(worth / grid[idea]) for worth in part[order].tolist()]
        level = _level(steps, asks.units[first:last][order].tolist(), int(total[idea] / grid[idea]), share)
        if level is None:
            found.infeasible.append(idea)
        else:
            found.weight[first:last] = np.minimum(part, level * grid[idea])
            found.cut[first:last] = part - found.weight[first:last]
    return found


def _level(falling: Sequence[int], units: Sequence[int], total: int, cap: Fraction) -> int | None:
    """What no account may count more than, in steps of the grid; None: there is no such level above zero.

    `falling`: what the accounts that count most count each, the most first, and one more than can be cut.
    """
    if not falling or falling[0] * cap.denominator <= cap.numerator * total:
        return falling[0] if falling else 0
    cut, rest = 0, total
    for place, (worth, count) in enumerate(zip(falling, units, strict=True)):
        cut += count
        rest -= worth * count
        room = cap.denominator - cap.numerator * cut
        if room <= 0:
            return None
        level = cap.numerator * rest // room
        if (falling[place + 1] if place + 1 < len(falling) else 0) <= level:
            return level or None
    return None
