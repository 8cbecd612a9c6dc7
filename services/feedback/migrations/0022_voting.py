"""Whether visitors of a board can vote."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0022"
down_revision = "feedback_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "boards",
        sa.Column(
            "voting",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="whether visitors can vote",
        ),
    )
