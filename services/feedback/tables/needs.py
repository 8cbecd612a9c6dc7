"""Outcomes that customers want, and how important and how well met they say each is."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from services.feedback.tables.schema import created_column, id_column, metadata, version_column, workspace_column
from shared.tables import NOW, Moment

Table(
    "needs",
    metadata,
    id_column(),
    workspace_column(),
    Column("key", Text, nullable=False, comment="short name that a survey's mapping or hidden field can carry"),
    Column("job", Text, nullable=False, comment="what people want to get done"),
    Column("outcome", Text, nullable=False, comment="how they would tell that it is done better"),
    Column("persona", Text, comment="whose need it is"),
    Column("product_id", UUID, ForeignKey("products.id", name="needs_product")),
    Column("archived", Boolean, nullable=False, server_default=text("false")),
    version_column(),
    created_column(),
    Column("updated_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "key", name="needs_key"),
    Index("needs_list", "workspace_id", "id"),
    Index("needs_product_list", "workspace_id", "product_id", "id", postgresql_where=text("product_id is not null")),
)
Table(
    "need_totals",
    metadata,
    Column("need_id", UUID, ForeignKey("needs.id", name="need_totals_need"), primary_key=True),
    workspace_column(),
    Column("insights", Integer, nullable=False, server_default="0"),
    Column(
        "version", BigInteger, nullable=False, server_default="0", comment="of the event: raised by all that it says"
    ),
    comment="what is counted of a need besides the answers about it, kept in the writing transaction",
    postgresql_with={"fillfactor": "50"},
)
Table(
    "need_ideas",
    metadata,
    Column("need_id", UUID, ForeignKey("needs.id", name="need_ideas_need"), nullable=False),
    Column("idea_id", UUID, ForeignKey("ideas.id", name="need_ideas_idea"), nullable=False),
    workspace_column(),
    Column("linked_by", Text, nullable=False),
    created_column(),
    PrimaryKeyConstraint("need_id", "idea_id"),
    Index("need_ideas_idea", "idea_id"),
    comment="ideas that would serve a need",
)
