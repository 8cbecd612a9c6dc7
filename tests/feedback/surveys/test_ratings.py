"""What a response says of a need: one scale for all, and shares as Ulwick takes them."""

import pytest

from services.feedback.subjects.ratings import NONE, measure, step, tally


@pytest.mark.parametrize(
    ("scale", "values", "steps", "high"),
    [
        ((None, None), (1, 2, 3, 4, 5), (1, 2, 3, 4, 5), 2),
        ((0, 10), (0, 2, 5, 7, 8, 10), (1, 2, 3, 4, 4, 5), 2),
        ((1, 3), (1, 2, 3), (1, 3, 5), 1),
        ((-2, 2), (-2, 0, 1), (1, 3, 4), 1),
        ((0, 1), (0, 0.5, 0.75, 1), (1, 3, 4, 5), 2),
        ((1, 5), (0, 6), (None, None), 0),
        ((5, 5), (5,), (None,), 0),
    ],
)
def test_answers_on_any_scale_count_as_one_of_five_steps(
    scale: tuple[float | None, float | None], values: tuple[float, ...], steps: tuple[int | None, ...], high: int
) -> None:
    assert [step(value, *scale) for value in values] == list(steps)
    tallies = [one for value in values if (one := tally(value, *scale))]
    assert [sum(one[:5]) for one in tallies] == [1 for each in steps if each is not None]
    assert sum(one[5] for one in tallies) == high, "the upper quarter of the scale, as /v1/surveys/importance has it"


def test_a_measure() -> None:
    found = measure([1, 0, 0, 1, 2, 3])
    assert (found.answers, found.mean, found.top_share) == (4, 3.75, 0.75)
    assert found.interval is not None
    # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
    # table I, method 3.
    of_many = measure([182, 0, 0, 0, 81, 81]).interval
    assert of_many is not None
    assert (of_many.low, of_many.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert measure(NONE) == ((0, 0, 0, 0, 0), 0, None, None, None)
