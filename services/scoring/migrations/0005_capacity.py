"""Teams, what they have, what ideas take, and what is promised; technical debt."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0005"
down_revision = "scoring_0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def key(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=False)


def words(name: str, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, comment=comment)


def amount(name: str, comment: str | None = None) -> sa.Column[float]:
    return sa.Column(name, sa.Double[float](), nullable=False, comment=comment)


def upgrade() -> None:
    op.create_table(
        "teams",
        key("id"),
        key("workspace_id"),
        words("name"),
        words("unit", "what its capacity and the efforts it takes on are counted in"),
        sa.Column("skills", postgresql.JSONB(), nullable=False, comment="what it has of each skill in a usual period"),
        sa.Column("archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", name="teams_name"),
    )
    op.create_index("teams_list", "teams", ["workspace_id", "id"], unique=False)
    op.create_table(
        "capacities",
        key("workspace_id"),
        key("team_id"),
        words("period"),
        words("skill"),
        amount("amount"),
        sa.PrimaryKeyConstraint("workspace_id", "team_id", "period", "skill"),
        comment="where a period is not as usual",
    )
    op.create_index("capacities_period", "capacities", ["workspace_id", "period"], unique=False)
    op.create_table(
        "efforts",
        key("workspace_id"),
        key("idea_id"),
        words("skill"),
        words("unit"),
        amount("amount"),
        sa.PrimaryKeyConstraint("workspace_id", "idea_id", "skill"),
        comment="what an idea takes of each skill",
    )
    op.create_table(
        "commitments",
        key("workspace_id"),
        words("period"),
        key("team_id"),
        key("idea_id"),
        amount("share", "of the idea's effort"),
        sa.PrimaryKeyConstraint("workspace_id", "period", "team_id", "idea_id"),
        comment="who has promised to do what, and when",
    )
    op.create_table(
        "debts",
        key("id"),
        key("workspace_id"),
        words("title"),
        words("component"),
        words("type"),
        sa.Column("idea_id", sa.UUID(), nullable=True, comment="the idea of paying it off"),
        amount("principal", "days to pay it off"),
        amount("interest", "days a month while it is there"),
        amount("probability", "that the interest falls due"),
        amount("growth", "of the interest, a month"),
        amount("day_cost", "money for a day, in the currency of the models"),
        sa.Column("changes", sa.Double[float](), nullable=True),
        sa.Column("complexity", sa.Double[float](), nullable=True),
        sa.Column("evidence", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("debts_list", "debts", ["workspace_id", "id"], unique=False)
    op.create_table(
        "debt_changes",
        key("workspace_id"),
        key("debt_id"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", postgresql.JSONB(), nullable=False, comment="all of it, as it then was"),
        words("changed_by"),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "debt_id", "version"),
        comment="what debts were: the trend",
    )
