"""Ideas found by what they were merged into."""

import sqlalchemy as sa
from alembic import op

revision = "roadmap_0005"
down_revision = "roadmap_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ideas_merged",
        "ideas",
        ["workspace_id", "merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into is not null"),
    )
