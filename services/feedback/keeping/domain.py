"""Keeps demand by group where there is too much of it to be counted when somebody asks.

Whoever counts demand marks whose part has changed (`demand`, `shares`); the job takes marks, derives those parts anew
from the votes and statements there are by then, and takes the difference to what is kept. So it does not matter what
has happened, in which order and how often: a part that was derived twice is the same part.

A scope begins to be kept when a mark finds it large. It is then counted through, holder by holder in order of their
ids, a portion a transaction; what changes meanwhile is marked, and marks are followed from the beginning on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from services.feedback.keeping import store
from shared.database import Tx

KEPT_FROM = 2_000
"""Votes and insights of an idea, or of a workspace, from which on its groups are kept: a count of fewer is cheap."""
Pair = tuple[UUID, UUID]
"""A scope and a holder."""


async def keep_some(tx: Tx, limit: int, least: int = KEPT_FROM) -> int:
    """Follow up to `limit` marks, and count a portion of what is not counted through yet; how much there was of both.

    0 too when somebody else is at it.
    """
    if not await tx.value(store.ALONE):
        return 0
    marks = await tx.all(store.TAKE, limit)
    if marks:
        await tx.run(store.BEGIN, {mark["idea_id"] for mark in marks} - {None}, least - 1)
        await tx.run(store.BEGIN_WORKSPACE, {mark["workspace_id"] for mark in marks}, least - 1)
        whole = [mark for mark in marks if mark["holder_id"] is None]
        if whole:
            await tx.run(store.AGAIN, {id for mark in whole for id in (mark["idea_id"], mark["workspace_id"])} - {None})
        columns = zip(*(mark.values() for mark in marks if mark["holder_id"] is not None), strict=True)
        await _follow(tx, [list(column) for column in columns])
    return limit if len(marks) == limit else len(marks) + await _fill(tx, limit)


async def _follow(tx: Tx, columns: Sequence[Sequence[UUID | None]]) -> None:
    pairs: defaultdict[UUID, set[Pair]] = defaultdict(set)
    for row in await tx.all(store.PAIRS, *columns) if columns else ():
        pairs[row["workspace_id"]].add((row["scope_id"], row["holder_id"]))
    for workspace_id, wanted in sorted(pairs.items()):
        await _count(tx, workspace_id, wanted)
        await tx.run(store.TOUCH, {scope for scope, _ in wanted})


async def _fill(tx: Tx, limit: int) -> int:
    scope = await tx.one(store.FILLING)
    if scope is None:
        return 0
    workspace_id, scope_id = scope["workspace_id"], scope["scope_id"]
    place = workspace_id, scope_id, scope["fill_from"], limit
    if scope_id == workspace_id:
        rows = await tx.all(store.NEXT_OF_WORKSPACE, *place)
    else:
        rows = await tx.all(store.NEXT_OF_IDEA, *place)
    await _count(tx, workspace_id, {(scope_id, row["holder_id"]) for row in rows})
    await tx.run(store.MOVE_ON, workspace_id, scope_id, rows[-1]["holder_id"] if len(rows) == limit else None)
    return limit


async def _count(tx: Tx, workspace_id: UUID, pairs: Collection[Pair]) -> None:
    """Derive these parts anew."""
    if not pairs:
        return
    ideas = [pair for pair in pairs if pair[0] != workspace_id]
    if ideas:
        await tx.run(store.SETTLE, workspace_id, *_columns(ideas))
    if len(ideas) < len(pairs):
        await tx.run(store.SETTLE_ABOVE, workspace_id, *_columns(set(pairs).difference(ideas)))


def _columns(pairs: Iterable[Pair]) -> tuple[list[UUID], list[UUID]]:
    ordered = sorted(pairs)
    return [scope for scope, _ in ordered], [holder for _, holder in ordered]
