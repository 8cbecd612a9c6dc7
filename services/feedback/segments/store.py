"""Segments and who is in them, as rows."""

_COLUMNS = ("id", "key", "name", "selects", "rule::text as rule", "members", "fill_from", "version", "created_at")
_SEGMENT = ", ".join(_COLUMNS)
COUNT = "select count(*) from segments where workspace_id = $1"
ADD = f"""
insert into segments (id, workspace_id, key, name, selects, rule, fill_from) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (workspace_id, key) do nothing returning {_SEGMENT}
"""
GET = f"select {_SEGMENT} from segments where workspace_id = $1 and id = $2"
LIST = f"select {_SEGMENT} from segments where workspace_id = $1 and id > $2 order by id limit $3"
# Not `for update`: a member's foreign key would wait for it.
LOCK = f"select {_SEGMENT} from segments where workspace_id = $1 and id = $2 for no key update"
UPDATE = f"""
update segments set name = $3, rule = $4, fill_from = $5, fill_since = null, version = version + 1
where workspace_id = $1 and id = $2 returning {_SEGMENT}
"""
DELETE = "delete from segments where workspace_id = $1 and id = $2"

# Whoever judges members of a workspace holds its rules until the end: the next one then sees what this one wrote.
HOLD_RULES = """
select id, workspace_id, selects, rule::text as rule from segments
where workspace_id = any($1::uuid[]) and rule is not null order by id for no key update
"""
_TERMS = "external_id, name, mrr, plan, attributes::text as attributes, created_at"
ACCOUNTS = (
    f"select id, workspace_id, {_TERMS} from accounts where workspace_id = any($1::uuid[]) and id = any($2::uuid[])"
)
_CONTACTS = """
select c.id, c.workspace_id, c.external_id, c.email, c.name, c.attributes::text as attributes, c.created_at,
    a.id as account_id, a.external_id as account_external_id, a.name as account_name, a.mrr as account_mrr,
    a.plan as account_plan, a.attributes::text as account_attributes, a.created_at as account_created_at
from contacts c left join accounts a on a.id = c.account_id
"""
_THERE = "c.merged_into is null and c.erased_at is null"
CONTACTS = f"{_CONTACTS} where c.workspace_id = any($1::uuid[]) and c.id = any($2::uuid[]) and {_THERE}"
CONTACTS_OF = f"""
{_CONTACTS} where c.workspace_id = any($1::uuid[]) and c.account_id = any($2::uuid[]) and c.id > $3 and {_THERE}
order by c.id limit $4
"""
SOME_ACCOUNTS = (
    f"select id, workspace_id, {_TERMS} from accounts where workspace_id = $1 and id > $2 order by id limit $3"
)
SOME_CONTACTS = f"{_CONTACTS} where c.workspace_id = $1 and c.id > $2 and {_THERE} order by c.id limit $3"
# Those who fit ($1, $2) are all there is of the members asked about ($4) in the segments asked about ($3).
SETTLE = """
with fit as (
    select * from unnest($1::uuid[], $2::uuid[]) as f (segment_id, member_id)
), came as (
    insert into segment_members (segment_id, member_id, workspace_id)
    select s.id, fit.member_id, s.workspace_id from fit join segments s on s.id = fit.segment_id
    on conflict (segment_id, member_id) do nothing returning segment_id
), went as (
    delete from segment_members m where m.segment_id = any($3::uuid[]) and m.member_id = any($4::uuid[])
        and not exists (select from fit where fit.segment_id = m.segment_id and fit.member_id = m.member_id)
    returning m.segment_id
), steps as (
    select segment_id, sum(step) as step
    from (select segment_id, 1 as step from came union all select segment_id, -1 from went) as each group by segment_id
)
update segments s set members = s.members + steps.step from steps where s.id = steps.segment_id and steps.step <> 0
"""

WORK = "select from segments where fill_from is not null"
SEE_FILLING = """
update segments set fill_since = clock_timestamp()
where id = any(select id from segments where fill_from is not null and fill_since is null for update skip locked)
"""
# A transaction that is older may have changed somebody without knowing of the rule: they are waited for.
FILLING = f"""
select workspace_id, {_SEGMENT} from segments
where fill_from is not null and fill_since is not null and not exists (
    select from pg_stat_activity where datname = current_database() and usename = current_user
        and pid <> pg_backend_pid() and xact_start < fill_since
) order by fill_since limit 1 for no key update skip locked
"""
FILLED_TO = "update segments set fill_from = $3 where workspace_id = $1 and id = $2"
FILLED = f"""
update segments set fill_from = null, fill_since = null, version = version + 1
where workspace_id = $1 and id = $2 returning {_SEGMENT}
"""

IS_ACCOUNT = "select true from accounts where workspace_id = $1 and id = $2"
IS_CONTACT = """
select true from contacts where workspace_id = $1 and id = $2 and merged_into is null and erased_at is null
"""
PUT = """
with came as (
    insert into segment_members (segment_id, member_id, workspace_id) values ($2, $3, $1) on conflict do nothing
    returning segment_id
)
update segments s set members = s.members + 1 from came where s.workspace_id = $1 and s.id = came.segment_id
"""
REMOVE = """
with went as (
    delete from segment_members where workspace_id = $1 and segment_id = $2 and member_id = $3 returning segment_id
)
update segments s set members = s.members - 1 from went where s.workspace_id = $1 and s.id = went.segment_id
"""
MEMBER = "select since from segment_members where workspace_id = $1 and segment_id = $2 and member_id = $3"
MEMBERS = """
select member_id, since from segment_members
where workspace_id = $1 and segment_id = $2 and member_id > $3 order by member_id limit $4
"""
# Of an account, or of a contact with its account: few, for a workspace has few segments.
OF = f"""
select {", ".join("s." + column for column in _COLUMNS)}, m.member_id, m.since
from segment_members m join segments s on s.id = m.segment_id
where m.workspace_id = $1 and m.member_id = any($2::uuid[]) order by s.id, m.member_id
"""
ACCOUNT_OF = "select account_id from contacts where workspace_id = $1 and id = $2"
HOLD_OF = """
select s.id, s.rule is null as by_hand from segments s join segment_members m on m.segment_id = s.id
where s.workspace_id = $1 and m.member_id = any($2::uuid[]) order by s.id for no key update of s
"""
LEAVE_ALL = """
with went as (
    delete from segment_members where workspace_id = $1 and member_id = any($2::uuid[]) returning segment_id
), steps as (select segment_id, count(*) as gone from went group by segment_id)
update segments s set members = s.members - steps.gone from steps where s.workspace_id = $1 and s.id = steps.segment_id
"""
JOIN_ALL = """
with came as (
    insert into segment_members (segment_id, member_id, workspace_id)
    select id, $3, $1 from unnest($2::uuid[]) as given (id) on conflict do nothing returning segment_id
)
update segments s set members = s.members + 1 from came where s.workspace_id = $1 and s.id = came.segment_id
"""
