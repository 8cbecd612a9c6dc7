"""The records of the scoring schema."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from shared.tables import NOW, Moment, platform_tables

metadata = MetaData()
platform_tables(metadata)

Table(
    "ideas",
    metadata,
    Column("idea_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("ideas_list", "workspace_id", "idea_id"),
    comment="projection of feedback.idea.changed",
)
Table(
    "demand",
    metadata,
    Column("idea_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("votes", Integer, nullable=False),
    Column("insights", Integer, nullable=False),
    Column("contacts", Integer, nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("mrr", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("event_id", UUID, nullable=False, comment="the event this state is from"),
    Index("demand_list", "workspace_id", "idea_id"),
    comment="projection of feedback.demand.changed",
    postgresql_with={"fillfactor": "70"},
)
Table(
    "models",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("name", Text, nullable=False),
    Column("framework", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("false")),
    Column("version", BigInteger, nullable=False, server_default="1", comment="raised by each edit"),
    Column("revision", BigInteger, nullable=False, server_default="1", comment="raised when the parameters change"),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "name", name="models_name"),
    Index("models_list", "workspace_id", "id"),
)
Table(
    "model_revisions",
    metadata,
    Column("model_id", UUID, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("workspace_id", UUID, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("model_id", "revision"),
    comment="every set of parameters that a score may name",
)
Table(
    "rescores",
    metadata,
    Column("model_id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("after", UUID, nullable=False, comment="ideas up to this one are done"),
    Column("traceparent", Text, nullable=False, server_default=""),
    Column("asked_at", Moment, nullable=False, server_default=NOW),
    comment="models whose change has not reached every idea yet",
)
Table(
    "estimates",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    Column("input", Text, nullable=False, comment="reach, impact, confidence, effort…"),
    Column("value", Double, nullable=False),
    Column("estimator", Text, nullable=False, comment="who, in the caller's own words: an id, not a name"),
    Column("discipline", Text),
    Column("note", Text),
    Column("spread", JSONB(none_as_null=True), comment="what value is the mean of; null: a point"),
    Column("current", Boolean, nullable=False, server_default=text("true"), comment="this estimator's latest"),
    Column("withdrawn_at", Moment),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Index(
        "estimates_current",
        "workspace_id",
        "idea_id",
        "input",
        "estimator",
        unique=True,
        postgresql_where=text("current"),
    ),
    Index("estimates_list", "workspace_id", "idea_id", "id"),
)
Table(
    "scores",
    metadata,
    Column("id", UUID, nullable=False),
    Column("workspace_id", UUID, nullable=False),
    Column("model_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    Column("model_version", BigInteger, nullable=False, comment="the model's revision"),
    Column("state", Text, nullable=False, comment="scored or not_scoreable"),
    Column("value", Double),
    Column("inputs", JSONB, nullable=False, comment="every input: value and where it came from"),
    Column("missing", JSONB, nullable=False, server_default="[]"),
    Column("cause", Text, nullable=False),
    Column("cause_id", UUID),
    Column("computed_at", Moment, nullable=False),
    Column("version", BigInteger, nullable=False),
    # Every index is written by every move of a score: these two serve all that is asked.
    PrimaryKeyConstraint("workspace_id", "idea_id", "model_id"),
    # Read backwards: one direction for both keys lets a page start at its cursor however deep it lies.
    Index("scores_ranking", "workspace_id", "model_id", "value", "idea_id"),
)
