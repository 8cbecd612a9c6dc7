"""Methods for groups over HTTP. Each answers at once and stores nothing; what has no answer says why, with a 200."""

from typing import Any, Literal

import numpy as np
from fastapi import APIRouter
from pydantic import Field

from services.scoring.frameworks import (
    ahp,
    bradley_terry,
    cumulative_voting,
    maxdiff,
    moscow,
    van_westendorp,
)
from services.scoring.frameworks.factors import Refusal
from services.scoring.methods.bodies import (
    AhpIn,
    BradleyTerryIn,
    BuyAFeatureIn,
    HundredDollarsIn,
    KanoIn,
    MaxDiffIn,
    MoscowIn,
    VanWestendorpIn,
)
from shared.errors import FieldError, Invalid, TooLarge, UnsupportedMedia
from shared.problems import GUARDED, responses
from shared.routes import Route, allow
from shared.statistics import kano
from shared.wire import Wire

router = APIRouter(prefix="/v1/methods", tags=["methods"], route_class=Route)
ASKING = GUARDED | responses(TooLarge, UnsupportedMedia)
MOST_CONTENDERS = 100


class _Result(Wire):
    state: Literal["scored", "not_scoreable", "not_identified", "infeasible"] = Field(
        description="`scored`: there is a result. `not_scoreable`: something is missing or out of range. "
        "`not_identified`: no single answer follows from what is given. `infeasible`: none can"
    )
    reason: str | None = Field(description="why there is no result")
    missing: list[str] = Field(description="what it would take, or what is in the way")


class AhpResult(_Result):
    """Weights by pairwise comparison."""

    result: ahp.Priorities | None


class BradleyTerryResult(_Result):
    """Abilities by contests."""

    result: bradley_terry.Abilities | None


class Utility(Wire):
    """What an item is worth."""

    item: str
    utility: float
    standard_error: float
    lower: float
    upper: float
    share: float = Field(description="the chance that it is chosen as best among all")


class MaxDiffResult(_Result):
    """Utilities by best and worst."""

    result: list[Utility] | None


class HundredDollarsResult(_Result):
    """Items after a cumulative vote, the first first."""

    result: dict[str, cumulative_voting.Standing] | None


class BuyAFeatureResult(_Result):
    """What was bought."""

    result: dict[str, cumulative_voting.Purchase] | None
    least_total_budget: float | None = Field(description="a third of all prices: the least all buyers should have")
    most_total_budget: float | None = Field(description="half of all prices: the most all buyers should have")


class KanoResult(_Result):
    """What kind of quality a feature is."""

    result: kano.Kano | None
    counts: dict[kano.Category, int] = Field(description="how often each category was counted")


class MoscowResult(_Result):
    """How a plan is balanced."""

    result: moscow.Balance | None


class VanWestendorpResult(_Result):
    """Where the price curves cross."""

    result: van_westendorp.Prices | None


def _told(found: object) -> dict[str, Any]:
    if isinstance(found, Refusal):
        return {"state": found.state, "reason": found.reason, "missing": list(found.missing), "result": None}
    return {"state": "scored", "reason": None, "missing": [], "result": found}


@router.post("/ahp", responses=ASKING, dependencies=[allow("scores:read")])
async def weigh_by_ahp(body: AhpIn) -> AhpResult:
    """Weigh items by comparing them in pairs (AHP).

    The weights are the principal eigenvector. A consistency ratio above 0.1 says that the comparisons contradict one
    another too much. A pair that was not compared is missing, not guessed.
    """
    comparisons = [(each.first, each.second, each.times) for each in body.comparisons]
    return AhpResult(**_told(ahp.priorities(comparisons, body.items, body.random_index)))


