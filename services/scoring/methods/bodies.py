"""What methods for groups are asked with."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.scoring.frameworks.ahp import RandomIndex
from services.scoring.frameworks.elo import K
from services.scoring.frameworks.moscow import Category as MoscowCategory
from shared.statistics.kano import Category as KanoCategory
from shared.wire import Line, Wire

Amount = Annotated[float, Field(ge=0, le=1e12)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Scale = Annotated[int, Field(ge=1, le=5)]


class Compared(Wire):
    """Two items compared."""

    first: Line = Field(examples=["speed"])
    second: Line = Field(examples=["looks"])
    times: Annotated[float, Field(ge=1e-6, le=1e6)] = Field(
        description="how many times as much the first is; usually 1/9 to 9", examples=[3]
    )


class AhpIn(Wire):
    """Pairwise comparisons: every pair once."""

    comparisons: list[Compared] = Field(max_length=210)
    items: list[Line] = Field(
        default_factory=list[str], max_length=21, description="their order; left out: that of the comparisons"
    )
    random_index: RandomIndex = Field(
        default="saaty2005",
        description="what consistency is measured against: `saaty1980` is the table that most textbooks print",
    )


class Contest(Wire):
    """How often one item won against another."""

    winner: Line = Field(examples=["Dark mode"])
    loser: Line = Field(examples=["Export"])
    times: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    tie: bool = Field(default=False, description="neither won: half a win for each")


class BradleyTerryIn(Wire):
    """Contests, in any order."""

    contests: list[Contest] = Field(min_length=1, max_length=5_000)
    reference: Line | None = Field(default=None, description="the item whose ability is 0; null: the first named")
    prior: Annotated[float, Field(ge=0, le=1_000)] = Field(
        default=0.0, description="wins added each way between all pairs, where the contests alone identify nothing"
    )

    def items(self) -> list[str]:
        """The items, in the order they are named."""
        return list(dict.fromkeys(name for each in self.contests for name in (each.winner, each.loser)))


class Match(Wire):
    """One contest."""

    winner: Line = Field(examples=["Dark mode"])
    loser: Line = Field(examples=["Export"])
    tie: bool = Field(default=False, description="neither won: half a win for each")


class EloIn(Wire):
    """Contests in the order in which they were held."""

    contests: list[Match] = Field(min_length=1, max_length=1_000)
    ratings: dict[Line, Annotated[float, Field(ge=-1e6, le=1e6)]] = Field(
        default_factory=dict,
        max_length=1_000,
        description="what items begin with; those that are not named begin at 1500",
        examples=[{"Dark mode": 1613}],
    )
    k: Annotated[float, Field(gt=0, le=1_000)] = Field(default=K, description="how far one contest moves a rating")


class Customer(Wire):
    """What a customer has ordered."""

    customer: Line = Field(examples=["ACME"])
    recency: Amount | None = Field(description="days since the last order; null: not known", examples=[205])
    frequency: Amount | None = Field(description="orders", examples=[6])
    monetary: Amount | None = Field(description="what they paid in all", examples=[472])


class Cuts(Wire):
    """Where the bins of each figure are cut, ascending; a value at a threshold is in the higher bin."""

    recency: list[Amount] = Field(min_length=1, max_length=8, examples=[[115, 181, 297, 482]])
    frequency: list[Amount] = Field(min_length=1, max_length=8, examples=[[4, 5, 6, 8]])
    monetary: list[Amount] = Field(min_length=1, max_length=8, examples=[[256, 382, 506, 666]])


class RfmIn(Wire):
    """Customers by recency, frequency and monetary value."""

    customers: list[Customer] = Field(min_length=1, max_length=5_000)
    thresholds: Cuts | None = Field(
        default=None, description="null: the quintiles of these customers, so that scores are relative to them"
    )

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len({each.customer for each in self.customers}) < len(self.customers):
            raise ValueError("customers: one is there twice")
        return self


class Job(Wire):
    """Something to be done."""

    job: Line = Field(examples=["Super spoon"])
    cost_of_delay: Amount = Field(description="what each unit of time that it comes later costs", examples=[10])
    duration: Annotated[float, Field(gt=0, le=1e12)] = Field(description="in that unit of time", examples=[2])


class CostOfDelayIn(Wire):
    """Jobs that are done one after another."""

    jobs: list[Job] = Field(min_length=1, max_length=500)
    sequence: list[Line] | None = Field(
        default=None,
        max_length=500,
        description="an order of your own, every job once, to be held against the best",
        examples=[["Super spoon"]],
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [each.job for each in self.jobs]
        if len(set(names)) < len(names):
            raise ValueError("jobs: one is there twice")
        if self.sequence is not None and sorted(self.sequence) != sorted(names):
            raise ValueError("sequence: it names every job once, and no other")
        return self


class Shown(Wire):
    """How an item fared."""

    item: Line = Field(examples=["Dark mode"])
    shown: Count = Field(description="how often it was shown, to all respondents together", examples=[100])
    best: Count = Field(description="how often it was called best", examples=[40])
    worst: Count = Field(description="how often it was called worst", examples=[10])


class MaxDiffIn(Wire):
    """Counts of a best-worst survey."""

    items: list[Shown] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _counted_once(self) -> Self:
        if len({each.item for each in self.items}) < len(self.items):
            raise ValueError("items: one is there twice")
        return self


class Ballot(Wire):
    """What one voter gives."""

    voter: Line = Field(examples=["user-17"])
    gives: dict[Line, Amount] = Field(min_length=1, max_length=200, examples=[{"Dark mode": 70, "Export": 30}])


class HundredDollarsIn(Wire):
    """Ballots that each spend the same points."""

    points: Annotated[float, Field(gt=0, le=1e6)] = 100.0
    ballots: list[Ballot] = Field(min_length=1, max_length=2_000)

    @model_validator(mode="after")
    def _vote_once(self) -> Self:
        if len({each.voter for each in self.ballots}) < len(self.ballots):
            raise ValueError("ballots: a voter has two")
        return self


class BuyAFeatureIn(Wire):
    """Prices, one budget for each buyer, and what they put together."""

    prices: dict[Line, Amount] = Field(min_length=1, max_length=200, examples=[{"Dark mode": 60, "Export": 40}])
    budget: Amount = Field(description="of each buyer", examples=[50])
    ballots: list[Ballot] = Field(min_length=1, max_length=2_000)

    @model_validator(mode="after")
    def _buy_once(self) -> Self:
        if len({each.voter for each in self.ballots}) < len(self.ballots):
            raise ValueError("ballots: a buyer has two")
        return self


class Answered(Wire):
    """One respondent: 1 like, 2 expect, 3 neutral, 4 live with, 5 dislike."""

    functional: Scale = Field(description="how they feel with the feature")
    dysfunctional: Scale = Field(description="how they feel without it")


class KanoIn(Wire):
    """Answers about a feature, and how often each category was counted besides."""

    answers: list[Answered] = Field(default_factory=list[Answered], max_length=20_000)
    counts: dict[KanoCategory, Count] = Field(
        default_factory=dict[KanoCategory, Count],
        description="answers that were counted before, by category",
        examples=[{"M": 95, "O": 123, "A": 45, "I": 33}],
    )


class MoscowIn(Wire):
    """The effort of each category; one left out has none."""

    effort: dict[MoscowCategory, Amount] = Field(examples=[{"must": 60, "should": 20, "could": 20, "wont": 15}])


class Priced(Wire):
    """The four prices that one respondent names."""

    too_cheap: Amount = Field(description="so cheap that they would doubt the quality", examples=[10])
    cheap: Amount = Field(description="a bargain", examples=[20])
    expensive: Amount = Field(description="dear, and still worth a thought", examples=[40])
    too_expensive: Amount = Field(description="out of the question", examples=[60])


class VanWestendorpIn(Wire):
    """Answers of a price sensitivity survey."""

    respondents: list[Priced] = Field(min_length=1, max_length=20_000)
    range: Literal["original", "narrower"] = Field(
        default="original", description="between not cheap and not expensive, or between expensive and cheap"
    )
