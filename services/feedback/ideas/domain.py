"""Candidate changes: made, edited, found, and kept in step with the roadmap."""

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

import asyncpg

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

STATUS_OF_ITEM: dict[str, IdeaStatus] = {
    "considering": "open",
    "planned": "planned",
    "in_progress": "in_progress",
    "shipped": "shipped",
    "cancelled": "open",
}
"""What an idea's status becomes when its item's does: a cancelled plan leaves the wish open."""


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
    try:
        async with tx.savepoint():
            row = await tx.one(store.ADD, id, caller.workspace_id, key or key_from(title, id), title, description, kind)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"There is an idea with the key {key!r} already.", code="key_taken") from error
    assert row is not None  # an insert returns its row or raises
    await demand.begin(tx, caller.workspace_id, id, caller.currency)
    await emit(tx, [_event(caller.workspace_id, row)])
    return row


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
    """Change an idea; None leaves a field as it is. NotFound, or PreconditionFailed on another version."""
    old = await tx.one(store.LOCK, workspace_id, idea_id)
    if old is None:
        raise NotFound("No idea by that id.")
    require_version(expected, old["version"])
    given = {"title": title, "description": description, "kind": kind, "status": status, "archived": archived}
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


async def follow_items(tx: Tx, delivered: Sequence[Delivered[ItemChanged]]) -> None:
    """Give ideas the status of the item that they are planned in."""
    moves = {
        (each.event.workspace_id, idea_id): (each.event, each.traceparent)
        for each in latest(delivered)
        for idea_id in each.event.idea_ids
    }
    if not moves:
        return
    await tx.all(store.LOCK_MANY, [idea_id for _, idea_id in moves])
    rows = await tx.all(
        store.FOLLOW_ITEM,
        [workspace_id for workspace_id, _ in moves],
        [idea_id for _, idea_id in moves],
        [STATUS_OF_ITEM[event.status] for event, _ in moves.values()],
        [event.version for event, _ in moves.values()],
    )
    await emit(
        tx,
        [_event(row["workspace_id"], row) for row in rows],
        [moves[(row["workspace_id"], row["id"])][1] for row in rows],
    )