@router.post("/bradley-terry", responses=ASKING, dependencies=[allow("scores:read")])
async def compare_by_contests(body: BradleyTerryIn) -> BradleyTerryResult:
    """Find how strong items are by who won against whom (Bradley-Terry).

    An item that never lost, or groups that never met, leave no single answer: `not_identified` unless a prior is given.
    """
    items = body.items()
    if len(items) > MOST_CONTENDERS:
        raise Invalid(errors=[FieldError("/body/contests", f"names more than {MOST_CONTENDERS} items")])
    places = {item: place for place, item in enumerate(items)}
    wins = np.zeros((len(items), len(items)))
    for each in body.contests:
        winner, loser = places[each.winner], places[each.loser]
        wins[winner, loser] += each.times / 2 if each.tie else each.times
        wins[loser, winner] += each.times / 2 if each.tie else 0
    return BradleyTerryResult(**_told(bradley_terry.fit(items, wins, body.reference, body.prior)))


@router.post("/maxdiff", responses=ASKING, dependencies=[allow("scores:read")])
async def rank_by_maxdiff(body: MaxDiffIn) -> MaxDiffResult:
    """Find what items are worth by how often each was called best and worst (MaxDiff)."""
    shown, best, worst = (
        np.array([getattr(each, name) for each in body.items], float) for name in ("shown", "best", "worst")
    )
    names = [each.item for each in body.items]
    found = maxdiff.utilities(names, shown, best, worst)
    if isinstance(found, Refusal):
        return MaxDiffResult(**_told(found))
    rows = zip(names, found.utility, found.standard_error, found.lower, found.upper, found.share, strict=True)
    return MaxDiffResult(
        **_told(
            [
                Utility(item=item, utility=utility, standard_error=error, lower=lower, upper=upper, share=share)
                for item, utility, error, lower, upper, share in rows
            ]
        )
    )


@router.post("/hundred-dollars", responses=ASKING, dependencies=[allow("scores:read")])
async def tally_hundred_dollars(body: HundredDollarsIn) -> HundredDollarsResult:
    """Sum up ballots on which everyone spreads the same points.

    A ballot that does not spend exactly its points is refused by name, never scaled.
    """
    ballots = {each.voter: each.gives for each in body.ballots}
    return HundredDollarsResult(**_told(cumulative_voting.tally(ballots, body.points)))


@router.post("/buy-a-feature", responses=ASKING, dependencies=[allow("scores:read")])
async def buy_features(body: BuyAFeatureIn) -> BuyAFeatureResult:
    """Find what buyers bought together, each within the budget (buy a feature)."""
    ballots = {each.voter: each.gives for each in body.ballots}
    budgets = cumulative_voting.budgets(body.prices)
    least, most = (None, None) if isinstance(budgets, Refusal) else budgets
    found = cumulative_voting.purchases(body.prices, body.budget, ballots)
    return BuyAFeatureResult(least_total_budget=least, most_total_budget=most, **_told(found))


@router.post("/kano", responses=ASKING, dependencies=[allow("scores:read")])
async def classify_by_kano(body: KanoIn) -> KanoResult:
    """Find what kind of quality a feature is by pairs of answers, and whether the sample can tell (Kano)."""
    functional, dysfunctional = (
        np.array([getattr(each, name) for each in body.answers], np.int64) for name in ("functional", "dysfunctional")
    )
    categories = kano.classify(functional, dysfunctional)
    answered = kano.count([] if isinstance(categories, Refusal) else categories)
    counts: dict[kano.Category, int] = {name: answered[name] + body.counts.get(name, 0) for name in kano.CATEGORIES}
    return KanoResult(counts=counts, **_told(kano.judge(counts)))


@router.post("/moscow", responses=ASKING, dependencies=[allow("scores:read")])
async def balance_by_moscow(body: MoscowIn) -> MoscowResult:
    """Judge a plan by MoSCoW's rule: of the effort, musts at most 60 %, coulds at least 20 %."""
    return MoscowResult(**_told(moscow.balance(body.effort)))


@router.post("/van-westendorp", responses=ASKING, dependencies=[allow("scores:read")])
async def find_prices(body: VanWestendorpIn) -> VanWestendorpResult:
    """Find the optimal price, the indifference price and the range that is acceptable (van Westendorp)."""
    too_cheap, cheap, expensive, too_expensive = (
        np.array([getattr(each, name) for each in body.respondents], float)
        for name in ("too_cheap", "cheap", "expensive", "too_expensive")
    )
    return VanWestendorpResult(**_told(van_westendorp.prices(too_cheap, cheap, expensive, too_expensive, body.range)))
