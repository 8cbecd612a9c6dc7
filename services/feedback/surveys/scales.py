"""Answers on a scale: which of them count as high, and what they are on average.

A payload tells a number, not what it is out of. A rule of the connection may (`scales`); without one the usual scale of
the measure is taken. What lies outside of its scale is no answer on it and is left out, and counted as such.

    upper quarter: value >= low + 3/4 (high - low)     4, 5 of 1 to 5; 6, 7 of 1 to 7; 8 to 10 of 1 to 10; 3 of 1 to 3
    upper half:    value >  low + 1/2 (high - low)     4, 5 of 1 to 5; 5 to 7 of 1 to 7; 6 to 10 of 1 to 10

so that on the five-point scale that both are defined for they are the top two boxes. Means of different scales are not
comparable: each answer's place on its scale (0 the lowest, 100 the highest) is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from shared.statistics.intervals import Interval, of_mean


class Cell(NamedTuple):
    """So many respondents gave one answer on one scale."""

    value: float
    low: float | None
    high: float | None
    n: int
    without: int | None = None
    """Of a Kano pair the answer to how it would be to go without; `value` is the other one."""


class Placed(NamedTuple):
    """The same with its scale known."""

    value: float
    low: float
    high: float
    n: int

    @property
    def place(self) -> float:
        """From 0, the lowest answer, to 1, the highest."""
        return (self.value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Spread:
    """How answers are spread: the mean of their places on their scales, from 0 to 100."""

    mean_place: float
    interval: Interval
    mean: float | None
    """On the scale itself, where all answers share one."""


def placed(cells: Iterable[Cell], usual: tuple[float, float]) -> tuple[list[Placed], int]:
    """Cells on their scales (`usual` where none is told), and how many answers lie outside of theirs."""
    found: list[Placed] = []
    outside = 0
    for cell in cells:
        low, high = (cell.low, cell.high) if cell.low is not None and cell.high is not None else usual
        if low < high and low <= cell.value <= high:
            found.append(Placed(cell.value, low, high, cell.n))
        else:
            outside += cell.n
    return found, outside


def upper_quarter(cells: Iterable[Placed]) -> int:
    """How many answers lie in the upper quarter of their scale, its lower end included."""
    return sum(cell.n for cell in cells if cell.place >= 0.75 - 1e-9)


def upper_half(cells: Iterable[Placed]) -> int:
    """How many answers lie above the middle of their scale."""
    return sum(cell.n for cell in cells if cell.place > 0.5 + 1e-9)


def spread(cells: Iterable[Placed]) -> Spread:
    """The mean of the answers. ValueError without any."""
    cells = list(cells)
    n = sum(cell.n for cell in cells)
    if not n:
        raise ValueError("without answers there is no mean")
    centre = sum(cell.place * cell.n for cell in cells) / n
    squares = sum((cell.place - centre) ** 2 * cell.n for cell in cells)
    variance = squares / (n - 1) if n > 1 else 0.0
    interval = of_mean(100 * centre, 100**2 * variance, n)
    one = len({(cell.low, cell.high) for cell in cells}) == 1
    return Spread(
        100 * centre,
        Interval(max(0.0, interval.low), min(100.0, interval.high), interval.method, interval.level),
        sum(cell.value * cell.n for cell in cells) / n if one else None,
    )
