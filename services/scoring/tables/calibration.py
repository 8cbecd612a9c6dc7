"""What came of estimates, and how later ones are corrected by it."""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.scoring.tables.schema import metadata
from shared.tables import NOW, Moment

Table(
    "outcomes",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    Column("input", Text, nullable=False, comment="what was estimated"),
    Column("kind", Text, nullable=False, comment="amount: in the unit of the estimates; event: it happened or not"),
    Column("actual", Double, nullable=False, comment="of an event: 1 or 0"),
    Column("predicted_at", Moment, nullable=False, comment="estimates of that moment are held against it"),
    Column("note", Text),
    Column("recorded_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "idea_id", "input", name="outcomes_of_idea"),
    Index("outcomes_list", "workspace_id", "id"),
    Index("outcomes_input", "workspace_id", "input", "id"),
    comment="what estimated inputs turned out to be",
)
Table(
    "corrections",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("input", Text, nullable=False),
    Column("team_id", UUID, comment="null: estimates that no team's correction covers"),
    Column("framework", Text, comment="null: models of every framework"),
    Column("number", BigInteger, nullable=False, comment="its version among the corrections of the same scope"),
    Column("basis", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="ratio: of the value; odds: of the odds of a probability"),
    Column("factor", Double, nullable=False),
    Column("n", Integer, nullable=False),
    Column("evidence", JSONB, nullable=False, comment="the figures that it follows from"),
    Column("made_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("version", BigInteger, nullable=False, server_default="1", comment="raised when it is switched"),
    UniqueConstraint(
        "workspace_id",
        "input",
        "team_id",
        "framework",
        "number",
        name="corrections_number",
        postgresql_nulls_not_distinct=True,
    ),
    Index("corrections_list", "workspace_id", "id"),
    comment="factors for later estimates: written once; whether they are in force is in correction_switches",
)
Table(
    "correction_switches",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("correction_id", UUID, nullable=False),
    Column("input", Text, nullable=False),
    Column("team_id", UUID),
    Column("framework", Text),
    Column("on_at", Moment, nullable=False, server_default=NOW),
    Column("on_by", Text, nullable=False),
    Column("off_at", Moment),
    Column("off_by", Text),
    Index(
        "correction_switches_one",
        "workspace_id",
        "input",
        "team_id",
        "framework",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("off_at is null"),
    ),
    Index("correction_switches_list", "workspace_id", "correction_id", "id"),
    comment="when a correction was in force",
)
