"""What waits to be published stands in a table of its own; the log is only added to."""

import sqlalchemy as sa
from alembic import op

revision = "scoring_0002"
down_revision = "scoring_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False, comment="names the partition of the log"),
        sa.PrimaryKeyConstraint("seq"),
        comment="events that the stream has not acknowledged yet",
    )
    op.execute("insert into outbox select seq, occurred_at from events where published_at is null")
    op.drop_index("events_unpublished", "events")
    op.drop_column("events", "published_at")
    op.execute("alter table events alter column data type json using data::json")
    op.create_table_comment("events", "the log, partitioned by day: written once and never changed")
