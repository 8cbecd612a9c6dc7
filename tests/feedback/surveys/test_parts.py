"""Of whatever sums a period is put together: each answer that counts there is in one of them, and no other is."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.surveys import parts
from services.feedback.surveys.parts import NEVER, Grain, Parts
from services.feedback.surveys.store import MOST_SPANS

FIRST = date(2027, 11, 20)
"""From there on a year ends within a week, and February has 29 days."""
DAYS = st.integers(0, 160).map(lambda n: FIRST + timedelta(days=n))
NAMES = {"month": "%Y-%m", "week": "%G-W%V"}


def kept(said: date, gone: date) -> dict[Grain, tuple[date, date]]:
    """As which two times such an answer is summed."""
    month = gone if gone == NEVER else gone.replace(day=1)
    found: dict[Grain, tuple[date, date]] = {
        "day": (said, month),
        "month": (said.replace(day=1), month),
        "month_day": (said.replace(day=1), gone),
    }
    if month > found["month"][0]:
        found["in_month"] = found["month"][0], NEVER
    monday = said - timedelta(days=said.weekday())
    if gone >= monday + timedelta(days=7):
        found["in_week"] = monday, NEVER
    return found


def counted(found: Parts, said: date, gone: date) -> int:
    """How often an answer is counted."""
    summed = kept(said, gone)
    return sum(
        each.grain in summed
        and each.said_on == summed[each.grain][0]
        and each.gone_from <= summed[each.grain][1] <= each.gone_until
        for each in found.sums
    ) + sum(
        each.said_from <= said < each.said_before and each.gone_from <= gone < each.gone_before for each in found.spans
    )


@given(DAYS, st.integers(1, 120), st.lists(st.tuples(DAYS, st.integers(0, 90) | st.none()), min_size=40, max_size=80))
def test_each_answer_is_in_one_part(start: date, length: int, answers: list[tuple[date, int | None]]) -> None:
    end = start + timedelta(days=length)
    whole, everything = parts.of_period(start, end), Parts(parts.given(start, end), ())
    periods = {"month": parts.by_month(start, end), "week": parts.by_week(start, end)}
    assert all(len(each.spans) <= MOST_SPANS for each in (whole, *periods.values()))
    for said, days in answers:
        gone = NEVER if days is None else said + timedelta(days=days)
        within = start <= said < end
        assert counted(everything, said, gone) == within
        assert counted(whole, said, gone) == (within and gone >= end)
        for unit, found in periods.items():
            last = said
            while (
                last + timedelta(days=1) < end
                and f"{last + timedelta(days=1):{NAMES[unit]}}" == f"{said:{NAMES[unit]}}"
            ):
                last += timedelta(days=1)
            assert counted(found, said, gone) == (within and gone > last), unit


def test_years_are_few_sums() -> None:
    first, after = date(2022, 1, 20), date(2027, 1, 20)
    for of in (parts.of_period, parts.by_month, parts.by_week):
        assert len(of(first, after).sums) <= 330
    assert len(parts.given(first, after)) <= 330
