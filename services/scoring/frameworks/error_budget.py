"""Error budgets: how much failure an objective leaves, how fast it is spent, and what that allows.

    budget = (1 - slo) * minutes of the window    burn rate = error rate / (1 - slo)
    exhausted after window / burn rate

Source: Google, "Site Reliability Engineering", 2016, chapter 3, and "The Site Reliability Workbook", 2018, chapter 5: a
burn rate of 14.4 spends 2 % of a 30-day budget in an hour, and all of it in 50 hours.

| input      | unit             | range  |
|------------|------------------|--------|
| slo        | share that works | (0, 1) |
| error rate | share that fails | [0, 1] |
| days       | days             | > 0    |

An objective of 1 leaves no budget, so nothing can be divided by it: refused. A burn rate of zero never exhausts it:
None. What is left decides: over half `ship`, none `freeze`, under a quarter `review_risky`, between them `normal`.
"""

from typing import Literal

from services.scoring.frameworks.factors import Range, Refusal

SLO, RATE, DAYS = Range(0, 1, above=True), Range(0, 1), Range(0, 1e9, above=True)
FREELY, CAREFULLY = 0.5, 0.25
Policy = Literal["ship", "normal", "review_risky", "freeze"]


def budget_minutes(slo: float, days: float) -> float | Refusal:
    """Minutes of failure that the window allows."""
    refused = _refused({"slo": (SLO, slo), "days": (DAYS, days)})
    return refused or (1 - slo) * days * 24 * 60


def burn_rate(error_rate: float, slo: float) -> float | Refusal:
    """How many times as fast as allowed the budget is spent."""
    refused = _refused({"error_rate": (RATE, error_rate), "slo": (SLO, slo)})
    if refused is None and slo == 1:
        refused = Refusal("not_scoreable", "an objective of 1 leaves no budget", ("slo",))
    return refused or error_rate / (1 - slo)


def hours_to_exhaust(rate: float, days: float) -> float | Refusal | None:
    """Hours until the whole budget is spent at this burn rate; None: never."""
    refused = _refused({"burn_rate": (Range(0), rate), "days": (DAYS, days)})
    if refused is not None:
        return refused
    hours = float("inf") if rate == 0 else days * 24 / rate
    return hours if hours < float("inf") else None


def policy(remaining: float) -> Policy | Refusal:
    """What the share of the budget that is left allows. Overspent, it is below zero."""
    if not -float("inf") < remaining <= 1:
        return Refusal("not_scoreable", f"{remaining:g} is no share of a budget", ("remaining",))
    if remaining <= 0:
        return "freeze"
    return "ship" if remaining > FREELY else "review_risky" if remaining < CAREFULLY else "normal"


def _refused(given: dict[str, tuple[Range, float]]) -> Refusal | None:
    wrong = {name: range.problem(value) for name, (range, value) in given.items()}
    lacking = tuple(name for name, problem in wrong.items() if problem is not None)
    return (
        Refusal("not_scoreable", "; ".join(f"{name}: {wrong[name]}" for name in lacking), lacking) if lacking else None
    )
