"""Works at imports: a few hundred rows a transaction, with the place in the file and the errors in the same one.

A claim is a lease. Whoever dies with an import lets it lapse, and the next one goes on behind the last row stored;
whoever is taken for dead and is not stores nothing any more. Imports take turns: a long one keeps nobody waiting.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from typing import IO

from pydantic_core import to_json

from services.feedback.comments import bulk as comments
from services.feedback.exports import domain as exports
from services.feedback.exports.file import Broken, Check
from services.feedback.imports import bulk, store
from services.feedback.imports.job import Job, RowError, Tally, counted, errors_as_json, noted, storable_text
from services.feedback.imports.readers import FROM_A_FILE
from services.feedback.imports.readers.ndjson import NdjsonRows
from services.feedback.imports.readers.row import Row, Unreadable
from services.feedback.imports.readers.table import SAMPLE, Layout, TableRows, layout_of
from services.feedback.leased import domain as leased
from services.feedback.origins import domain as origins
from services.feedback.uploads import domain as uploads
from shared.database import RETRYABLE, Tx
from shared.errors import Unavailable
from shared.ids import new_id
from shared.runtime import Runtime

CHUNK = 500
"""Rows of a transaction."""
CHUNK_BYTES = 2**20
"""What they may come to: a few rows more make it a transaction too, so that long ones do not add up in memory."""
LEASE_SECONDS = 30.0
"""Longer than a chunk may take, its retries included; as long an import stands still whose worker was killed."""
IN_MEMORY = 8 * 2**20
"""Bytes of a file that is read from a copy; a larger one is copied to disk."""
SLICE_SECONDS = {"xlsx": 60.0, "json": 60.0}
"""How long an import is worked at before another's turn: longer where each turn reads from the beginning."""
USUAL_SLICE = 5.0
REST = 0.5
"""Times as long as some rows took that the worker rests after them, where callers are served by the same process."""
TRIES = 5
MOST_STARTS = 5
KEPT_DAYS = 30

log = logging.getLogger("cairn.imports")


async def run(runtime: Runtime) -> None:
    """The job: work at imports until cancelled."""
    await leased.watch(runtime, "imports", work_some)


async def work_some(runtime: Runtime) -> bool:
    """Work a while at the import that waits longest; False when none does."""
    async with runtime.database.system() as tx:
        await tx.run(store.EXPIRE)
        row = await tx.one(store.CLAIM, holder := new_id(), LEASE_SECONDS)
    if row is None:
        return False
    job = Job.of(dict(row), holder)

    async def fail(reason: str) -> None:
        await _end(runtime, job, "failed", reason)

    await leased.attempt(log, "import", job.id, _work(runtime, job), fail, (Unreadable, Broken))
    return True


async def _work(runtime: Runtime, job: Job) -> None:
    if job.starts > MOST_STARTS:
        raise Unreadable(f"Whoever worked at it ended {MOST_STARTS} times behind row {job.number}.")
    until = time.monotonic() + SLICE_SECONDS.get(job.format, USUAL_SLICE)
    if job.kind == "workspace" and job.position == 0 and job.pass_ == 1:
        await _check(runtime, job)
    while True:
        async for rows in _chunks(runtime, job):
            began = time.monotonic()
            job = await _store(runtime, job, rows)
            if runtime.settings.role == "both":
                await asyncio.sleep(REST * (time.monotonic() - began))
            if time.monotonic() > until:
                async with runtime.database.transaction((job.workspace_id,)) as tx:
                    await tx.run(store.LEAVE, job.workspace_id, job.id, job.holder)
                return
        if job.pass_ == 1 and job.brings_ideas:
            await _merge(runtime, job)
        if job.pass_ >= _passes(job):
            break
        job = await _turn(runtime, job)
    if job.brings_comments:
        await _join(runtime, job)
    await _end(runtime, job, "finished", await _noteworthy(runtime, job))


