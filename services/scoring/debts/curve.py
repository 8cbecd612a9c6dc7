"""Paying debt off now against carrying it.

    carried by month n = day cost * probability * sum over months 1..n of interest * (1 + growth)^(month - 1)
    paid now = day cost * principal        paid in month n = carried by month n + paid now

Both are in money, as the cost of delay of a feature is. It breaks even in the first month by which carrying has cost as
much as paying would have. Principal is in days, interest in days a month.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Debt:
    """What a curve needs of a debt."""

    principal: float
    interest: float
    probability: float
    growth: float
    day_cost: float


@dataclass(frozen=True, slots=True)
class Month:
    """What has been spent by the end of a month; month 0 is now."""

    month: int
    carried: float
    paid_now: float
    paid_then: float


def curve(debt: Debt, months: int) -> list[Month]:
    """Months 0 to `months`."""
    now = debt.day_cost * debt.principal
    carried, interest = 0.0, debt.day_cost * debt.probability * debt.interest
    made = [Month(0, 0.0, now, now)]
    for month in range(1, months + 1):
        carried += interest
        interest *= 1 + debt.growth
        made.append(Month(month, carried, now, carried + now))
    return made


def breaks_even(made: list[Month]) -> int | None:
    """The first month by which carrying it has cost as much as paying it off; None: not within the curve."""
    return next((each.month for each in made if each.carried >= each.paid_now and each.month > 0), None)
