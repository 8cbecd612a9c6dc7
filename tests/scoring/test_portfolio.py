"""Portfolios: the best set, held against every set there is; and what limits cost."""

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.frameworks.recipe import Array, Mask
from services.scoring.portfolio import prices
from services.scoring.portfolio import program as program_module
from services.scoring.portfolio.front import front
from services.scoring.portfolio.program import Item, Program, Share, Solver
from tests.depth import examples

SKILLS = ("backend", "design")
KINDS = ("feature", "debt")


def allowed(program: Program, periods: dict[str, int]) -> bool:
    """Whether a set is within every limit, by plain arithmetic."""
    items = {item.key: item for item in program.items}
    for skill, amounts in program.capacity.items():
        for period, amount in enumerate(amounts):
            used = sum(items[key].effort.get(skill, 0) for key, when in periods.items() if when == period)
            if used > amount + 1e-9:
                return False
    if any(
        key in periods and not (other in periods and periods[other] <= periods[key]) for key, other in program.needs
    ):
        return False
    if not set(program.must) <= periods.keys() or set(program.without) & periods.keys():
        return False
    efforts = {key: sum(items[key].effort.values()) for key in periods}
    whole = sum(map(sum, program.capacity.values())) if program.share_of == "capacity" else sum(efforts.values())
    for share in program.shares:
        theirs = sum(effort for key, effort in efforts.items() if items[key].kind in share.kinds)
        if share.least is not None and theirs < share.least * whole - 1e-9:
            return False
        if share.most is not None and theirs > share.most * whole + 1e-9:
            return False
    return True


def every_set(program: Program) -> Iterator[dict[str, int]]:
    """Each item in no period, or in one of them."""
    for places in itertools.product(range(-1, program.periods), repeat=len(program.items)):
        yield {item.key: place for item, place in zip(program.items, places, strict=True) if place >= 0}


def by_hand(program: Program) -> float | None:
    """The value of the best set, found by trying all of them; None when there is none."""
    values = {item.key: item.value for item in program.items}
    found = [
        sum(values[key] * program.keep**when for key, when in periods.items())
        for periods in every_set(program)
        if allowed(program, periods)
    ]
    return max(found) if found else None


whole = st.integers(0, 9).map(float)


def of_one_period(program: Program) -> float | None:
    """The same for one period and up to twenty items: every subset is a place in columns that double with each item."""
    items = program.items
    places = {item.key: place for place, item in enumerate(items)}
    subsets = np.arange(1 << len(items))

    def sums(figures: Iterable[float]) -> Array:
        found: Array = np.zeros(len(subsets))
        for place, figure in enumerate(figures):
            found[1 << place : 2 << place] = found[: 1 << place] + figure
        return found

    def holds(key: str) -> Mask:
        return (subsets >> places[key]) & 1 == 1

    fits = np.ones(len(subsets), np.bool_)
    for skill, (amount,) in program.capacity.items():
        fits &= sums(item.effort.get(skill, 0) for item in items) <= amount + 1e-9
    for key, other in program.needs:
        fits &= ~holds(key) | holds(other)
    for key in program.must:
        fits &= holds(key)
    for key in program.without:
        fits &= ~holds(key)
    every = sums(sum(item.effort.values()) for item in items)
    whole = sum(map(sum, program.capacity.values())) if program.share_of == "capacity" else every
    for share in program.shares:
        theirs = sums(sum(item.effort.values()) if item.kind in share.kinds else 0 for item in items)
        if share.least is not None:
            fits &= theirs >= share.least * whole - 1e-9
        if share.most is not None:
            fits &= theirs <= share.most * whole + 1e-9
    values = sums(item.value for item in items)[fits]
    return float(values.max()) if len(values) else None


