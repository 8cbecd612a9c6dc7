"""What competitors have and we have not, by evidence that grows old."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from services.scoring.tables.schema import metadata
from shared.tables import NOW, Moment

Table(
    "competitors",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text),
    Column("note", Text, nullable=False, server_default=""),
    Column("weight", Double[float](), nullable=False, comment="beside the other competitors"),
    Column("archived", Boolean, nullable=False, server_default=text("false")),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "name", name="competitors_name"),
    Index("competitors_list", "workspace_id", "id"),
)
Table(
    "capabilities",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("name", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("ours", Text, nullable=False, comment="none, partial or full: what we have of it"),
    Column("archived", Boolean, nullable=False, server_default=text("false")),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "name", name="capabilities_name"),
    Index("capabilities_list", "workspace_id", "id"),
)
Table(
    "capability_ideas",
    metadata,
    Column("workspace_id", UUID, nullable=False),
    Column("capability_id", UUID, nullable=False),
    Column("idea_id", UUID, nullable=False),
    PrimaryKeyConstraint("workspace_id", "capability_id", "idea_id"),
    Index("capability_ideas_idea", "workspace_id", "idea_id"),
    comment="ideas that would give us a capability, or more of it",
)
Table(
    "evidence",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("workspace_id", UUID, nullable=False),
    Column("capability_id", UUID, nullable=False),
    Column("competitor_id", UUID, nullable=False),
    Column("theirs", Text, nullable=False, comment="none, partial or full: what they have of it"),
    Column("observed_on", Date, nullable=False),
    Column("url", Text, nullable=False, comment="where it can be seen"),
    Column("note", Text),
    Column("said_by", Text, nullable=False, comment="who, in the caller's own words: an id, not a name"),
    Column("withdrawn_at", Moment),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Index("evidence_list", "workspace_id", "id"),
    Index("evidence_capability", "workspace_id", "capability_id", "id"),
    Index("evidence_competitor", "workspace_id", "competitor_id", "id"),
    Index(
        "evidence_latest",
        "workspace_id",
        "capability_id",
        "competitor_id",
        "observed_on",
        "id",
        postgresql_where=text("withdrawn_at is null"),
    ),
    comment="what was seen of competitors: never changed, but withdrawn",
)
Table(
    "parities",
    metadata,
    Column("workspace_id", UUID, nullable=False),
    Column("capability_id", UUID, nullable=False),
    Column("competitor_id", UUID, nullable=False),
    Column("evidence_id", UUID, nullable=False),
    Column("theirs", Text, nullable=False),
    Column("observed_on", Date, nullable=False),
    Column("lapses_on", Date, comment="when scores are to follow its lapse; null: they have"),
    PrimaryKeyConstraint("workspace_id", "capability_id", "competitor_id"),
    Index("parities_lapse", "lapses_on", postgresql_where=text("lapses_on is not null")),
    comment="the latest evidence of each competitor in each capability",
)
Table(
    "competition_decays",
    metadata,
    Column("workspace_id", UUID, primary_key=True),
    Column("half_life_days", Double[float](), nullable=False),
    Column("max_age_days", Integer, nullable=False, comment="evidence older than this has lapsed"),
    Column("version", BigInteger, nullable=False),
    comment="how evidence grows old, where a workspace has said so",
)
