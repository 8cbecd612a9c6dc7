"""The days on which a score moved."""

from datetime import date
from uuid import UUID

import asyncpg

from services.scoring.histories import store
from shared.database import Read
from shared.errors import FieldError, Invalid, Moved, NotFound

LAST_DAY = date.max


async def days(
    read: Read, workspace_id: UUID, idea_id: UUID, model_id: UUID, before: date | None, limit: int
) -> list[asyncpg.Record]:
    """What the score is, then what days ended with on which it moved later on, the latest first; from `before` on.

    NotFound and Moved of the idea, Invalid of the model.
    """
    idea = await read.one(store.IDEA, workspace_id, idea_id)
    if idea is None:
        raise NotFound("No idea by that id.")
    if idea["merged_into"] is not None:
        raise Moved(f"/v1/scores/{idea['merged_into']}/history?model_id={model_id}")
    if await read.one(store.MODEL, workspace_id, model_id) is None:
        raise Invalid(errors=[FieldError("/query/model_id", "there is no model by that id")])
    first = before is None
    return await read.all(store.DAYS, workspace_id, model_id, idea_id, before or LAST_DAY, first, limit)
