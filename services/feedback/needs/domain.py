"""Needs: outcomes that customers want, and how important and how well met they say each is.

Totals are kept in the transaction of each change. Whoever changes them holds their rows, after those of ideas' demand,
and ends with one snapshot event for each need.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json, to_json

from services.feedback.ideas import domain as ideas
from services.feedback.needs import ratings, store
from services.feedback.needs.ratings import STEPS, Mark, Rating, measure
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, Moved, NotFound
from shared.events.feedback import NeedChanged
from shared.ids import new_id
from shared.outbox import emit
from shared.routes import require_version
from shared.telemetry import traceparent

MOST_IDEAS = 200
"""Ideas that one need can be linked to: all of them travel in its event."""


def _id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


async def create(
    tx: Tx, workspace_id: UUID, *, key: str | None, job: str, outcome: str, persona: str | None, product_id: UUID | None
) -> UUID:
    """A new need, of which nothing is known yet. Conflict when the key is taken."""
    if key is not None and _id(key) is not None:
        raise Invalid(errors=[FieldError("/body/key", "looks like an id, and would be taken for one")])
    await _require_product(tx, workspace_id, product_id)
    id = new_id()
    row = await tx.one(
        store.ADD, id, workspace_id, key or ideas.key_from(outcome, id), job, outcome, persona, product_id
    )
    if row is None:
        raise Conflict(f"There is a need with the key {key!r} already.", code="key_taken")
    await tx.run(store.OPEN, id, workspace_id)
    await _count(tx, {id: _Change()})
    return id


async def update(
    tx: Tx,
    workspace_id: UUID,
    need_id: UUID,
    expected: int | None,
    changes: Mapping[str, Any],
) -> None:
    """Change what is given of `job`, `outcome`, `persona`, `product_id` and `archived`.

    NotFound, or PreconditionFailed on another version than expected.
    """
    old = await _locked(tx, workspace_id, need_id)
    require_version(expected, old["version"])
    wanted = {name: changes.get(name, old[name]) for name in ("job", "outcome", "persona", "product_id", "archived")}
    if all(old[name] == value for name, value in wanted.items()):
        return
    if wanted["product_id"] != old["product_id"]:
        await _require_product(tx, workspace_id, wanted["product_id"])
    await tx.one(store.UPDATE, workspace_id, need_id, *wanted.values())
    await lock(tx, [need_id])
    await _count(tx, {need_id: _Change()})


async def _locked(tx: Tx, workspace_id: UUID, need_id: UUID) -> asyncpg.Record:
    row = await tx.one(store.LOCK_NEED, workspace_id, need_id)
    if row is None:
        raise NotFound("No need by that id.")
    return row


async def _require_product(tx: Tx, workspace_id: UUID, product_id: UUID | None) -> None:
    if product_id is not None and await tx.one(store.PRODUCT, workspace_id, product_id) is None:
        raise Invalid(errors=[FieldError("/body/product_id", "no product by that id")])


async def find(tx: Tx, named: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Needs by (workspace, id or key), as many as exist."""
    ids = {name: id for _, name in named if (id := _id(name)) is not None}
    keys = [(workspace_id, name) for workspace_id, name in named if name not in ids]
    found: dict[tuple[UUID, str], UUID] = {}
    if ids:
        known = {(row["workspace_id"], row["id"]) for row in await tx.all(store.FIND_BY_ID, set(ids.values()))}
        found |= {(each, name): ids[name] for each, name in named if name in ids and (each, ids[name]) in known}
    if keys:
        rows = await tx.all(store.FIND_BY_KEY, [w for w, _ in keys], [key for _, key in keys])
        found |= {(row["workspace_id"], row["key"]): row["id"] for row in rows}
    return found


async def explain(read: Read, workspace_id: UUID, need_id: UUID) -> tuple[asyncpg.Record, list[UUID]]:
    """A need with its totals, and the ideas that it is linked to. NotFound when there is none."""
    row = await read.one(store.GET, workspace_id, need_id)
    if row is None:
        raise NotFound("No need by that id.")
    return row, [each["idea_id"] for each in await read.all(store.IDEAS, workspace_id, need_id)]


