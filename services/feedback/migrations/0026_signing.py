"""How a connection's sender signs, where that is not its vendor's to say."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0026"
down_revision = "feedback_0024"
branch_labels = None
depends_on = None


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
