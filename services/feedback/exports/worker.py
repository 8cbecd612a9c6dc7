"""Writes exports: one snapshot of the workspace, read row by row and kept in parts as it comes.

A snapshot cannot be taken up again, so whoever dies with an export leaves it to be begun anew.
"""

import hashlib
import logging
from collections.abc import AsyncIterator
from uuid import UUID

from services.feedback.exports import store
from services.feedback.exports.file import Seal, heading, line_of, mask_of
from services.feedback.leased import domain as leased
from shared.database import Read
from shared.ids import new_id
from shared.runtime import Runtime

PART = 2**20
"""Bytes of a part, at least: lines are not cut in two for it."""
ROWS_AT_ONCE = 500
LEASE_SECONDS = 60.0
MOST_STARTS = 3
KEPT_DAYS = 7
READ_SECONDS = 900.0
"""Sorting a large table takes its time before the first row comes."""

log = logging.getLogger("cairn.exports")


async def run(runtime: Runtime) -> None:
    """The job: write exports until cancelled."""
    await leased.watch(runtime, "exports", store.WORK, write_one)


async def write_one(runtime: Runtime) -> bool:
    """Write the one that waits longest; False when none does."""
    async with runtime.database.system() as tx:
        await tx.run(store.EXPIRE)
        row = await tx.one(store.CLAIM, holder := new_id(), LEASE_SECONDS)
    if row is None:
        return False
    export = _Export(runtime, row["workspace_id"], row["id"], holder)
    await leased.attempt(
        log, "export", row["id"], export.write(row["currency"], row["starts"]), export.fail, (_Hopeless,)
    )
    return True


class _Hopeless(Exception):
    """It never comes to its end."""


class _Export:
    """One export being written by this process."""

    def __init__(self, runtime: Runtime, workspace_id: UUID, id: UUID, holder: UUID) -> None:
        self._runtime = runtime
        self._key = workspace_id, id, holder
        self._number = self._size = 0
        self._seal = Seal()
        self._digest = hashlib.sha256()

    async def write(self, currency: str, starts: int) -> None:
        if starts > MOST_STARTS:
            raise _Hopeless(f"It was begun {MOST_STARTS} times and never came to its end.")
        workspace_id, *_ = self._key
        await self._keep([heading(currency)], counted=True)
        async with self._runtime.database.read((workspace_id,)) as read:
            await _snapshot(read)
            lines: list[bytes] = []
            length = 0
            async for line in _lines(read, workspace_id):
                lines.append(line)
                length += len(line)
                if length >= PART:
                    await self._keep(lines, counted=True)
                    lines, length = [], 0
            await self._keep(lines, counted=True)
        await self._keep([self._seal.manifest()], counted=False)
        await self.end("finished", None)

    async def _keep(self, lines: list[bytes], *, counted: bool) -> None:
        if not lines:
            return
        for line in lines if counted else ():
            self._seal.add(line)
        content = b"".join(lines)
        self._digest.update(content)
        async with self._runtime.database.transaction(self._key[:1]) as tx:
            if not await tx.run(store.KEEP, *self._key, self._seal.rows, LEASE_SECONDS, self._number, content):
                raise leased.Lost
        self._number += 1
        self._size += len(content)

    async def fail(self, reason: str) -> None:
        await self.end("failed", reason)

    async def end(self, state: str, reason: str | None) -> None:
        async with self._runtime.database.transaction(self._key[:1]) as tx:
            await tx.run(store.DROP_OTHERS, *self._key)
            await tx.run(
                store.END, *self._key, state, reason, self._seal.rows, self._size, self._digest.hexdigest(), KEPT_DAYS
            )


async def _snapshot(read: Read) -> None:
    """What is read from here on is the workspace at this moment, and is written the same wherever it is read."""
    connection = await read.connection()
    await connection.execute(
        "set transaction isolation level repeatable read, read only; set local timezone = 'UTC';"
        "set local idle_in_transaction_session_timeout = '60s'"
    )
    await read.all(store.AT_LENGTH)


async def _lines(read: Read, workspace_id: UUID) -> AsyncIterator[bytes]:
    connection = await read.connection()
    mask = mask_of(workspace_id)
    for name, statement in store.READ.items():
        rows = connection.cursor(statement, workspace_id, mask, prefetch=ROWS_AT_ONCE, timeout=READ_SECONDS)
        async for row in rows:
            yield line_of(name, row["line"])