async def link_idea(tx: Tx, workspace_id: UUID, need_id: UUID, idea_id: UUID, linked_by: str) -> None:
    """Say that an idea would serve a need; again, it changes nothing. NotFound, or Moved when the idea was merged."""
    await _locked(tx, workspace_id, need_id)
    await _unmerged(tx, workspace_id, need_id, idea_id)
    await lock(tx, [need_id])
    if await tx.run(store.LINK_IDEA, workspace_id, need_id, idea_id, linked_by, MOST_IDEAS):
        await _count(tx, {need_id: _Change()})
    elif await tx.one(store.LINKED, workspace_id, need_id, idea_id) is None:
        raise Conflict(f"A need can be linked to {MOST_IDEAS} ideas: take one back first.", code="too_many_ideas")


async def unlink_idea(tx: Tx, workspace_id: UUID, need_id: UUID, idea_id: UUID) -> None:
    """Take that back, of the idea and of what was merged into it. NotFound when it was not said, or Moved."""
    await _locked(tx, workspace_id, need_id)
    await _unmerged(tx, workspace_id, need_id, idea_id)
    await lock(tx, [need_id])
    if not await tx.run(store.UNLINK_IDEA, workspace_id, need_id, idea_id):
        raise NotFound("The need is not linked to that idea.")
    await _count(tx, {need_id: _Change()})


async def _unmerged(tx: Tx, workspace_id: UUID, need_id: UUID, idea_id: UUID) -> None:
    row = await tx.one(store.IDEA, workspace_id, idea_id)
    if row is None:
        raise NotFound("No idea by that id.")
    if row["merged_root"] is not None:
        raise Moved(f"/v1/needs/{need_id}/ideas/{row['merged_root']}")


async def unite(tx: Tx, workspace_id: UUID, idea_ids: Collection[UUID]) -> None:
    """Tell of the needs that these ideas would serve, which were just merged or unmerged: others serve them now."""
    need_ids = [row["need_id"] for row in await tx.all(store.SERVED, workspace_id, list(idea_ids))]
    await lock(tx, need_ids)
    await _count(tx, {need_id: _Change() for need_id in need_ids})


async def lock(tx: Tx, need_ids: Collection[UUID]) -> None:
    """Hold the needs' totals until the transaction ends. Ideas' demand is locked before."""
    if need_ids:
        await tx.all(store.LOCK, list(need_ids))


async def count_insights(tx: Tx, need_ids: Sequence[UUID], step: int, traces: Mapping[UUID, str] | None = None) -> None:
    """Count insights that were just linked (1) or taken back (-1), one for each id. The needs must be locked."""
    changes: dict[UUID, _Change] = {}
    for need_id in need_ids:
        changes.setdefault(need_id, _Change()).insights += step
    await _count(tx, changes, traces)


class _Rated(NamedTuple):
    """A rating as it is stored."""

    contact_id: UUID | None
    importance: Mark | None
    satisfaction: Mark | None
    said_at: datetime

    def row(self) -> dict[str, Any]:
        return {
            "contact_id": self.contact_id,
            "importance": self.importance.value if self.importance else None,
            "importance_scale": self.importance.scale if self.importance else None,
            "importance_step": self.importance.step if self.importance else None,
            "satisfaction": self.satisfaction.value if self.satisfaction else None,
            "satisfaction_scale": self.satisfaction.scale if self.satisfaction else None,
            "satisfaction_step": self.satisfaction.step if self.satisfaction else None,
            "said_at": self.said_at,
        }


def _held(row: asyncpg.Record) -> _Rated:
    def mark(name: str) -> Mark | None:
        scale = row[f"{name}_scale"]
        return None if scale is None else Mark(row[name], (scale[0], scale[1]), row[f"{name}_step"])

    return _Rated(row["contact_id"], mark("importance"), mark("satisfaction"), row["said_at"])


@dataclass(slots=True)
class _Change:
    """By how much the totals of a need change."""

    insights: int = 0
    ratings: int = 0
    importance: list[int] = field(default_factory=lambda: [0] * STEPS)
    satisfaction: list[int] = field(default_factory=lambda: [0] * STEPS)

    def add(self, rated: _Rated, by: int) -> None:
        self.ratings += by
        if rated.importance:
            self.importance[rated.importance.step - 1] += by
        if rated.satisfaction:
            self.satisfaction[rated.satisfaction.step - 1] += by


