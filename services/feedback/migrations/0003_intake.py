"""Responses that are fetched from their vendor, and how each connection fares."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0003"
down_revision = "feedback_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "connections",
        sa.Column(
            "credentials",
            sa.Text(),
            nullable=True,
            comment="sealed; what responses are fetched with where the vendor only names them",
        ),
    )
    op.add_column(
        "connections",
        sa.Column(
            "cursors",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="until when a form's responses are fetched",
        ),
    )
    op.add_column(
        "deliveries",
        sa.Column(
            "fetched",
            sa.LargeBinary(),
            nullable=True,
            comment="the vendor's answer, where the delivery only names a response",
        ),
    )
    op.alter_column(
        "deliveries",
        "state",
        existing_type=sa.Text(),
        existing_nullable=False,
        existing_server_default="received",
        comment="received, fetching, applied, ignored, quarantined",
        existing_comment="received, applied, ignored, quarantined",
    )
    op.create_table(
        "fetches",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column(
            "asked",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the ids to ask the vendor with",
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="not before; a claim moves it on",
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="why the last attempt failed"),
        sa.PrimaryKeyConstraint("workspace_id", "delivery_id"),
        comment="responses that are still to be fetched from their vendor",
    )
    op.create_index("fetches_due", "fetches", ["due_at"], unique=False)
    op.create_index("fetches_connection", "fetches", ["connection_id"], unique=False)
    op.create_table(
        "connection_health",
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column(
            "applied", sa.BigInteger(), server_default="0", nullable=False, comment="deliveries in that state now"
        ),
        sa.Column("ignored", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("quarantined", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_delivery_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "last_failure",
            sa.Text(),
            nullable=True,
            comment="why the last delivery that was set aside could not be read",
        ),
        sa.Column(
            "refused", sa.BigInteger(), server_default="0", nullable=False, comment="at the door; noted now and then"
        ),
        sa.Column("last_refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_refusal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("connection_id"),
        comment="what became of a connection's deliveries, kept by whoever settles them",
        postgresql_with={"fillfactor": "50"},
    )
    # What was settled before anybody counted.
    op.execute(
        """
        insert into connection_health (connection_id, workspace_id, applied, ignored, quarantined, last_delivery_at)
        select connection_id, workspace_id, count(*) filter (where state = 'applied'),
            count(*) filter (where state = 'ignored'), count(*) filter (where state = 'quarantined'), max(received_at)
        from deliveries group by connection_id, workspace_id
        """
    )
