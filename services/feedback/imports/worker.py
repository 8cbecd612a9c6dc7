"""Works at imports: a few hundred rows a transaction, with the place in the file and the errors in the same one.

A claim is a lease. Whoever dies with an import lets it lapse, and the next one goes on behind the last row stored;
whoever is taken for dead and is not stores nothing any more. Imports take turns: a long one keeps nobody waiting.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from pydantic_core import to_json

from services.feedback.comments import bulk as comments
from services.feedback.exports import domain as exports
from services.feedback.exports.file import Broken, Check, mask_of
from services.feedback.imports import bulk, store
from services.feedback.imports.ahead import ahead
from services.feedback.imports.job import Job, RowError, Tally, counted, errors_as_json, noted, storable_text
from services.feedback.imports.portions import Portion, portion_of
from services.feedback.imports.readers import FROM_A_FILE
from services.feedback.imports.readers.row import Row, Unreadable
from services.feedback.imports.reading import blocks, chunks
from services.feedback.leased import domain as leased
from services.feedback.origins import domain as origins
from services.feedback.uploads import domain as uploads
from shared.database import AWAY, RETRYABLE, Tx
from shared.errors import Unavailable
from shared.ids import new_id
from shared.runtime import Runtime

LEASE_SECONDS = 30.0
"""As long an import stands still whose worker was killed."""
SLICE_SECONDS = 5.0
"""How long an import is worked at before another one's turn, if one waits."""
LONG_SLICE_SECONDS = 60.0
"""The same for those that are read from a copy, each time from its beginning."""
REST = 0.5
"""Times as long as some rows took that the worker rests after them while callers are served by the same process."""
CALLS = 20.0
"""Answers a second from which on they are: somebody who looks how far it is, is no crowd."""
TRIES = 5
MOST_STARTS = 5
KEPT_DAYS = 30
IDS_AT_ONCE = 5_000
"""Ids of an export that are looked for among those that there are."""

log = logging.getLogger("cairn.imports")


async def run(runtime: Runtime) -> None:
    """The job: work at imports until cancelled."""
    await leased.watch(runtime, "imports", store.WORK, work_some)


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
    async with _held(runtime, job):
        if job.kind == "workspace" and job.at_beginning:
            await _check(runtime, job)
        while True:
            job, more = await _pass(runtime, job)
            if more:
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


@asynccontextmanager
async def _held(runtime: Runtime, job: Job) -> AsyncGenerator[None]:
    """Renew the lease meanwhile: going through a workbook, or a file of a gigabyte, may take longer than one."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                async with runtime.database.transaction((job.workspace_id,)) as tx:
                    await tx.run(store.RENEW, job.workspace_id, job.id, job.holder, LEASE_SECONDS)
            except (Unavailable, *AWAY, *RETRYABLE):
                log.info("a lease could not be renewed", extra={"import": str(job.id)})

    keeper = asyncio.create_task(renew())
    try:
        yield
    finally:
        keeper.cancel()


async def _pass(runtime: Runtime, job: Job) -> tuple[Job, bool]:
    """Store the rows from where the import is, to the end or to the end of its turn; whether there are more."""
    until = time.monotonic() + (LONG_SLICE_SECONDS if job.format in FROM_A_FILE else SLICE_SECONDS)
    since = time.monotonic()
    async with aclosing(ahead(_portions(runtime, job))) as portions:
        async for portion in portions:
            served = runtime.served
            job = await _store(runtime, job, portion, since)
            now = time.monotonic()
            took, since = now - since, now
            if runtime.settings.role == "both" and runtime.served - served > CALLS * took:
                await asyncio.sleep(REST * took)
            if time.monotonic() > until:
                async with runtime.database.system() as tx:
                    if await tx.value(store.OTHERS_WAIT, job.id):
                        return job, True
                until = time.monotonic() + SLICE_SECONDS
    return job, False


async def _portions(runtime: Runtime, job: Job) -> AsyncGenerator[Portion]:
    """The rows, checked: while some are stored, the next ones are read."""
    async with aclosing(chunks(runtime, job)) as found:
        async for rows in found:
            yield Portion(rows) if job.kind == "workspace" else portion_of(job, rows)


def _passes(job: Job) -> int:
    return 2 if job.kind == "workspace" and exports.REFERRING else job.passes


async def _store(runtime: Runtime, job: Job, portion: Portion, since: float) -> Job:
    """Store some rows and the place behind them; `since`: when the ones before were."""
    for _ in range(TRIES):
        try:
            async with runtime.database.transaction((job.workspace_id,)) as tx:
                await _hold(tx, job)
                tally = await _apply(tx, job, portion)
                return await _move(tx, job, portion.rows, tally, time.monotonic() - since)
        except RETRYABLE:
            continue
    raise Unavailable("The rows lost a race for the same records.")


async def _apply(tx: Tx, job: Job, portion: Portion) -> Tally:
    if job.kind != "workspace":
        return await bulk.store_portion(tx, job, portion)
    lines = [row.raw.encode() for row in portion.rows]
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


async def _join(runtime: Runtime, job: Job) -> None:
    """Put answers under the comments that they answer, now that all are there."""
    last: str | None = ""
    while last is not None:
        async with runtime.database.transaction((job.workspace_id,)) as tx:
            await _hold(tx, job)
            last = await comments.join_some(tx, job.workspace_id, job.source, last)


async def _noteworthy(runtime: Runtime, job: Job) -> str | None:
    if not job.rows:
        return "There are no rows in the file."
    if not job.brings_ideas:
        return None
    async with runtime.database.transaction((job.workspace_id,)) as tx:
        alone = await origins.unmerged(tx, job.workspace_id, job.source)
    return f"{alone} ideas were merged into ideas that have not been imported; they stand alone." if alone else None


async def _check(runtime: Runtime, job: Job) -> None:
    """Read an export to its end before anything of it is stored: it must be whole, as it was written, and its own.

    Whoever sends it may have written it: what would refer to rows of other workspaces, or stand where one of theirs
    does, is refused while nothing is there that could be taken for theirs.
    """
    check = Check(exports.READABLE, job.currency)
    async for block in blocks(runtime, job, 0):
        # Beside the loop: each line is read.
        await asyncio.to_thread(check.feed, block)
    await asyncio.to_thread(check.end)
    for table, ids in check.ids(mask_of(job.workspace_id), IDS_AT_ONCE):
        async with runtime.database.system() as tx:
            await exports.require_free(tx, table, ids)


async def _end(runtime: Runtime, job: Job, state: str, reason: str | None) -> None:
    async with runtime.database.transaction((job.workspace_id,)) as tx:
        said = None if reason is None else storable_text(reason)
        if await tx.run(store.END, job.workspace_id, job.id, job.holder, state, said, KEPT_DAYS):
            await uploads.drop_all(tx, job.workspace_id, job.id)
