"""How a file to be imported is written, as its sender says; what the records of a dry run would become."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0021"
down_revision = "feedback_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "imports",
        sa.Column(
            "hints",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="how the file is written, as the caller says",
        ),
    )
    op.create_table(
        "rehearsals",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="what the record is"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="its row"),
        sa.Column("place", sa.SmallInteger(), nullable=False, comment="among the records of the row"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="created, updated or duplicate"),
        sa.Column(
            "name",
            sa.LargeBinary(),
            nullable=False,
            comment="digest of what makes it the same record in another row",
        ),
        sa.Column(
            "said",
            sa.LargeBinary(),
            nullable=True,
            comment="digest of what it says, where saying something else changes it",
        ),
        sa.Column(
            "ideas",
            postgresql.JSONB(),
            server_default="[]",
            nullable=False,
            comment="name and, where it is here already, id",
        ),
        sa.Column(
            "merged_into", sa.Text(), nullable=True, comment="of an idea: external id of the one that answers for it"
        ),
        sa.Column("contact", sa.Text(), nullable=True, comment="known or new, where it has one"),
        sa.Column("contact_id", sa.UUID(), nullable=True, comment="the contact, where it is here already"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("import_id", "kind", "number", "place"),
        comment="digests and ids: nothing that a person could be read from",
    )
    op.create_index("rehearsals_named", "rehearsals", ["import_id", "kind", "name"], unique=False)
