"""What is alike: an index over the words and the meaning of ideas and feedback, and what was suggested from it."""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, UUID

from services.feedback.tables.schema import id_column, metadata, workspace_column
from shared.tables import NOW, Moment

_NOBODY = text("'00000000-0000-0000-0000-000000000000'")

Table(
    "similar_indexes",
    metadata,
    workspace_column(),
    Column("kind", Text, nullable=False, comment="idea or feedback: each has an index of its own"),
    Column("analyser", Text, nullable=False, comment="what read the texts; another one reads them again"),
    Column("epoch", Integer, nullable=False, server_default="1", comment="rises when it is filled from the start"),
    Column("next_number", BigInteger, nullable=False, server_default="0"),
    Column("texts", BigInteger, nullable=False, server_default="0", comment="texts that can be found"),
    Column("seen", UUID, nullable=False, server_default=_NOBODY, comment="all up to here, but for late ones, are in"),
    Column("checked", UUID, nullable=False, server_default=_NOBODY, comment="all up to here are in, late ones too"),
    PrimaryKeyConstraint("workspace_id", "kind"),
    comment="how far the index has come",
    postgresql_with={"fillfactor": "50"},
)
Table(
    "similar_texts",
    metadata,
    Column("id", UUID, nullable=False, comment="an idea's or a feedback's id"),
    workspace_column(),
    Column("kind", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("number", BigInteger, nullable=False, comment="its name in the postings"),
    Column("vector", LargeBinary, comment="384 half floats; null until it is encoded"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "kind", "epoch", "number", name="similar_texts_number"),
    Index("similar_texts_bare", "workspace_id", "kind", "number", postgresql_where=text("vector is null")),
    comment="the texts that are indexed; a number without a row is a text that is gone",
)
Table(
    "similar_postings",
    metadata,
    workspace_column(),
    Column("kind", Text, nullable=False),
    Column("term", BigInteger, nullable=False, comment="a hash: the words stay with the text"),
    Column("block", Integer, nullable=False, comment="number / 8192"),
    Column("entries", LargeBinary, nullable=False, comment="3 bytes for each text: place in the block, impact"),
    PrimaryKeyConstraint("workspace_id", "kind", "term", "block"),
    comment="which texts have a term",
)
Table(
    "similar_signs",
    metadata,
    workspace_column(),
    Column("kind", Text, nullable=False),
    Column("block", Integer, nullable=False, comment="number / 1024"),
    Column("entries", LargeBinary, nullable=False, comment="50 bytes for each text: place, signs of its vector"),
    PrimaryKeyConstraint("workspace_id", "kind", "block"),
    comment="which way the vectors of texts point, roughly",
)
Table(
    "similar_changes",
    metadata,
    Column("seq", BigInteger, Identity(), primary_key=True),
    workspace_column(),
    Column("kind", Text, nullable=False),
    Column("id", UUID, nullable=False),
    comment="texts that were changed or deleted since they were indexed; written by triggers",
)
Table(
    "similar_suggestions",
    metadata,
    id_column(),
    workspace_column(),
    Column("one_id", UUID, nullable=False, comment="the smaller id of the two"),
    Column("other_id", UUID, nullable=False),
    Column("one_kind", Text, nullable=False),
    Column("other_kind", Text, nullable=False),
    Column("method", Text, comment="lexical or fused; null when it was never suggested"),
    Column("score", DOUBLE_PRECISION[float](), comment="when it was first shown"),
    Column("shown", Integer, nullable=False, server_default="0", comment="how often"),
    Column("shown_at", Moment, comment="the first time"),
    Column("decision", Text, comment="accepted or dismissed"),
    Column("joined", Text, comment="merged or linked: what came of it"),
    Column("decided_by", Text),
    Column("decided_at", Moment),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    UniqueConstraint("workspace_id", "one_id", "other_id", name="similar_suggestions_pair"),
    Index("similar_suggestions_list", "workspace_id", "id"),
    Index(
        "similar_suggestions_decided",
        "workspace_id",
        "decision",
        "id",
        postgresql_where=text("decision is not null"),
    ),
    comment="pairs that were shown as alike, and what people made of them",
)
