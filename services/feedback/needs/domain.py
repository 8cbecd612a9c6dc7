"""Needs: outcomes that customers want, and how important and how well met they say each is.

Insights are counted in the transaction of each change, answers under the need's key by `subjects`. Whoever changes
either holds the needs' totals, after ideas' demand and subjects, and ends with one snapshot event for each need.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.ideas import domain as ideas
from services.feedback.needs import store
from services.feedback.subjects.ratings import USUAL, measure, step
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
    await _count(tx, {id: 0})
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
    await _count(tx, {need_id: 0})


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


class Mark(NamedTuple):
    """One answer, as given, the ends of its scale, and the step from 1 to 5 that it counts as."""

    value: float
    low: float
    high: float
    step: int
    latest: bool
    """Whether the respondent has not answered the same again since: only then it counts."""


@dataclass(slots=True)
class Response:
    """What one response says of a need."""

    feedback_id: UUID
    contact_id: UUID | None
    said_at: datetime
    importance: Mark | None = None
    satisfaction: Mark | None = None


async def ratings(read: Read, workspace_id: UUID, need_id: UUID, after: UUID, limit: int) -> list[Response]:
    """What responses say of a need, in order of arrival. NotFound when there is no such need."""
    need = await read.one(store.GET, workspace_id, need_id)
    if need is None:
        raise NotFound("No need by that id.")
    found: dict[UUID, Response] = {}
    for row in await read.all(store.LIST_RATINGS, workspace_id, need["key"], after, limit):
        response = found.setdefault(row["feedback_id"], Response(row["feedback_id"], row["contact_id"], row["said_at"]))
        at = step(row["value"], row["low"], row["high"])
        low, high = USUAL if row["low"] is None else (row["low"], row["high"])
        mark = None if at is None else Mark(row["value"], low, high, at, row["superseded_at"] is None)
        if mark is not None and row["measure"] == "importance":
            response.importance = mark
        elif mark is not None:
            response.satisfaction = mark
    return list(found.values())


async def link_idea(tx: Tx, workspace_id: UUID, need_id: UUID, idea_id: UUID, linked_by: str) -> None:
    """Say that an idea would serve a need; again, it changes nothing. NotFound, or Moved when the idea was merged."""
    await _locked(tx, workspace_id, need_id)
    await _unmerged(tx, workspace_id, need_id, idea_id)
    await lock(tx, [need_id])
    if await tx.run(store.LINK_IDEA, workspace_id, need_id, idea_id, linked_by, MOST_IDEAS):
        await _count(tx, {need_id: 0})
    elif await tx.one(store.LINKED, workspace_id, need_id, idea_id) is None:
        raise Conflict(f"A need can be linked to {MOST_IDEAS} ideas: take one back first.", code="too_many_ideas")


async def unlink_idea(tx: Tx, workspace_id: UUID, need_id: UUID, idea_id: UUID) -> None:
    """Take that back, of the idea and of what was merged into it. NotFound when it was not said, or Moved."""
    await _locked(tx, workspace_id, need_id)
    await _unmerged(tx, workspace_id, need_id, idea_id)
    await lock(tx, [need_id])
    if not await tx.run(store.UNLINK_IDEA, workspace_id, need_id, idea_id):
        raise NotFound("The need is not linked to that idea.")
    await _count(tx, {need_id: 0})


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
    await _count(tx, dict.fromkeys(need_ids, 0))


async def lock(tx: Tx, need_ids: Collection[UUID]) -> None:
    """Hold the needs' totals until the transaction ends. Ideas' demand is locked before."""
    if need_ids:
        await tx.all(store.LOCK, list(need_ids))


async def count_insights(tx: Tx, need_ids: Sequence[UUID], by: int, traces: Mapping[UUID, str] | None = None) -> None:
    """Count insights that were just linked (1) or taken back (-1), one for each id. The needs must be locked."""
    await _count(tx, {need_id: by * times for need_id, times in Counter(need_ids).items()}, traces)


async def follow(tx: Tx, rated: Mapping[tuple[UUID, str], str]) -> None:
    """Tell of needs whose keys are about what is answered otherwise now: each with the trace that it is part of.

    What is answered about them was counted in this transaction.
    """
    if not rated:
        return
    rows = await tx.all(store.FIND_BY_KEY, [w for w, _ in rated], [key for _, key in rated])
    causes = {row["id"]: rated[(row["workspace_id"], row["key"])] for row in rows}
    await lock(tx, causes)
    await _count(tx, dict.fromkeys(causes, 0), causes)


async def _count(tx: Tx, insights: Mapping[UUID, int], traces: Mapping[UUID, str] | None = None) -> None:
    """Change how many insights there are, which may be by none, and tell of it. The needs must be locked, or new."""
    if insights:
        await _tell(tx, await tx.all(store.COUNT, list(insights), list(insights.values())), traces)


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
