"""Accounts and contacts as rows."""

# The caller's own id decides. An address recognises whoever has it, unless both sides have an id and those differ.
FIND_CONTACTS = """
select found.position, (found.contact).id, (found.contact).account_id, (found.contact).external_id,
       (found.contact).email, (found.contact).name, found.free, found.said_account_id
from (
    select person.position::int as position, by_email.id is null as free, said.id as said_account_id,
           case when by_id.id is not null then by_id
                when person.external_id is null or by_email.external_id is null then by_email end as contact
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
         with ordinality as person (workspace_id, external_id, email, account, position)
    left join contacts by_id on by_id.workspace_id = person.workspace_id and by_id.external_id = person.external_id
    left join contacts by_email on by_email.workspace_id = person.workspace_id and by_email.email = person.email
    left join accounts said on said.workspace_id = person.workspace_id and said.external_id = person.account
) as found order by found.position
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
LEARN = """
update contacts as c set external_id = coalesce(c.external_id, said.external_id), email = coalesce(c.email, said.email),
    name = coalesce(c.name, said.name), version = c.version + 1
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as said (id, external_id, email, name) where c.id = said.id
"""
KNOWN_CONTACTS = "select workspace_id, id from contacts where id = any($1::uuid[])"

_ACCOUNT = "id, external_id, name, mrr, plan, attributes::text as attributes, version, created_at"
LOCK_ACCOUNTS = """
select id, mrr from accounts where workspace_id = $1 and external_id = any($2::text[]) order by id for no key update
"""
UPSERT_ACCOUNTS = f"""
insert into accounts (id, workspace_id, external_id, name, mrr, plan, attributes)
select id, $1, external_id, coalesce(name, external_id), coalesce(mrr, 0), plan, coalesce(attributes, '{{}}')
from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::jsonb[])
     as a (id, external_id, name, mrr, plan, attributes)
on conflict (workspace_id, external_id) do update set
    name = case when excluded.external_id = any($9::text[]) then excluded.name else accounts.name end,
    mrr = case when excluded.external_id = any($8::text[]) then excluded.mrr else accounts.mrr end,
    plan = coalesce(excluded.plan, accounts.plan),
    attributes = accounts.attributes || excluded.attributes,
    version = accounts.version + 1
returning {_ACCOUNT}
"""
GET_ACCOUNT = f"select {_ACCOUNT} from accounts where workspace_id = $1 and id = $2"
LIST_ACCOUNTS = f"select {_ACCOUNT} from accounts where workspace_id = $1 and id > $2 order by id limit $3"

_CONTACT = "id, external_id, email, name, account_id, attributes::text as attributes, version, created_at"
LOCK_CONTACT = "select version, account_id from contacts where workspace_id = $1 and id = $2 for no key update"
GET_CONTACT = f"select {_CONTACT} from contacts where workspace_id = $1 and id = $2"
LIST_CONTACTS = f"select {_CONTACT} from contacts where workspace_id = $1 and id > $2 order by id limit $3"
LIST_CONTACTS_OF_ACCOUNT = f"""
select {_CONTACT} from contacts where workspace_id = $1 and account_id = $4 and id > $2 order by id limit $3
"""
UPDATE_CONTACT = f"""
update contacts set external_id = coalesce($3, external_id), email = coalesce($4, email), name = coalesce($5, name),
    attributes = attributes || $6::jsonb, version = version + 1
where workspace_id = $1 and id = $2 returning {_CONTACT}
"""