async def _chunks(runtime: Runtime, job: Job) -> AsyncIterator[list[Row]]:
    """The rows from where the import is, some at a time."""
    if job.format in FROM_A_FILE:
        async for rows in _chunks_of_copy(runtime, job):
            yield rows
        return
    if job.format == "csv":
        reader = TableRows(await _layout(runtime, job), job.position, job.number or 1)
        offset = reader.offset
    else:
        reader = NdjsonRows(job.position, job.number, keep_raw=job.kind == "workspace")
        offset = job.position
    waiting: list[Row] = []
    async for block in _blocks(runtime, job, offset):
        for row in reader.feed(block):
            waiting.append(row)
            if len(waiting) == CHUNK or row.after - offset >= CHUNK_BYTES:
                yield waiting
                waiting, offset = [], row.after
    waiting += reader.end()
    if waiting:
        yield waiting


async def _chunks_of_copy(runtime: Runtime, job: Job) -> AsyncIterator[list[Row]]:
    read, length = FROM_A_FILE[job.format]
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
        async for block in _blocks(runtime, job, 0):
            await asyncio.to_thread(copy.write, block)
        copy.seek(0)
        if job.position == 0 and job.pass_ == 1:
            await _describe(runtime, job, None, await asyncio.to_thread(length, copy))
            copy.seek(0)
        source: IO[bytes] = copy
        rows = read(source, job.position)
        while chunk := await asyncio.to_thread(lambda: list(islice(rows, CHUNK))):
            yield chunk


async def _layout(runtime: Runtime, job: Job) -> Layout:
    beginning = b""
    async for block in _blocks(runtime, job, 0):
        beginning = block[:SAMPLE]
        break
    found = layout_of(beginning)
    if job.position == 0 and job.pass_ == 1:
        await _describe(runtime, job, found, job.size)
        named = {column.column for column in job.mapping.fields.values() if column.column is not None}
        if missing := sorted(named - set(found.columns)):
            columns = ", ".join(found.columns)[:500]
            raise Unreadable(f"The mapping names the column {missing[0]!r}; the file has: {columns}.")
    return found


async def _describe(runtime: Runtime, job: Job, found: Layout | None, extent: int | None) -> None:
    """Let those who ask see how the file is read, and how much of it there is."""
    told = to_json({**asdict(found), "start": None}).decode() if found is not None else None
    async with runtime.database.transaction((job.workspace_id,)) as tx:
        await tx.run(store.DESCRIBE, job.workspace_id, job.id, job.holder, told, extent)


def _blocks(runtime: Runtime, job: Job, offset: int) -> AsyncIterator[bytes]:
    return uploads.blocks(runtime.database, uploads.Upload(job.workspace_id, job.id, job.upload), offset)


def _passes(job: Job) -> int:
    return 2 if job.kind == "workspace" and exports.REFERRING else job.passes


async def _store(runtime: Runtime, job: Job, rows: Sequence[Row]) -> Job:
    """Store some rows and the place behind them."""
    began = time.monotonic()
    for _ in range(TRIES):
        try:
            async with runtime.database.transaction((job.workspace_id,)) as tx:
                await _hold(tx, job)
                tally = await _apply(tx, job, rows)
                return await _move(tx, job, rows, tally, time.monotonic() - began)
        except RETRYABLE:
            continue
    raise Unavailable("The rows lost a race for the same records.")


async def _apply(tx: Tx, job: Job, rows: Sequence[Row]) -> Tally:
    if job.kind != "workspace":
        return await bulk.store_rows(tx, job, rows)
    lines = [row.raw.encode() for row in rows]
    if job.pass_ == 1:
        if job.position == 0 and (table := await exports.filled(tx, job.workspace_id)):
            raise Unreadable(f"An export can be put back into an empty workspace only; this one has {table}.")
        await exports.restore(tx, job.workspace_id, lines)
    else:
        await exports.complete(tx, job.workspace_id, lines)
    return Tally()


async def _hold(tx: Tx, job: Job) -> None:
    key = job.workspace_id, job.id, job.holder, job.pass_, job.position
    if await tx.one(store.HOLD, *key) is None:
        raise leased.Lost


