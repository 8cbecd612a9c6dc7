"""A need as respondents rate it, as the inputs of Ulwick's opportunity score. Pure.

On the scale `ten` importance and satisfaction are ten times the share of respondents who answer in the upper quarter of
their scale (4 and 5 of 1 to 5), with Wilson's interval; on `five` they are means of the steps 1 to 5 with the normal
one. An idea that would serve several needs is worth what the most under-served of them is worth: of those that
respondents rated on both, the one with the highest score on `ten`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

import numpy as np
from pydantic import Field

from services.scoring.frameworks.parameters import NeedRule, Rated
from services.scoring.frameworks.recipe import Array
from shared.statistics.intervals import SMALL, Interval, of_mean, wilson

TEN = 10.0
STEPS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Rating:
    """The answers to one of the two questions."""

    counts: tuple[int, ...]
    """In each of the five steps, the lowest first."""
    high: int
    """Answers in the upper quarter of their scale."""

    @property
    def n(self) -> int:
        """Respondents."""
        return sum(self.counts)

    @property
    def mean(self) -> float:
        """Of the steps. ZeroDivisionError without answers."""
        return sum(step * count for step, count in zip(STEPS, self.counts, strict=True)) / self.n

    @property
    def variance(self) -> float:
        """Of the steps, in the sample; 0 of a single answer."""
        squares = sum((step - self.mean) ** 2 * count for step, count in zip(STEPS, self.counts, strict=True))
        return squares / (self.n - 1) if self.n > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Need:
    """A need and its answers."""

    need_id: UUID
    importance: Rating
    satisfaction: Rating
    event_id: UUID
    version: int

    def rating(self, measure: Rated) -> Rating:
        """The answers to one question."""
        return self.importance if measure == "importance" else self.satisfaction


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What surveys say of a need, which an input rests on."""

    need_id: Annotated[UUID, Field(description="the need, of those that the idea would serve the most under-served")]
    measure: Rated
    n: Annotated[int, Field(description="respondents, each counted once with the last answer")]
    interval: Annotated[Interval, Field(description="of the value")]
    small_sample: Annotated[bool, Field(description=f"fewer than {SMALL} respondents: take the interval seriously")]
    needs: Annotated[int, Field(description="needs that the idea would serve and that respondents have rated")]
    event_id: Annotated[UUID, Field(description="the event that told of these answers")]
    version: Annotated[int, Field(description="of the need as it was told")]


def opportunity(importance: Rating, satisfaction: Rating) -> float | None:
    """Ulwick's score from 0 to 20; None unless both questions were answered."""
    if not importance.n or not satisfaction.n:
        return None
    matters, met = TEN * importance.high / importance.n, TEN * satisfaction.high / satisfaction.n
    return matters + max(matters - met, 0.0)


def bounds(importance: Rating, satisfaction: Rating) -> tuple[float, float] | None:
    """The score with both figures at the unfavourable ends of their intervals, and at the favourable ones."""
    if not importance.n or not satisfaction.n:
        return None
    matters, met = (wilson(each.high, each.n) for each in (importance, satisfaction))
    return (
        TEN * (matters.low + max(matters.low - met.high, 0.0)),
        TEN * (matters.high + max(matters.high - met.low, 0.0)),
    )


def chosen(needs: Sequence[Need]) -> Need | None:
    """The need that an idea is scored by; None where respondents have rated none of them."""
    rated = [each for each in needs if each.importance.n or each.satisfaction.n]
    return max(rated, key=_worth, default=None)


def _worth(need: Need) -> tuple[float, int, UUID]:
    found = opportunity(need.importance, need.satisfaction)
    return -1.0 if found is None else found, need.importance.n + need.satisfaction.n, need.need_id


def figure(rating: Rating, scale: Literal["ten", "five"]) -> tuple[float, Interval] | None:
    """The value of one question on a scale, with its interval; None without answers."""
    if not rating.n:
        return None
    if scale == "ten":
        share = wilson(rating.high, rating.n)
        return TEN * rating.high / rating.n, Interval(TEN * share.low, TEN * share.high, share.method, share.level)
    around = of_mean(rating.mean, rating.variance, rating.n)
    return rating.mean, Interval(max(1.0, around.low), min(5.0, around.high), around.method, around.level)


def surveyed(needs: Sequence[Need], rule: NeedRule) -> tuple[float, Surveyed] | None:
    """The value of an input and what it rests on; None where the chosen need was not asked about in this."""
    need = chosen(needs)
    found = None if need is None else figure(need.rating(rule.measure), rule.scale)
    if need is None or found is None:
        return None
    value, interval = found
    n = need.rating(rule.measure).n
    rated = sum(bool(each.importance.n or each.satisfaction.n) for each in needs)
    return value, Surveyed(need.need_id, rule.measure, n, interval, n < SMALL, rated, need.event_id, need.version)


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the figure of everybody may be, by the answers of some.

    On `ten` ten times a share that is distributed as beta (Jeffreys' prior: half an answer of each kind more), on
    `five` the mean of steps whose shares are distributed as Dirichlet (the same prior).
    """

    rating: Rating
    scale: Literal["ten", "five"]

    def draw(self, lot: np.random.Generator, size: int) -> Array:
        """As many draws."""
        if self.scale == "ten":
            return TEN * lot.beta(self.rating.high + 0.5, self.rating.n - self.rating.high + 0.5, size)
        return lot.dirichlet(np.array(self.rating.counts) + 0.5, size) @ np.array(STEPS, np.float64)
