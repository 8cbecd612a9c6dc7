"""Accounts and contacts as rows."""

# The caller's own id decides. An address recognises whoever has it, unless both sides have an id and those differ. Who
# was merged into somebody is recognised as that one: a probe by the primary key, and none for a null.
FIND_CONTACTS = """
select found.position, found.sure, found.free, found.said_account_id, coalesce(whole.id, (found.contact).id) as id,
       case when whole.id is null then (found.contact).account_id else whole.account_id end as account_id,
       case when whole.id is null then (found.contact).external_id else whole.external_id end as external_id,
       case when whole.id is null then (found.contact).email else whole.email end as email,
       case when whole.id is null then (found.contact).name else whole.name end as name
from (
    select person.position::int as position, by_email.id is null as free, by_id.id is not null as sure,
           said.id as said_account_id,
           case when by_id.id is not null then by_id
                when person.external_id is null or by_email.external_id is null then by_email end as contact
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
         with ordinality as person (workspace_id, external_id, email, account, position)
    left join contacts by_id on by_id.workspace_id = person.workspace_id and by_id.external_id = person.external_id
    left join contacts by_email on by_email.workspace_id = person.workspace_id and by_email.email = person.email
    left join accounts said on said.workspace_id = person.workspace_id and said.external_id = person.account
) as found left join contacts whole on whole.id = (found.contact).merged_into
order by found.position
"""
# Of what is made or changed on the hot path only that is returned which some rule may select: a workspace without
# rules pays one look into an index.
_JUDGED = """) select id, workspace_id from changed where exists (
    select from segments s where s.workspace_id = changed.workspace_id and s.rule is not null
)"""
ADD_CONTACTS = f"""
with changed as (
    insert into contacts (id, workspace_id, external_id, email, name, account_id)
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[])
    on conflict do nothing returning id, workspace_id
{_JUDGED}
"""
ADD_ACCOUNTS = f"""
with changed as (
    insert into accounts (id, workspace_id, external_id, name)
    select id, workspace_id, external_id, external_id
    from unnest($1::uuid[], $2::uuid[], $3::text[]) as a (id, workspace_id, external_id)
    on conflict do nothing returning id, workspace_id
{_JUDGED}
"""
FIND_ACCOUNTS = """
select a.workspace_id, a.external_id, a.id
from unnest($1::uuid[], $2::text[]) as asked (workspace_id, external_id)
join accounts a on a.workspace_id = asked.workspace_id and a.external_id = asked.external_id
"""
MOVE_CONTACTS = f"""
with changed as (
    update contacts as c set account_id = moved.account_id, version = c.version + 1
    from unnest($1::uuid[], $2::uuid[]) as moved (id, account_id)
    where c.id = moved.id and c.account_id is distinct from moved.account_id returning c.id, c.workspace_id
{_JUDGED}
"""
# Not of somebody who has been erased since they were looked up.
LEARN = f"""
with changed as (
    update contacts as c set external_id = coalesce(c.external_id, said.external_id),
        email = coalesce(c.email, said.email), name = coalesce(c.name, said.name), version = c.version + 1
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as said (id, external_id, email, name)
    where c.id = said.id and c.erased_at is null and c.merged_into is null returning c.id, c.workspace_id
{_JUDGED}
"""
KNOWN_CONTACTS = """
select workspace_id, id, coalesce(merged_into, id) as whole from contacts
where id = any($1::uuid[]) and erased_at is null
"""

_CONTACT = "id, external_id, email, name, account_id, attributes::text as attributes, erased_at, version, created_at"
_THERE = "merged_into is null and erased_at is null"
LOCK_CONTACT = """
select version, account_id, merged_into, erased_at from contacts where workspace_id = $1 and id = $2 for no key update
"""
GET_CONTACT = f"select {_CONTACT}, merged_into from contacts where workspace_id = $1 and id = $2"
LIST_CONTACTS = f"select {_CONTACT} from contacts where workspace_id = $1 and id > $2 and {_THERE} order by id limit $3"
LIST_CONTACTS_OF_ACCOUNT = f"""
select {_CONTACT} from contacts
where workspace_id = $1 and account_id = $4 and id > $2 and {_THERE} order by id limit $3
"""


