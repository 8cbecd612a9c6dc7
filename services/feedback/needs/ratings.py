"""What a response says of needs, on one scale of five steps, and what many of them say together.

Ulwick's inputs are shares of respondents: how many answer 4 or 5 of 5 ("What Customers Want", 2005). Their interval is
Wilson's at 95 % (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
American Statistical Association 22, 1927), which holds for few answers and near 0 and 1.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

IMPORTANCE, SATISFACTION = "importance", "satisfaction"
STEPS = 5
TOP = 4
"""The least step that counts as important, or satisfied."""
USUAL = (1.0, 5.0)
"""The scale of a question whose rules tell none."""
FEW = 30
"""Fewer answers than this are too few to decide by."""
_Z = 1.959964


class Mark(NamedTuple):
    """One answer: as given, on which scale, and the step from 1 to 5 that it counts as."""

    value: float
    scale: tuple[float, float]
    step: int


class Rating(NamedTuple):
    """What one response says of one need."""

    importance: Mark | None = None
    satisfaction: Mark | None = None


class Measure(NamedTuple):
    """What many say: `counts` are answers in each of the five steps, the lowest first."""

    counts: tuple[int, ...]
    answers: int
    mean: float | None
    """Of the steps, 1 to 5."""
    top_share: float | None
    """Share of answers that are 4 or 5."""
    interval: tuple[float, float] | None
    """Of `top_share`, 95 %."""


def rates(answers: str) -> bool:
    """Whether answers (JSON) may say something of a need: told without reading them."""
    return f'"{IMPORTANCE}"' in answers or f'"{SATISFACTION}"' in answers


def told(answers: Sequence[Mapping[str, Any]]) -> dict[str, Rating]:
    """Ratings by the name of what they are about. Of two answers to one question the last counts.

    An answer off its scale is none. Names may be those of ideas, too: whether there is such a need is not known here.
    """
    found: dict[str, Rating] = {}
    for answer in answers:
        kind, name = answer.get("kind"), answer.get("about")
        if kind not in (IMPORTANCE, SATISFACTION) or not isinstance(name, str):
            continue
        mark = _mark(answer.get("value"), answer.get("scale") or USUAL)
        if mark is not None:
            rating = found.get(name, Rating())
            found[name] = rating._replace(importance=mark) if kind == IMPORTANCE else rating._replace(satisfaction=mark)
    return found


def _mark(value: object, scale: Sequence[float]) -> Mark | None:
    """The nearest of five steps at equal distances from the lowest answer to the highest; halfway counts upwards."""
    low, high = scale
    if not isinstance(value, int | float) or not low <= value <= high:
        return None
    return Mark(value, (low, high), 1 + math.floor((STEPS - 1) * (value - low) / (high - low) + 0.5))


def measure(counts: Sequence[int]) -> Measure:
    """The mean, the share of the top two steps and its interval; None where nobody has answered."""
    answers = sum(counts)
    if not answers:
        return Measure(tuple(counts), 0, None, None, None)
    top = sum(counts[TOP - 1 :])
    mean = sum(step * count for step, count in enumerate(counts, start=1)) / answers
    return Measure(tuple(counts), answers, mean, top / answers, wilson(top, answers))


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """The interval of a share at 95 %, `tries` being 1 or more."""
    share, weight = hits / tries, _Z**2 / tries
    centre = (share + weight / 2) / (1 + weight)
    reach = _Z * math.sqrt(share * (1 - share) / tries + weight / (4 * tries)) / (1 + weight)
    return max(0.0, centre - reach), min(1.0, centre + reach)
