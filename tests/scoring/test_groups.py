"""Methods for groups: the edges that each published method has, refused or answered as it says."""

import math
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.frameworks import (
    ahp,
    bradley_terry,
    cost_of_delay,
    cumulative_voting,
    elo,
    error_budget,
    maxdiff,
    moscow,
    opportunity,
    recency,
    rfm,
    tech_debt,
    van_westendorp,
)
from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.peers import jira_product_discovery, productboard
from shared.statistics import kano


def state(result: object) -> str | None:
    """The state of a refusal; None of a result."""
    return result.state if isinstance(result, Refusal) else None


def floats(*values: float) -> Any:
    """A column."""
    return np.array(values, float)


def test_ahp_edges() -> None:
    lone = ahp.priorities([], ["a"])
    assert isinstance(lone, ahp.Priorities)
    assert (lone.weights, lone.consistency_ratio) == ({"a": 1}, 0)
    two = ahp.priorities([("a", "b", 3)])
    assert isinstance(two, ahp.Priorities)
    assert (two.weights["a"], two.consistency_ratio) == (pytest.approx(0.75), 0)
    torn = ahp.priorities([("a", "b", 9), ("b", "c", 9), ("c", "a", 9)])
    assert isinstance(torn, ahp.Priorities)
    assert torn.consistent is False
    assert list(torn.weights.values()) == pytest.approx([1 / 3] * 3)
    assert state(ahp.priorities([])) == "not_scoreable"
    for wrong in (("a", "b", 0), ("a", "b", -1), ("a", "b", math.nan), ("a", "b", math.inf), ("a", "a", 2)):
        assert state(ahp.priorities([wrong])) == "not_scoreable"
    assert state(ahp.priorities([("a", "b", 2), ("b", "a", 2)])) == "not_scoreable"
    assert state(ahp.priorities([("a", "b", 2), ("b", "a", 0.5)])) is None
    missing = ahp.priorities([("a", "b", 2), ("b", "c", 3)])
    assert isinstance(missing, Refusal)
    assert (missing.state, missing.missing) == ("not_scoreable", ("a:c",))
    assert state(ahp.priorities([("a", "b", 2), ("c", "d", 3)], complete="optimal")) == "not_identified"
    assert state(ahp.priorities([("a", "b", 2)], ["a", "b", "c"])) == "not_identified"


def test_ahp_completes_only_when_asked() -> None:
    chain = ahp.priorities([("a", "b", 2), ("b", "c", 3)], complete="optimal")
    assert isinstance(chain, ahp.Priorities)
    assert chain.completed == (("a", "c", pytest.approx(6)),)
    assert chain.weights == {"a": pytest.approx(0.6), "b": pytest.approx(0.3), "c": pytest.approx(0.1)}
    assert chain.consistency_ratio == pytest.approx(0, abs=1e-9)
    # Bozoki, Fulop and Ronyai, 2010: a matrix with a missing cell is best where lambda_max is least.
    given_ones = [("a", "b", 5), ("a", "c", 3), ("b", "d", 2), ("c", "d", 4), ("b", "c", 0.5)]
    best = ahp.priorities(given_ones, complete="optimal")
    assert isinstance(best, ahp.Priorities)
    ((first, second, found),) = best.completed
    for other in (found * 0.99, found * 1.01):
        worse = ahp.priorities([*given_ones, (first, second, other)])
        assert isinstance(worse, ahp.Priorities)
        assert worse.lambda_max > best.lambda_max


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=8))
def test_ahp_finds_the_weights_behind_consistent_comparisons(weights: list[float]) -> None:
    names = [f"i{place}" for place in range(len(weights))]
    comparisons = [
        (names[a], names[b], weights[a] / weights[b]) for a in range(len(names)) for b in range(a + 1, len(names))
    ]
    found = ahp.priorities(comparisons, names)
    assert isinstance(found, ahp.Priorities)
    assert list(found.weights.values()) == pytest.approx([weight / sum(weights) for weight in weights])
    assert found.consistency_index == pytest.approx(0, abs=1e-9)


