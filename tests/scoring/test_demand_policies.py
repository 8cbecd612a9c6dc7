"""What asks weigh under each policy: exact sums, exact caps, and nothing guessed."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.frameworks.demand_policies import STATES, Asks, Kind, Policy, weigh
from tests.depth import examples
from tests.scoring.given import asks_of

# Idea 0: two contacts of a large account. Idea 1: three small accounts, one contact each.
SSO, DARK = [(0, 1, 900.0, [(0.0, 2)])], [(1, 1, mrr, [(0.0, 1)]) for mrr in (50.0, 40.0, 30.0)]
SEGMENTS = [5.0, 1.0, 1.0, 1.0]
NOW = [(0.0, 1)]


def totals(policy: Policy, asks: Asks, ideas: int = 1) -> list[float | str]:
    """Each idea's weight, or its state where it has none."""
    found = weigh(asks, policy, ideas)
    pairs = zip(found.state.tolist(), found.total.tolist(), strict=True)
    return [total if STATES[state] == "weighed" else STATES[state] for state, total in pairs]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("flat", [2, 3]), ("account", [1, 3]), ("mrr", [900, 120]), ("segment", [5, 3])],
)
def test_an_account_counts_once_for_an_idea_and_its_contacts_each(kind: Kind, expected: list[float]) -> None:
    asks = asks_of([*SSO, *DARK], SEGMENTS)
    assert totals(Policy(kind), asks, 2) == expected
    assert totals(Policy("log_mrr"), asks, 2)[0] == pytest.approx(math.log(901))
    assert totals(Policy("account"), asks_of([(0, 2, None, [(0.0, 2)])])) == [2], "no account: each is one of its own"
    assert totals(Policy("mrr"), asks_of([])) == [0], "nobody asks"


def test_what_is_not_known_is_refused_or_left_out_and_named() -> None:
    asks = asks_of([*SSO, (0, 1, None, NOW), *DARK], [5.0, None, 1.0, 1.0, 1.0])
    for kind in ("mrr", "log_mrr", "segment"):
        found = weigh(asks, Policy(kind), 2)
        assert [STATES[each] for each in found.state.tolist()] == ["unknown", "weighed"]
        assert found.unknown.tolist() == [False, True, False, False, False]
    assert totals(Policy("mrr", leave_out=True), asks, 2) == [900, 120]
    for wrong in (Policy("flat", half_life=0), Policy("flat", cap=0), Policy("flat", cap=1.5)):
        with pytest.raises(ValueError, match="is not"):
            weigh(asks, wrong, 2)
    with pytest.raises(ValueError, match="at least 0"):
        weigh(asks_of([(0, 1, 1.0, [(-1.0, 1)])]), Policy("flat"), 1)


def test_old_asks_fade_and_an_account_is_as_recent_as_its_latest() -> None:
    asks = asks_of([(0, 1, 100.0, [(6.0, 1), (3.0, 1)]), (0, 1, 100.0, NOW)])
    assert totals(Policy("mrr", half_life=3), asks) == [150]
    assert totals(Policy("flat", half_life=3), asks) == [1.75]


def test_a_cap_takes_the_whale_down_and_needs_enough_accounts() -> None:
    whale = asks_of([(0, 1, mrr, NOW) for mrr in (9000.0, 30.0, 20.0, 10.0)])
    found = weigh(whale, Policy("mrr", cap=0.5), 1)
    assert (found.total.tolist(), found.weight.tolist(), found.cut.tolist()) == (
        [120],
        [60, 30, 20, 10],
        [8940, 0, 0, 0],
    )
    assert totals(Policy("mrr", cap=0.25), whale) == [40], "all alike"
    assert totals(Policy("mrr", cap=0.2), whale) == ["infeasible"]
    assert totals(Policy("mrr", cap=1), whale) == [9060]
    assert totals(Policy("mrr", cap=0.5), asks_of([SSO[0]])) == ["infeasible"], "one account is all of it"


ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(1, 4),
        st.none() | st.floats(0, 1e15) | st.integers(0, 10),
        st.lists(st.tuples(st.integers(0, 400), st.integers(1, 1000)), min_size=1, max_size=3),
    ),
    max_size=12,
)
POLICIES = st.builds(
    Policy,
    st.sampled_from(["flat", "account", "mrr", "log_mrr"]),
    st.none() | st.floats(0.1, 120),
    st.none() | st.floats(0.01, 1) | st.sampled_from([0.1, 0.2, 0.25, 0.5]),
    st.booleans(),
)


@given(ROWS, POLICIES, st.randoms(use_true_random=False))
@examples(60, deadline=None)
def test_parts_add_up_exactly_and_no_account_is_above_the_cap(rows: list[Any], policy: Policy, chance: Any) -> None:
    asks = asks_of(sorted(rows, key=lambda row: row[0]))
    found = weigh(asks, policy, 3)
    free = weigh(asks, Policy(policy.kind, policy.half_life, None, policy.leave_out), 3)
    for idea in range(3):
        here = np.flatnonzero(asks.idea == idea).tolist()
        state = STATES[int(found.state[idea])]
        unknown = any(found.unknown[row] for row in here) and not policy.leave_out
        assert (state == "unknown") == unknown
        if unknown:
            continue
        units = [(row, float(free.weight[row])) for row in here for _ in range(asks.units[row])]
        counting = sum(worth > 0 for _, worth in units)
        share = None if policy.cap is None else Fraction(repr(policy.cap))
        assert (state == "infeasible") == (share is not None and counting > 0 and counting * share < 1)
        if state == "infeasible":
            assert math.isnan(found.total[idea])
            continue
        chance.shuffle(units)
        total = float(found.total[idea])
        assert sum(float(found.weight[row]) for row, _ in units) == total, "in any order"
        assert all(float(found.weight[row]) + float(found.cut[row]) == worth for row, worth in units)
        if share is None:
            continue
        assert all(Fraction(float(found.weight[row])) <= share * Fraction(total) for row, _ in units)
        levels = {float(found.weight[row]) for row, _ in units if found.cut[row] > 0}
        assert len(levels) <= 1, "what is cut is cut to one level"
        step = Fraction(float(free.total[idea])) / 2**49
        assert all(share * Fraction(total) - Fraction(level) < step for level in levels), "no lower than it must be"
