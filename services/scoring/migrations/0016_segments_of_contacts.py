"""Which segments of contacts ask for an idea is kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0016"
down_revision = "scoring_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "shares",
        sa.Column(
            "segment_ids",
            postgresql.ARRAY(sa.UUID()),
            server_default="{}",
            nullable=False,
            comment="segments of contacts: that any of an account's is in, and each of those without an account",
        ),
    )
    op.alter_column("shares", "account_id", comment="null: contacts without an account")