def test_ahp_random_index_reaches_between_sizes_and_no_further() -> None:
    assert ahp.expected_index(7, "saaty2005") == 1.35
    assert ahp.expected_index(16, "saaty2005") is None
    assert ahp.expected_index(22, "donegan_dodd") == pytest.approx(1.5371 + 2 / 5 * (1.5619 - 1.5371))
    names = [f"i{place}" for place in range(16)]
    even = [(names[a], names[b], 1.0) for a in range(16) for b in range(a + 1, 16)]
    found = ahp.priorities(even)
    assert isinstance(found, ahp.Priorities)
    assert (found.consistency_ratio, found.consistent) == (None, None)


def test_ahp_synthesis_needs_every_cell() -> None:
    lacking = ahp.synthesise({"x": 0.5, "y": 0.5}, {"x": {"a": 0.4, "b": 0.6}, "y": {"a": 1}})
    assert isinstance(lacking, Refusal)
    assert lacking.missing == ("y:b",)
    assert state(ahp.synthesise({"x": 1}, {})) == "not_scoreable"


def test_bradley_terry_edges() -> None:
    items = ["a", "b", "c"]
    cycle = bradley_terry.wins_of(items, [("a", "b"), ("b", "c"), ("c", "a")])
    found = bradley_terry.fit(items, cycle)
    assert isinstance(found, bradley_terry.Abilities)
    assert list(found.ability.values()) == pytest.approx([0, 0, 0])
    assert found.standard_error["a"] == 0
    undefeated = bradley_terry.wins_of(items, [("a", "b"), ("a", "c"), ("b", "c"), ("c", "b")])
    refused = bradley_terry.fit(items, undefeated)
    assert isinstance(refused, Refusal)
    assert (refused.state, refused.missing) == ("not_identified", ("a",))
    with_prior = bradley_terry.fit(items, undefeated, prior=0.5)
    assert isinstance(with_prior, bradley_terry.Abilities)
    assert with_prior.prior == 0.5
    assert with_prior.ability["b"] == pytest.approx(with_prior.ability["c"])
    assert with_prior.ability["b"] < 0
    apart = bradley_terry.wins_of([*items, "d"], [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")])
    assert state(bradley_terry.fit([*items, "d"], apart)) == "not_identified"
    ties = bradley_terry.fit(items[:2], bradley_terry.wins_of(items[:2], [], [("a", "b")]))
    assert isinstance(ties, bradley_terry.Abilities)
    assert ties.ability["b"] == pytest.approx(0)
    for wrong in (-1.0, math.nan, math.inf):
        assert state(bradley_terry.fit(["a", "b"], np.array([[0, wrong], [1, 0]]))) == "not_scoreable"
    assert state(bradley_terry.fit(["a"], np.zeros((1, 1)))) == "not_scoreable"
    assert state(bradley_terry.fit(["a", "b"], np.ones((2, 2)), "z")) == "not_scoreable"
    with pytest.raises(ValueError, match="rows and columns"):
        bradley_terry.fit(items, np.ones((2, 2)))


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=6))
def test_bradley_terry_finds_the_abilities_behind_expected_wins(abilities: list[float]) -> None:
    strength = np.array(abilities)
    wins = 1000 / (1 + np.exp(strength[np.newaxis, :] - strength[:, np.newaxis]))
    items = [f"i{place}" for place in range(len(abilities))]
    found = bradley_terry.fit(items, wins)
    assert isinstance(found, bradley_terry.Abilities)
    assert list(found.ability.values()) == pytest.approx([each - abilities[0] for each in abilities], abs=1e-6)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("efgh"), st.sampled_from([0, 0.5, 1])), max_size=20))
def test_elo_moves_as_much_as_it_takes(contests: list[tuple[str, str, float]]) -> None:
    rated = elo.rate(contests)
    assert isinstance(rated, dict)
    assert sum(rated.values()) == pytest.approx(elo.START * len(rated))


def test_elo_edges() -> None:
    assert elo.expected(floats(0), floats(1e9))[0] == pytest.approx(0)
    assert state(elo.rate([("a", "a", 1)])) == "not_scoreable"
    assert state(elo.rate([("a", "b", 2)])) == "not_scoreable"
    assert state(elo.rate([("a", "b", math.nan)])) == "not_scoreable"
    assert state(elo.after_period(1500, floats(1500), floats(1), k=0)) == "not_scoreable"
    assert elo.after_period(1500, floats(), floats()) == elo.Rated(0, 1500)


