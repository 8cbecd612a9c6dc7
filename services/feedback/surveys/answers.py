"""What is told of surveys: the shapes of the answers."""

from datetime import date
from uuid import UUID

from pydantic import Field

from services.feedback.surveys.ces import Ces
from services.feedback.surveys.csat import Csat
from services.feedback.surveys.domain import By
from services.feedback.surveys.importance import Rated
from services.feedback.surveys.intervals import Interval
from services.feedback.surveys.nps import Difference
from shared.statistics.kano import Category, Kano
from shared.wire import Wire


class _Group(Wire):
    key: str | None = Field(
        description="`2026-03`, `2026-W09`, a key, a plan, a source…; null for what has none, and for the whole"
    )
    name: str | None = Field(description="of the segment, product or connection")
    n: int = Field(description="respondents that are counted")
    small_sample: bool = Field(description="fewer than `small_sample_below`: take the interval seriously")


class NpsGroup(_Group):
    """The Net Promoter Score of some respondents."""

    promoters: int = Field(description="answered 9 or 10")
    passives: int = Field(description="answered 7 or 8")
    detractors: int = Field(description="answered 0 to 6")
    nps: float | None = Field(description="from -100 to 100, unrounded; null without answers")
    interval: Interval | None = Field(description="in points of the score")
    change: Difference | None = Field(
        default=None,
        description="against the period before, by month and by week, with a two-sided z-test; null where either has "
        "no answers, or both have no spread. A contact that answered in both is taken as two",
    )


class CsatGroup(_Group):
    """The share of satisfied respondents among some."""

    left_out: int = Field(description="answers outside of their scale")
    result: Csat | None = Field(description="null without answers")


class CesGroup(_Group):
    """How easy some respondents found it."""

    left_out: int = Field(description="answers outside of their scale")
    result: Ces | None = Field(description="null without answers")


class _Report(Wire):
    first_day: date
    last_day: date
    by: By | None
    small_sample_below: int = Field(description="respondents that a group needs not to be flagged")
    groups_left_out: int = Field(description="groups besides those listed, which are 300 at most")


class NpsReport(_Report):
    """The Net Promoter Score in all and by group."""

    total: NpsGroup
    groups: list[NpsGroup]


class CsatReport(_Report):
    """Satisfaction in all and by group."""

    total: CsatGroup
    groups: list[CsatGroup]


class CesReport(_Report):
    """Effort in all and by group."""

    total: CesGroup
    groups: list[CesGroup]


class _About(Wire):
    about: str = Field(description="the idea's key, or the name that the connection's rules give", examples=["export"])
    idea_id: UUID | None = Field(description="the idea of that name, where there is one")
    title: str | None = Field(description="the idea's")
    segment: str | None = Field(description="key of the segment, by segment; null: contacts in none, and nobody known")
    segment_name: str | None
    small_sample: bool = Field(description="fewer respondents than `small_sample_below`")
    small_sample_below: int


class FeatureByKano(_About):
    """What kind of quality a feature is to some respondents."""

    n: int = Field(description="respondents that are counted")
    counts: dict[Category, int] = Field(
        description="M must-be, O one-dimensional, A attractive, I indifferent, R reverse, Q questionable"
    )
    result: Kano | None = Field(description="null where no answer says anything of the feature")
    reason: str | None = Field(description="why there is no result")


class NeedRated(_About):
    """How important a need is to some respondents, and how well it is met."""

    importance: Rated | None = Field(description="null without answers")
    satisfaction: Rated | None = Field(description="null without answers")
    left_out: int = Field(description="answers outside of their scale")
