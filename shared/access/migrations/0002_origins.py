"""Which pages may use a key from a browser."""

import sqlalchemy as sa
from alembic import op

revision = "access_0002"
down_revision = "access_0001"
branch_labels = None
depends_on = None

# Answers what it did and one thing more: an older version, which names what it reads, goes on beside this one.
FIND_KEY = (
    "drop function find_key(text)",
    """
create function find_key(wanted text)
returns table (id uuid, workspace_id uuid, hash bytea, scopes text[], rate integer, slug text, currency text,
               expires_at timestamptz, revoked_at timestamptz, origins text[])
language sql stable security definer set search_path = access as $$
    select k.id, k.workspace_id, k.hash, k.scopes, k.rate, w.slug, w.currency, k.expires_at, k.revoked_at, k.origins
    from api_keys k join workspaces w on w.id = k.workspace_id where k.prefix = wanted
$$
""",
    "revoke execute on function find_key(text) from public",
    "grant execute on function find_key(text) to cairn_feedback, cairn_scoring, cairn_roadmap",
)


def upgrade() -> None:
    op.add_column(
        "api_keys",
        sa.Column(
            "origins",
            sa.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="whose pages may use it from a browser; none: no page's",
        ),
    )
    for statement in FIND_KEY:
        op.execute(statement)
