"""What work took and how it is to be shared out; what came of estimates, and corrections; what ideas were."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0006"
down_revision = "scoring_0005"
branch_labels = None
depends_on = None


MOMENT = sa.DateTime(timezone=True)


def key(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=False)


def words(name: str, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, comment=comment)


def moment(name: str) -> sa.Column[object]:
    return sa.Column(name, MOMENT, server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "actuals",
        key("id"),
        key("workspace_id"),
        words("source", "who counts: a time tracker, a tracker of issues"),
        words("external_id", "its own name for it: telling it again replaces it"),
        key("idea_id"),
        key("team_id"),
        words("period"),
        words("skill"),
        words("unit", "the team's when it was told"),
        sa.Column("amount", sa.Double[float](), nullable=False),
        words("recorded_by"),
        moment("created_at"),
        moment("updated_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "source", "external_id", name="actuals_once"),
        comment="what work has taken",
    )
    op.create_index("actuals_idea", "actuals", ["workspace_id", "idea_id", "id"], unique=False)
    op.create_index("actuals_list", "actuals", ["workspace_id", "id"], unique=False)
    op.create_index("actuals_period", "actuals", ["workspace_id", "period", "id"], unique=False)
    op.create_index("actuals_team", "actuals", ["workspace_id", "team_id", "id"], unique=False)
    op.create_table(
        "allocations",
        key("id"),
        key("workspace_id"),
        sa.Column("team_id", sa.UUID(), nullable=True, comment="null: every team without a policy of its own"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False, comment="periods that begin on this day or later"),
        sa.Column(
            "classes",
            postgresql.JSONB(),
            nullable=False,
            comment="name, kinds, target, tolerance; empty: no policy any more",
        ),
        sa.Column("note", sa.Text(), nullable=True),
        words("set_by"),
        moment("created_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "workspace_id", "team_id", "version", name="allocations_version", postgresql_nulls_not_distinct=True
        ),
        comment="allocation policies: a version is written once and never changed",
    )
    op.create_index("allocations_list", "allocations", ["workspace_id", "id"], unique=False)
    op.create_index("allocations_since", "allocations", ["workspace_id", "team_id", "since", "version"], unique=False)
    op.create_table(
        "balance_checks",
        key("workspace_id"),
        words("period"),
        key("team_id"),
        moment("asked_at"),
        sa.Column("traceparent", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "period", "team_id"),
        comment="teams and periods that are to be held against their policy",
    )
    op.create_table(
        "balances",
        key("id"),
        key("workspace_id"),
        words("period"),
        key("team_id"),
        sa.Column("breaches", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "period", "team_id", name="balances_place"),
        comment="what was last told of a team's breaches",
    )
    op.create_table(
        "correction_switches",
        key("id"),
        key("workspace_id"),
        key("correction_id"),
        words("input"),
        sa.Column("team_id", sa.UUID(), nullable=True),
        sa.Column("framework", sa.Text(), nullable=True),
        moment("on_at"),
        words("on_by"),
        sa.Column("off_at", MOMENT, nullable=True),
        sa.Column("off_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="when a correction was in force",
    )
    op.create_index(
        "correction_switches_list", "correction_switches", ["workspace_id", "correction_id", "id"], unique=False
    )
    op.create_index(
        "correction_switches_one",
        "correction_switches",
        ["workspace_id", "input", "team_id", "framework"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("off_at is null"),
    )
    op.create_table(
        "corrections",
        key("id"),
        key("workspace_id"),
        words("input"),
        sa.Column("team_id", sa.UUID(), nullable=True, comment="null: estimates that no team's correction covers"),
        sa.Column("framework", sa.Text(), nullable=True, comment="null: models of every framework"),
        sa.Column(
            "number", sa.BigInteger(), nullable=False, comment="its version among the corrections of the same scope"
        ),
        words("basis"),
        words("kind", "ratio: of the value; odds: of the odds of a probability"),
        sa.Column("factor", sa.Double[float](), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False, comment="the figures that it follows from"),
        words("made_by"),
        moment("created_at"),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False, comment="raised when it is switched"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "workspace_id",
            "input",
            "team_id",
            "framework",
            "number",
            name="corrections_number",
            postgresql_nulls_not_distinct=True,
        ),
        comment="factors for later estimates: written once; whether they are in force is in correction_switches",
    )
    op.create_index("corrections_list", "corrections", ["workspace_id", "id"], unique=False)
    op.create_table(
        "effort_baselines",
        key("workspace_id"),
        key("idea_id"),
        words("skill"),
        words("unit"),
        sa.Column("amount", sa.Double[float](), nullable=False),
        moment("taken_at"),
        sa.PrimaryKeyConstraint("workspace_id", "idea_id", "skill"),
        comment="the effort that was expected when the first work was told of: what is held against what it took",
    )
    op.create_table(
        "idea_days",
        key("workspace_id"),
        key("idea_id"),
        sa.Column("until", sa.Date(), nullable=False, comment="the day on which it changed"),
        words("title"),
        words("kind"),
        words("status"),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "idea_id", "until"),
        comment="what days ended with, of ideas that have changed since",
    )
    op.create_table(
        "outcomes",
        key("id"),
        key("workspace_id"),
        key("idea_id"),
        words("input", "what was estimated"),
        words("kind", "amount: in the unit of the estimates; event: it happened or not"),
        sa.Column("actual", sa.Double[float](), nullable=False, comment="of an event: 1 or 0"),
        sa.Column("predicted_at", MOMENT, nullable=False, comment="estimates of that moment are held against it"),
        sa.Column("note", sa.Text(), nullable=True),
        words("recorded_by"),
        moment("created_at"),
        moment("updated_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "idea_id", "input", name="outcomes_of_idea"),
        comment="what estimated inputs turned out to be",
    )
    op.create_index("outcomes_input", "outcomes", ["workspace_id", "input", "id"], unique=False)
    op.create_index("outcomes_list", "outcomes", ["workspace_id", "id"], unique=False)
    op.create_table(
        "spent",
        key("workspace_id"),
        words("period"),
        key("team_id"),
        key("idea_id"),
        words("skill"),
        words("unit"),
        sa.Column("amount", sa.Numeric(), nullable=False, comment="exact, so that what is taken back leaves nothing"),
        sa.PrimaryKeyConstraint("workspace_id", "period", "team_id", "idea_id", "skill", "unit"),
        comment="sums of actuals, kept with them",
    )
    op.create_index("spent_idea", "spent", ["workspace_id", "idea_id"], unique=False)
    op.add_column(
        "assessments",
        sa.Column(
            "origins", postgresql.JSONB(), server_default="{}", nullable=False, comment="how each fact was found"
        ),
    )
    op.create_index("commitments_idea", "commitments", ["workspace_id", "idea_id"], unique=False)
    op.add_column(
        "estimates",
        sa.Column("team_id", sa.UUID(), nullable=True, comment="the team that it speaks for: its corrections apply"),
    )
