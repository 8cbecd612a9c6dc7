"""Demand policies: what one ask counts, and what all asks for an idea then weigh.

| policy    | one account that asks counts                         | unit    |
|-----------|------------------------------------------------------|---------|
| `flat`    | as many as its contacts who ask                      | asks    |
| `account` | 1                                                    | accounts|
| `mrr`     | its monthly recurring revenue                        | money   |
| `log_mrr` | ln(1 + revenue)                                      | none    |
| `segment` | the weight of its segment in a table                 | weight  |

Each contact asks for an idea once, and each account's revenue counts once for an idea, however many of its contacts
ask. A contact without an account is one of its own. Recency: every ask is multiplied by 2 ^ (-age / half-life), and an
account is as recent as its latest ask. `cap`: no account makes up more than this share of an idea's sum; what is over
is left out, not given to others. Fewer accounts than 1 / cap cannot keep to it: `infeasible`.

Refusals, never guesses: revenue that is not known makes an idea `not_scoreable` under `mrr` and `log_mrr`, a segment
without a weight under `segment`, with the accounts it is missing of.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from services.scoring.frameworks.factors import Refusal

Kind = Literal["flat", "account", "mrr", "log_mrr", "segment"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One contact who wants one idea."""

    idea: str
    contact: str
    account: str | None = None
    mrr: float | None = None
    """The account's revenue a month; None: not known."""
    segment: str | None = None
    age: float = 0.0
    """In the unit of the half-life."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How asks are weighed."""

    kind: Kind
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    """Of `segment`: what an account of each counts."""
    half_life: float | None = None
    cap: float | None = None
    """The most of an idea's sum that one account makes up, as a share: above 0, at most 1."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """An idea under a policy."""

    total: float
    by_account: dict[str, float]
    """What each account, or contact without one, counts; they add up to the total."""
    capped: tuple[str, ...] = ()
    """Accounts that would have counted more."""


def weigh(asks: Sequence[Ask], policy: Policy) -> dict[str, Weighed | Refusal]:
    """What each idea weighs, the ideas in the order of their first ask."""
    problem = _problem(policy)
    ideas: dict[str, dict[str, dict[str, Ask]]] = {}
    for ask in asks:
        key = f"contact:{ask.contact}" if ask.account is None else ask.account
        contacts = ideas.setdefault(ask.idea, {}).setdefault(key, {})
        held = contacts.get(ask.contact)
        if held is None or ask.age < held.age:
            contacts[ask.contact] = ask
    return {idea: problem or _weigh(accounts, policy) for idea, accounts in ideas.items()}


def winners(asks: Sequence[Ask], policies: Mapping[str, Policy]) -> dict[str, list[str]]:
    """The ideas from most to least under each policy, equals by name; those not scoreable are left out."""
    orders: dict[str, list[str]] = {}
    for name, policy in policies.items():
        totals = {idea: each.total for idea, each in weigh(asks, policy).items() if isinstance(each, Weighed)}
        orders[name] = sorted(totals, key=lambda idea: (-totals[idea], idea))
    return orders


def _problem(policy: Policy) -> Refusal | None:
    if policy.half_life is not None and not 0 < policy.half_life < math.inf:
        return Refusal("not_scoreable", "the half-life is above 0", ("half_life",))
    if policy.cap is not None and not 0 < policy.cap <= 1:
        return Refusal("not_scoreable", "the cap is a share above 0 and at most 1", ("cap",))
    if any(not 0 <= weight < math.inf for weight in policy.weights.values()):
        return Refusal("not_scoreable", "a segment's weight is at least 0", ("weights",))
    return None


def _weigh(accounts: Mapping[str, Mapping[str, Ask]], policy: Policy) -> Weighed | Refusal:
    counted: dict[str, float] = {}
    missing: list[str] = []
    for account, contacts in accounts.items():
        asks = list(contacts.values())
        if any(not 0 <= ask.age < math.inf for ask in asks):
            missing.append(f"{account}: age")
            continue
        if policy.kind == "flat":
            counted[account] = math.fsum(_faded(ask.age, policy) for ask in asks)
            continue
        worth = _worth(min(asks, key=lambda ask: ask.age), policy)
        if worth is None:
            missing.append(f"{account}: {'segment' if policy.kind == 'segment' else 'mrr'}")
        else:
            counted[account] = worth * _faded(min(ask.age for ask in asks), policy)
    if missing:
        return Refusal("not_scoreable", f"{policy.kind} cannot weigh every account that asks", tuple(missing))
    return _capped(counted, policy.cap)


def _worth(ask: Ask, policy: Policy) -> float | None:
    if policy.kind == "account":
        return 1.0
    if policy.kind == "segment":
        return None if ask.segment is None else policy.weights.get(ask.segment)
    if ask.mrr is None or not 0 <= ask.mrr < math.inf:
        return None
    return ask.mrr if policy.kind == "mrr" else math.log1p(ask.mrr)


def _faded(age: float, policy: Policy) -> float:
    return 1.0 if policy.half_life is None else math.pow(2.0, -age / policy.half_life)


def _capped(counted: dict[str, float], cap: float | None) -> Weighed | Refusal:
    """No account above `cap` of the sum that results: the largest are cut to one level.

    With k accounts cut to x, and s the sum of the others, x = cap * (k * x + s).
    """
    falling = sorted(counted.values(), reverse=True)
    total = math.fsum(falling)
    if cap is None or falling[0] <= cap * total:
        return Weighed(total, counted)
    for k in range(1, len(falling)):
        if cap * k >= 1:
            break
        level = cap * math.fsum(falling[k:]) / (1 - cap * k)
        if falling[k] <= level * (1 + 1e-12):
            held = {account: min(worth, level) for account, worth in counted.items()}
            cut = tuple(account for account, worth in counted.items() if worth > level * (1 + 1e-12))
            return Weighed(math.fsum(held.values()), held, cut)
    return Refusal("infeasible", f"of {len(falling)} accounts one always makes up more than {cap:g}", tuple(counted))
