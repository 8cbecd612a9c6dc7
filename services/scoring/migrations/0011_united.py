"""What is said of merged ideas counts for the one that they went into; who was forgotten elsewhere is forgotten here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0011"
down_revision = "scoring_0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Told with each idea; those that were merged before this are told by `cairn rebuild scoring`.
    op.add_column(
        "ideas",
        sa.Column(
            "merged_into", sa.UUID(), nullable=True, comment="the idea that everything said of this one counts for"
        ),
    )
    op.alter_column("ideas", "archived", existing_type=sa.Boolean(), comment="or merged: not ranked")
    op.create_index(
        "ideas_merged",
        "ideas",
        ["workspace_id", "merged_into"],
        postgresql_where=sa.text("merged_into is not null"),
    )
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
