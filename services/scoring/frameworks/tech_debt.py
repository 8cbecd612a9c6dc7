"""Technical debt: where it hurts, and when paying it off pays back.

    hotspot = change frequency * complexity    payback = principal / interest    cost of delay = interest * probability

Sources: Ward Cunningham, "The WyCash portfolio management system", 1992, for principal and interest; Adam Tornhill,
"Your Code as a Crime Scene", 2015, for hotspots (the product is our form of it: complex code that nobody touches hurts
nobody).

| input       | unit                  | range  |
|-------------|-----------------------|--------|
| changes     | changes per period    | ≥ 0    |
| complexity  | any measure of it     | ≥ 0    |
| principal   | days to pay it off    | ≥ 0    |
| interest    | days per month        | ≥ 0    |
| probability | share                 | [0, 1] |

Debt without interest never pays back: its payback is None and it comes last, not a division by zero. Cost of delay in
days per month makes debt comparable with features under CD3 (`cost_of_delay`, duration: the principal).
"""

import numpy as np

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.recipe import Array, one_length, sound

AMOUNT, SHARE = Range(0, 1e150), Range(0, 1)


def hotspots(changes: Array, complexity: Array) -> Array | Refusal:
    """How hot each file is."""
    return _refused({"changes": changes, "complexity": complexity}) or changes * complexity


def payback(principal: Array, interest: Array) -> list[float | None] | Refusal:
    """Months until paying each debt off has paid back; None: never."""
    refused = _refused({"principal": principal, "interest": interest})
    if refused is not None:
        return refused
    never = interest == 0
    with np.errstate(over="ignore"):
        months = principal / np.where(never, 1.0, interest)
    return [
        value if value < np.inf and not endless else None
        for value, endless in zip(months.tolist(), never.tolist(), strict=True)
    ]


def first_to_last(months: list[float | None]) -> list[int]:
    """The debts' positions, those that pay back soonest first; equals stay as they were."""
    return sorted(range(len(months)), key=lambda place: (months[place] is None, months[place] or 0.0))


def cost_of_delay(interest: Array, probability: Array) -> Array | Refusal:
    """What a month without paying off costs, in the unit of the interest."""
    return _refused({"interest": interest}, {"probability": probability}) or interest * probability


def _refused(amounts: dict[str, Array], shares: dict[str, Array] | None = None) -> Refusal | None:
    one_length([*amounts.values(), *(shares or {}).values()])
    for range, columns in ((AMOUNT, amounts), (SHARE, shares or {})):
        for name, values in columns.items():
            wrong = np.flatnonzero(~sound(range, values)).tolist()
            if wrong:
                return Refusal("not_scoreable", f"{name} of {wrong} is not {range.words}", (name,))
    return None
