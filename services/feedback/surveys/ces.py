"""Customer effort (CES 2.0): how easy it was made, as the mean of the answers and as the share that found it easy.

"The company made it easy for me to handle my issue", from 1 (strongly disagree) to 7 (strongly agree): more is easier.

    CES  = mean of the answers                                                    on their scale, 1 to 7
    easy = 100 (answers above the middle of the scale) / n                        from 0 to 100, %

Source: Dixon, Toman and DeLisi, "The Effortless Experience", 2013 (CES 2.0: 5 to 7 count as easy). The first CES (2010,
"how much effort did you have to put forth", high is bad) runs the other way; a payload does not tell which it is, so a
connection should call such a question a `rating`.

The mean's interval is the normal one, on the place of the answers on their scale (0 to 100), so that surveys with
different scales can be put together; the share's is Wilson's. Without a rule that tells the scale, 1 to 7 is taken.
Without answers there is no figure: None.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.feedback.surveys import scales
from services.feedback.surveys.csat import percent
from services.feedback.surveys.scales import Cell
from shared.statistics.intervals import LEVEL, Interval, wilson

USUAL = (1.0, 7.0)


@dataclass(frozen=True, slots=True)
class Ces:
    """How easy respondents found it."""

    n: int
    easy: int
    easy_share: float
    interval: Interval
    """Of `easy_share`, from 0 to 100."""
    mean: float | None
    """On the scale itself, where all answers share one."""
    mean_place: float
    """The mean of the answers' places on their scales: 0 the lowest, 100 the highest."""
    mean_place_interval: Interval


def summary(cells: Iterable[Cell], level: float = LEVEL) -> tuple[Ces | None, int]:
    """The figures, and how many answers were left out for lying outside of their scale."""
    found, outside = scales.placed(cells, USUAL)
    n = sum(cell.n for cell in found)
    if not n:
        return None, outside
    easy, spread = scales.upper_half(found), scales.spread(found)
    return Ces(
        n,
        easy,
        100 * easy / n,
        percent(wilson(easy, n, level)),
        spread.mean,
        spread.mean_place,
        spread.interval,
    ), outside
