"""Of which sums the answers of a period are put together.

An answer counts in a period that it was said in and not superseded before the end of. So what is kept is summed by two
times, each by day or by month (`survey_cells.grain`), and a period is as many whole months as fit in it, and days at
its edges:

    said                superseded: in the month of the end, behind it      in a later month, or not yet
    in whole months                 `month_day`, a sum a month              `month`, a sum a month
    on days at the edges            the answers themselves                  `day`, a sum a day

By month and by week there is a sum for each whole one, of what was not superseded in it (`in_month`, `in_week`);
those that the period cuts are periods of their own. However many answers there are, five years are some 330 sums.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

Grain = Literal["day", "month", "month_day", "in_month", "in_week"]
EVER, NEVER = date.min, date.max
"""As the database's -infinity and infinity: what is not superseded yet will be later than on any day."""
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


class Sum(NamedTuple):
    """Answers that were said in a day, month or week, by its first day, and superseded on two days or between them."""

    grain: Grain
    said_on: date
    gone_from: date
    gone_until: date = NEVER


class Span(NamedTuple):
    """Answers that were said, and superseded, from the first day of two and before the second."""

    said_from: date
    said_before: date
    gone_from: date
    gone_before: date


class Parts(NamedTuple):
    """What is summed already, and what is looked at one by one. No answer is in two of these."""

    sums: Sequence[Sum]
    spans: Sequence[Span]


def of_period(start: date, end: date) -> Parts:
    """What counts from one day and before another."""
    (edges, months), later = _divided(start, end, _month, _after_month), _from(end, _month, _after_month)
    sums = [Sum("day", day, later) for first, after in edges for day in _days(first, after)]
    sums += [Sum("month", month, later) for month in months]
    if later == end:
        return Parts(sums, ())
    sums += [Sum("month_day", month, end, later - _DAY) for month in months]
    return Parts(sums, [Span(*edge, end, later) for edge in edges])


def by_month(start: date, end: date) -> Parts:
    """What counts in each month of a period: in its part of it, where the period cuts one."""
    edges, months = _divided(start, end, _month, _after_month)
    return _together([Sum("in_month", month, EVER) for month in months], edges)


def by_week(start: date, end: date) -> Parts:
    """What counts in each week of a period (ISO 8601): in its part of it, where the period cuts one."""
    edges, weeks = _divided(start, end, _monday, _after_week)
    return _together([Sum("in_week", week, EVER) for week in weeks], edges)


def given(start: date, end: date) -> Sequence[Sum]:
    """All that was said from one day and before another, superseded or not."""
    edges, months = _divided(start, end, _month, _after_month)
    sums = [Sum("day", day, EVER) for first, after in edges for day in _days(first, after)]
    return [*sums, *(Sum("month", month, EVER) for month in months)]


def _together(sums: list[Sum], edges: Sequence[tuple[date, date]]) -> Parts:
    cut = [of_period(*edge) for edge in edges]
    return Parts(sums + [each for parts in cut for each in parts.sums], [each for parts in cut for each in parts.spans])


def _divided(
    start: date, end: date, begins: Callable[[date], date], following: Callable[[date], date]
) -> tuple[list[tuple[date, date]], list[date]]:
    """The edges of a period, and the first days of what is wholly in it."""
    first, last = _from(start, begins, following), begins(end)
    if first > last:
        return [(start, end)], []
    whole: list[date] = []
    while first < last:
        whole.append(first)
        first = following(first)
    edges = (start, whole[0] if whole else last), (last, end)
    return [edge for edge in edges if edge[0] < edge[1]], whole


def _from(day: date, begins: Callable[[date], date], following: Callable[[date], date]) -> date:
    """The first day of a month or week that begins on that day or after it."""
    first = begins(day)
    return day if first == day else following(first)


def _month(day: date) -> date:
    return day.replace(day=1)


def _after_month(first: date) -> date:
    return _month(first + timedelta(days=31))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _after_week(first: date) -> date:
    return first + _WEEK


def _days(first: date, after: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((after - first).days))
