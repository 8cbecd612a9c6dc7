"""Fills the index behind the writers' backs: nothing of it is done while somebody waits for an answer.

New texts are found by their ids, which rise with time. A text whose transaction commits after a younger one's is found
by a second look, taken once no transaction of that time can be running any more. Changed and deleted texts are named
by triggers, so that no writer has to think of the index.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from services.feedback.similar import domain, meaning, postings, store, vectors, words
from services.feedback.similar.domain import Kind
from shared.database import PATIENCE_SECONDS, RETRYABLE, Database, Tx
from shared.errors import Unavailable
from shared.ids import earliest_id, new_id
from shared.runtime import Runtime

BATCH = 128
SWEEP_SECONDS = 2.0
"""How late the index is when there is little to do."""
SETTLED = timedelta(seconds=3 * PATIENCE_SECONDS)
"""After that no transaction can commit any more that was given its ids before: one ends in two thirds of that time, and
the clocks of two machines may differ by the rest."""
ENCODED_AT_ONCE = 16
WORN = 10_000
"""Numbers without a text that an index may have, besides as many as it has texts, before it is filled anew."""

log = logging.getLogger("cairn.similar")


async def run(runtime: Runtime) -> None:
    """The job: index, then encode, until cancelled. What waits for the index waits in the tables it comes from."""

    async def step(limit: int) -> bool:
        more = await fill_some(runtime.database, limit)
        if not more and runtime.settings.embeddings:
            more = await encode_some(runtime.database, min(limit, ENCODED_AT_ONCE))
        return more

    await runtime.leisure.work(SWEEP_SECONDS, step, BATCH)


async def fill_some(database: Database, limit: int = BATCH, settled: timedelta = SETTLED) -> bool:
    """Index some texts of every workspace that has new ones; tell whether there may be more."""
    horizon = earliest_id(datetime.now(UTC) - settled)
    async with database.system() as tx:
        behind = await tx.all(store.BEHIND_IDEAS, words.ANALYSER, horizon)
        behind += await tx.all(store.BEHIND_FEEDBACK, words.ANALYSER, horizon)
        behind += await tx.all(store.CHANGED, limit)
    more = False
    for workspace_id, kind in dict.fromkeys((row["workspace_id"], row["kind"]) for row in behind):
        try:
            async with database.transaction({workspace_id}) as tx:
                more |= await fill(tx, workspace_id, kind, horizon, limit)
        except (Unavailable, *RETRYABLE):
            raise
        except Exception as error:  # whatever is wrong with one workspace must not stop the others
            log.warning("texts could not be indexed", exc_info=error, extra={"workspace": str(workspace_id)})
    return more


async def fill(tx: Tx, workspace_id: UUID, kind: Kind, horizon: UUID, limit: int) -> bool:
    """Index what is new, late or changed in one workspace; tell whether there may be more."""
    await tx.run(store.BEGIN_INDEX, workspace_id, kind, words.ANALYSER)
    index = await tx.one(store.HOLD_INDEX, workspace_id, kind)
    if index is None:
        return False
    if index["analyser"] != words.ANALYSER or index["next_number"] > 2 * index["texts"] + WORN:
        await tx.run(store.FORGET_POSTINGS, workspace_id, kind)
        await tx.run(store.FORGET_SIGNS, workspace_id, kind)
        index = await tx.one(store.START_AGAIN, workspace_id, kind, words.ANALYSER)
        assert index is not None  # held
    changed = [row["id"] for row in await tx.all(store.TAKE_CHANGES, workspace_id, kind, limit)]
    fresh = [row["id"] for row in await tx.all(store.FRESH, workspace_id, kind, index["seen"], limit)]
    late: list[UUID] = []
    checked = index["checked"]
    if checked >= index["seen"]:
        # All before was complete, and nobody can add any more among those that are old enough.
        checked = max((id for id in fresh if id <= horizon), default=checked)
    if len(fresh) < limit and horizon > checked:
        rows = await tx.all(store.LATE, workspace_id, kind, checked, horizon, index["epoch"], limit)
        late = [row["id"] for row in rows]
        checked = horizon if len(late) < limit else max(late)
    next_number, texts = await _index(tx, workspace_id, index, kind, list({*changed, *fresh, *late}), set(changed))
    await tx.run(store.ADVANCE, workspace_id, kind, next_number, texts, max(fresh, default=index["seen"]), checked)
    return limit in (len(changed), len(fresh), len(late))


async def _index(
    tx: Tx, workspace_id: UUID, index: asyncpg.Record, kind: Kind, ids: list[UUID], changed: set[UUID]
) -> tuple[int, int]:
    """Give these texts new numbers and postings; the next number, and how many texts there are then."""
    next_number, texts = index["next_number"], index["texts"]
    if not ids:
        return next_number, texts
    rows = await tx.all(store.LOAD, workspace_id, kind, ids)
    alive = sorted((row for row in rows if not row["gone"]), key=lambda row: row["id"])
    removed = await tx.all(store.REMOVE, workspace_id, kind, ids)
    # Of a text that has not changed, the vector stands.
    kept = {row["id"]: row["vector"] for row in removed if row["id"] not in changed and row["vector"] is not None}
    texts += len(alive) - sum(row["epoch"] == index["epoch"] for row in removed)
    numbered = {row["id"]: next_number + place for place, row in enumerate(alive)}
    await tx.run(
        store.PLACE,
        workspace_id,
        kind,
        index["epoch"],
        list(numbered),
        list(numbered.values()),
        [kept.get(id) for id in numbered],
    )
    read = [(numbered[row["id"]], row["title"], row["body"]) for row in alive]
    packed = await asyncio.to_thread(_postings, read)
    await tx.run(
        store.POST,
        workspace_id,
        kind,
        [each.term for each in packed],
        [each.block for each in packed],
        [each.entries for each in packed],
    )
    await _sign(tx, workspace_id, kind, [(numbered[id], kept[id]) for id in numbered if id in kept])
    merged = [(row["id"], row["merged_into"]) for row in rows if row["merged_into"] is not None]
    if merged:
        ids_of = [new_id() for _ in merged]
        await tx.run(store.MERGED, workspace_id, ids_of, [one for one, _ in merged], [into for _, into in merged])
    return next_number + len(alive), texts


def _postings(texts: Sequence[tuple[int, str, str]]) -> list[postings.Posting]:
    return postings.pack((number, words.impacts(title, body)) for number, title, body in texts)


async def _sign(tx: Tx, workspace_id: UUID, kind: Kind, texts: Sequence[tuple[int, bytes]]) -> None:
    blocks = vectors.pack(texts)
    if blocks:
        await tx.run(store.SIGN, workspace_id, kind, sorted(blocks), [blocks[block] for block in sorted(blocks)])


async def encode_some(database: Database, limit: int = ENCODED_AT_ONCE) -> bool:
    """Give some texts their vectors, where the extra is installed; tell whether there may be more."""
    if not meaning.ready():
        return False
    async with database.system() as tx:
        bare = await tx.all(store.BARE, limit)
    indexes: dict[tuple[UUID, Kind], dict[UUID, int]] = {}
    for row in bare:
        indexes.setdefault((row["workspace_id"], row["kind"]), {})[row["id"]] = row["number"]
    for (workspace_id, kind), numbers in indexes.items():
        await encode(database, workspace_id, kind, numbers)
    return len(bare) == limit


async def encode(database: Database, workspace_id: UUID, kind: Kind, numbers: Mapping[UUID, int]) -> None:
    """Give these texts their vectors. Read and stored in two transactions, with none open while the model works."""
    async with database.read({workspace_id}) as read:
        rows = await read.all(store.LOAD, workspace_id, kind, list(numbers))
    made = await domain.encode([domain.text_of(row["title"], row["body"]) for row in rows])
    async with database.transaction({workspace_id}) as tx:
        # One writer of an index at a time: its filling may be at work on the same block.
        await tx.one(store.AWAIT_INDEX, workspace_id, kind)
        ids = [row["id"] for row in rows]
        done = await tx.all(store.ENCODED, workspace_id, kind, ids, [numbers[id] for id in ids], made)
        await _sign(tx, workspace_id, kind, [(row["number"], row["vector"]) for row in done if row["current"]])
