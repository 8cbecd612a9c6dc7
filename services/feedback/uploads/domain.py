"""Files on their way in, and back out to whoever reads them: never more of one in memory than a part.

Parts are rows: a worker of any replica can read them, row security holds for them, and they go with their import.
"""

import hashlib
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from services.feedback.uploads import store
from shared.database import Database, Tx
from shared.errors import TooLarge

PART = 2**20
"""Bytes of every part but the last."""


class Upload(NamedTuple):
    """A file of an import, by who sent it when: two at the same time do not mix."""

    workspace_id: UUID
    import_id: UUID
    upload: UUID


class Kept(NamedTuple):
    """A whole file that was kept."""

    size: int
    sha256: bytes


async def keep(database: Database, upload: Upload, chunks: AsyncIterator[bytes], most: int) -> Kept | None:
    """Keep a file as it arrives; None when its import awaits none (any more). TooLarge beyond `most` bytes.

    Each part has a transaction of its own: a slow sender holds none open.
    """
    sha256 = hashlib.sha256()
    waiting = bytearray()
    size = number = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise TooLarge(f"A file of this format may have {most} bytes.", headers={"Connection": "close"})
        sha256.update(chunk)
        waiting += chunk
        while len(waiting) >= PART:
            if not await _add(database, upload, number, bytes(waiting[:PART])):
                return None
            del waiting[:PART]
            number += 1
    if not await _add(database, upload, number, bytes(waiting)):
        return None
    return Kept(size, sha256.digest())


async def digest(chunks: AsyncIterator[bytes]) -> bytes:
    """The SHA-256 of what arrives, of which nothing is kept."""
    found = hashlib.sha256()
    async for chunk in chunks:
        found.update(chunk)
    return found.digest()


async def _add(database: Database, upload: Upload, number: int, content: bytes) -> bool:
    async with database.transaction((upload.workspace_id,)) as tx:
        return bool(await tx.run(store.ADD, *upload, number, content))


async def drop(database: Database, upload: Upload) -> None:
    """Forget what has been kept of it."""
    async with database.transaction((upload.workspace_id,)) as tx:
        await tx.run(store.DROP, *upload)


async def drop_others(tx: Tx, upload: Upload) -> None:
    """Forget the import's other uploads, which were broken off."""
    await tx.run(store.DROP_OTHERS, *upload)


async def drop_all(tx: Tx, workspace_id: UUID, import_id: UUID) -> None:
    """Forget the import's file."""
    await tx.run(store.DROP_ALL, workspace_id, import_id)


async def blocks(database: Database, upload: Upload, offset: int = 0) -> AsyncIterator[bytes]:
    """The file's bytes from an offset on."""
    number, skipped = divmod(offset, PART)
    while True:
        async with database.read((upload.workspace_id,)) as read:
            content: bytes | None = await read.value(store.PART, *upload, number)
        if content is None:
            return
        yield content[skipped:]
        number, skipped = number + 1, 0
