"""Ideas by their ids with all that decides whether they are in a ranking."""

from alembic import op

revision = "scoring_0013"
down_revision = "scoring_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ideas_ranked", "ideas", ["workspace_id", "idea_id"], postgresql_include=["kind", "status", "archived"]
    )
    op.drop_index("ideas_list", "ideas")