def test_maxdiff_edges() -> None:
    shares = maxdiff.utilities(["a", "b"], floats(10, 10), floats(3, 1), floats(1, 3))
    assert isinstance(shares, maxdiff.Utilities)
    assert shares.share.sum() == pytest.approx(1)
    assert shares.utility.sum() == pytest.approx(0)
    always = maxdiff.utilities(["a", "b"], floats(10, 10), floats(10, 1), floats(0, 3))
    assert isinstance(always, Refusal)
    assert (always.state, always.missing) == ("not_identified", ("a",))
    for shown, best, worst in ((0, 0, 0), (5, 4, 2), (5, -1, 0), (math.nan, 1, 1)):
        assert state(maxdiff.utilities(["a"], floats(shown), floats(best), floats(worst))) == "not_scoreable"
    assert state(maxdiff.utilities([], floats(), floats(), floats())) == "not_scoreable"
    with pytest.raises(ValueError, match="one count of each kind"):
        maxdiff.utilities(["a"], floats(1, 2), floats(1, 2), floats(1, 2))


def test_cumulative_voting_edges() -> None:
    tally = cumulative_voting.tally(
        {"s1": {"A": 50, "B": 30, "C": 20}, "s2": {"A": 10, "B": 90}, "s3": {"A": 60, "C": 40}}
    )
    assert isinstance(tally, dict)
    assert [(item, each.rank, each.backers) for item, each in tally.items()] == [("A", 1, 3), ("B", 2, 2), ("C", 3, 2)]
    even = cumulative_voting.tally({"s1": {"A": 50, "B": 50}})
    assert isinstance(even, dict)
    assert {each.rank for each in even.values()} == {1}
    for wrong in ({"A": 99}, {"A": 101}, {"A": 150, "B": -50}, {"A": math.nan}, {}):
        refused = cumulative_voting.tally({"fair": {"A": 100}, "not": wrong})
        assert isinstance(refused, Refusal)
        assert refused.missing == ("not",)
    assert state(cumulative_voting.tally({})) == "not_scoreable"


def test_buy_a_feature_edges() -> None:
    prices = {"A": 30, "B": 20}
    bought = cumulative_voting.purchases(prices, 15, {"x": {"A": 15}, "y": {"A": 15}, "z": {"B": 15}})
    assert isinstance(bought, dict)
    assert {item: each.bought for item, each in bought.items()} == {"A": True, "B": False}
    assert bought["A"].buyers == 2
    assert state(cumulative_voting.purchases(prices, 15, {"x": {"A": 16}})) == "infeasible"
    assert state(cumulative_voting.purchases(prices, 15, {"x": {"Z": 1}})) == "not_scoreable"
    assert state(cumulative_voting.budgets({"A": 0})) == "not_scoreable"
    assert state(cumulative_voting.budgets({})) == "not_scoreable"


def test_kano_edges() -> None:
    assert state(kano.judge({"R": 5, "Q": 2})) == "not_scoreable"
    assert state(kano.judge({})) == "not_scoreable"
    assert state(kano.judge({"M": -1})) == "not_scoreable"
    one = kano.judge({"M": 1})
    assert isinstance(one, kano.Kano)
    assert (one.label, one.gate, one.better, one.worse) == ("undecided", "undecided", 0, -1), "one answer tells nothing"
    tied = kano.judge({"A": 40, "M": 40})
    assert isinstance(tied, kano.Kano)
    assert (tied.mode, tied.label, tied.close) == ("M", "undecided", ("M", "A"))
    clear = kano.judge({"M": 90, "I": 10})
    assert isinstance(clear, kano.Kano)
    assert (clear.label, clear.gate, clear.close) == ("M", "must_have", ("M",))
    doubtful = kano.judge({"Q": 90, "I": 10, "A": 1})
    assert isinstance(doubtful, kano.Kano)
    assert doubtful.mode == "I", "questionable answers lead nothing"
    reverse = kano.judge({"R": 90, "I": 10})
    assert isinstance(reverse, kano.Kano)
    assert (reverse.label, reverse.gate) == ("R", "block")
    assert state(kano.classify(np.array([0]), np.array([1]))) == "not_scoreable"
    assert state(kano.continuous(np.array([], np.int64), np.array([], np.int64))) == "not_scoreable"
    with pytest.raises(ValueError, match="of each respondent"):
        kano.classify(np.array([1, 2]), np.array([1]))
    scale = kano.continuous(np.array([1, 5]), np.array([5, 1]))
    assert scale == kano.Continuous(1, 1, 2)


