"""Candidate changes: made, edited, found, and kept in step with the roadmap."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.demand import domain as demand
from services.feedback.ideas import store
from services.feedback.ideas.finding import Lookup, Words, lookup, typed
from services.feedback.ideas.orders import Sort
from services.feedback.products import domain as products
from services.feedback.subjects import domain as subjects
from shared.access.keys import Caller
from shared.database import Read, Tx
from shared.errors import Conflict, Moved, NotFound
from shared.events.base import Delivered, latest
from shared.events.feedback import IdeaChanged, IdeaKind, IdeaStatus
from shared.events.roadmap import ItemChanged
from shared.ids import new_id
from shared.outbox import emit
from shared.routes import require_version
from shared.wire import Attributes

EDITED = (
    "title", "description", "kind", "own_status", "archived", "product_id", "component_id", "tags", "owner",
    "attributes",
)  # fmt: skip
EMPTIED = frozenset(("product", "component", "owner"))


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
        merged_into=row["merged_root"],
        product_id=row["product_id"],
    )


async def create(
    tx: Tx,
    caller: Caller,
    *,
    key: str | None,
    title: str,
    description: str,
    kind: IdeaKind,
    product: str | None = None,
    component: str | None = None,
    tags: Sequence[str] = (),
    owner: str | None = None,
    attributes: Attributes | None = None,
) -> asyncpg.Record:
    """A new idea, with nobody asking for it yet. Conflict when the key is taken; Invalid on an unknown product."""
    id = new_id()
    place = await products.place(tx, caller.workspace_id, product, component)
    row = await tx.one(
        store.ADD,
        id,
        caller.workspace_id,
        key or key_from(title, id),
        title,
        description,
        kind,
        *place,
        _once(tags),
        owner,
        to_json(attributes or {}).decode(),
    )
    if row is None:
        raise Conflict(f"There is an idea with the key {key!r} already.", code="key_taken")
    await demand.begin(tx, caller.workspace_id, id, caller.currency)
    await emit(tx, [_event(caller.workspace_id, row)])
    if key is not None:
        # Questions may have been asked about it before. A key that was made just now is in none.
        await subjects.tell(tx, [(caller.workspace_id, key)], new=True)
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
    tags: Sequence[str] = ()
    attributes: Attributes | None = None


async def add(tx: Tx, workspace_id: UUID, currency: str, sketches: Sequence[Sketch]) -> list[UUID | None]:
    """Add many ideas in five statements; the id of each, None where its key is taken."""
    if not sketches:
        return []
    now = datetime.now(UTC)
    ids = [new_id() for _ in sketches]
    given = [
        {
            **each._asdict(),
            "id": id,
            "tags": _once(each.tags),
            "attributes": each.attributes or {},
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
    await subjects.tell(tx, [(workspace_id, each.key) for each in sketches if each.key is not None], new=True)
    return [id if id in added else None for id in ids]


def _once(tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(tags))


async def get(read: Read, workspace_id: UUID, idea_id: UUID, place: str = "") -> asyncpg.Record:
    """An idea. NotFound; Moved when it was merged, to the same `place` (`/demand`) of the one that it went into."""
    row = await read.one(store.GET, workspace_id, idea_id)
    if row is None:
        raise NotFound("No idea by that id.")
    require_unmerged(row, place)
    return row


def require_unmerged(row: asyncpg.Record, place: str = "") -> None:
    """Moved when this idea was merged into another."""
    if row["merged_root"] is not None:
        raise Moved(f"/v1/ideas/{row['merged_root']}{place}")


async def update(
    tx: Tx, workspace_id: UUID, idea_id: UUID, expected: int | None, edits: Mapping[str, Any]
) -> asyncpg.Record:
    """Change an idea: `edits` by the name of a field, of which null empties `product`, `component` and `owner`.

    NotFound, Moved, PreconditionFailed on another version than expected, Invalid on an unknown product, or Conflict on
    a status that its item decides.
    """
    old = await tx.one(store.LOCK, workspace_id, idea_id)
    if old is None:
        raise NotFound("No idea by that id.")
    require_unmerged(old)
    require_version(expected, old["version"])
    given = {name: value for name, value in edits.items() if value is not None or name in EMPTIED}
    status = given.pop("status", None)
    if old["item_status"] is None:
        if status is not None:
            given["own_status"] = status
    elif status not in (None, old["status"]):
        raise Conflict("It is in a roadmap item and has its status: change that.", code="status_follows_item")
    if "product" in given or "component" in given:
        given |= await _moved(tx, workspace_id, old, given)
    if (tags := given.get("tags")) is not None:
        given["tags"] = _once(tags)
    attributes = from_json(old["attributes"])
    if "attributes" in given:
        attributes = {name: value for name, value in (attributes | given["attributes"]).items() if value is not None}
    given["attributes"] = to_json(attributes).decode()
    wanted = {name: given.get(name, old[name]) for name in EDITED}
    if attributes == from_json(old["attributes"]) and all(
        old[name] == value for name, value in wanted.items() if name != "attributes"
    ):
        return old
    row = await tx.one(store.UPDATE, workspace_id, idea_id, *wanted.values())
    assert row is not None  # locked above
    await emit(tx, [_event(workspace_id, row)])
    if wanted["product_id"] != old["product_id"]:
        await demand.remark(tx, workspace_id, idea_id)
    return row


async def blot(tx: Tx, workspace_id: UUID, after: UUID, pattern: str, limit: int) -> tuple[int, UUID | None]:
    """Blot a pattern out of what ideas are called and told, merged ones too, and tell of those anew.

    How many held it, of the next `limit` ideas after one; and where to go on, None at the end.
    """
    rows = await tx.all(store.HOLDING, workspace_id, after, pattern, limit)
    changed = [
        await tx.one(store.BLOT, workspace_id, row["id"], pattern)
        for row in rows if row["holds"] and await tx.one(store.LOCK, workspace_id, row["id"])
    ]  # fmt: skip
    await emit(tx, [_event(workspace_id, row) for row in changed if row is not None])
    return len(changed), rows[-1]["id"] if len(rows) == limit else None


async def _moved(tx: Tx, workspace_id: UUID, old: asyncpg.Record, given: Mapping[str, Any]) -> dict[str, UUID | None]:
    """Where it goes: another product takes it out of its component, unless that is said too."""
    component: str | None = given.get("component")
    if "product" in given:
        product_id, component_id = await products.place(tx, workspace_id, given["product"], component)
    elif component is None:
        product_id, component_id = old["product_id"], None
    else:
        # A key is looked for in the product that it is in; an id says where it goes.
        here = str(old["product_id"]) if old["product_id"] and not products.is_id(component) else None
        product_id, component_id = await products.place(tx, workspace_id, here, component)
    return {"product_id": product_id, "component_id": component_id}


class Filter(NamedTuple):
    """Which ideas are asked for; None asks for nothing. Products and components by id or key."""

    q: str | None
    status: IdeaStatus | None
    kind: IdeaKind | None
    product: str | None
    component: str | None
    tag: str | None
    owner: str | None
    archived: bool | None
    key: str | None = None
    """Of a merged idea, that it was merged into is found."""
    field: tuple[str, str] | None = None
    """A field of one's own: its name, and its value as text."""


