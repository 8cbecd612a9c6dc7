"""The log is sealed: closed stretches hashed and chained."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0014"
down_revision = "feedback_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_seals",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="1, 2, 3… in each workspace"),
        sa.Column("first", sa.BigInteger(), nullable=False, comment="seq of the first event of the stretch"),
        sa.Column("last", sa.BigInteger(), nullable=False, comment="and of its last"),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("stretch", sa.Text(), nullable=False, comment="SHA-256 over the hashes of its events, in order"),
        sa.Column(
            "digest", sa.Text(), nullable=False, comment="SHA-256 over this seal and the digest of the one before"
        ),
        sa.Column(
            "signature", sa.Text(), nullable=False, comment="of the digest, by a key that is not in the database"
        ),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "position"),
        comment="closed stretches of the log, hashed and chained: what is changed in them later shows",
    )
    op.create_table(
        "log_sealed",
        sa.Column("upto", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("upto"),
        comment="one row: the seq that the log of all workspaces is sealed up to",
    )
    op.execute("insert into log_sealed (upto) values (0)")