async def rate(tx: Tx, said: Mapping[tuple[UUID, UUID], str]) -> None:
    """Bring up to date what statements say of needs, from what is stored of them now.

    `said`: the traceparent of each by (workspace, id). Their rows are new, or locked by the caller, so that nobody else
    rates by them at the same time. A statement that is not there any more says nothing.
    """
    if not said:
        return
    columns = [workspace_id for workspace_id, _ in said], [id for _, id in said]
    rows = await tx.all(store.SAID, *columns)
    told = {(row["workspace_id"], row["id"]): ratings.told(from_json(row["answers"])) for row in rows}
    names = {(workspace_id, name) for (workspace_id, _), about in told.items() for name in about}
    found = await find(tx, names) if names else {}
    wanted: dict[tuple[UUID, UUID, UUID], _Rated] = {}
    for row in rows:
        workspace_id: UUID = row["workspace_id"]
        by_need: dict[UUID, Rating] = {}
        for name, rating in told[(workspace_id, row["id"])].items():
            need_id = found.get((workspace_id, name))
            if need_id is not None:
                # A need may be named by its key in one question and by its id in another.
                other = by_need.get(need_id, Rating())
                by_need[need_id] = Rating(
                    rating.importance or other.importance, rating.satisfaction or other.satisfaction
                )
        for need_id, rating in by_need.items():
            rated = _Rated(row["contact_id"], rating.importance, rating.satisfaction, row["said_at"])
            wanted[(workspace_id, row["id"], need_id)] = rated
    held = {
        (row["workspace_id"], row["feedback_id"], row["need_id"]): _held(row)
        for row in await tx.all(store.HELD_RATINGS, *columns)
    }
    await _replace(tx, held, wanted, said)


async def _replace(
    tx: Tx,
    held: Mapping[tuple[UUID, UUID, UUID], _Rated],
    wanted: Mapping[tuple[UUID, UUID, UUID], _Rated],
    traces: Mapping[tuple[UUID, UUID], str],
) -> None:
    gone = [key for key in held if key not in wanted]
    news = {key: rated for key, rated in wanted.items() if held.get(key) != rated}
    if not gone and not news:
        return
    changes: dict[UUID, _Change] = {}
    causes: dict[UUID, str] = {}
    for workspace_id, feedback_id, need_id in (*gone, *news):
        change = changes.setdefault(need_id, _Change())
        causes[need_id] = traces[(workspace_id, feedback_id)]
        key = workspace_id, feedback_id, need_id
        if key in held:
            change.add(held[key], -1)
        if key in news:
            change.add(news[key], 1)
    await lock(tx, changes)
    if gone:
        await tx.run(store.DROP_RATINGS, [w for w, _, _ in gone], [f for _, f, _ in gone], [n for _, _, n in gone])
    if news:
        stored = [
            {"workspace_id": workspace_id, "feedback_id": feedback_id, "need_id": need_id, **rated.row()}
            for (workspace_id, feedback_id, need_id), rated in news.items()
        ]
        await tx.run(store.SAVE_RATINGS, to_json(stored).decode())
    # The same answers from somebody else, or of another time, change no total.
    await _count(tx, {need_id: change for need_id, change in changes.items() if change != _Change()}, causes)


async def _count(tx: Tx, changes: Mapping[UUID, _Change], traces: Mapping[UUID, str] | None = None) -> None:
    """Change totals and tell of it. The needs must be locked, or new."""
    if not changes:
        return
    steps = [
        {
            "need_id": need_id,
            "insights": change.insights,
            "ratings": change.ratings,
            "importance": change.importance,
            "satisfaction": change.satisfaction,
        }
        for need_id, change in changes.items()
    ]
    await _tell(tx, await tx.all(store.COUNT, to_json(steps).decode()), traces)


async def tell(tx: Tx, workspace_id: UUID, need_ids: Collection[UUID]) -> None:
    """Tell of needs as they are, whose rows were put in by another way."""
    await _tell(tx, await tx.all(store.TOLD, workspace_id, need_ids))


async def _tell(tx: Tx, rows: Sequence[asyncpg.Record], traces: Mapping[UUID, str] | None = None) -> None:
    told = [
        NeedChanged.model_validate(
            {**row, "importance": _shares(row["importance"]), "satisfaction": _shares(row["satisfaction"])}
        )
        for row in rows
    ]
    await emit(tx, told, [(traces or {}).get(each.need_id) or traceparent.get() for each in told])


def _shares(counts: Sequence[int]) -> dict[str, Any]:
    """A measure as the event has it: whoever needs the interval has what it is made of."""
    found = measure(counts)
    return {"counts": found.counts, "answers": found.answers, "mean": found.mean, "top_share": found.top_share}
