"""Which idea a merged one counts for."""

import sqlalchemy as sa
from alembic import op

revision = "roadmap_0003"
down_revision = "roadmap_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ideas",
        sa.Column(
            "merged_into",
            sa.UUID(),
            nullable=True,
            comment="the idea that everything asked of this one counts for",
        ),
    )
