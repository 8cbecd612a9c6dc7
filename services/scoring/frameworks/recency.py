"""Recency: what an old vote, or an old demand, still counts.

    half-life: weight * 2 ^ (-age / half-life)        gravity: (points - 1) / (age + 2) ^ gravity

Sources: exponential decay with a half-life, the standard form; gravity is Hacker News' (news.arc, gravity 1.8, age in
hours).

| input     | unit          | range |
|-----------|---------------|-------|
| weight    | any           | ≥ 0   |
| age       | days or hours | ≥ 0   |
| half-life | as age        | > 0   |
| gravity   | power         | ≥ 0   |

Weights decay towards zero and never reach it. What is missing, negative or of no half-life is refused. Gravity takes
off the author's own point, as there: one point scores 0, and no point at all less than that.
"""

import numpy as np

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.recipe import Array, one_length, sound

AMOUNT, SPAN = Range(0), Range(0, above=True)
GRAVITY = 1.8


def by_half_life(weight: Array, age: Array, half_life: float) -> Array | Refusal:
    """Weights after their age."""
    if not SPAN.holds(half_life):
        return Refusal("not_scoreable", f"{half_life:g} is not {SPAN.words}", ("half_life",))
    with np.errstate(over="ignore", under="ignore"):
        return _refused({"weight": weight, "age": age}) or weight * np.exp2(-age / half_life)


def by_gravity(points: Array, hours: Array, gravity: float = GRAVITY) -> Array | Refusal:
    """Points after their age in hours."""
    if not AMOUNT.holds(gravity):
        return Refusal("not_scoreable", f"{gravity:g} is not {AMOUNT.words}", ("gravity",))
    with np.errstate(over="ignore", under="ignore"):
        return _refused({"points": points, "hours": hours}) or (points - 1) / np.power(hours + 2, gravity)


def _refused(columns: dict[str, Array]) -> Refusal | None:
    one_length(list(columns.values()))
    for name, values in columns.items():
        wrong = np.flatnonzero(~sound(AMOUNT, values)).tolist()
        if wrong:
            return Refusal("not_scoreable", f"{name} of {wrong} is not {AMOUNT.words}", (name,))
    return None
