"""What a request's body was made of, beside the answer that is kept for its key; whose pushes a connection believes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0028"
down_revision = "feedback_0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "idempotency",
        sa.Column(
            "outline", sa.LargeBinary(), nullable=True, comment="where the body's values were, with check sums; sealed"
        ),
    )
    op.add_column(
        "connections",
        sa.Column("push", postgresql.JSONB(), nullable=True, comment="whose signed tokens vouch for deliveries"),
    )
