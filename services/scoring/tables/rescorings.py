"""Changes on their way to every idea: what is not done, one row for a model or policy, and what has ended."""

from typing import Any

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from services.scoring.tables.schema import metadata
from shared.tables import NOW, Moment


def _under_way(of: str, cause: Column[Any]) -> list[Column[Any]]:
    """The columns beside the key. Their defaults are for services of the version before, which know fewer."""
    return [
        Column("workspace_id", UUID, nullable=False),
        Column("id", UUID, nullable=False, server_default=text("gen_random_uuid()"), comment="of the rescoring"),
        Column("after", UUID, nullable=False, comment="ideas up to this one are done"),
        cause,
        Column("cause_id", UUID, comment=f"null: the {of}"),
        Column("traceparent", Text, nullable=False, server_default=""),
        Column("asked_at", Moment, nullable=False, server_default=NOW),
        Column("state", Text, nullable=False, server_default="waiting", comment="waiting, running, cancelled, failed"),
        Column("reason", Text, comment="why it failed"),
        Column("total", BigInteger, comment="ideas there were; null: not counted yet"),
        Column("done", BigInteger, nullable=False, server_default="0"),
        Column("seconds", Double, nullable=False, server_default="0", comment="it was worked at"),
        Column("started_at", Moment),
        Column("due_at", Moment, nullable=False, server_default=NOW, comment="from when on another worker may have it"),
        Column("starts", Integer, nullable=False, server_default="0", comment="times it was begun and came no further"),
    ]


Table(
    "rescores",
    metadata,
    Column("model_id", UUID, primary_key=True),
    *_under_way("model", Column("cause", Text, nullable=False, server_default="model")),
    Index("rescores_list", "workspace_id", "id"),
    Index("rescores_due", "due_at", postgresql_where=text("state in ('waiting', 'running')")),
    comment="models of which a change, or one of what they read, has not reached every idea yet",
)
Table(
    "weighings",
    metadata,
    Column("policy_id", UUID, primary_key=True),
    *_under_way("policy", Column("cause", Text, nullable=False, comment="policy or time")),
    Index("weighings_list", "workspace_id", "id"),
    comment="policies whose change has not reached every idea yet",
)
Table(
    "rescorings",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("model_id", UUID),
    Column("policy_id", UUID),
    Column("state", Text, nullable=False, comment="finished, superseded, cancelled"),
    Column("cause", Text, nullable=False),
    Column("cause_id", UUID, nullable=False),
    Column("reason", Text, comment="why nothing was left to be done"),
    Column("superseded_by", UUID),
    Column("total", BigInteger),
    Column("done", BigInteger, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment, nullable=False, server_default=NOW),
    Column("expires_at", Moment, nullable=False),
    Index("rescorings_list", "workspace_id", "id"),
    comment="those that have ended",
)
