"""Plans: portfolios that were asked for by name and kept, and which of them was adopted."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.scoring.tables.schema import metadata
from shared.tables import NOW, Moment

Table(
    "plans",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("name", Text, nullable=False),
    Column("note", Text),
    Column("asked", JSONB, nullable=False, comment="as it was asked for"),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("phase", Text, nullable=False, server_default="waiting"),
    Column("progress", Double[float](), nullable=False, server_default="0"),
    Column("reason", Text, comment="why there is no set, or it failed"),
    Column("program", JSONB(none_as_null=True), comment="what was solved: values, efforts and capacity as they were"),
    Column("result", JSONB(none_as_null=True), comment="the answer, never changed"),
    Column("value", Double[float]()),
    Column("gap", Double[float]()),
    Column("digest", Text, comment="SHA-256 over what was asked, what was solved and the answer"),
    Column("adopted", Boolean, nullable=False, server_default=text("false"), comment="one of a workspace at most"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("finished_at", Moment),
    Column("holder", UUID, comment="the worker that has it"),
    Column("due_at", Moment, nullable=False, server_default=NOW, comment="from when on another worker may have it"),
    Column("starts", Integer, nullable=False, server_default="0"),
    Column("traceparent", Text, nullable=False, server_default=""),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Index("plans_list", "workspace_id", "id"),
    Index("plans_adopted", "workspace_id", unique=True, postgresql_where=text("adopted")),
    Index("plans_due", "due_at", postgresql_where=text("state in ('waiting', 'running')")),
    Index("plans_unfinished", "workspace_id", postgresql_where=text("state in ('waiting', 'running')")),
)
Table(
    "plan_adoptions",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("position", Integer, nullable=False),
    Column("plan_id", UUID, nullable=False),
    Column("action", Text, nullable=False, comment="adopt or withdraw"),
    Column("reason", Text, nullable=False),
    Column("decided_by", Text, comment="who, in the caller's own words: an id, not a name"),
    Column("recorded_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("digest", Text, nullable=False, comment="SHA-256 over this one, the plan's digest and the digest before it"),
    UniqueConstraint("workspace_id", "position", name="plan_adoptions_order"),
    Index("plan_adoptions_plan", "workspace_id", "plan_id"),
    comment="which plan counted from when on: added to and never changed",
)
