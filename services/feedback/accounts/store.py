"""Accounts, and what they paid when, as rows."""

_ACCOUNT = "id, external_id, name, mrr, mrr_since, plan, attributes::text as attributes, version, created_at"
LOCK_ACCOUNTS = """
select id, mrr from accounts where workspace_id = $1 and external_id = any($2::text[]) order by id for no key update
"""
# What is noted of an account's revenue and plan is what differs from the last note. By the clock, not by the start of
# the transaction: its row is locked, so notes are in the order of their commits.
UPSERT_ACCOUNTS = f"""
with saved as (
    insert into accounts (id, workspace_id, external_id, name, mrr, mrr_since, plan, attributes)
    select id, $1, external_id, coalesce(name, external_id), coalesce(mrr, 0),
        case when mrr is not null then clock_timestamp() end, plan, coalesce(attributes, '{{}}')
    from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::jsonb[])
         as a (id, external_id, name, mrr, plan, attributes)
    on conflict (workspace_id, external_id) do update set
        name = case when excluded.external_id = any($9::text[]) then excluded.name else accounts.name end,
        mrr = case when excluded.external_id = any($8::text[]) then excluded.mrr else accounts.mrr end,
        mrr_since = coalesce(accounts.mrr_since, excluded.mrr_since),
        plan = coalesce(excluded.plan, accounts.plan),
        attributes = accounts.attributes || excluded.attributes,
        version = accounts.version + 1
    returning *
), noted as (
    insert into account_history (account_id, since, workspace_id, mrr, plan)
    select s.id, clock_timestamp(), s.workspace_id, s.mrr, s.plan
    from saved s left join lateral (
        select mrr, plan from account_history where account_id = s.id order by since desc limit 1
    ) as last on true
    where (s.mrr, s.plan) is distinct from (coalesce(last.mrr, 0), last.plan)
    on conflict (account_id, since) do update set mrr = excluded.mrr, plan = excluded.plan
)
select {_ACCOUNT} from saved
"""
STANDING = """
select external_id, name, mrr, mrr_since is not null as mrr_known, plan, attributes::text as attributes from accounts
where workspace_id = $1 and external_id = any($2::text[])
"""
GET_ACCOUNT = f"select {_ACCOUNT} from accounts where workspace_id = $1 and id = $2"
LIST_ACCOUNTS = f"select {_ACCOUNT} from accounts where workspace_id = $1 and id > $2 order by id limit $3"
LIST_NAMED = f"select {_ACCOUNT} from accounts where workspace_id = $1 and external_id = $2 and id > $3"
# By how a name begins, in the order of names: a stretch of an index, up to what sorts behind every letter.
FIND_ACCOUNTS = f"""
select {_ACCOUNT}, sought from accounts
where workspace_id = $1 and sought >= lower($2::text) and sought < lower($2::text) || U&'\\+10FFFF'
    and (sought, id) > ($3::text, $4::uuid)
order by sought, id limit $5
"""
HISTORY = """
select since, mrr, plan from account_history
where workspace_id = $1 and account_id = $2 and since < $3 order by since desc limit $4
"""
AS_OF = """
select since, mrr, plan from account_history
where workspace_id = $1 and account_id = $2 and since <= $3 order by since desc limit 1
"""
