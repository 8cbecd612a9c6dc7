"""What is alike: an index over ideas and feedback, and the suggestions made from it."""

import sqlalchemy as sa
from alembic import op

revision = "feedback_0008"
down_revision = "feedback_0007"
branch_labels = None
depends_on = None

NOBODY = sa.text("'00000000-0000-0000-0000-000000000000'")
# Whoever changes or deletes a text, by whatever statement, need not know of the index. A row for each time: a key would
# make one that comes while the last is being taken vanish. The merge's column may come after this step.
NOTE = """
create function feedback.similar_note() returns trigger language plpgsql as $body$
begin
    insert into feedback.similar_changes (workspace_id, kind, id) values (old.workspace_id, tg_argv[0], old.id);
    return null;
end $body$
"""
TRIGGERS = (
    """
create trigger similar_idea_changed after update on ideas for each row
when ((old.title, old.description, old.archived, to_jsonb(old) ->> 'merged_into')
    is distinct from (new.title, new.description, new.archived, to_jsonb(new) ->> 'merged_into'))
execute function feedback.similar_note('idea')
""",
    "create trigger similar_idea_deleted after delete on ideas for each row execute function feedback.similar_note('idea')",
    """
create trigger similar_feedback_changed after update of text on feedback for each row
when (old.text is distinct from new.text) execute function feedback.similar_note('feedback')
""",
    """
create trigger similar_feedback_deleted after delete on feedback for each row
execute function feedback.similar_note('feedback')
""",
)


def upgrade() -> None:
    op.create_table(
        "similar_indexes",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="idea or feedback: each has an index of its own"),
        sa.Column("analyser", sa.Text(), nullable=False, comment="what read the texts; another one reads them again"),
        sa.Column(
            "epoch", sa.Integer(), server_default="1", nullable=False, comment="rises when it is filled from the start"
        ),
        sa.Column("next_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("texts", sa.BigInteger(), server_default="0", nullable=False, comment="texts that can be found"),
        sa.Column(
            "seen",
            sa.UUID(),
            server_default=NOBODY,
            nullable=False,
            comment="all up to here, but for late ones, are in",
        ),
        sa.Column(
            "checked", sa.UUID(), server_default=NOBODY, nullable=False, comment="all up to here are in, late ones too"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "kind"),
        comment="how far the index has come",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "similar_texts",
        sa.Column("id", sa.UUID(), nullable=False, comment="an idea's or a feedback's id"),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="its name in the postings"),
        sa.Column("vector", sa.LargeBinary(), nullable=True, comment="384 half floats; null until it is encoded"),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "kind", "epoch", "number", name="similar_texts_number"),
        comment="the texts that are indexed; a number without a row is a text that is gone",
    )
    op.create_index(
        "similar_texts_bare",
        "similar_texts",
        ["workspace_id", "kind", "number"],
        unique=False,
        postgresql_where=sa.text("vector is null"),
    )
    op.create_table(
        "similar_postings",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("term", sa.BigInteger(), nullable=False, comment="a hash: the words stay with the text"),
        sa.Column("block", sa.Integer(), nullable=False, comment="number / 8192"),
        sa.Column(
            "entries", sa.LargeBinary(), nullable=False, comment="3 bytes for each text: place in the block, impact"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "term", "block"),
        comment="which texts have a term",
    )
    op.create_table(
        "similar_signs",
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False, comment="number / 1024"),
        sa.Column(
            "entries", sa.LargeBinary(), nullable=False, comment="50 bytes for each text: place, signs of its vector"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "block"),
        comment="which way the vectors of texts point, roughly",
    )
    # What cannot be compressed is not to be tried; its length is then known without reading it.
    for table, column in (("similar_postings", "entries"), ("similar_signs", "entries"), ("similar_texts", "vector")):
        op.execute(f"alter table {table} alter column {column} set storage external")
    op.create_table(
        "similar_changes",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        comment="texts that were changed or deleted since they were indexed; written by triggers",
    )
    op.create_table(
        "similar_suggestions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("one_id", sa.UUID(), nullable=False, comment="the smaller id of the two"),
        sa.Column("other_id", sa.UUID(), nullable=False),
        sa.Column("one_kind", sa.Text(), nullable=False),
        sa.Column("other_kind", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True, comment="lexical or fused; null when it was never suggested"),
        sa.Column("score", sa.DOUBLE_PRECISION[float](), nullable=True, comment="when it was first shown"),
        sa.Column("shown", sa.Integer(), server_default="0", nullable=False, comment="how often"),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True, comment="the first time"),
        sa.Column("decision", sa.Text(), nullable=True, comment="accepted or dismissed"),
        sa.Column("joined", sa.Text(), nullable=True, comment="merged or linked: what came of it"),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "one_id", "other_id", name="similar_suggestions_pair"),
        comment="pairs that were shown as alike, and what people made of them",
    )
    op.create_index("similar_suggestions_list", "similar_suggestions", ["workspace_id", "id"], unique=False)
    op.create_index(
        "similar_suggestions_decided",
        "similar_suggestions",
        ["workspace_id", "decision", "id"],
        unique=False,
        postgresql_where=sa.text("decision is not null"),
    )
    op.execute(NOTE)
    for trigger in TRIGGERS:
        op.execute(trigger)
