"""Needs over HTTP: what customers want to get done, and what surveys say of it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from fastapi import Response as Answer
from pydantic import Field

from services.feedback.needs import domain, store
from services.feedback.needs.domain import Mark, Response
from services.feedback.subjects.ratings import measure
from shared.database import Read
from shared.errors import Moved, NotFound
from shared.paging import LAST, Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.statistics.intervals import SMALL, Interval
from shared.wire import Line, Slug, Wire

router = APIRouter(prefix="/v1/needs", tags=["needs"], route_class=Route)


class NeedIn(Wire):
    """An outcome that customers want."""

    job: Line = Field(description="what they want to get done", examples=["Close the books at month end"])
    outcome: Line = Field(
        description="how they would tell that it is done better",
        examples=["Minimise the time it takes to get all figures out"],
    )
    key: Slug | None = Field(
        default=None,
        description="short name that a survey's mapping or hidden field can carry; made when left out",
        examples=["figures-out"],
    )
    persona: Line | None = Field(default=None, description="whose need it is", examples=["Controller"])
    product_id: UUID | None = None


class NeedEdit(Wire):
    """What to change of a need; fields left out stay, and null empties `persona` and `product_id`."""

    job: Line | None = None
    outcome: Line | None = Field(default=None, examples=["Minimise the time it takes to get figures out"])
    persona: Line | None = None
    product_id: UUID | None = None
    archived: bool | None = None


class NeedAnswers(Wire):
    """What respondents say of a need's importance, or of satisfaction with it: each counts once, with the last answer.

    Answers on other scales are put into five steps at equal distances.
    """

    answers: int = Field(description="respondents: a contact, or a response that names nobody")
    counts: list[int] = Field(description="answers in each of the five steps, the lowest first")
    mean: float | None = Field(description="of the steps, 1 to 5")
    top_share: float | None = Field(
        description="share of answers in the upper quarter of their scale, 4 and 5 of 1 to 5: times ten, what the "
        "opportunity score takes"
    )
    top_share_interval: Interval | None
    few: bool = Field(description=f"fewer than {SMALL} answers: too few to decide by")


class Need(Wire):
    """An outcome that customers want, and what is known of it."""

    id: UUID
    key: str
    job: str
    outcome: str
    persona: str | None
    product_id: UUID | None
    archived: bool
    insights: int = Field(description="links from feedback standing")
    ratings: int = Field(description="responses that say how important or how well met it is")
    importance: NeedAnswers
    satisfaction: NeedAnswers
    version: int = Field(description="rises when somebody edits it, not with every response")
    created_at: datetime
    updated_at: datetime


class NeedDetail(Need):
    """A need with the ideas that would serve it."""

    idea_ids: list[UUID] = Field(description="of a merged idea, the one that it went into")


class NeedMark(Wire):
    """One answer, as given."""

    value: float
    low: float = Field(description="the lowest answer possible")
    high: float = Field(description="the highest answer possible")
    step: int = Field(description="1 to 5: what it counts as")
    latest: bool = Field(description="false: the same respondent has answered again since, and that counts instead")


class NeedRating(Wire):
    """What one response says of a need."""

    feedback_id: UUID
    contact_id: UUID | None
    importance: NeedMark | None
    satisfaction: NeedMark | None
    said_at: datetime


def _answers(tally: list[int]) -> NeedAnswers:
    found = measure(tally)
    return NeedAnswers(
        answers=found.answers,
        counts=list(found.counts),
        mean=found.mean,
        top_share=found.top_share,
        top_share_interval=found.interval,
        few=found.answers < SMALL,
    )


def _shown(row: asyncpg.Record) -> dict[str, Any]:
    return {**row, "importance": _answers(row["importance"]), "satisfaction": _answers(row["satisfaction"])}


def _need(row: asyncpg.Record) -> Need:
    return Need(**_shown(row))


async def _detail(read: Read, workspace_id: UUID, need_id: UUID, response: Answer) -> NeedDetail:
    row, idea_ids = await domain.explain(read, workspace_id, need_id)
    response.headers.update(etag(row["version"]))
    return NeedDetail(**_shown(row), idea_ids=idea_ids)


def _rating(response: Response) -> NeedRating:
    def mark(given: Mark | None) -> NeedMark | None:
        return None if given is None else NeedMark(**given._asdict())

    return NeedRating(
        feedback_id=response.feedback_id,
        contact_id=response.contact_id,
        importance=mark(response.importance),
        satisfaction=mark(response.satisfaction),
        said_at=response.said_at,
    )


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("ideas:write")])
async def create_need(body: NeedIn, caller: CallerDep, tx: TxDep, response: Answer) -> NeedDetail:
    """Add a need. What was answered about its key before counts at once."""
    id = await domain.create(
        tx,
        caller.workspace_id,
        key=body.key,
        job=body.job,
        outcome=body.outcome,
        persona=body.persona,
        product_id=body.product_id,
    )
    response.headers.update({"Location": f"/v1/needs/{id}"})
    return await _detail(tx, caller.workspace_id, id, response)


@router.get("", responses=GUARDED, dependencies=[allow("ideas:read")])
async def list_needs(
    caller: CallerDep,
    read: ReadDep,
    product_id: Annotated[UUID | None, Query(description="only of this product")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Need]:
    """List needs, the newest first."""
    page_of = caller.workspace_id, after(cursor, LAST), limit + 1
    if product_id is None:
        rows = await read.all(store.LIST, *page_of)
    else:
        rows = await read.all(store.LIST_PRODUCT, *page_of, product_id)
    return page(rows, limit, _need, lambda need: (need.id,))


@router.get("/{need_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("ideas:read")])
async def get_need(need_id: UUID, caller: CallerDep, read: ReadDep, response: Answer) -> NeedDetail:
    """Show one need: how important, how well met, and which ideas would serve it."""
    return await _detail(read, caller.workspace_id, need_id, response)


@router.patch("/{need_id}", responses=EDITING, dependencies=[allow("ideas:write")])
async def update_need(
    need_id: UUID, body: NeedEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Answer
) -> NeedDetail:
    """Edit a need."""
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name in {"persona", "product_id"}}
    await domain.update(tx, caller.workspace_id, need_id, expected, changes)
    return await _detail(tx, caller.workspace_id, need_id, response)


@router.get("/{need_id}/ratings", responses=GUARDED | responses(NotFound), dependencies=[allow("feedback:read")])
async def list_need_ratings(
    need_id: UUID, caller: CallerDep, read: ReadDep, limit: Limit = 50, cursor: Cursor = None
) -> Page[NeedRating]:
    """List what each response says of a need, in order of arrival."""
    responses = await domain.ratings(read, caller.workspace_id, need_id, after(cursor), limit + 1)
    return page(responses, limit, _rating, lambda rating: (rating.feedback_id,))


@router.put(
    "/{need_id}/ideas/{idea_id}",
    status_code=204,
    responses=EDITING | responses(Moved),
    dependencies=[allow("ideas:write")],
)
async def link_need_to_idea(need_id: UUID, idea_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Say that an idea would serve a need."""
    await domain.link_idea(tx, caller.workspace_id, need_id, idea_id, caller.actor)


@router.delete(
    "/{need_id}/ideas/{idea_id}",
    status_code=204,
    responses=EDITING | responses(Moved),
    dependencies=[allow("ideas:write")],
)
async def unlink_need_from_idea(need_id: UUID, idea_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Take back that an idea would serve a need."""
    await domain.unlink_idea(tx, caller.workspace_id, need_id, idea_id)
