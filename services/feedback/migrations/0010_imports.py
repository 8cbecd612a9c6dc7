"""Imports with their files, errors and mappings, where ideas come from, and exports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "feedback_0010"
down_revision = "feedback_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rows", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True, comment="of the file, bytes"),
        sa.Column("sha256", sa.Text(), nullable=True, comment="of the file, hex"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("holder", sa.UUID(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("starts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True, comment="when the file and it are deleted"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "exports_due", "exports", ["due_at"], unique=False, postgresql_where=sa.text("state in ('waiting', 'running')")
    )
    op.create_index(
        "exports_expired", "exports", ["expires_at"], unique=False, postgresql_where=sa.text("expires_at is not null")
    )
    op.create_index("exports_list", "exports", ["workspace_id", "id"], unique=False)
    op.create_table(
        "import_mappings",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "key", name="import_mappings_key"),
    )
    op.create_index("import_mappings_list", "import_mappings", ["workspace_id", "id"], unique=False)
    op.create_table(
        "imports",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True, comment="what each row is; null where a vendor's importer says so"),
        sa.Column("vendor", sa.Text(), nullable=True, comment="whose export it is"),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="with a row's external id: its identity"),
        sa.Column(
            "mapping",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="how columns become fields",
        ),
        sa.Column("dry_run", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), server_default="awaiting_file", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it failed, or what is to be known of how it ended"),
        sa.Column("upload", sa.UUID(), nullable=True, comment="which of its uploads is the file"),
        sa.Column("size", sa.BigInteger(), nullable=True, comment="of the file, bytes"),
        sa.Column("sha256", sa.LargeBinary(), nullable=True, comment="of the file"),
        sa.Column(
            "layout",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="how the file is read: encoding, delimiter, columns; found at its beginning",
        ),
        sa.Column(
            "pass", sa.SmallInteger(), server_default="1", nullable=False, comment="reading of the file, counted from 1"
        ),
        sa.Column(
            "position", sa.BigInteger(), server_default="0", nullable=False, comment="where the next row of it begins"
        ),
        sa.Column("extent", sa.BigInteger(), nullable=True, comment="what position will be at the end"),
        sa.Column(
            "number", sa.BigInteger(), server_default="0", nullable=False, comment="the last one read in this pass"
        ),
        sa.Column("rows", sa.BigInteger(), server_default="0", nullable=False, comment="read in the first pass"),
        sa.Column("invalid", sa.BigInteger(), server_default="0", nullable=False, comment="rows with an error"),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="by kind: created, updated, duplicate",
        ),
        sa.Column("key_id", sa.UUID(), nullable=False, comment="key that asked for it"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("holder", sa.UUID(), nullable=True, comment="who works at it; another one's writes are refused"),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="a claim moves it on",
        ),
        sa.Column(
            "starts", sa.Integer(), server_default="0", nullable=False, comment="claims since something was stored"
        ),
        sa.Column("seconds", sa.Double[float](), server_default="0", nullable=False, comment="worked at it"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=True, comment="when its errors and it are deleted"
        ),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "imports_due", "imports", ["due_at"], unique=False, postgresql_where=sa.text("state in ('waiting', 'running')")
    )
    op.create_index(
        "imports_expired", "imports", ["expires_at"], unique=False, postgresql_where=sa.text("expires_at is not null")
    )
    op.create_index("imports_list", "imports", ["workspace_id", "id"], unique=False)
    op.create_table(
        "origins",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False, comment="the idea's id there"),
        sa.Column("idea_id", sa.UUID(), nullable=False, comment="the idea that was made of it"),
        sa.Column(
            "merged_into", sa.Text(), nullable=True, comment="external id of the idea that it was merged into there"
        ),
        sa.Column("into_id", sa.UUID(), nullable=True, comment="the idea that answers for it since: the survivor"),
        sa.Column("title", sa.Text(), nullable=False, comment="as it was there"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "source", "external_id", name="origins_once"),
        comment="what ideas were elsewhere: imports find them again, and links to the old place can be followed",
    )
    op.create_index("origins_idea", "origins", ["workspace_id", "idea_id", "id"], unique=False)
    op.create_index("origins_list", "origins", ["workspace_id", "id"], unique=False)
    op.create_index(
        "origins_merging",
        "origins",
        ["workspace_id", "source"],
        unique=False,
        postgresql_where=sa.text("merged_into is not null and into_id is null"),
    )
    op.create_table(
        "export_parts",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("export_id", sa.UUID(), nullable=False),
        sa.Column("holder", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["exports.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("export_id", "holder", "number"),
    )
    op.create_table(
        "import_errors",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column(
            "number", sa.BigInteger(), nullable=False, comment="as its sender counts: a line, or a row of the sheet"
        ),
        sa.Column(
            "errors", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="pointer and reason of each"
        ),
        sa.Column("raw", sa.Text(), nullable=False, comment="the row as it came, its beginning"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("import_id", "number"),
        comment="rows that could not be imported; they hold what a caller sent and end with their import",
    )
    op.create_table(
        "import_parts",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("upload", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="from 0; all but the last have the same size"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("import_id", "upload", "number"),
        comment="uploaded files, where any replica's worker can read them; deleted when the import ends",
    )