async def search(
    read: Read, workspace_id: UUID, asked: Filter, sort: Sort, cursor: Sequence[Any], limit: int
) -> list[asyncpg.Record]:
    """Ideas in order, those behind the cursor; merged ones are not among them. Six statements at most."""
    words = await read_words(read, asked.q) if asked.q is not None else None
    if asked.q is not None and words is None:
        return []
    product_id, component_id = await products.place(
        read, workspace_id, asked.product, asked.component, pointer="/query"
    )
    idea_id = await read.value(store.ROOT_BY_KEY, workspace_id, asked.key) if asked.key is not None else None
    if asked.key is not None and idea_id is None:
        return []
    await plan_for_values(read)
    found = lookup(words, asked.tag, asked.field)
    return await read.all(
        store.SEARCHES[sort, len(found.terms), len(found.begun)],
        workspace_id,
        asked.status,
        asked.kind,
        product_id if asked.component is None else None,
        component_id,
        asked.owner,
        asked.archived,
        words.query if words is not None else None,
        limit,
        idea_id,
        *cursor,
        *found.terms,
        *found.begun,
    )


async def plan_for_values(read: Read) -> None:
    """Have each statement of this transaction planned for the values that it is given."""
    await read.value(store.PLAN)


async def plan_once(read: Read) -> None:
    """Have each statement from now on planned once for all values: those that find their rows by whole keys."""
    await read.value(store.PLANNED)


