"""What a response says of needs: one scale for all, and intervals that hold."""

import pytest

from services.feedback.needs.ratings import Rating, measure, rates, told, wilson


def answer(
    kind: str, value: float, about: str | None = "need", scale: tuple[float, float] | None = None
) -> dict[str, object]:
    return {"key": "q", "kind": kind, "value": value, "about": about, "scale": scale}


@pytest.mark.parametrize(
    ("scale", "values", "steps"),
    [
        (None, (1, 2, 3, 4, 5), (1, 2, 3, 4, 5)),
        ((0, 10), (0, 2, 5, 7, 8, 10), (1, 2, 3, 4, 4, 5)),
        ((1, 3), (1, 2, 3), (1, 3, 5)),
        ((-2, 2), (-2, 0, 1), (1, 3, 4)),
        ((0, 1), (0, 0.5, 0.75, 1), (1, 3, 4, 5)),
    ],
)
def test_answers_on_any_scale_count_as_one_of_five_steps(
    scale: tuple[float, float] | None, values: tuple[float, ...], steps: tuple[int, ...]
) -> None:
    found = [told([answer("importance", value, scale=scale)])["need"].importance for value in values]
    assert [mark.step for mark in found if mark] == list(steps)


def test_what_is_no_rating() -> None:
    assert told([answer("importance", 6), answer("nps", 5), answer("satisfaction", 3, about=None)]) == {}
    both = told([answer("importance", 1), answer("satisfaction", 2), answer("importance", 5)])["need"]
    assert (both.importance and both.importance.step, both.satisfaction and both.satisfaction.step) == (5, 2)
    assert Rating() == Rating(None, None)
    assert rates('[{"kind":"satisfaction"}]')
    assert not rates('[{"kind":"nps"}]')


@pytest.mark.parametrize(
    ("hits", "tries", "low", "high"),
    [
        # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
        # table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(hits: int, tries: int, low: float, high: float) -> None:
    assert wilson(hits, tries) == pytest.approx((low, high), abs=5e-5)


def test_a_measure() -> None:
    found = measure([1, 0, 0, 1, 2])
    assert (found.answers, found.mean, found.top_share) == (4, 3.75, 0.75)
    assert measure([0] * 5) == ((0, 0, 0, 0, 0), 0, None, None, None)
