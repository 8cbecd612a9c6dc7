"""A portfolio as callers ask for it, and as it is answered."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from services.scoring.capacity.bodies import PERIOD
from services.scoring.capacity.domain import MOST_TEAMS, Period
from services.scoring.frameworks.spreads import Spread
from services.scoring.teams.domain import Amount, Skill
from shared.events.feedback import IdeaKind
from shared.wire import Key, Line, Wire

MOST_ITEMS = 300
MOST_VARIABLES = 1_800
MOST_SKILLS = 20
Portion = Annotated[float, Field(ge=0, le=1)]


class PlanItem(Wire):
    """Something that may be done. Usually an idea; then its value can be its score."""

    key: Key = Field(description="your own name for it, once in a portfolio", examples=["export"])
    idea_id: UUID | None = Field(default=None, description="the idea that it is, where its value is to be a score")
    kind: IdeaKind = "feature"
    value: Annotated[float, Field(ge=-1e12, le=1e12)] | None = Field(
        default=None, description="in any one unit; null: the idea's score by `model_id`", examples=[12.5]
    )
    spread: Spread | None = Field(
        default=None, description="how sure that value is, for `robust`; without a value, its mean is the value"
    )
    effort: dict[Skill, Amount] = Field(
        default_factory=dict, max_length=20, description="by skill", examples=[{"backend": 2}]
    )
    needs: list[Key] = Field(default_factory=list[str], max_length=50, description="items that must be done before")
    must: bool = Field(default=False, description="an override: it is to be in the set")
    without: bool = Field(default=False, description="an override: it is not to be in the set")
    reason: Line | None = Field(
        default=None, description="why it is overridden: stands beside what that costs", examples=[None]
    )


class Capacity(Wire):
    """How much there is of a skill in each period."""

    skill: Skill = Field(examples=["backend"])
    amounts: list[Amount] = Field(min_length=1, max_length=12, examples=[[6, 6]])


class StoredCapacity(Wire):
    """Take the capacity of teams as it is stored, and the efforts of ideas that carry none here."""

    team_ids: list[UUID] = Field(
        default_factory=list[UUID], max_length=MOST_TEAMS, description="empty: the first 50 that are not archived"
    )
    periods: list[Period] = Field(min_length=1, max_length=12, description=PERIOD, examples=[["2027-Q1", "2027-Q2"]])
    spare: bool = Field(default=False, description="only what nobody has promised yet")


class ShareIn(Wire):
    """How much of the effort goes to items of these kinds."""

    kinds: list[IdeaKind] = Field(min_length=1, max_length=5, examples=[["debt", "enabler"]])
    least: Portion | None = Field(default=None, examples=[0.2])
    most: Portion | None = Field(default=None, examples=[0.8])


class RobustIn(Wire):
    """Try the set against draws of the values."""

    samples: Annotated[int, Field(ge=10, le=100)] = 30
    seed: Annotated[int, Field(ge=0, le=2**53)] = 1


class PortfolioIn(Wire):
    """What there is to do, and within what. Nothing is stored: ask again with anything else to see what if."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["capacity", "stored_capacity"]}})

    items: list[PlanItem] = Field(
        min_length=1,
        max_length=MOST_ITEMS,
        examples=[[{"key": "export", "value": 12.5, "effort": {"backend": 2}, "must": True}]],
    )
    capacity: list[Capacity] = Field(
        default_factory=list[Capacity],
        max_length=MOST_SKILLS,
        description="every skill that effort is of, each over the same periods",
        examples=[[{"skill": "backend", "amounts": [6, 6]}]],
    )
    stored_capacity: StoredCapacity | None = Field(default=None, description="in place of `capacity`")
    shares: list[ShareIn] = Field(default_factory=list[ShareIn], max_length=10)
    share_of: Literal["capacity", "used"] = Field(default="capacity", description="what `shares` are of")
    model_id: UUID | None = Field(default=None, description="the active model that gives values where there are none")
    discount: Annotated[float, Field(ge=0, le=0.9)] = Field(
        default=0.0, description="how much of its value an item loses with each period that it comes later"
    )
    unit: Annotated[float, Field(gt=0, le=1e9)] = Field(default=1.0, description="how much more capacity to price")
    left_out: Annotated[int, Field(ge=0, le=20)] = Field(default=5, description="how many items left out to explain")
    robust: RobustIn | None = None
    seconds: Annotated[float, Field(ge=0.1, le=5)] = Field(default=3.0, description="how long to look, at most")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        keys = {item.key for item in self.items}
        if len(keys) < len(self.items):
            raise ValueError("items: two have the same key")
        scored = [item.idea_id for item in self.items if item.idea_id and item.value is None and item.spread is None]
        if len(set(scored)) < len(scored):
            raise ValueError("items: two take the score of one idea, which would count it twice: give their values")
        if bool(self.capacity) == (self.stored_capacity is not None):
            raise ValueError("give either capacity or stored_capacity")
        return self if self.stored_capacity is not None else self._fits_capacity(keys)

    def _fits_capacity(self, keys: set[str]) -> Self:
        skills = {each.skill for each in self.capacity}
        if len(skills) < len(self.capacity):
            raise ValueError("capacity: a skill is there twice")
        if len({len(each.amounts) for each in self.capacity}) > 1:
            raise ValueError("capacity: every skill needs an amount for each period")
        if len(self.items) * len(self.capacity[0].amounts) > MOST_VARIABLES:
            raise ValueError(f"items: times periods they are over {MOST_VARIABLES}")
        for item in self.items:
            if unknown := sorted({*item.needs} - keys):
                raise ValueError(f"items: {item.key} needs {', '.join(unknown)}, which is no item")
            if item.key in item.needs:
                raise ValueError(f"items: {item.key} needs itself")
            if unknown := sorted(item.effort.keys() - skills):
                raise ValueError(f"items: {item.key} takes {', '.join(unknown)}, of which there is no capacity")
            if item.value is None and item.spread is None and (item.idea_id is None or self.model_id is None):
                raise ValueError(f"items: {item.key} has neither a value nor an idea_id and a model_id to take it from")
        if sum(len(item.needs) for item in self.items) > MOST_ITEMS:
            raise ValueError(f"items: they have more than {MOST_ITEMS} needs")
        for share in self.shares:
            if share.least is not None and share.most is not None and share.least > share.most:
                raise ValueError("shares: least is over most")
        return self