@st.composite
def programs(draw: st.DrawFn, fewest: int = 1, most: int = 8, lengths: Sequence[int] = (1, 1, 2)) -> Program:
    periods = draw(st.sampled_from(lengths))
    count = draw(st.integers(fewest, most if periods == 1 else 5))
    keys = [f"i{place}" for place in range(count)]
    items = [
        Item(
            key,
            draw(whole),
            {skill: draw(whole) for skill in SKILLS[: draw(st.integers(1, 2))]},
            draw(st.sampled_from(KINDS)),
        )
        for key in keys
    ]
    some = st.lists(st.sampled_from(keys), max_size=2, unique=True)
    pairs = st.tuples(st.sampled_from(keys), st.sampled_from(keys)).filter(lambda pair: pair[0] != pair[1])
    share = st.builds(
        Share,
        st.sampled_from([("debt",), ("feature",)]),
        st.sampled_from([None, 0.2, 0.5]),
        st.sampled_from([None, 0.5, 0.8]),
    )
    return Program(
        items,
        {skill: [draw(st.integers(0, 15).map(float)) for _ in range(periods)] for skill in SKILLS},
        draw(st.lists(pairs, max_size=2)),
        draw(some),
        draw(some),
        draw(st.lists(share, max_size=1)),
        draw(st.sampled_from(["capacity", "used"])),
        draw(st.sampled_from([1.0, 0.9])),
    )


@examples(25)
@given(program=programs())
def test_the_best_set_is_the_best_of_all_sets(program: Program) -> None:
    solver = Solver(program, time.monotonic() + 5)
    found, wanted = solver.best(tidy=True), by_hand(program)
    if found is None:
        assert wanted is None
        conflict = solver.conflict()
        assert conflict.least
        assert solver.best(leave=set(solver.limits) - set(conflict.limits)) is None, "these alone contradict"
        for limit in conflict.limits:
            left = [each for each in conflict.limits if each != limit]
            assert solver.best(leave=set(solver.limits) - set(left)) is not None, "and each of them is needed"
        return
    assert allowed(program, dict(found.periods))
    assert (found.value, found.gap) == (pytest.approx(wanted), 0)


@pytest.mark.parametrize("most", [8, 14, 20])
def test_up_to_twenty_items_are_chosen_as_by_trying_all_sets(most: int) -> None:
    @examples(8)
    @given(program=programs(1 if most == 8 else most, most, (1,)))
    def holds(program: Program) -> None:
        wanted = of_one_period(program)
        if most == 8:
            assert wanted == by_hand(program), "both ways of trying all sets find the same"
            return
        found = Solver(program, time.monotonic() + 5).best(tidy=True)
        if found is None:
            assert wanted is None
        else:
            assert allowed(program, dict(found.periods))
            assert (found.value, found.gap) == (pytest.approx(wanted), 0)

    holds()


