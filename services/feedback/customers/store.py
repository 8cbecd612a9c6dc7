"""Accounts and contacts as rows."""

FIND_CONTACTS = """
select person.position::int as position, coalesce(by_id.id, by_email.id) as id,
       coalesce(by_id.account_id, by_email.account_id) as account_id
from unnest($1::uuid[], $2::text[], $3::text[])
     with ordinality as person (workspace_id, external_id, email, position)
left join contacts by_id on by_id.workspace_id = person.workspace_id and by_id.external_id = person.external_id
left join contacts by_email on by_email.workspace_id = person.workspace_id and by_email.email = person.email
"""
ADD_CONTACTS = """
insert into contacts (id, workspace_id, external_id, email, name, account_id)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[])
on conflict do nothing
"""
ADD_ACCOUNTS = """
insert into accounts (id, workspace_id, external_id, name)
select id, workspace_id, external_id, external_id
from unnest($1::uuid[], $2::uuid[], $3::text[]) as a (id, workspace_id, external_id)
on conflict do nothing
"""
FIND_ACCOUNTS = """
select a.workspace_id, a.external_id, a.id
from unnest($1::uuid[], $2::text[]) as asked (workspace_id, external_id)
join accounts a on a.workspace_id = asked.workspace_id and a.external_id = asked.external_id
"""
MOVE_CONTACTS = """
update contacts as c set account_id = moved.account_id, version = c.version + 1
from unnest($1::uuid[], $2::uuid[]) as moved (id, account_id)
where c.id = moved.id and c.account_id is distinct from moved.account_id
"""
KNOWN_CONTACTS = """
select id from contacts where id = any($1::uuid[]) and workspace_id = any($2::uuid[])
"""

_ACCOUNT = "id, external_id, name, mrr, plan, attributes::text as attributes, version, created_at"
LOCK_ACCOUNTS = """
select id, external_id from accounts where workspace_id = $1 and external_id = any($2::text[]) order by id for update
"""
UPSERT_ACCOUNTS = f"""
insert into accounts (id, workspace_id, external_id, name, mrr, plan, attributes)
select id, $1, external_id, coalesce(name, external_id), coalesce(mrr, 0), plan, coalesce(attributes, '{{}}')
from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::jsonb[])
     as a (id, external_id, name, mrr, plan, attributes)
on conflict (workspace_id, external_id) do update set
    name = case when excluded.name = excluded.external_id then accounts.name else excluded.name end,
    mrr = case when excluded.external_id = any($8::text[]) then excluded.mrr else accounts.mrr end,
    plan = coalesce(excluded.plan, accounts.plan),
    attributes = accounts.attributes || excluded.attributes,
    version = accounts.version + 1
returning {_ACCOUNT}
"""
GET_ACCOUNT = f"select {_ACCOUNT} from accounts where workspace_id = $1 and id = $2"
LIST_ACCOUNTS = f"select {_ACCOUNT} from accounts where workspace_id = $1 and id > $2 order by id limit $3"

_CONTACT = "id, external_id, email, name, account_id, attributes::text as attributes, version, created_at"
GET_CONTACT = f"select {_CONTACT} from contacts where workspace_id = $1 and id = $2"
LIST_CONTACTS = f"""
select {_CONTACT} from contacts
where workspace_id = $1 and id > $2 and ($4::uuid is null or account_id = $4) order by id limit $3
"""
UPDATE_CONTACT = f"""
update contacts set external_id = coalesce($3, external_id), email = coalesce($4, email), name = coalesce($5, name),
    attributes = attributes || $6::jsonb, version = version + 1
where workspace_id = $1 and id = $2 returning {_CONTACT}
"""