class FrontIn(PortfolioIn):
    """The same, to be balanced between technical and business work. Prices and draws are not computed."""

    technical: list[IdeaKind] = Field(
        default_factory=lambda: ["debt", "enabler", "migration"], min_length=1, max_length=5
    )
    points: Annotated[int, Field(ge=2, le=20)] = Field(default=7, description="how many sets to look for")


class LimitOut(Wire):
    """A limit of the portfolio."""

    kind: Literal["capacity", "need", "must", "without", "least", "most"]
    name: str = Field(description="the skill, the item, or the kinds joined by `+`")
    other: str = Field(description="the period, from 0, of a capacity; the item that is needed; else empty")


class FrontPoint(Wire):
    """A set that no other one beats in both values."""

    business: float
    technical: float
    technical_share: float = Field(description="of the effort that the set uses")
    chosen: list[str]


class Front(Wire):
    """Sets from the most business value to the most technical value."""

    state: Literal["solved", "infeasible", "not_scoreable", "out_of_time"]
    points: list[FrontPoint]
    complete: bool = Field(description="whether there was time for every point")
    conflict: list[LimitOut]
    missing: list[str]


class PriceOut(Wire):
    """What a limit costs, in the unit of the values."""

    limit: LimitOut
    price: float | None = Field(description="null: there was no time to find out")
    enters: list[str] = Field(description="items that would be in the set then")
    leaves: list[str] = Field(description="items that would not be any more")


class OverridePrice(PriceOut):
    """What a must-have or an exclusion costs."""

    reason: str | None = Field(default=None, description="why, as it was said")


class Planned(Wire):
    """An item of the best set."""

    key: str
    idea_id: UUID | None
    kind: IdeaKind
    value: float = Field(description="before any discount")
    period: int = Field(description="when it is done, from 0")


class LeftOutItem(Wire):
    """An item that is not in the set, and why."""

    key: str
    value: float
    reason: str
    price: float | None = Field(description="what having it would cost; null: it cannot be had, or no time was left")
    displaces: list[str]
    limits: list[LimitOut] = Field(description="limits that it cannot be had with")


class Usage(Wire):
    """How much of a skill the set uses in a period."""

    skill: str
    period: int
    capacity: float
    used: float


class KindShare(Wire):
    """How much of the effort items of a kind get."""

    kind: IdeaKind
    effort: float
    of_capacity: float
    of_used: float


class RobustOut(Wire):
    """The set under draws of the values."""

    draws: int
    chosen: dict[str, float] = Field(description="how often each item is in the best set of a draw")
    regret: float = Field(description="how much more the best set of each draw is worth than this one, on average")
    p10: float
    p50: float
    p90: float
    safer: list[str] | None = Field(
        description="of all sets that were best in a draw, the one whose p10 is highest; null: the chosen one"
    )
    safer_p10: float


class Portfolio(Wire):
    """The best set. `infeasible` and `not_scoreable` are results: they say what is in the way."""

    state: Literal["solved", "infeasible", "not_scoreable", "out_of_time"]
    reason: str | None
    chosen: list[Planned]
    value: float | None
    gap: float | None = Field(
        description="at most this share more is possible; 0: the set is proven to be the best, to a billionth of the "
        "largest value"
    )
    conflict: list[LimitOut] = Field(description="infeasible: limits that contradict one another")
    conflict_is_least: bool | None = Field(description="whether each of them is needed for the contradiction")
    missing: list[str] = Field(description="not_scoreable: items whose ideas have no score")
    capacity: list[Usage]
    kinds: list[KindShare]
    prices: list[PriceOut] = Field(description="what one unit more of each skill is worth in each period")
    overrides: list[OverridePrice] = Field(description="what each must-have and each exclusion costs")
    left_out: list[LeftOutItem] = Field(description="the most worth first")
    robust: RobustOut | None