async def _move(tx: Tx, job: Job, rows: Sequence[Row], tally: Tally, seconds: float) -> Job:
    invalid = 0
    if tally.errors:
        # A row can be at fault for more than one reason, and in both passes.
        by_row: dict[int, RowError] = {}
        for each in tally.errors:
            known = by_row.get(each.number)
            by_row[each.number] = each if known is None else known._replace(errors=[*known.errors, *each.errors])
        invalid = await tx.value(store.ADD_ERRORS, job.workspace_id, job.id, errors_as_json(list(by_row.values())))
    moved = replace(
        job,
        position=rows[-1].after,
        number=rows[-1].number,
        rows=job.rows + len(rows) if job.pass_ == 1 else job.rows,
        counts=counted(job, tally),
        noticed=noted(job, tally),
    )
    await _keep(tx, moved, invalid, seconds)
    return moved


async def _keep(tx: Tx, job: Job, invalid: int = 0, seconds: float = 0.0) -> None:
    await tx.run(
        store.MOVE,
        job.workspace_id,
        job.id,
        job.pass_,
        job.position,
        job.number,
        job.rows,
        invalid,
        to_json(job.counts).decode(),
        seconds,
        LEASE_SECONDS,
        to_json(job.noticed).decode(),
    )


async def _turn(runtime: Runtime, job: Job) -> Job:
    """Back to the beginning of the file, for the next pass."""
    async with runtime.database.transaction((job.workspace_id,)) as tx:
        await _hold(tx, job)
        turned = replace(job, pass_=job.pass_ + 1, position=0, number=0)
        await _keep(tx, turned)
    return turned


async def _merge(runtime: Runtime, job: Job) -> None:
    """Merge what was merged at the source, now that all of the file's ideas are there and before its votes come."""
    more = True
    while more:
        async with runtime.database.transaction((job.workspace_id,)) as tx:
            await _hold(tx, job)
            more = await origins.merge_some(tx, job.workspace_id, job.actor, job.source)
            await tx.run(store.RENEW, job.workspace_id, job.id, job.holder, LEASE_SECONDS)


async def _join(runtime: Runtime, job: Job) -> None:
    """Put answers under the comments that they answer, now that all are there."""
    last: str | None = ""
    while last is not None:
        async with runtime.database.transaction((job.workspace_id,)) as tx:
            await _hold(tx, job)
            last = await comments.join_some(tx, job.workspace_id, job.source, last)
            await tx.run(store.RENEW, job.workspace_id, job.id, job.holder, LEASE_SECONDS)


async def _noteworthy(runtime: Runtime, job: Job) -> str | None:
    if not job.brings_ideas:
        return None
    async with runtime.database.transaction((job.workspace_id,)) as tx:
        alone = await origins.unmerged(tx, job.workspace_id, job.source)
    return f"{alone} ideas were merged into ideas that have not been imported; they stand alone." if alone else None


async def _check(runtime: Runtime, job: Job) -> None:
    """Read an export to its end before anything of it is stored: it must be whole, and as it was written."""
    check = Check(exports.READABLE, job.currency)
    async for block in _renewed(runtime, job):
        check.feed(block)
    check.end()


async def _renewed(runtime: Runtime, job: Job) -> AsyncIterator[bytes]:
    due = 0.0
    async for block in _blocks(runtime, job, 0):
        yield block
        if time.monotonic() > due:
            due = time.monotonic() + LEASE_SECONDS / 3
            async with runtime.database.transaction((job.workspace_id,)) as tx:
                if not await tx.run(store.RENEW, job.workspace_id, job.id, job.holder, LEASE_SECONDS):
                    raise leased.Lost


async def _end(runtime: Runtime, job: Job, state: str, reason: str | None) -> None:
    async with runtime.database.transaction((job.workspace_id,)) as tx:
        said = None if reason is None else storable_text(reason)
        if await tx.run(store.END, job.workspace_id, job.id, job.holder, state, said, KEPT_DAYS):
            await uploads.drop_all(tx, job.workspace_id, job.id)
