"""How a connection's sender signs, where that is not its vendor's to say; versions of its mapping; how long deliveries are kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0026"
down_revision = "feedback_0025"
branch_labels = None
depends_on = None


FIRST = """
insert into connection_mappings (workspace_id, connection_id, version, rules)
select workspace_id, id, 1, rules from connections
"""


def upgrade() -> None:
    op.add_column(
        "connections",
        sa.Column(
            "signing",
            postgresql.JSONB(),
            nullable=True,
            comment="how deliveries are signed, where that is not the vendor's to say",
        ),
    )
    op.add_column("connections", sa.Column("mapping_version", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("connections", "rules", comment="how answers are read: its mapping")
    op.add_column(
        "deliveries",
        sa.Column("mapping_version", sa.Integer(), nullable=True, comment="of its connection, which it was read under"),
    )
    op.create_table(
        "connection_mappings",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, 3… of its connection"),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name="connection_mappings_of"),
        sa.PrimaryKeyConstraint("workspace_id", "connection_id", "version", name="connection_mappings_pkey"),
        comment="how a connection's answers were to be read, version by version",
    )
    op.execute(FIRST)
    op.create_table(
        "retention",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("deliveries_days", sa.Integer(), comment="how long raw deliveries are kept; null for good"),
        sa.Column(
            "place",
            sa.UUID(),
            server_default="00000000-0000-0000-0000-000000000000",
            nullable=False,
            comment="the last delivery that was looked at",
        ),
        sa.Column("emptied", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("swept_at", sa.DateTime(timezone=True)),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), comment="when deliveries are gone through next; null for never"
        ),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name="retention_pkey"),
        comment="how long a workspace keeps what",
    )
    op.create_index("retention_due", "retention", ["due_at"], postgresql_where=sa.text("due_at is not null"))
