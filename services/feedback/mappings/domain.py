"""Mappings of columns, saved under a key."""

from uuid import UUID

import asyncpg

from services.feedback.mappings import store
from services.feedback.mappings.mapping import Kind, Mapping
from shared.database import Tx
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.ids import new_id
from shared.routes import require_version


async def create(tx: Tx, workspace_id: UUID, key: str, kind: Kind, mapping: Mapping) -> asyncpg.Record:
    """Save a mapping. Conflict when the key is taken."""
    row = await tx.one(store.ADD, new_id(), workspace_id, key, kind, mapping.model_dump_json())
    if row is None:
        raise Conflict(f"There is a mapping with the key {key!r} already.", code="key_taken")
    return row


async def update(
    tx: Tx, workspace_id: UUID, mapping_id: UUID, expected: int | None, mapping: Mapping
) -> asyncpg.Record:
    """Replace a saved mapping; imports that were made with it keep what it was then."""
    old = await tx.one(store.LOCK, workspace_id, mapping_id)
    if old is None:
        raise NotFound("No mapping by that id.")
    require_version(expected, old["version"])
    row = await tx.one(store.UPDATE, workspace_id, mapping_id, mapping.model_dump_json())
    assert row is not None  # locked above
    return row


async def saved(tx: Tx, workspace_id: UUID, key: str, kind: Kind) -> Mapping:
    """The mapping under a key. Invalid when there is none, or when it is for another kind."""
    row = await tx.one(store.BY_KEY, workspace_id, key)
    if row is None:
        raise Invalid(errors=[FieldError("/body/mapping_key", "no mapping by that key")])
    if row["kind"] != kind:
        raise Invalid(errors=[FieldError("/body/mapping_key", f"that mapping is for {row['kind']}")])
    return Mapping.model_validate_json(row["mapping"])
