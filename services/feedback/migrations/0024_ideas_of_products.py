"""Of which product an idea is is told to whoever listens."""

from alembic import op

revision = "feedback_0024"
down_revision = "feedback_0023"
branch_labels = None
depends_on = None

# Ideas of a product, once more as they stand: those who listen knew of none.
TELL = """
with told as (
    update ideas set version = version + 1 where product_id is not null
    returning workspace_id, id, title, kind, status, archived, merged_root, product_id, version
), logged as (
    insert into events (id, workspace_id, type, aggregate_id, version, occurred_at, traceparent, data)
    select gen_random_uuid(), workspace_id, 'feedback.idea.changed.v1', id, version, now(), '',
        json_build_object('workspace_id', workspace_id, 'version', version, 'idea_id', id, 'title', title,
            'kind', kind, 'status', status, 'archived', archived, 'merged_into', merged_root, 'product_id', product_id)
    from told returning seq, occurred_at
)
insert into outbox (seq, occurred_at) select seq, occurred_at from logged
"""


def upgrade() -> None:
    op.execute(TELL)
