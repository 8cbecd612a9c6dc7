"""Insights over HTTP: which statements speak for which ideas and needs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field, model_validator

from services.feedback.insights import domain, store
from shared.errors import NotFound
from shared.paging import Cursor, Limit, Page, after, page
from shared.problems import EDITING, GUARDED, responses
from shared.routes import CallerDep, IfMatch, ReadDep, Route, TxDep, allow, etag
from shared.wire import Key, Wire

router = APIRouter(prefix="/v1/insights", tags=["feedback"], route_class=Route)

Confidence = Annotated[float, Field(ge=0, le=1, description="how sure whoever linked it is, 0 to 1", examples=[0.8])]


class Excerpt(Wire):
    """Part of a text: characters from `start`, counted from 0, up to but not including `end`.

    A character is a Unicode code point: an emoji counts as one or more, never as bytes or UTF-16 units.
    """

    start: int = Field(ge=0, le=20_000)
    end: int = Field(ge=1, le=20_000)


class InsightIn(Wire):
    """A feedback speaks for an idea, or for a need."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["idea_id", "need_id"]}})

    feedback_id: UUID
    idea_id: Key | None = Field(default=None, description="the idea's id or key", examples=["csv-export"])
    need_id: Key | None = Field(default=None, description="the need's id or key, instead of an idea's")
    excerpt: Excerpt | None = Field(default=None, description="the words that say so")
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _one_target(self) -> "InsightIn":
        if (self.idea_id is None) == (self.need_id is None):
            raise ValueError("give either idea_id or need_id")
        return self


class InsightEdit(Wire):
    """What to change of an insight; fields left out stay, null takes one away."""

    excerpt: Excerpt | None = None
    confidence: Confidence | None = Field(default=None, examples=[0.8])


class Insight(Wire):
    """The link from a feedback to an idea or a need."""

    id: UUID
    feedback_id: UUID
    idea_id: UUID | None
    need_id: UUID | None
    contact_id: UUID | None
    excerpt: Excerpt | None
    quote: str | None = Field(description="the excerpt's words; null without one, and while it is stale")
    stale: bool = Field(description="the text was sent again with other words in the excerpt's place: choose it anew")
    confidence: float | None
    linked_by: str = Field(description="`key:<id>` or `rule:<connection>`")
    version: int
    created_at: datetime


def _insight(row: asyncpg.Record) -> Insight:
    content = dict(row)
    start, end, words = (content.pop(name) for name in ("excerpt_start", "excerpt_end", "words"))
    return Insight(
        **content,
        excerpt=Excerpt(start=start, end=end) if start is not None else None,
        quote=None if row["stale"] else words,
    )


@router.post("", status_code=201, responses=EDITING, dependencies=[allow("feedback:write")])
async def create_insight(body: InsightIn, caller: CallerDep, tx: TxDep, response: Response) -> Insight:
    """Link a feedback to an idea or a need that it speaks for. A link that stands already is answered with 200."""
    row, fresh = await domain.create(
        tx,
        caller.workspace_id,
        body.feedback_id,
        caller.actor,
        idea=body.idea_id,
        need=body.need_id,
        excerpt=(body.excerpt.start, body.excerpt.end) if body.excerpt else None,
        confidence=body.confidence,
    )
    response.status_code = 201 if fresh else 200
    response.headers.update(etag(row["version"]) | {"Location": f"/v1/insights/{row['id']}"})
    return _insight(row)


@router.get("", responses=GUARDED, dependencies=[allow("feedback:read")])
async def list_insights(
    caller: CallerDep,
    read: ReadDep,
    idea_id: Annotated[UUID | None, Query(description="only for this idea")] = None,
    need_id: Annotated[UUID | None, Query(description="only for this need")] = None,
    feedback_id: Annotated[UUID | None, Query(description="only from this feedback")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Insight]:
    """List insights in order of linking."""
    page_of = caller.workspace_id, after(cursor), limit + 1
    if feedback_id is not None:
        rows = await read.all(store.LIST_FEEDBACK, *page_of, feedback_id, idea_id, need_id)
    elif idea_id is not None and need_id is not None:
        rows = []  # an insight is for one of the two
    elif idea_id is not None:
        rows = await read.all(store.LIST_IDEA, *page_of, idea_id)
    elif need_id is not None:
        rows = await read.all(store.LIST_NEED, *page_of, need_id)
    else:
        rows = await read.all(store.LIST, *page_of)
    return page(rows, limit, _insight, lambda insight: (insight.id,))


@router.get("/{insight_id}", responses=GUARDED | responses(NotFound), dependencies=[allow("feedback:read")])
async def get_insight(insight_id: UUID, caller: CallerDep, read: ReadDep, response: Response) -> Insight:
    """Show one insight."""
    row = await read.one(store.GET, caller.workspace_id, insight_id)
    if row is None:
        raise NotFound("No insight by that id.")
    response.headers.update(etag(row["version"]))
    return _insight(row)


@router.patch("/{insight_id}", responses=EDITING, dependencies=[allow("feedback:write")])
async def update_insight(
    insight_id: UUID, body: InsightEdit, caller: CallerDep, tx: TxDep, expected: IfMatch, response: Response
) -> Insight:
    """Choose other words of the same statement, or another confidence."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if body.excerpt is not None:
        changes["excerpt"] = body.excerpt.start, body.excerpt.end
    row = await domain.edit(tx, caller.workspace_id, insight_id, expected, changes)
    response.headers.update(etag(row["version"]))
    return _insight(row)


@router.delete(
    "/{insight_id}",
    status_code=204,
    responses=EDITING | responses(NotFound),
    dependencies=[allow("feedback:write")],
)
async def delete_insight(insight_id: UUID, caller: CallerDep, tx: TxDep) -> None:
    """Take a link back. A feedback that nothing links any more is new in the inbox again."""
    await domain.unlink(tx, caller.workspace_id, insight_id, caller.actor)