async def read_words(read: Read, q: str) -> Words | None:
    """What was typed as PostgreSQL reads it; None when there is no word in it."""
    row = await read.one(store.WORDS, *typed(q))
    assert row is not None  # it reads no table
    if not row["query"]:
        return None
    return Words(row["query"], row["needed"], row["begun"][0] if len(row["begun"]) == 1 else None, row["stems"])


async def rarest(read: Read, workspace_id: UUID, found: Lookup, most: int) -> tuple[int, Lookup]:
    """How many rows of words begin as what is being typed, counted to `most`; else of the rarest term, put first."""
    if found.begun:
        return await read.value(store.COUNT_BEGUN[len(found.begun)], workspace_id, most, *found.begun), found
    counted = [(await read.value(store.COUNT_TERM, workspace_id, most, term), term) for term in found.terms]
    counted.sort()
    return counted[0][0], Lookup([term for _, term in counted], ())


async def let_find(tx: Tx, workspace_id: UUID, idea_ids: Collection[UUID]) -> None:
    """Have ideas found by their words that were put into the table by another way."""
    await tx.run(store.NAME, workspace_id, idea_ids)


async def settle(tx: Tx, rows: Sequence[asyncpg.Record], roots: Collection[UUID]) -> None:
    """Tell of ideas that were just merged or unmerged; those that count by themselves get their items' status.

    The rows of all of them are locked.
    """
    last = {row["id"]: row for row in (*rows, *await tx.all(store.FOLLOW_ITEMS, roots))}
    await emit(tx, [_event(row["workspace_id"], row) for row in last.values()])


async def find(read: Read, named: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
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
        known = {(row["workspace_id"], row["id"]) for row in await read.all(store.FIND_BY_ID, set(ids.values()))}
        found |= {(each, name): ids[name] for each, name in named if name in ids and (each, ids[name]) in known}
    if keys:
        rows = await read.all(store.FIND_BY_KEY, [w for w, _ in keys], [key for _, key in keys])
        found |= {(row["workspace_id"], row["key"]): row["id"] for row in rows}
    return found


async def follow_items(tx: Tx, delivered: Sequence[Delivered[ItemChanged]]) -> list[Delivered[ItemChanged]]:
    """Give ideas the status of the items they are in, the furthest counts, and return what was news.

    Considered and cancelled items say nothing: the idea then has the status that people gave it.
    """
    newest = latest(delivered)
    # Nobody merges meanwhile: what is in an item counts for one idea until the end.
    await demand.hold(tx, {each.event.workspace_id for each in newest})
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
    roots = [row["id"] for row in await tx.all(store.LOCK_MANY, touched)]
    rows = await tx.all(store.FOLLOW_ITEMS, roots)
    traces = {idea_id: each.traceparent for each in news for idea_id in each.event.idea_ids}
    await emit(
        tx,
        [_event(row["workspace_id"], row) for row in rows],
        [traces.get(row["id"], news[0].traceparent) for row in rows],
    )
    return news
