"""Views: made, edited, published."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from services.roadmap.views import store
from services.roadmap.views.published import PublishedView, Shown, ViewField, publish
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, NotFound
from shared.events.roadmap import ItemStatus
from shared.ids import new_id
from shared.routes import require_version

MOST_SHOWN = 100
"""Items that a page shows of a status: the newest shipped, or the newest planned."""


async def create(
    tx: Tx,
    workspace_id: UUID,
    *,
    slug: str,
    title: str,
    introduction: str,
    statuses: Sequence[ItemStatus],
    fields: Sequence[ViewField],
    published: bool,
) -> asyncpg.Record:
    """A new view. Conflict when its slug is taken."""
    row = await tx.one(store.ADD, workspace_id, new_id(), slug, title, introduction, statuses, fields, published)
    if row is None:
        raise Conflict(
            f"There is a view {slug!r} already.",
            code="slug_taken",
            errors=[FieldError("/body/slug", "is the slug of another view")],
        )
    return row


async def get(read: Read, workspace_id: UUID, view_id: UUID) -> asyncpg.Record:
    """A view, or NotFound."""
    row = await read.one(store.GET, workspace_id, view_id)
    if row is None:
        raise NotFound("No view by that id.")
    return row


async def edit(
    tx: Tx, workspace_id: UUID, view_id: UUID, expected: int | None, edits: Mapping[str, Any]
) -> asyncpg.Record:
    """Set fields of a view, by name. What is set already changes nothing. NotFound, or PreconditionFailed."""
    row = await _locked(tx, workspace_id, view_id, expected)
    new: dict[str, Any] = {**row, **edits}
    if new == dict(row):
        return row
    names = ("title", "introduction", "statuses", "fields", "published")
    changed = await tx.one(store.CHANGE, workspace_id, view_id, *(new[name] for name in names))
    assert changed is not None  # locked before
    return changed


async def delete(tx: Tx, workspace_id: UUID, view_id: UUID, expected: int | None) -> None:
    """Remove a view and its page. NotFound, or PreconditionFailed."""
    await _locked(tx, workspace_id, view_id, expected)
    await tx.run(store.DELETE, workspace_id, view_id)


async def _locked(tx: Tx, workspace_id: UUID, view_id: UUID, expected: int | None) -> asyncpg.Record:
    row = await tx.one(store.LOCK, workspace_id, view_id)
    if row is None:
        raise NotFound("No view by that id.")
    require_version(expected, row["version"])
    return row


async def published(read: Read, workspace_id: UUID, workspace: str, slug: str) -> PublishedView | None:
    """What the public may read of a view; None when there is none by that slug, or it is not published."""
    view = await read.one(store.PUBLISHED, workspace_id, slug)
    if view is None:
        return None
    rows = await read.all(store.SHOWN, workspace_id, view["statuses"], MOST_SHOWN)
    return publish(
        workspace=workspace,
        title=view["title"],
        introduction=view["introduction"],
        edited_at=view["updated_at"],
        statuses=view["statuses"],
        fields=view["fields"],
        items=[_shown(row) for row in rows],
    )


def _shown(row: asyncpg.Record) -> Shown:
    return Shown(
        id=row["id"],
        title=row["title"],
        status=row["status"],
        summary=row["summary"],
        target=row["target"],
        shipped_at=row["shipped_at"],
        updated_at=row["updated_at"],
        people=row["people"],
        votes=row["votes"],
        scores=list(zip(row["models"] or (), row["values"] or (), strict=True)),
    )
