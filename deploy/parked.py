"""Messages that a service's reader set aside, for an operator: those of every workspace, listed and applied again."""

import importlib
from collections.abc import Sequence
from uuid import UUID

from shared.database import Database
from shared.errors import Conflict, NotFound
from shared.reader import redrive

# With the service's schema on the search path.
LIST = """
select p.id, coalesce(w.slug, p.workspace_id::text) as workspace, p.stream, p.seq, p.type, p.aggregate_id, p.parked_at,
       regexp_replace(p.error, '\\s+', ' ', 'g') as error
from parked p left join access.workspaces w on w.id = p.workspace_id
where p.redriven_at is null order by p.stream, p.seq limit $1
"""
ONE = "select id, workspace_id from parked where id = $1 and redriven_at is null"
# A redrive takes all of an aggregate: one of its messages is enough. What has no aggregate stands alone.
FIRSTS = """
select id, workspace_id from (
    select distinct on (stream, coalesce(aggregate_id, id)) id, workspace_id, stream, seq
    from parked where redriven_at is null order by stream, coalesce(aggregate_id, id), seq
) as first order by stream, seq
"""


async def listed(database: Database, limit: int) -> Sequence[Sequence[object]]:
    """What is set aside, as rows: id, workspace, stream, place in it, type, aggregate, since when, why.

    The workspace is its slug, or None where the message names none; the reason is on one line.
    """
    async with database.system() as tx:
        rows = await tx.all(LIST, limit)
    return [
        [row[name] for name in ("id", "workspace", "stream", "seq", "type", "aggregate_id", "parked_at", "error")]
        for row in rows
    ]


async def redriven(database: Database, service: str, message: UUID | None) -> tuple[int, list[str]]:
    """Apply a message and those of its aggregate, in order; without one, all that is parked.

    Return how many were applied and, for each that was not, why. NotFound when no such message is parked.
    """
    consumers = importlib.import_module(f"services.{service}.app").SERVICE.consumers
    async with database.system() as tx:
        rows = await (tx.all(FIRSTS) if message is None else tx.all(ONE, message))
    if message is not None and not rows:
        raise NotFound(f"No parked message by that id; `cairn parked list {service}` shows all")
    applied = 0
    failures: list[str] = []
    for row in rows:
        workspace_id: UUID | None = row["workspace_id"]
        # As the service would: within the workspace. Each aggregate in a transaction of its own.
        opened = database.system() if workspace_id is None else database.transaction((workspace_id,))
        try:
            async with opened as tx:
                applied += await redrive(tx, consumers, workspace_id, row["id"])
        except Conflict as conflict:
            failures.append(f"{row['id']}: {conflict.detail}")
        except NotFound:
            if message is not None:
                raise
            # Somebody else was faster.
    return applied, failures
