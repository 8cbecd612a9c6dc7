"""An import's file as portions of rows, from where the import is on: however large it is, one part and some rows."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from itertools import islice
from typing import IO, Any

from pydantic_core import to_json

from services.feedback.imports import importers, store
from services.feedback.imports.job import Job
from services.feedback.imports.readers import FROM_A_FILE
from services.feedback.imports.readers.document import DocumentRows
from services.feedback.imports.readers.looks import LOOKED_AT, listed, mistaken
from services.feedback.imports.readers.ndjson import NdjsonRows
from services.feedback.imports.readers.row import Found, Row, Unreadable
from services.feedback.imports.readers.table import SAMPLE, Layout, TableRows, layout_of
from services.feedback.imports.readers.workbook import WorkbookRows
from services.feedback.mappings.kinds import is_field
from services.feedback.uploads import domain as uploads
from shared.runtime import Runtime

CHUNK = 1_000
"""Rows of a transaction."""
CHUNK_BYTES = 2**20
"""What they may come to: a few rows more make it a transaction too, so that long ones do not add up in memory."""
IN_MEMORY = 8 * 2**20
"""Bytes of a file that is read from a copy; a larger one is copied to disk."""


async def chunks(runtime: Runtime, job: Job) -> AsyncGenerator[list[Row]]:
    """The rows from where the import is, some at a time."""
    source = _of_copy(runtime, job) if job.format in FROM_A_FILE else _of_bytes(runtime, job)
    async for rows in source:
        yield rows


def blocks(runtime: Runtime, job: Job, offset: int) -> AsyncIterator[bytes]:
    """The file's bytes from an offset on."""
    return uploads.blocks(runtime.database, uploads.Upload(job.workspace_id, job.id, job.upload), offset)


async def _of_bytes(runtime: Runtime, job: Job) -> AsyncGenerator[list[Row]]:
    if job.format == "csv":
        reader = TableRows(await _layout(runtime, job), job.position, job.number)
        offset = reader.offset
    else:
        reader = NdjsonRows(job.position, job.number, keep_raw=job.kind == "workspace")
        offset = job.position
    waiting: list[Row] = []
    begun = not job.at_beginning or job.format == "csv" or job.kind == "workspace"
    async for block in blocks(runtime, job, offset):
        if not begun and (why := mistaken(block[:LOOKED_AT], job.format)):
            raise Unreadable(why)
        begun = True
        for row in reader.feed(block):
            waiting.append(row)
            if len(waiting) == CHUNK or row.after - offset >= CHUNK_BYTES:
                yield waiting
                waiting, offset = [], row.after
    waiting += reader.end()
    if waiting:
        yield waiting


async def _layout(runtime: Runtime, job: Job) -> Layout:
    beginning = b""
    async for block in blocks(runtime, job, 0):
        beginning = block[:SAMPLE]
        break
    layout = layout_of(beginning, job.hints)
    if job.at_beginning:
        await _describe(runtime, job, layout.found, job.size)
        _require_columns(job, layout.found)
    return layout


async def _of_copy(runtime: Runtime, job: Job) -> AsyncGenerator[list[Row]]:
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
        async for block in blocks(runtime, job, 0):
            await asyncio.to_thread(copy.write, block)
        copy.seek(0)
        reader = await asyncio.to_thread(_reader, job, copy)
        if job.at_beginning:
            await _describe(runtime, job, reader.found, reader.length)
            if reader.found is not None:
                _require_columns(job, reader.found)
        rows = iter(reader)
        while chunk := await asyncio.to_thread(lambda: list(islice(rows, CHUNK))):
            yield chunk


def _reader(job: Job, copy: IO[bytes]) -> WorkbookRows | DocumentRows:
    if job.format == "xlsx":
        return WorkbookRows(copy, job.position, job.hints)
    return DocumentRows(copy, job.position, None if job.vendor is None else importers.IMPORTERS[job.vendor].arranged)


def _require_columns(job: Job, found: Found) -> None:
    """Unreadable when the rows cannot be what they are said to be: told once, and not for each of them."""
    if job.vendor is not None:
        return
    named = {column.column for column in job.mapping.fields.values() if column.column is not None}
    if missing := sorted(named - set(found.columns)):
        raise Unreadable(f"The mapping names the column {missing[0]!r}; the file has: {listed(found.columns)}.")
    if job.mapping.fields or job.mapping.rest == "attributes":
        return
    kind: Any = job.kind
    if unknown := [name for name in found.columns if name and not is_field(name, kind)]:
        raise Unreadable(
            f"{unknown[0]!r} is no field of {kind}. Say in `mapping` what the columns become, or keep those that are "
            f"no fields with its `rest`: `attributes`. The file has: {listed(found.columns)}."
        )


async def _describe(runtime: Runtime, job: Job, found: Found | None, extent: int | None) -> None:
    """Let those who ask see how the file is read, and how much of it there is."""
    told = None if found is None else to_json(found._asdict()).decode()
    async with runtime.database.transaction((job.workspace_id,)) as tx:
        await tx.run(store.DESCRIBE, job.workspace_id, job.id, job.holder, told, extent)
