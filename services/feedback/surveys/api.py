"""What surveys measured, over HTTP."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator

from services.feedback.subjects import domain as subjects
from services.feedback.subjects.domain import Subject
from services.feedback.surveys import domain
from services.feedback.surveys.answers import (
    CesReport,
    CsatReport,
    FeatureByKano,
    NeedRated,
    NpsReport,
    by_kano,
    ces_group,
    change,
    csat_group,
    nps_group,
    rated,
)
from services.feedback.surveys.domain import Asked, By, Place
from services.feedback.surveys.scales import Cell
from shared.errors import FieldError, Invalid, NotFound
from shared.paging import Cursor, Limit, Page, decode, encode
from shared.problems import GUARDED, responses
from shared.routes import CallerDep, ReadDep, Route, allow
from shared.statistics.intervals import SMALL
from shared.wire import Key

router = APIRouter(prefix="/v1/surveys", tags=["surveys"], route_class=Route)
READING = GUARDED | responses(NotFound)
DAYS = 365
"""Of a period whose first day is not given."""
MOST_DAYS = 1_827
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)


def _within_reach(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError("must lie between 1970 and 2199")
    return day


Day = Annotated[date | None, AfterValidator(lambda day: day if day is None else _within_reach(day))]


class Filters(NamedTuple):
    """Which answers a request is about."""

    first: date
    last: date
    segment: str | None
    product: str | None
    connection_id: UUID | None

    async def asked(self, read: ReadDep, workspace_id: UUID) -> Asked:
        """The same with everything found that is named."""
        return Asked(
            workspace_id,
            datetime.combine(self.first, time(), UTC),
            datetime.combine(self.last + timedelta(days=1), time(), UTC),
            product_id=await domain.product(read, workspace_id, self.product),
            connection_id=self.connection_id,
            segment_id=await domain.segment(read, workspace_id, self.segment),
        )


def _filters(
    first: Annotated[
        Day, Query(alias="from", description=f"first day, UTC; {DAYS} days up to the last when left out")
    ] = None,
    last: Annotated[Day, Query(alias="to", description="last day, UTC; today when left out")] = None,
    segment: Annotated[
        Key | None, Query(description="only contacts in this segment, by its id or key, themselves or by their account")
    ] = None,
    product: Annotated[Key | None, Query(description="only about this product, by its id or key")] = None,
    connection_id: Annotated[UUID | None, Query(description="only through this connection")] = None,
) -> Filters:
    until = last or datetime.now(UTC).date()
    since = first or max(EARLIEST, until - timedelta(days=DAYS - 1))
    if until < since:
        raise Invalid(errors=[FieldError("/query/to", "must not be before `from`")])
    if (until - since).days >= MOST_DAYS:
        raise Invalid(errors=[FieldError("/query/from", f"a period may have {MOST_DAYS} days")])
    return Filters(since, until, segment, product, connection_id)


FiltersDep = Annotated[Filters, Depends(_filters)]
ByQuery = Annotated[
    By | None,
    Query(
        description="a figure for each of these besides the whole: periods are UTC, weeks are ISO 8601's. By "
        "segment and plan answers are read one by one: a period may have a million then"
    ),
]
AboutQuery = Annotated[
    Key | None,
    Query(
        description="only questions about this: an idea's id or key, or the name that a rule gives. What was merged "
        "into an idea counts with it: each respondent with the last answer about any, of a million in the period"
    ),
]
FeatureQuery = Annotated[
    Key | None, Query(description="only this feature: an idea's id or key, or the name that a rule gives")
]


async def _report(
    caller: CallerDep, read: ReadDep, filters: Filters, measure: str, about: str | None, by: By | None
) -> domain.Report:
    asked = await filters.asked(read, caller.workspace_id)
    if about is not None:
        asked = asked._replace(about=await subjects.names_of(read, caller.workspace_id, about, measure))
    return await domain.report(read, asked, measure, by)


def _head(filters: Filters, by: By | None, report: domain.Report) -> dict[str, Any]:
    return {
        "first_day": filters.first,
        "last_day": filters.last,
        "by": by,
        "small_sample_below": SMALL,
        "groups_left_out": report.left_out,
    }


@router.get("/nps", responses=READING, dependencies=[allow("feedback:read")])
async def measure_nps(
    caller: CallerDep, read: ReadDep, filters: FiltersDep, by: ByQuery = None, about: AboutQuery = None
) -> NpsReport:
    """Show the Net Promoter Score, with its interval.

    Each respondent counts once in a period, with the last answer: a contact, or a response that names nobody. By month
    and by week that is once in each; by segment a contact counts in every segment that it is in now. Anything else
    adds up to the whole. The interval is the adjusted Wald, which holds for small samples as well; those are flagged.
    """
    report = await _report(caller, read, filters, "nps", about, by)
    groups = [nps_group(place, cells) for place, cells in report.groups]
    if by in {"month", "week"}:
        pairs = zip([None, *groups], groups, strict=False)
        groups = [group.model_copy(update={"change": change(before, group)}) for before, group in pairs]
    return NpsReport(**_head(filters, by, report), total=nps_group(Place(None), report.total), groups=groups)


@router.get("/csat", responses=READING, dependencies=[allow("feedback:read")])
async def measure_csat(
    caller: CallerDep, read: ReadDep, filters: FiltersDep, by: ByQuery = None, about: AboutQuery = None
) -> CsatReport:
    """Show the share of satisfied respondents (CSAT), with its interval.

    Satisfied is who answers in the upper quarter of the scale: 4 and 5 of 1 to 5, which is taken where no rule of the
    connection tells the scale. Respondents count as in the Net Promoter Score; the interval is Wilson's.
    """
    report = await _report(caller, read, filters, "csat", about, by)
    return CsatReport(
        **_head(filters, by, report),
        total=csat_group(Place(None), report.total),
        groups=[csat_group(*group) for group in report.groups],
    )


@router.get("/ces", responses=READING, dependencies=[allow("feedback:read")])
async def measure_ces(
    caller: CallerDep, read: ReadDep, filters: FiltersDep, by: ByQuery = None, about: AboutQuery = None
) -> CesReport:
    """Show how easy respondents found it (CES 2.0): the mean, and the share above the middle of the scale.

    Higher is easier. 1 to 7 is taken where no rule of the connection tells the scale. Respondents count as in the Net
    Promoter Score; the mean's interval is the normal one, the share's is Wilson's.
    """
    report = await _report(caller, read, filters, "ces", about, by)
    return CesReport(
        **_head(filters, by, report),
        total=ces_group(Place(None), report.total),
        groups=[ces_group(*group) for group in report.groups],
    )


class _Found(NamedTuple):
    entries: list[tuple[Subject, Place, dict[str, list[Cell]]]]
    next_cursor: str | None


async def _about(
    caller: CallerDep,
    read: ReadDep,
    filters: Filters,
    measures: tuple[str, str],
    named: str | None,
    page: tuple[int, str | None],
    *,
    by_segment: bool,
) -> _Found:
    limit, cursor = page
    asked = await filters.asked(read, caller.workspace_id)
    if named is not None:
        ratings = subjects.rates(measures)
        found, more = [await subjects.subject(read, caller.workspace_id, named, ratings=ratings)], False
    else:
        after: str = decode(cursor, _name)[0] if cursor is not None else ""
        found = await subjects.list_subjects(read, caller.workspace_id, measures, after, limit + 1)
        found, more = found[:limit], len(found) > limit
    entries = await domain.about_subjects(read, asked, measures, found, by_segment=by_segment)
    return _Found(entries, encode(found[-1].place) if more else None)


def _name(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > 200:
        raise ValueError("is no name")
    return value.encode().decode()


BySegment = Annotated[bool, Query(description="an entry for each segment; contacts in none are one of their own")]


@router.get("/kano", responses=READING, dependencies=[allow("feedback:read")])
async def classify_features(
    caller: CallerDep,
    read: ReadDep,
    filters: FiltersDep,
    feature: FeatureQuery = None,
    by_segment: BySegment = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[FeatureByKano]:
    """List what kind of quality features are to respondents (Kano), and whether the sample can tell.

    A pair of questions about a feature (what it would be like to have it, and to go without) has a category. Each
    respondent counts once a feature, with the last pair in the period. `label` is `undecided` where Fong's test cannot
    tell the first two categories apart; `close` then names those that share the lead: two peaks are often two segments.
    Features come in the order of their names; `limit` counts features. A merged idea counts with the one that it went
    into, where each respondent has one pair, the last about either: until it is unmerged.
    """
    found = await _about(caller, read, filters, ("kano", "kano"), feature, (limit, cursor), by_segment=by_segment)
    return Page(data=[by_kano(*entry) for entry in found.entries], next_cursor=found.next_cursor)


@router.get("/importance", responses=READING, dependencies=[allow("feedback:read")])
async def rate_needs(
    caller: CallerDep,
    read: ReadDep,
    filters: FiltersDep,
    need: Annotated[Key | None, Query(description="only this need, or idea by its id or key")] = None,
    by_segment: BySegment = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[NeedRated]:
    """List how important needs are to respondents, and how satisfied they are today.

    `out_of_ten` is ten times the share that answers in the upper quarter of the scale, as an opportunity score takes
    it; its interval is Wilson's. Each respondent counts once a need and question, with the last answer in the period.
    Needs come in the order of their names; `limit` counts needs. An idea that is asked about counts with those that
    were merged into it, as by Kano, unless a need has the key of one of them: that is the need's.
    """
    found = await _about(
        caller, read, filters, ("importance", "satisfaction"), need, (limit, cursor), by_segment=by_segment
    )
    return Page(data=[rated(*entry) for entry in found.entries], next_cursor=found.next_cursor)
