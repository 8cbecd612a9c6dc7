"""What respondents say of ideas that are one is counted together."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0019"
down_revision = "feedback_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kano_unions",
        sa.Column("idea_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="of the last that was told of it"),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="ideas whose Kano was once counted with that of others: their events are numbered here from then on",
    )
