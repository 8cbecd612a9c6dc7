"""Workspaces and keys as records: made, listed, rotated, ended. The CLI and `/v1/keys` both come here.

Statements name the schema: they run with a service's role (its own workspace) and with the administrator's (all).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from shared.access.keys import SCOPES, digest, make_key
from shared.access.origins import require_sound
from shared.database import Read, Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_id

_COLUMNS = """id, workspace_id, name, prefix, scopes, rate, expires_at, revoked_at, last_used_at, replaces, created_at,
    origins"""
ADD_WORKSPACE = "insert into access.workspaces (id, slug, name, currency) values ($1, $2, $3, $4)"
LIST_WORKSPACES = "select id, slug, name, currency, created_at from access.workspaces order by slug"
ADD_KEY = f"""
insert into access.api_keys (id, workspace_id, name, prefix, hash, scopes, rate, expires_at, replaces, origins)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning {_COLUMNS}
"""
ONE_KEY = f"select {_COLUMNS} from access.api_keys where workspace_id = $1 and id = $2"
LIST_KEYS = f"select {_COLUMNS} from access.api_keys where workspace_id = $1 and id > $2 order by id limit $3"
END_KEY = f"""
update access.api_keys set revoked_at = least(coalesce(revoked_at, $3), $3)
where workspace_id = $1 and id = $2 returning {_COLUMNS}
"""
FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A tenant."""

    id: UUID
    slug: str
    name: str
    currency: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it is shown: everything but its secret."""

    id: UUID
    workspace_id: UUID
    name: str
    prefix: str
    scopes: Sequence[str]
    rate: int | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaces: UUID | None
    created_at: datetime
    origins: Sequence[str]


async def create_workspace(tx: Tx, slug: str, name: str, currency: str) -> UUID:
    """A new tenant. Conflict when the slug is taken."""
    id = new_id()
    try:
        async with tx.savepoint():
            await tx.run(ADD_WORKSPACE, id, slug, name, currency)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"There is a workspace {slug!r} already.") from error
    return id


async def list_workspaces(read: Read) -> list[Workspace]:
    """Every tenant, by slug. The administrator's connection sees all, a service's only its caller's."""
    return [Workspace(**row) for row in await read.all(LIST_WORKSPACES)]


async def create_key(
    tx: Tx,
    pepper: str,
    workspace_id: UUID,
    name: str,
    scopes: Collection[str],
    *,
    expires_at: datetime | None = None,
    rate: int | None = None,
    replaces: UUID | None = None,
    origins: Sequence[str] = (),
) -> tuple[KeyRow, str]:
    """A new key and its text, which is shown this once. Invalid for unknown scopes and wrong origins."""
    unknown = sorted(set(scopes) - SCOPES)
    if unknown or not scopes:
        raise Invalid(
            f"Scopes are {', '.join(sorted(SCOPES))}.",
            errors=[FieldError("/body/scopes", f"unknown: {', '.join(unknown)}" if unknown else "at least one")],
        )
    require_sound(origins, scopes)
    prefix, text = make_key()
    row = await tx.one(
        ADD_KEY,
        new_id(),
        workspace_id,
        name,
        prefix,
        digest(pepper.encode(), text),
        sorted(set(scopes)),
        rate,
        expires_at,
        replaces,
        sorted(set(origins)),
    )
    assert row is not None  # an insert returns its row or raises
    return KeyRow(**row), text


async def list_keys(read: Read, workspace_id: UUID, after: UUID = FIRST, limit: int = 200) -> list[KeyRow]:
    """Keys in order of making, ended ones included."""
    return [KeyRow(**row) for row in await read.all(LIST_KEYS, workspace_id, after, limit)]


async def get_key(read: Read, workspace_id: UUID, key_id: UUID) -> KeyRow:
    """One key, or NotFound."""
    row = await read.one(ONE_KEY, workspace_id, key_id)
    if row is None:
        raise NotFound("No key by that id.")
    return KeyRow(**row)


async def rotate_key(tx: Tx, pepper: str, workspace_id: UUID, key_id: UUID, overlap: timedelta) -> tuple[KeyRow, str]:
    """A successor with the same rights; the old key goes on for `overlap`. Conflict when it has ended already."""
    old = await get_key(tx, workspace_id, key_id)
    now = datetime.now(UTC)
    if old.revoked_at is not None and old.revoked_at <= now:
        raise Conflict("The key has ended; make a new one.")
    made = await create_key(
        tx,
        pepper,
        workspace_id,
        old.name,
        old.scopes,
        expires_at=old.expires_at,
        rate=old.rate,
        replaces=key_id,
        origins=old.origins,
    )
    await tx.one(END_KEY, workspace_id, key_id, now + overlap)
    return made


async def revoke_key(tx: Tx, workspace_id: UUID, key_id: UUID) -> KeyRow:
    """End a key now; every process stops believing it within five seconds."""
    row = await tx.one(END_KEY, workspace_id, key_id, datetime.now(UTC))
    if row is None:
        raise NotFound("No key by that id.")
    return KeyRow(**row)
