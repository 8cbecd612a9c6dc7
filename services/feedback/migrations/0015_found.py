"""Feedback found by its product, and by the ideas that it speaks for."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0015"
down_revision = "feedback_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "feedback_product",
        "feedback",
        ["workspace_id", "product_id", "id"],
        unique=False,
        postgresql_where=sa.text("product_id is not null"),
    )
    op.create_index(
        "insights_of_idea",
        "insights",
        ["workspace_id", "idea_id", "feedback_id"],
        unique=False,
        postgresql_where=sa.text("idea_id is not null"),
    )
