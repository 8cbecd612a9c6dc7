"""What methods for groups answer with."""

from typing import Literal

from pydantic import Field

from services.scoring.frameworks import ahp, bradley_terry, cumulative_voting, moscow, van_westendorp
from services.scoring.methods.bodies import Cuts
from shared.statistics import kano
from shared.wire import Wire


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


class EloResult(_Result):
    """Ratings after the last contest, the highest first."""

    result: dict[str, float] | None


class Segmented(Wire):
    """A customer's score."""

    customer: str
    score: str | None = Field(
        description="a digit each for recency, frequency and monetary value; null: one is missing"
    )


class RfmScores(Wire):
    """Customers in the order in which they were given."""

    thresholds: Cuts
    customers: list[Segmented]


class RfmResult(_Result):
    """Customers by recency, frequency and monetary value."""

    result: RfmScores | None


class Sequence(Wire):
    """An order of jobs."""

    jobs: list[str]
    total: float = Field(description="what the delay of all jobs costs: each its rate until it is finished")


class Sequences(Wire):
    """The order that costs least, and the one that was asked about."""

    best: Sequence = Field(description="by cost of delay over duration, the highest first (CD3)")
    asked: Sequence | None


class CostOfDelayResult(_Result):
    """What delay costs."""

    result: Sequences | None


class Utility(Wire):
    """What an item is worth."""

    item: str
    counted: float = Field(description="the count score: (best - worst) / shown, from -1 to 1")
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
