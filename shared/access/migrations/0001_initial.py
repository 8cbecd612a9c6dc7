"""The first shape of the schema."""

import sqlalchemy as sa
from alembic import op

revision = "access_0001"
down_revision = None
branch_labels = None
depends_on = None


# A service's role reaches keys by these alone: one key by its prefix, never a list, never another's.
FIND_KEY = """
create function find_key(wanted text)
returns table (id uuid, workspace_id uuid, hash bytea, scopes text[], rate integer, slug text, currency text,
               expires_at timestamptz, revoked_at timestamptz)
language sql stable security definer set search_path = access as $$
    select k.id, k.workspace_id, k.hash, k.scopes, k.rate, w.slug, w.currency, k.expires_at, k.revoked_at
    from api_keys k join workspaces w on w.id = k.workspace_id where k.prefix = wanted
$$
"""
TOUCH_KEYS = """
create function touch_keys(used uuid[]) returns void
language sql security definer set search_path = access as $$
    update api_keys set last_used_at = now() where id = any(used)
$$
"""
FIND_WORKSPACE = """
create function find_workspace(wanted text) returns table (id uuid, slug text, name text, currency text)
language sql stable security definer set search_path = access as $$
    select id, slug, name, currency from workspaces where slug = wanted
$$
"""
# Keys are managed through the feedback service, within the caller's workspace: row security sees to that.
GRANTS = """
do $$ begin
    revoke execute on all functions in schema access from public;
    grant usage on schema access to cairn_feedback, cairn_scoring, cairn_roadmap;
    grant execute on all functions in schema access to cairn_feedback, cairn_scoring, cairn_roadmap;
    alter table workspaces enable row level security;
    create policy tenant on workspaces using (
        (select current_setting('cairn.workspaces', true)) = '*'
        or id = any ((select string_to_array(nullif(nullif(
            current_setting('cairn.workspaces', true), ''), '*'), ',')::uuid[])::uuid[]));
    grant select on workspaces to cairn_feedback;
    grant select, insert, update on api_keys to cairn_feedback;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("workspace_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=True, comment="requests a second; the service's default when null"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "revoked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="may lie ahead: the end of a rotation's overlap",
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["replaces"],
            ["api_keys.id"],
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("prefix"),
    )
    op.create_index("api_keys_workspace", "api_keys", ["workspace_id", "id"], unique=False)
    op.execute(FIND_KEY)
    op.execute(TOUCH_KEYS)
    op.execute(FIND_WORKSPACE)
    op.execute(GRANTS)