def test_van_westendorp_crossings() -> None:
    # Ten respondents a step apart: too cheap 1 to 10, cheap 6 to 15, expensive 11 to 20, too expensive 16 to 25.
    steps = np.arange(10.0)
    found = van_westendorp.prices(1 + steps, 6 + steps, 11 + steps, 16 + steps)
    assert isinstance(found, van_westendorp.Prices)
    assert (found.lowest, found.optimal, found.indifference, found.highest) == (8, 10, 13, 18)
    narrower = van_westendorp.prices(1 + steps, 6 + steps, 11 + steps, 16 + steps, "narrower")
    assert isinstance(narrower, van_westendorp.Prices)
    assert (narrower.lowest, narrower.highest) == (10, 15)
    assert state(van_westendorp.prices(floats(2), floats(2), floats(3), floats(4))) == "not_scoreable"
    assert van_westendorp.valid(floats(math.nan), floats(2), floats(3), floats(4)).tolist() == [False]
    lone = van_westendorp.prices(floats(1, 9), floats(2, 9), floats(3, 9), floats(4, 9))
    assert isinstance(lone, van_westendorp.Prices)
    assert (lone.valid, lone.invalid) == (1, 1)


def test_rfm_edges() -> None:
    at = rfm.Thresholds([115, 181, 297, 482], [4, 5, 6, 8], [256, 382, 506, 666])
    scores = rfm.score(floats(0, 115, 482, math.nan), floats(8, 4, 0, 1), floats(666, 256, 0, 1), at)
    assert scores == ["555", "422", "111", None]
    ascending = np.arange(100.0)
    cuts = rfm.thresholds(ascending, ascending, ascending)
    assert isinstance(cuts, rfm.Thresholds)
    spread = rfm.score(ascending, ascending, ascending, cuts)
    assert isinstance(spread, list)
    assert (spread[0], spread[-1]) == ("511", "155")
    assert {digit: [each[0] for each in spread if each].count(digit) for digit in "12345"} == dict.fromkeys("12345", 20)
    assert state(rfm.thresholds(floats(1, 1), floats(1, 2), floats(1, 2))) == "not_identified"
    assert state(rfm.score(floats(1), floats(1), floats(1), rfm.Thresholds([2, 1], [1], [1]))) == "not_scoreable"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=6))
def test_the_order_by_cd3_costs_least_of_all(jobs: list[tuple[int, int]]) -> None:
    rates, durations = (np.array(each, float) for each in zip(*jobs, strict=True))
    best = cost_of_delay.order(rates, durations)
    assert isinstance(best, list)
    every = [cost_of_delay.total(rates, durations, order) for order in permutations(range(len(jobs)))]
    assert cost_of_delay.total(rates, durations, best) == min(each for each in every if isinstance(each, float))


def test_cost_of_delay_edges() -> None:
    assert state(cost_of_delay.order(floats(1), floats(0))) == "not_scoreable"
    assert state(cost_of_delay.total(floats(-1), floats(1), [0])) == "not_scoreable"
    assert state(cost_of_delay.total(floats(1, 2), floats(1, 1), [0, 0])) == "not_scoreable"
    assert state(cost_of_delay.outcome(floats(math.nan), floats(1), [0], 1)) == "not_scoreable"
    assert cost_of_delay.total(floats(), floats(), []) == 0