SOUGHT = ("sought_name", "sought_last", "sought_email")


def _begins(column: str) -> str:
    """A stretch of an index, up to what sorts behind every letter."""
    return f"({column} >= lower($2::text) and {column} < lower($2::text) || U&'\\+10FFFF')"


def _begun(column: str) -> str:
    before = SOUGHT[: SOUGHT.index(column)]
    again = " or ".join(
        f"coalesce({_begins(each)} and {each} {'<=' if each in before else '<'} {column}, false)"
        for each in SOUGHT
        if each != column
    )
    return f"""(
    select {_CONTACT}, {column} as sought, {again} as again from contacts
    where workspace_id = $1 and {_begins(column)} and ({column}, id) > ($3::text, $4::uuid) and {_THERE}
    order by {column}, id limit $5
)"""


# By how a name, the last of several names, or an address begins, in the order of those. `again`: who is called so in
# several ways was listed by another before. Left out here, a million Adas with such addresses would all be looked at.
FIND_SOUGHT = f"""
select * from ({" union all ".join(map(_begun, SOUGHT))}) as found order by sought, id limit $5
"""
# By what they are called: one each, or two where the two name different people.
LIST_CONTACTS_NAMED = f"""
select {_CONTACT} from contacts
where workspace_id = $1 and id > $2 and {_THERE} and ($6::uuid is null or account_id = $6) and id = any(array(
    select coalesce(merged_into, id) from contacts where workspace_id = $1 and external_id = $4
    union all select coalesce(merged_into, id) from contacts where workspace_id = $1 and email = $5
)) order by id limit $3
"""
UPDATE_CONTACT = f"""
update contacts set external_id = coalesce($3, external_id), email = coalesce($4, email), name = coalesce($5, name),
    attributes = attributes || $6::jsonb, version = version + 1
where workspace_id = $1 and id = $2 returning {_CONTACT}
"""
# Whoever was merged into them keeps what names them; what they are called by now is theirs alone.
RELEASE = """
update contacts set external_id = case when external_id = $3 then null else external_id end,
    email = case when email = $4 then null else email end
where workspace_id = $1 and merged_into = $2 and (external_id = $3 or email = $4)
"""

# For many at once: whose id or address somebody else has, and the change itself.
TAKEN = """
select said.position::int as position, by_email.id is not null as email, by_id.id is not null as external_id
from unnest($2::uuid[], $3::text[], $4::text[]) with ordinality as said (id, external_id, email, position)
left join contacts by_email on by_email.workspace_id = $1 and by_email.email = said.email
    and coalesce(by_email.merged_into, by_email.id) <> said.id
left join contacts by_id on by_id.workspace_id = $1 and by_id.external_id = said.external_id
    and coalesce(by_id.merged_into, by_id.id) <> said.id
where by_email.id is not null or by_id.id is not null order by said.position limit 50
"""
# What names somebody who was merged into them stays there: it is known as theirs.
SAVE_CONTACTS = f"""
update contacts as c set
    external_id = case when said.external_id is null or kept.external_id then c.external_id else said.external_id end,
    email = case when said.email is null or kept.email then c.email else said.email end,
    name = coalesce(said.name, c.name), attributes = c.attributes || said.attributes, version = c.version + 1
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
    as said (id, external_id, email, name, attributes),
lateral (
    select bool_or(o.external_id = said.external_id) as external_id, bool_or(o.email = said.email) as email
    from contacts o where o.merged_into = said.id
) as kept
where c.workspace_id = $1 and c.id = said.id
returning {", ".join("c." + column for column in _CONTACT.split(", "))}
"""
KNOWN_AS = """
select id, array_remove(array[name, email], null) as known from contacts
where workspace_id = $1 and id = any($2::uuid[])
"""