@pytest.mark.parametrize("large", [0, 1_000])
def test_a_large_set_is_within_all_limits_and_its_gap_is_true(large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small programs taken for large ones: begun with the linear relaxation, or with branch and cut."""
    monkeypatch.setattr(program_module, "MANY_VARIABLES", 0)
    monkeypatch.setattr(program_module, "MOST_VARIABLES", large)

    @examples(15)
    @given(program=programs())
    def holds(program: Program) -> None:
        found, wanted = Solver(program, time.monotonic() + 5).best(), by_hand(program)
        assert (found is None) == (wanted is None)
        if found is not None and wanted is not None:
            assert allowed(program, dict(found.periods))
            assert found.value <= wanted + 1e-6
            assert found.value + found.gap * max(abs(found.value), 1e-9) >= wanted - 1e-6

    holds()


@pytest.mark.parametrize("huge", [4e1, 1e3, 1e6, 1e9])
def test_an_item_that_never_fits_lets_nothing_else_over_the_limit(huge: float) -> None:
    items = [Item("huge", 9, {"backend": huge}), Item("a", 2, {"backend": 2.501}), Item("b", 1, {"backend": 2.501})]
    solver = Solver(Program(items, {"backend": [5.0]}), time.monotonic() + 5)
    found = solver.best(tidy=True)
    assert found is not None
    assert (found.periods, found.gap) == ({"a": 0}, 0), "both of them take 5.002"
    eased = solver.best(more={("backend", 0): huge})
    assert eased is not None
    assert {"huge", "a"} <= eased.periods.keys()
    none = Solver(Program(items, {"backend": [0.0]}), time.monotonic() + 5).best()
    assert none is not None
    assert none.periods == {}


def test_what_limits_cost_is_the_difference_of_two_optima() -> None:
    items = [
        Item("a", 10, {"backend": 5}),
        Item("b", 7, {"backend": 3}),
        Item("c", 6, {"backend": 4}, "debt"),
        Item("wide", 50, {"backend": 30}),
        Item("tail", 9, {"backend": 1}),
    ]
    program = Program(items, {"backend": [8.0]}, [("tail", "wide")], must={"c"}, without={"b"})
    solver = Solver(program, time.monotonic() + 5)
    best = solver.best(tidy=True)
    assert best is not None
    assert best.periods == {"c": 0}
    (backend,) = prices.of_capacity(solver, best, 1)
    assert (backend.price, backend.enters) == (10, ("a",)), "the ninth month lets a in"
    overrides = {each.limit[:2]: each.price for each in prices.of_overrides(solver, best)}
    assert overrides == {("must", "c"): 4, ("without", "b"): 7}
    outside = {each.key: each for each in prices.of_left_out(solver, best, 5)}
    assert list(outside) == ["wide", "a", "tail", "b"]
    assert outside["wide"].reason == "takes 30 of backend, and no period has more than 8"
    assert ("must", "c", "") in outside["a"].limits
    assert ("need", "tail", "wide") in outside["tail"].limits
    assert outside["b"].reason == "excluded by hand"


def test_a_set_that_is_best_on_average_may_be_the_riskier_one() -> None:
    items = [Item("steady", 9.9, {"any": 1}), Item("gamble", 10, {"any": 1})]
    solver = Solver(Program(items, {"any": [1.0]}), time.monotonic() + 5)
    best = solver.best()
    assert best is not None
    draws = np.array([[9.9] * 20, [0.0, 20.0] * 10])
    found = prices.robust(solver, best, draws, 1)
    assert found is not None
    assert (found.share, found.draws) == ({"steady": 0.5, "gamble": 0.5}, 20)
    assert (found.low, found.high, found.safer, found.safer_low) == (0, 20, ("steady",), 9.9)
    assert found.regret == pytest.approx(9.9 / 2)


def test_the_front_holds_what_no_set_beats_in_both() -> None:
    figures = {"f1": (9, 4), "f2": (6, 3), "f3": (4, 2), "d1": (8, 4), "d2": (5, 3), "d3": (2, 1)}
    items = [
        Item(key, value, {"any": effort}, "debt" if key[0] == "d" else "feature")
        for key, (value, effort) in figures.items()
    ]
    program = Program(items, {"any": [8.0]})
    points, complete = front(Solver(program, time.monotonic() + 5), {"debt"}, 8)
    worth = {
        (
            sum(figures[key][0] for key in periods if key[0] == "f"),
            sum(figures[key][0] for key in periods if key[0] == "d"),
        )
        for periods in every_set(program)
        if allowed(program, periods)
    }
    best = {one for one in worth if not any(two != one and two[0] >= one[0] and two[1] >= one[1] for two in worth)}
    found = [(point.business, point.technical) for point in points]
    assert complete
    assert set(found) <= best
    assert (found[0], found[-1]) == (max(best), min(best))
    assert len(found) >= 4
    assert [point.share for point in points] == sorted(point.share for point in points)


def test_without_time_there_is_no_answer_and_with_little_a_gap() -> None:
    lot = np.random.default_rng(3)
    items = [Item(f"{place}", float(lot.integers(1, 99)), {"any": float(lot.integers(1, 40))}) for place in range(120)]
    program = Program(items, {"any": [200.0] * 4}, keep=0.97)
    found = Solver(program, time.monotonic() + 0.6).best()
    assert found is not None
    assert 0 <= found.gap < 0.5
    assert allowed(program, dict(found.periods))
    # In whatever unit values are, so is the gap: what is worth billionths is worth looking for as well.
    small = replace(program, items=[replace(item, value=item.value * 1e-12) for item in items])
    again = Solver(small, time.monotonic() + 0.6).best()
    assert again is not None
    assert again.value * 1e12 * (1 + again.gap) >= found.value * (1 - 1e-9)
    assert (again.gap > 0) == (found.gap > 0)
