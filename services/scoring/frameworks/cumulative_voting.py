"""Cumulative voting: the hundred-dollar test, and buy a feature.

Sources: Dean Leffingwell and Don Widrig, "Managing Software Requirements", 1999 (each has 100 points to spread); Luke
Hohmann, "Innovation Games", 2006 (buy a feature: prices, budgets, and purchases that several make together).

In the hundred-dollar test a ballot must spend exactly its points; one that does not is refused by name, never scaled.
Items are ranked by their sum; of equal sums the one with more backers comes first, and what is still equal shares a
rank.

In buy a feature all budgets together buy a third to a half of all features, so that buyers must agree. An item is
bought when what is put into it reaches its price; nobody spends more than the budget.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from services.scoring.frameworks.factors import Refusal

POINTS = 100.0
LARGEST = 1e15
"""Of points and money: sums of them stay exact enough to be compared."""
LEAST_BUDGET, MOST_BUDGET = 1 / 3, 1 / 2
Ballots = Mapping[str, Mapping[str, float]]
"""What each voter gives to each item."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An item after the vote."""

    total: float
    share: float
    backers: int
    """Voters who gave it anything."""
    rank: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """An item in buy a feature."""

    price: float
    paid: float
    buyers: int
    bought: bool


def tally(ballots: Ballots, points: float = POINTS) -> dict[str, Standing] | Refusal:
    """Sum up ballots of so many points each; the items in their order."""
    if not 0 < points <= LARGEST:
        return Refusal("not_scoreable", f"{points:g} points cannot be spread", ("points",))
    wrong = tuple(
        voter
        for voter, given in ballots.items()
        if not all(0 <= each <= LARGEST for each in given.values())
        or not math.isclose(math.fsum(given.values()), points, rel_tol=1e-9)
    )
    if wrong or not ballots:
        return Refusal("not_scoreable", f"each ballot spends {points:g} points, none of them negative", wrong)
    places = {item: (math.fsum(given), len(given)) for item, given in _given(ballots).items()}
    everything = math.fsum(total for total, _ in places.values())
    # From the last to the first, so that the first of equals stays.
    ranks = {place: rank for rank, place in reversed(list(enumerate(sorted(places.values(), reverse=True), start=1)))}
    standings = {
        item: Standing(total, total / everything, backers, ranks[total, backers])
        for item, (total, backers) in places.items()
    }
    return dict(sorted(standings.items(), key=lambda each: each[1].rank))


def budgets(prices: Mapping[str, float]) -> tuple[float, float] | Refusal:
    """The least and the most that all buyers together should have: a third to a half of all prices."""
    wrong = tuple(item for item, price in prices.items() if not 0 < price <= LARGEST)
    if wrong or not prices:
        return Refusal("not_scoreable", "every price is above 0", wrong or ("prices",))
    total = math.fsum(prices.values())
    return total * LEAST_BUDGET, total * MOST_BUDGET


def purchases(prices: Mapping[str, float], budget: float, ballots: Ballots) -> dict[str, Purchase] | Refusal:
    """What is bought when each buyer has this budget."""
    bounds = budgets(prices)
    if isinstance(bounds, Refusal):
        return bounds
    if not 0 <= budget <= LARGEST:
        return Refusal("not_scoreable", f"{budget:g} is no budget", ("budget",))
    unknown = tuple(sorted({item for given in ballots.values() for item in given} - prices.keys()))
    if unknown:
        return Refusal("not_scoreable", "these items have no price", unknown)
    over = tuple(
        buyer
        for buyer, given in ballots.items()
        if not all(0 <= each <= LARGEST for each in given.values()) or math.fsum(given.values()) > budget * (1 + 1e-9)
    )
    if over:
        return Refusal("infeasible", f"these buyers spend more than {budget:g}, or less than nothing", over)
    given = _given(ballots)
    paid = {item: math.fsum(given.get(item, ())) for item in prices}
    return {
        item: Purchase(price, paid[item], len(given.get(item, ())), paid[item] >= price * (1 - 1e-9))
        for item, price in prices.items()
    }


def _given(ballots: Ballots) -> dict[str, list[float]]:
    """What each item was given by those who gave it anything; once over the ballots, however many items there are."""
    given: dict[str, list[float]] = {}
    for ballot in ballots.values():
        for item, points in ballot.items():
            held = given.setdefault(item, [])
            if points > 0:
                held.append(points)
    return given
