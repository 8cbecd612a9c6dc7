"""How work is shared between features and technical work: what was done, and what was meant."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Double,
    Index,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.scoring.tables.schema import metadata
from shared.tables import NOW, Moment

Table(
    "actuals",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("source", Text, nullable=False, comment="who counts: a time tracker, a tracker of issues"),
    Column("external_id", Text, nullable=False, comment="its own name for it: telling it again replaces it"),
    Column("idea_id", UUID, nullable=False),
    Column("team_id", UUID, nullable=False),
    Column("period", Text, nullable=False),
    Column("skill", Text, nullable=False),
    Column("unit", Text, nullable=False, comment="the team's when it was told"),
    Column("amount", Double, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "source", "external_id", name="actuals_once"),
    Index("actuals_list", "workspace_id", "id"),
    Index("actuals_period", "workspace_id", "period", "id"),
    Index("actuals_team", "workspace_id", "team_id", "id"),
    Index("actuals_idea", "workspace_id", "idea_id", "id"),
    comment="what work has taken",
)
Table(
    "spent",
    metadata,
    Column("workspace_id", UUID, nullable=False),
    Column("period", Text, nullable=False),
    Column("team_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    Column("skill", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("amount", Numeric, nullable=False, comment="exact, so that what is taken back leaves nothing"),
    PrimaryKeyConstraint("workspace_id", "period", "team_id", "idea_id", "skill", "unit"),
    Index("spent_idea", "workspace_id", "idea_id"),
    comment="sums of actuals, kept with them",
)
Table(
    "effort_baselines",
    metadata,
    Column("workspace_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    Column("skill", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("amount", Double, nullable=False),
    Column("taken_at", Moment, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("workspace_id", "idea_id", "skill"),
    comment="the effort that was expected when the first work was told of: what is held against what it took",
)
Table(
    "allocations",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("team_id", UUID, comment="null: every team without a policy of its own"),
    Column("version", BigInteger, nullable=False),
    Column("since", Date, nullable=False, comment="periods that begin on this day or later"),
    Column("classes", JSONB, nullable=False, comment="name, kinds, target, tolerance; empty: no policy any more"),
    Column("note", Text),
    Column("set_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint(
        "workspace_id", "team_id", "version", name="allocations_version", postgresql_nulls_not_distinct=True
    ),
    Index("allocations_list", "workspace_id", "id"),
    Index("allocations_since", "workspace_id", "team_id", "since", "version"),
    comment="allocation policies: a version is written once and never changed",
)
Table(
    "balance_checks",
    metadata,
    Column("workspace_id", UUID, nullable=False),
    Column("period", Text, nullable=False),
    Column("team_id", UUID, nullable=False),
    Column("asked_at", Moment, nullable=False, server_default=NOW),
    Column("traceparent", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("workspace_id", "period", "team_id"),
    comment="teams and periods that are to be held against their policy",
)
Table(
    "balances",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("period", Text, nullable=False),
    Column("team_id", UUID, nullable=False),
    Column("breaches", JSONB, nullable=False),
    Column("shares", JSONB(none_as_null=True), comment="by kind, planned and actual; null: before they were told"),
    Column("version", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "period", "team_id", name="balances_place"),
    comment="what was last told of a team's breaches and shares",
)
