"""Who is behind ideas, demand policies, and what ideas weigh under them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "scoring_0010"
down_revision = "scoring_0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def key(name: str, comment: str | None = None, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=nullable, comment=comment)


def words(name: str, comment: str | None = None, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, comment=comment, server_default=default)


def number(name: str, comment: str | None = None, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable, comment=comment)


def numbers(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.ARRAY(sa.Integer()), nullable=False, comment=comment)


def large(
    name: str, comment: str | None = None, *, nullable: bool = False, default: str | None = None
) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, comment=comment, server_default=default)


def json(name: str, comment: str | None = None) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), nullable=False, comment=comment)


def moment(name: str, *, default: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=False, server_default=sa.text("now()") if default else None)


def upgrade() -> None:
    op.create_table(
        "shares",
        key("share_id"),
        key("workspace_id"),
        key("idea_id"),
        key("account_id", "null: the contacts without an account", nullable=True),
        number("contacts"),
        number("votes"),
        number("insights"),
        number("nice"),
        number("important"),
        number("critical"),
        numbers("months", "of the contacts' latest asks, counted from year 0"),
        numbers("asked", "how many contacts asked last in each of them"),
        large("mrr_at_vote", "minor units; null: nobody voted, or it was not known", nullable=True),
        large("version"),
        key("event_id"),
        sa.PrimaryKeyConstraint("share_id"),
        comment="projection of feedback.share.changed: who is behind an idea; without contacts: no longer",
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("shares_idea", "shares", ["workspace_id", "idea_id", "account_id"])
    op.create_index("shares_account", "shares", ["account_id"], postgresql_where=sa.text("account_id is not null"))
    op.create_table(
        "accounts",
        key("account_id"),
        key("workspace_id"),
        large("mrr", "minor units; null: not known", nullable=True),
        sa.Column("segment_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        large("version"),
        key("event_id"),
        sa.PrimaryKeyConstraint("account_id"),
        comment="projection of feedback.account.changed",
    )
    op.create_table(
        "segments",
        key("segment_id"),
        key("workspace_id"),
        words("key"),
        words("selects"),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        large("version"),
        sa.PrimaryKeyConstraint("segment_id"),
        comment="projection of feedback.segment.changed",
    )
    op.create_table(
        "demand_policies",
        key("id"),
        key("workspace_id"),
        words("name"),
        json("parameters"),
        number("month", "that its weights are of, counted from year 0; null: they do not age", nullable=True),
        large("version", "raised by each edit", default="1"),
        large("revision", "raised when the parameters change", default="1"),
        moment("created_at", default=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "name", name="demand_policies_name"),
    )
    op.create_index("demand_policies_list", "demand_policies", ["workspace_id", "id"])
    op.create_index(
        "demand_policies_ageing", "demand_policies", ["month"], postgresql_where=sa.text("month is not null")
    )
    op.create_table(
        "demand_policy_revisions",
        key("policy_id"),
        large("revision"),
        key("workspace_id"),
        json("parameters"),
        moment("created_at", default=True),
        sa.PrimaryKeyConstraint("policy_id", "revision"),
        comment="every set of parameters that a weight may name; they outlive the policy",
    )
    op.create_table(
        "weights",
        key("workspace_id"),
        key("policy_id"),
        key("idea_id"),
        large("revision", "the policy's"),
        number("month", "that ages are counted to; null: they do not count", nullable=True),
        words("state", "weighed, unknown or infeasible"),
        sa.Column("value", sa.Double[float](), nullable=True),
        sa.Column("cut", sa.Double[float](), nullable=False, comment="what the cap took"),
        number("accounts", "accounts that ask"),
        number("contacts"),
        json("largest", "the accounts that count most"),
        json("unknown", "accounts that cannot be weighed: how many, and some"),
        key("event_id", "of the newest that it rests on"),
        large("version"),
        moment("computed_at"),
        sa.PrimaryKeyConstraint("workspace_id", "idea_id", "policy_id"),
        comment="ideas under policies",
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("weights_ranking", "weights", ["workspace_id", "policy_id", "value", "idea_id"])
    op.create_table(
        "unweighed",
        key("idea_id"),
        key("workspace_id"),
        key("event_id"),
        words("traceparent", default=""),
        moment("marked_at"),
        sa.PrimaryKeyConstraint("idea_id"),
        comment="ideas whose accounts have changed since they were weighed",
    )
    op.create_index("unweighed_oldest", "unweighed", ["marked_at"])
    op.create_table(
        "weighings",
        key("policy_id"),
        key("workspace_id"),
        key("after", "ideas up to this one are done"),
        words("cause", "policy or time"),
        words("traceparent", default=""),
        moment("asked_at", default=True),
        sa.PrimaryKeyConstraint("policy_id"),
        comment="policies whose change has not reached every idea yet",
    )
