"""Which share of the work to give to paying off debt, from the interest that was measured. Pure.

    worth paying off: interest * probability * horizon > principal
    suggested share  = min(1, sum of the principals of those worth it / (capacity * horizon))
    interest share   = sum of interest * probability over all open debts / capacity
    left afterwards  = the same over the debts that are not worth paying off within the horizon

Principal is in days, interest and capacity in days a month, the horizon in months. A debt is worth it when its interest
over the horizon comes to more than paying it off (W. Cunningham's principal and interest, 1992); spreading that work
evenly over the horizon gives the share. The growth of interest is left out: with it more would be worth it, never
less. The horizon is the caller's; no source gives one. Capacity is not guessed: without it there is no share.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Owed:
    """An open debt: days to pay it off, and days a month at their probability."""

    id: UUID
    title: str
    principal: float
    interest: float


@dataclass(frozen=True, slots=True)
class Suggested:
    """The share, and what it rests on."""

    share: float
    interest_share: float
    left: float
    days: float
    """What paying off those that are worth it takes."""
    worth: tuple[Owed, ...]
    """Those that pay back soonest first."""


def suggest(debts: Sequence[Owed], capacity: float, horizon: float) -> Suggested:
    """The share of a capacity, above zero, over a horizon above zero."""
    worth = [each for each in debts if each.interest * horizon > each.principal]
    days = math.fsum(each.principal for each in worth)
    kept = [each.interest for each in debts if each.interest * horizon <= each.principal]
    return Suggested(
        share=min(1.0, days / (capacity * horizon)),
        interest_share=math.fsum(each.interest for each in debts) / capacity,
        left=math.fsum(kept) / capacity,
        days=days,
        worth=tuple(sorted(worth, key=lambda each: (each.principal / each.interest, each.id))),
    )
