"""Finds the caller behind a key, believing what it found for a moment so that a request costs no round trip."""

import asyncio
import hmac
import logging
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from shared.access.keys import Caller, digest, prefix_of
from shared.database import Database
from shared.errors import Unauthorized, Unavailable
from shared.memory import Memory

# Service roles cannot read the key table: these functions, owned by the migrating role, answer for one key at a time.
FIND = """
select id, workspace_id, hash, scopes, rate, slug, currency, expires_at, revoked_at, origins from access.find_key($1)
"""
TOUCH = "select access.touch_keys($1::uuid[])"
WORKSPACE = "select id, slug, name, currency from access.find_workspace($1)"

TOUCH_SECONDS = 10.0

log = logging.getLogger("cairn.access")


class Directory:
    """Keys by their text. A revocation is seen everywhere after `seconds` at the latest."""

    def __init__(self, database: Database, pepper: str, default_rate: int, seconds: float) -> None:
        self._database = database
        self._pepper = pepper.encode()
        self._default_rate = default_rate
        self._memory = Memory(self._look_up, seconds)
        self._used: set[UUID] = set()

    def remembered(self, key: str) -> Caller | None:
        """The caller, when it was looked up a moment ago: the fast path, with no await."""
        caller = self._memory.peek(key)
        if caller is None or (caller.expires_at is not None and caller.expires_at <= datetime.now(UTC)):
            return None
        return caller

    async def caller(self, key: str) -> Caller:
        """The caller behind a key, or Unauthorized."""
        if prefix_of(key) is None:
            raise Unauthorized
        caller = await self._memory.get(key)
        if caller is None or (caller.expires_at is not None and caller.expires_at <= datetime.now(UTC)):
            raise Unauthorized("The key is not valid, has expired or was revoked.", code="invalid_key")
        self._used.add(caller.key_id)
        return caller

    async def _look_up(self, key: str) -> Caller | None:
        async with self._database.read(()) as read:
            row = await read.one(FIND, prefix_of(key))
        expected = digest(self._pepper, key)
        now = datetime.now(UTC)
        if row is None or not hmac.compare_digest(row["hash"], expected):
            return None
        if (row["revoked_at"] is not None and row["revoked_at"] <= now) or (
            row["expires_at"] is not None and row["expires_at"] <= now
        ):
            return None
        # A rotated key carries its end in revoked_at, set ahead: whichever comes first ends the belief.
        ends = [end for end in (row["expires_at"], row["revoked_at"]) if end is not None]
        return Caller(
            key_id=row["id"],
            workspace_id=row["workspace_id"],
            workspace=row["slug"],
            scopes=frozenset(row["scopes"]),
            rate=row["rate"] or self._default_rate,
            currency=row["currency"],
            expires_at=min(ends, default=None),
            origins=frozenset(row["origins"]),
        )

    async def run(self) -> None:
        """Write down now and then which keys were used, until cancelled."""
        while True:
            await asyncio.sleep(TOUCH_SECONDS)
            await self.touch()

    async def touch(self) -> None:
        """Write down which keys were used since the last time."""
        used, self._used = self._used, set()
        if not used:
            return
        try:
            async with self._database.transaction(()) as tx:
                await tx.value(TOUCH, list(used))
        except (Unavailable, asyncpg.PostgresError) as error:
            self._used |= used
            log.info("could not note the use of keys", extra={"reason": repr(error)})

    async def workspace(self, slug: str) -> tuple[UUID, str] | None:
        """Id and name of the workspace that a public page belongs to."""
        async with self._database.read(()) as read:
            row = await read.one(WORKSPACE, slug)
        return (row["id"], row["name"]) if row else None
