"""Accounts found by how their name begins; what a contact said, and what is not superseded, by an index."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0023"
down_revision = "feedback_0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts",
        sa.Column(
            "sought",
            sa.Text(collation="C"),
            sa.Computed("lower(left(name, 60))", persisted=True),
            nullable=False,
            comment="how its name begins, whatever the case",
        ),
    )
    op.create_index("accounts_sought", "accounts", ["workspace_id", "sought", "id"], unique=False)
    # First: whoever makes an index and drops one then holds a lock that others wait for while it waits for another.
    op.drop_index("feedback_contact", table_name="feedback")
    op.create_index(
        "feedback_contact_list",
        "feedback",
        ["workspace_id", "contact_id", "id"],
        unique=False,
        postgresql_where=sa.text("contact_id is not null"),
    )
    op.create_index(
        "survey_cells_gone", "survey_cells", ["workspace_id", "measure", "gone_in", "said_on"], unique=False
    )
