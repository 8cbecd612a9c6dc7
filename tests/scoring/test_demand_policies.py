"""What asks weigh under each policy, and who wins under which."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.frameworks.demand_policies import Ask, Policy, Weighed, weigh, winners
from services.scoring.frameworks.factors import Refusal

ASKS = [
    Ask("sso", "ann", "acme", 900, "enterprise"),
    Ask("sso", "abe", "acme", 900, "enterprise"),
    Ask("dark", "bea", "beta", 50, "starter"),
    Ask("dark", "cid", "cosy", 40, "starter"),
    Ask("dark", "dot", "dash", 30, "starter"),
]


def totals(policy: Policy, asks: list[Ask] = ASKS) -> dict[str, float | str]:
    """Each idea's total, or the state of its refusal."""
    return {idea: each.total if isinstance(each, Weighed) else each.state for idea, each in weigh(asks, policy).items()}


def test_an_account_counts_once_for_an_idea_and_its_contacts_each() -> None:
    assert totals(Policy("flat")) == {"sso": 2, "dark": 3}
    assert totals(Policy("account")) == {"sso": 1, "dark": 3}
    assert totals(Policy("mrr")) == {"sso": 900, "dark": 120}
    assert totals(Policy("log_mrr"))["sso"] == pytest.approx(math.log(901))
    assert totals(Policy("segment", {"enterprise": 5, "starter": 1})) == {"sso": 5, "dark": 3}
    assert totals(Policy("flat"), [ASKS[0], ASKS[0]]) == {"sso": 1}, "twice the same contact"
    assert totals(Policy("account"), [Ask("x", "a"), Ask("x", "b")]) == {"x": 2}, "no account: one of its own"


def test_who_wins_depends_on_the_policy() -> None:
    policies = {"account": Policy("account"), "mrr": Policy("mrr")}
    assert winners(ASKS, policies) == {"account": ["dark", "sso"], "mrr": ["sso", "dark"]}


def test_what_is_not_known_is_refused() -> None:
    unknown = weigh([*ASKS, Ask("sso", "eve", "evil")], Policy("mrr"))
    refused = unknown["sso"]
    assert isinstance(refused, Refusal)
    assert (refused.state, refused.missing) == ("not_scoreable", ("evil: mrr",))
    assert isinstance(unknown["dark"], Weighed)
    assert totals(Policy("segment", {"starter": 1})) == {"sso": "not_scoreable", "dark": 3}
    for wrong in (
        Policy("flat", half_life=0),
        Policy("flat", cap=0),
        Policy("flat", cap=1.5),
        Policy("segment", {"starter": -1}),
    ):
        assert set(totals(wrong).values()) == {"not_scoreable"}
    assert totals(Policy("flat"), [Ask("x", "a", age=-1)]) == {"x": "not_scoreable"}


def test_old_asks_fade_and_an_account_is_as_recent_as_its_latest() -> None:
    asks = [Ask("x", "a", "acme", 100, age=180), Ask("x", "b", "acme", 100, age=90), Ask("x", "c", "beta", 100)]
    assert totals(Policy("mrr", half_life=90), asks) == {"x": 150}
    assert totals(Policy("flat", half_life=90), asks) == {"x": 1.75}


def test_no_account_makes_up_more_than_the_cap() -> None:
    whale = [Ask("x", "a", "whale", 9000), Ask("x", "b", "b", 30), Ask("x", "c", "c", 20), Ask("x", "d", "d", 10)]
    capped = weigh(whale, Policy("mrr", cap=0.5))["x"]
    assert isinstance(capped, Weighed)
    assert (capped.total, capped.by_account["whale"], capped.capped) == (120, 60, ("whale",))
    assert totals(Policy("mrr", cap=0.25), whale) == {"x": 40}, "all alike"
    assert totals(Policy("mrr", cap=0.2), whale) == {"x": "infeasible"}
    assert totals(Policy("mrr", cap=1), whale) == {"x": 9060}


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=12), st.floats(0.05, 1))
def test_a_cap_holds_and_takes_no_more_than_it_must(revenues: list[float], cap: float) -> None:
    asks = [Ask("x", f"c{place}", f"a{place}", mrr) for place, mrr in enumerate(revenues)]
    found = weigh(asks, Policy("mrr", cap=cap))["x"]
    if isinstance(found, Refusal):
        assert found.state == "infeasible"
        # Fewer accounts that pay anything than can share it out.
        assert cap * sum(mrr > 0 for mrr in revenues) < 1 + 1e-9
        return
    assert found.total == pytest.approx(sum(found.by_account.values()))
    assert all(worth <= cap * found.total * (1 + 1e-9) + 1e-9 for worth in found.by_account.values())
    for account, mrr in zip(found.by_account, revenues, strict=True):
        if account in found.capped:
            assert found.by_account[account] == pytest.approx(cap * found.total, abs=1e-6)
        else:
            assert found.by_account[account] == pytest.approx(mrr)
