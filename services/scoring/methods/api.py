"""Methods for groups over HTTP. Each answers at once and stores nothing; what has no answer says why, with a 200."""

from dataclasses import asdict
from typing import Any

import numpy as np
from fastapi import APIRouter

from services.scoring.frameworks import (
    ahp,
    bradley_terry,
    cost_of_delay,
    cumulative_voting,
    elo,
    maxdiff,
    moscow,
    rfm,
    van_westendorp,
)
from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.recipe import to_array
from services.scoring.methods.answers import (
    AhpResult,
    BradleyTerryResult,
    BuyAFeatureResult,
    CostOfDelayResult,
    EloResult,
    HundredDollarsResult,
    KanoResult,
    MaxDiffResult,
    MoscowResult,
    RfmResult,
    RfmScores,
    Segmented,
    Sequence,
    Sequences,
    Utility,
    VanWestendorpResult,
)
from services.scoring.methods.bodies import (
    AhpIn,
    BradleyTerryIn,
    BuyAFeatureIn,
    CostOfDelayIn,
    Cuts,
    EloIn,
    HundredDollarsIn,
    KanoIn,
    MaxDiffIn,
    MoscowIn,
    RfmIn,
    VanWestendorpIn,
)
from shared.apart import compute_apart
from shared.errors import FieldError, Invalid, TooLarge, UnsupportedMedia
from shared.problems import GUARDED, responses
from shared.routes import Route, RuntimeDep, allow
from shared.statistics import kano

router = APIRouter(prefix="/v1/methods", tags=["methods"], route_class=Route)
ASKING = GUARDED | responses(TooLarge, UnsupportedMedia)
MOST_CONTENDERS = 100


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


@router.post("/elo", responses=ASKING, dependencies=[allow("scores:read")])
async def rate_by_elo(body: EloIn, runtime: RuntimeDep) -> EloResult:
    """Rate items by contests one after another (Elo).

    What one wins the other loses, and the order of the contests matters: where it must not, ask Bradley-Terry.
    """
    contests = [(each.winner, each.loser, 0.5 if each.tie else 1.0) for each in body.contests]
    found = await compute_apart(runtime, lambda: elo.rate(contests, body.ratings, body.k))
    if isinstance(found, Refusal):
        return EloResult(**_told(found))
    return EloResult(**_told(dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))))


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
    columns = asdict(found)
    rows = [
        Utility(item=item, **{name: column[place] for name, column in columns.items()})
        for place, item in enumerate(names)
    ]
    return MaxDiffResult(**_told(rows))


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


@router.post("/rfm", responses=ASKING, dependencies=[allow("scores:read")])
async def score_by_rfm(body: RfmIn) -> RfmResult:
    """Score customers by recency, frequency and monetary value, 5 the best of each (RFM).

    Thresholds of your own keep scores comparable from one time to the next; without them customers are held against
    one another. Customers who are all alike cannot be cut: `not_identified`.
    """
    recency, frequency, monetary = (
        to_array([getattr(each, name) for each in body.customers]) for name in ("recency", "frequency", "monetary")
    )
    given = body.thresholds
    cuts = rfm.thresholds(recency, frequency, monetary) if given is None else rfm.Thresholds(**given.model_dump())
    if isinstance(cuts, Refusal):
        return RfmResult(**_told(cuts))
    found = rfm.score(recency, frequency, monetary, cuts)
    if isinstance(found, Refusal):
        return RfmResult(**_told(found))
    scored = [Segmented(customer=each.customer, score=score) for each, score in zip(body.customers, found, strict=True)]
    return RfmResult(**_told(RfmScores(thresholds=Cuts(**asdict(cuts)), customers=scored)))


@router.post("/cost-of-delay", responses=ASKING, dependencies=[allow("scores:read")])
async def order_by_cost_of_delay(body: CostOfDelayIn) -> CostOfDelayResult:
    """Find the order of jobs in which delay costs least, and what another order costs (CD3)."""
    names = [each.job for each in body.jobs]
    rates, durations = (np.array([getattr(each, name) for each in body.jobs]) for name in ("cost_of_delay", "duration"))
    best = cost_of_delay.order(rates, durations)
    if isinstance(best, Refusal):
        return CostOfDelayResult(**_told(best))

    def sequence(order: list[int]) -> Sequence:
        total = cost_of_delay.total(rates, durations, order)
        assert not isinstance(total, Refusal), "jobs that have a best order have a cost in any"
        return Sequence(jobs=[names[place] for place in order], total=total)

    asked = None if body.sequence is None else sequence([names.index(name) for name in body.sequence])
    return CostOfDelayResult(**_told(Sequences(best=sequence(best), asked=asked)))


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
