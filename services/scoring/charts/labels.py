"""Where titles find room in a chart, so that none lies on another or on a dot. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

LONGEST_LABEL, LONGEST_TITLE = 36, 80
WIDTH, HEIGHT = 720, 440
LETTER, LINE, DOT = 6.5, 15, 6
"""About how much room a letter, a line and a dot take, in pixels."""
Span = tuple[float, float]
Side = Literal["right", "left"]


def label(title: str, longest: int = LONGEST_LABEL) -> str:
    """A title as long as a chart has room for."""
    title = " ".join(title.split()) or "(untitled)"
    return title if len(title) <= longest else title[: longest - 1].rstrip() + "…"


def span(values: Sequence[float]) -> Span:
    """The ends of an axis that holds zero and all of these, with some room."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * 0.06 or 1.0
    return low - room if low < 0 else low, high + room if high > 0 or low == 0 else high


@dataclass(frozen=True, slots=True)
class Placed:
    """What is written beside a dot; empty where it would lie on something else."""

    words: str
    side: Side


def placed(points: Sequence[tuple[str, float, float]], wide: Span, high: Span) -> list[Placed]:
    """The labels of dots by their words and places, the first ones first: right of each, left of it, or none."""
    at = [
        ((x - wide[0]) / (wide[1] - wide[0]) * WIDTH, (y - high[0]) / (high[1] - high[0]) * HEIGHT)
        for _, x, y in points
    ]
    together = Counter(at)
    taken: list[tuple[float, float, float]] = []
    made: list[Placed] = []
    told: set[tuple[float, float]] = set()
    for (title, _, _), (x, y) in zip(points, at, strict=True):
        others = together[x, y] - 1
        words = label(title) + (f" (+{others})" if others else "")
        room = len(words) * LETTER
        sides: dict[Side, tuple[float, float]] = {"right": (x, x + room), "left": (x - room, x)}
        free: list[Side] = [
            side
            for side, (start, end) in sides.items()
            if start >= 0
            and end <= WIDTH
            and (x, y) not in told
            and all(start > stop or end < begin or abs(y - line) > LINE for begin, stop, line in taken)
            # A dot that nearly covers its own is no worse than its own.
            and all(
                (abs(a - x) <= DOT and abs(b - y) < LINE) or not (start - DOT < a < end + DOT and abs(y - b) < LINE)
                for a, b in at
            )
        ]
        if free:
            taken.append((*sides[free[0]], y))
        told.add((x, y))
        made.append(Placed(words, free[0]) if free else Placed("", "right"))
    return made