def test_debt_budgets_and_shares_divide_by_nothing() -> None:
    months = tech_debt.payback(floats(10, 5, 0), floats(0, 5, 0))
    assert months == [None, 1, None]
    assert tech_debt.first_to_last([None, 1, None]) == [1, 0, 2]
    assert state(tech_debt.payback(floats(-1), floats(1))) == "not_scoreable"
    assert state(tech_debt.hotspots(floats(math.nan), floats(1))) == "not_scoreable"
    delay = tech_debt.cost_of_delay(floats(4), floats(0.5))
    assert not isinstance(delay, Refusal)
    assert delay.tolist() == [2]
    assert state(tech_debt.cost_of_delay(floats(4), floats(2))) == "not_scoreable"
    assert state(error_budget.burn_rate(0.01, 1)) == "not_scoreable"
    assert error_budget.budget_minutes(1, 30) == 0
    assert error_budget.hours_to_exhaust(0, 30) is None
    assert [error_budget.policy(each) for each in (1, 0.5, 0.25, 0.24, -0.1)] == [
        "ship",
        "normal",
        "normal",
        "review_risky",
        "freeze",
    ]
    assert state(error_budget.policy(math.nan)) == "not_scoreable"
    assert state(moscow.balance({"wont": 5})) == "not_scoreable"
    assert state(moscow.balance({"must": -1})) == "not_scoreable"
    for unit in (0.09, 0.17, 5.1, 11.9):
        kept = moscow.balance({"must": 3 * unit, "should": unit, "could": unit})
        assert isinstance(kept, moscow.Balance)
        assert (kept.must_ok, kept.could_ok) == (True, True), "just 60 and 20 per cent, whatever rounding makes of it"
    over = moscow.balance({"must": 60.01, "could": 39.99})
    assert isinstance(over, moscow.Balance)
    assert not over.must_ok
    assert state(opportunity.top_two_box([])) == "not_scoreable"
    assert state(opportunity.top_two_box([6])) == "not_scoreable"
    assert state(recency.by_half_life(floats(1), floats(1), 0)) == "not_scoreable"
    assert state(recency.by_half_life(floats(1), floats(-1), 1)) == "not_scoreable"
    assert state(recency.by_gravity(floats(1), floats(1), math.nan)) == "not_scoreable"
    assert state(jira_product_discovery.normalise(floats(3, 3))) is None
    assert state(jira_product_discovery.normalise(floats(0, 0))) == "not_identified"
    assert state(jira_product_discovery.normalise(floats(-3, -3))) == "not_identified"
    assert state(jira_product_discovery.normalise(floats())) == "not_scoreable"
    assert state(productboard.user_impact([("u", 4)])) == "not_scoreable"
    assert productboard.user_impact([("u", 3), ("u", None)]) == 3


@given(st.floats(0, 1e6), st.lists(st.floats(0, 1000), min_size=2, max_size=10))
def test_what_is_older_counts_less_and_never_nothing_below(weight: float, ages: list[float]) -> None:
    faded = recency.by_half_life(np.full(len(ages), weight), np.array(sorted(ages)), 90)
    assert not isinstance(faded, Refusal)
    assert all(earlier >= later >= 0 for earlier, later in pairwise(faded.tolist()))


def test_extremes_are_refused_and_never_no_number() -> None:
    """What overflows, divides by zero or leaves a matrix singular is a refusal, whoever asks."""
    huge, tiny = 1e308, 5e-324
    lopsided = floats(0, huge, 1e9, 1, 0, 1, 1e9, 1, 0).reshape(3, 3)
    pair = floats(huge, huge)
    for refused in (
        cumulative_voting.tally({"ada": {"a": 0.0}}, points=0),
        cumulative_voting.tally({"ada": {"a": huge, "b": huge}}),
        cumulative_voting.purchases({"a": huge, "b": huge}, huge, {}),
        cumulative_voting.purchases({"a": 1.0}, math.inf, {}),
        ahp.priorities([("a", "b", tiny)]),
        ahp.priorities([("a", "b", huge), ("b", "c", huge), ("a", "c", huge)]),
        bradley_terry.fit(["a", "b", "c"], lopsided),
        moscow.balance({"must": huge, "should": huge}),
        error_budget.budget_minutes(0.5, huge),
        elo.rate([("a", "b", 1)], {"c": math.nan}),
        maxdiff.utilities(["a", "b"], pair, pair, pair),
        cost_of_delay.total(pair, pair, [0, 1]),
        cost_of_delay.outcome(floats(1), floats(1), [0], math.inf),
        tech_debt.hotspots(pair, pair),
    ):
        assert state(refused) in {"not_scoreable", "not_identified"}
    assert error_budget.hours_to_exhaust(tiny, 30) is None
    assert tech_debt.payback(floats(1e100), floats(tiny)) == [None]
