"""What a request's body was made of, beside the answer that is kept for its key."""

import sqlalchemy as sa
from alembic import op

revision = "roadmap_0008"
down_revision = "roadmap_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "idempotency",
        sa.Column(
            "outline", sa.LargeBinary(), nullable=True, comment="where the body's values were, with check sums; sealed"
        ),
    )
