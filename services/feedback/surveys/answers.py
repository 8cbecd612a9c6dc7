"""What is told of surveys: the shapes of the answers, and how they are made of what was counted."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from services.feedback.subjects.domain import Subject
from services.feedback.surveys import ces, csat, importance, nps
from services.feedback.surveys.ces import Ces
from services.feedback.surveys.csat import Csat
from services.feedback.surveys.domain import By, Place, kano_counts
from services.feedback.surveys.importance import Rated
from services.feedback.surveys.nps import Difference
from services.feedback.surveys.scales import Cell
from shared.statistics import kano
from shared.statistics.intervals import SMALL, Interval
from shared.statistics.kano import Category, Kano
from shared.statistics.refusal import Refusal
from shared.wire import Wire


class _Group(Wire):
    key: str | None = Field(
        description="`2026-03`, `2026-W09`, a key, a plan, a source…; null for what has none, and for the whole"
    )
    name: str | None = Field(description="of the segment, product or connection")
    n: int = Field(description="respondents that are counted", examples=[100])
    small_sample: bool = Field(description="fewer than `small_sample_below`: take the interval seriously")


class NpsGroup(_Group):
    """The Net Promoter Score of some respondents."""

    promoters: int = Field(description="answered 9 or 10", examples=[60])
    passives: int = Field(description="answered 7 or 8", examples=[30])
    detractors: int = Field(description="answered 0 to 6", examples=[10])
    nps: float | None = Field(description="from -100 to 100, unrounded; null without answers", examples=[50.0])
    interval: Interval | None = Field(
        description="in points of the score",
        examples=[{"low": 35.467, "high": 61.621, "method": "adjusted_wald", "level": 0.95}],
    )
    change: Difference | None = Field(
        default=None,
        description="against the period before, by month and by week, with a two-sided z-test; null where either has "
        "no answers, or both have no spread. A contact that answered in both is taken as two",
        examples=[{"delta": 25.0, "z": 2.454, "p": 0.0141}],
    )


class CsatGroup(_Group):
    """The share of satisfied respondents among some."""

    left_out: int = Field(description="answers outside of their scale", examples=[0])
    result: Csat | None = Field(
        description="null without answers",
        examples=[
            {
                "n": 100,
                "satisfied": 84,
                "csat": 84.0,
                "interval": {"low": 75.58, "high": 89.905, "method": "wilson", "level": 0.95},
                "mean": 4.22,
            }
        ],
    )


class CesGroup(_Group):
    """How easy some respondents found it."""

    left_out: int = Field(description="answers outside of their scale", examples=[0])
    result: Ces | None = Field(
        description="null without answers",
        examples=[
            {
                "n": 100,
                "easy": 90,
                "easy_share": 90.0,
                "interval": {"low": 82.563, "high": 94.477, "method": "wilson", "level": 0.95},
                "mean": 5.9,
                "mean_place": 81.667,
                "mean_place_interval": {"low": 77.659, "high": 85.674, "method": "normal", "level": 0.95},
            }
        ],
    )


class _Report(Wire):
    first_day: date
    last_day: date
    by: By | None
    small_sample_below: int = Field(description="respondents that a group needs not to be flagged", examples=[SMALL])
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
    about: str = Field(
        description="the idea's or the need's key, or the name that the connection's rules give", examples=["export"]
    )
    idea_id: UUID | None = Field(description="the idea of that name, where there is one")
    title: str | None = Field(description="the idea's")
    segment: str | None = Field(description="key of the segment, by segment; null: contacts in none, and nobody known")
    segment_name: str | None
    small_sample: bool = Field(description="fewer respondents than `small_sample_below`")
    small_sample_below: int = Field(examples=[SMALL])


class FeatureByKano(_About):
    """What kind of quality a feature is to some respondents."""

    n: int = Field(description="respondents that are counted", examples=[296])
    counts: dict[Category, int] = Field(
        description="M must-be, O one-dimensional, A attractive, I indifferent, R reverse, Q questionable",
        examples=[{"M": 95, "O": 123, "A": 45, "I": 33, "R": 0, "Q": 0}],
    )
    result: Kano | None = Field(
        description="null where no answer says anything of the feature",
        examples=[
            {
                "label": "O",
                "mode": "O",
                "by_rule": "O",
                "close": ["O"],
                "total_strength": 0.8885,
                "category_strength": 0.0946,
                "better": 0.5676,
                "worse": -0.7365,
                "fong_difference": 28.0,
                "fong_threshold": 19.364,
                "significant": True,
                "chi2": 72.486,
                "n": 296.0,
                "gate": "pass",
            }
        ],
    )
    reason: str | None = Field(description="why there is no result", examples=[None])


class NeedRated(_About):
    """How important a need is to some respondents, and how well it is met."""

    importance: Rated | None = Field(description="null without answers")
    satisfaction: Rated | None = Field(description="null without answers")
    left_out: int = Field(description="answers outside of their scale")


def nps_group(place: Place, cells: list[Cell]) -> NpsGroup:
    """The score of a group."""
    counts = {"promoter": 0, "passive": 0, "detractor": 0}
    for cell in cells:
        counts[nps.bucket(cell.value)] += cell.n
    tally = nps.Tally(*counts.values())
    return NpsGroup(
        key=place.key,
        name=place.name,
        n=tally.n,
        promoters=tally.promoters,
        passives=tally.passives,
        detractors=tally.detractors,
        nps=nps.score(tally) if tally.n else None,
        interval=nps.adjusted_wald(tally) if tally.n else None,
        small_sample=tally.n < SMALL,
    )


def change(before: NpsGroup | None, now: NpsGroup) -> nps.Difference | None:
    """How the score moved from one group to the next; None where it cannot be told."""
    if before is None or not before.n or not now.n:
        return None
    tallies = [nps.Tally(each.promoters, each.passives, each.detractors) for each in (now, before)]
    try:
        return nps.compare(*tallies)
    except ValueError:
        return None


def csat_group(place: Place, cells: list[Cell]) -> CsatGroup:
    """Satisfaction in a group."""
    found, outside = csat.summary(cells)
    n = found.n if found else 0
    return CsatGroup(key=place.key, name=place.name, n=n, left_out=outside, result=found, small_sample=n < SMALL)


def ces_group(place: Place, cells: list[Cell]) -> CesGroup:
    """Effort in a group."""
    found, outside = ces.summary(cells)
    n = found.n if found else 0
    return CesGroup(key=place.key, name=place.name, n=n, left_out=outside, result=found, small_sample=n < SMALL)


def _subject(subject: Subject, place: Place) -> Mapping[str, Any]:
    return {
        "about": subject.name,
        "idea_id": subject.idea_id,
        "title": subject.title,
        "segment": place.key,
        "segment_name": place.name,
    }


def by_kano(subject: Subject, place: Place, cells: Mapping[str, list[Cell]]) -> FeatureByKano:
    """A feature, to a group."""
    counts = kano_counts(cells.get("kano", ()))
    judged = kano.judge(counts)
    n = sum(counts.values())
    refused = isinstance(judged, Refusal)
    return FeatureByKano(
        **_subject(subject, place),
        n=n,
        counts=counts,
        result=None if refused else judged,
        reason=judged.reason if refused else None,
        small_sample=n < SMALL,
        small_sample_below=SMALL,
    )


def rated(subject: Subject, place: Place, cells: Mapping[str, list[Cell]]) -> NeedRated:
    """A need, to a group."""
    matters, outside = importance.summary(cells.get("importance", ()))
    met, beyond = importance.summary(cells.get("satisfaction", ()))
    fewest = min(matters.n if matters else 0, met.n if met else 0)
    return NeedRated(
        **_subject(subject, place),
        importance=matters,
        satisfaction=met,
        left_out=outside + beyond,
        small_sample=fewest < SMALL,
        small_sample_below=SMALL,
    )
