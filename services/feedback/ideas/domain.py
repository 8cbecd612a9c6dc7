"""Candidate changes: made, edited, found, and kept in step with the roadmap."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from services.feedback.demand import domain as demand
from services.feedback.ideas import store
from shared.access.keys import Caller
from shared.database import Tx
from shared.errors import Conflict, NotFound
from shared.events.base import Delivered, latest
from shared.events.feedback import IdeaChanged, IdeaKind, IdeaStatus
from shared.events.roadmap import ItemChanged
from shared.ids import new_id
from shared.outbox import emit
from shared.routes import require_version


def key_from(title: str, id: UUID) -> str:
    """A readable key for an idea that was given none: words of its title and the end of its id."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    return f"{words}-{id.hex[-6:]}" if words else id.hex[-12:]


def _event(workspace_id: UUID, row: asyncpg.Record) -> IdeaChanged:
    return IdeaChanged(
        workspace_id=workspace_id,
        idea_id=row["id"],
        version=row["version"],
        title=row["title"],
        kind=row["kind"],
        status=row["status"],
        archived=row["archived"],
    )


async def create(
    tx: Tx, caller: Caller, *, key: str | None, title: str, description: str, kind: IdeaKind
) -> asyncpg.Record:
    """A new idea, with nobody asking for it yet. Conflict when the key is taken."""
    id = new_id()
    row = await tx.one(store.ADD, id, caller.workspace_id, key or key_from(title, id), title, description, kind)
    if row is None:
        raise Conflict(f"There is an idea with the key {key!r} already.", code="key_taken")
    await demand.begin(tx, caller.workspace_id, id, caller.currency)
    await emit(tx, [_event(caller.workspace_id, row)])
    return row


class Sketch(NamedTuple):
    """An idea to be added as it was elsewhere; times are now where they are not known."""

    title: str
    description: str
    kind: IdeaKind
    status: IdeaStatus
    key: str | None = None
    archived: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


async def add(tx: Tx, workspace_id: UUID, currency: str, sketches: Sequence[Sketch]) -> list[UUID | None]:
    """Add many ideas in four statements; the id of each, None where its key is taken."""
    if not sketches:
        return []
    now = datetime.now(UTC)
    ids = [new_id() for _ in sketches]
    given = [
        {
            **each._asdict(),
            "id": id,
            "key": each.key or key_from(each.title, id),
            "created_at": each.created_at or each.updated_at or now,
            "updated_at": each.updated_at or each.created_at or now,
        }
        for each, id in zip(sketches, ids, strict=True)
    ]
    rows = await tx.all(store.ADD_MANY, workspace_id, to_json(given).decode())
    added = {row["id"] for row in rows}
    await demand.begin_many(tx, workspace_id, sorted(added), currency)
    await emit(tx, [_event(workspace_id, row) for row in rows])
    return [id if id in added else None for id in ids]


async def update(
    tx: Tx,
    workspace_id: UUID,
    idea_id: UUID,
    expected: int | None,
    *,
    title: str | None,
    description: str | None,
    kind: IdeaKind | None,
    status: IdeaStatus | None,
    archived: bool | None,
) -> asyncpg.Record:
    """Change an idea; None leaves a field as it is.

    NotFound, PreconditionFailed on another version than expected, or Conflict on a status that its item decides.
    """
    old = await tx.one(store.LOCK, workspace_id, idea_id)
    if old is None:
        raise NotFound("No idea by that id.")
    require_version(expected, old["version"])
    if old["item_status"] is not None:
        if status not in (None, old["status"]):
            raise Conflict("It is in a roadmap item and has its status: change that.", code="status_follows_item")
        status = None
    given = {"title": title, "description": description, "kind": kind, "own_status": status, "archived": archived}
    wanted = {name: old[name] if value is None else value for name, value in given.items()}
    if all(old[name] == value for name, value in wanted.items()):
        return old
    row = await tx.one(store.UPDATE, workspace_id, idea_id, *wanted.values())
    assert row is not None  # locked above
    await emit(tx, [_event(workspace_id, row)])
    return row


async def find(tx: Tx, named: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Ideas by (workspace, id or key), as many as exist."""
    ids: dict[str, UUID] = {}
    keys: list[tuple[UUID, str]] = []
    for workspace_id, name in named:
        try:
            ids[name] = UUID(name)
        except ValueError:
            keys.append((workspace_id, name))
    found: dict[tuple[UUID, str], UUID] = {}
    if ids:
        known = {(row["workspace_id"], row["id"]) for row in await tx.all(store.FIND_BY_ID, set(ids.values()))}
        found |= {(each, name): ids[name] for each, name in named if name in ids and (each, ids[name]) in known}
    if keys:
        rows = await tx.all(store.FIND_BY_KEY, [w for w, _ in keys], [key for _, key in keys])
        found |= {(row["workspace_id"], row["key"]): row["id"] for row in rows}
    return found


async def follow_items(tx: Tx, delivered: Sequence[Delivered[ItemChanged]]) -> list[Delivered[ItemChanged]]:
    """Give ideas the status of the items they are in, the furthest counts, and return what was news.

    Considered and cancelled items say nothing: the idea then has the status that people gave it.
    """
    newest = latest(delivered)
    heard = await tx.all(
        store.HEAR,
        [each.event.item_id for each in newest],
        [each.event.workspace_id for each in newest],
        [each.event.version for each in newest],
    )
    fresh = {row["item_id"] for row in heard}
    news = [each for each in newest if each.event.item_id in fresh]
    if not news:
        return []
    inside = [(each.event, idea_id) for each in news for idea_id in each.event.idea_ids]
    left = await tx.all(store.EMPTY_ITEMS, list(fresh))
    joined = await tx.all(
        store.FILL_ITEMS,
        [event.item_id for event, _ in inside],
        [idea_id for _, idea_id in inside],
        [event.workspace_id for event, _ in inside],
        [event.status for event, _ in inside],
    )
    touched = {row["idea_id"] for row in (*left, *joined)}
    await tx.all(store.LOCK_MANY, touched)
    rows = await tx.all(store.FOLLOW_ITEMS, touched)
    traces = {idea_id: each.traceparent for each in news for idea_id in each.event.idea_ids}
    await emit(
        tx,
        [_event(row["workspace_id"], row) for row in rows],
        [traces.get(row["id"], news[0].traceparent) for row in rows],
    )
    return news
