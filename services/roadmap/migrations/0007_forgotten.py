"""Who was forgotten elsewhere is forgotten here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "roadmap_0007"
down_revision = "roadmap_0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "forgettings",
        sa.Column("erasure_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("identifiers", postgresql.JSONB(), nullable=False, comment="keyed hashes; empty once it is over"),
        sa.Column("place", sa.Text(), server_default="", nullable=False, comment="the table it is at"),
        sa.Column(
            "after",
            postgresql.JSONB(),
            server_default="[]",
            nullable=False,
            comment="key of the last row looked at there",
        ),
        sa.Column(
            "counts", postgresql.JSONB(), server_default="{}", nullable=False, comment="rows changed so far, by table"
        ),
        sa.Column("failure", sa.Text(), nullable=True, comment="why it does not go on; tried again each minute"),
        sa.Column("due_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("heard_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("erasure_id"),
        comment="people whom feedback has forgotten, and who are being taken out of this service's words",
    )
    op.create_index("forgettings_due", "forgettings", ["due_at"], postgresql_where=sa.text("finished_at is null"))
