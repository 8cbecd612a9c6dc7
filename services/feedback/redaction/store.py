"""Others' words that hold somebody, as rows. Each looks at a part, and tells how far that was."""

# $5: what is searched for in the team's own comments. What no text holds stands for nothing to search for.
COMMENTS = """
with part as materialized (
    select c.id, p.pattern, c.text ~* p.pattern as holds, exists (
        select from comment_versions v where v.workspace_id = $1 and v.comment_id = c.id and v.text ~* p.pattern
    ) as held
    from comments c
    cross join lateral (select coalesce(case when c.contact_id is null then $5 else $3 end, '$x') as pattern) as p
    where c.workspace_id = $1 and c.id > $2 order by c.id limit $4
), redacted as (
    update comments c set text = regexp_replace(c.text, part.pattern, '[erased]', 'gi'), version = c.version + 1
    from part where c.workspace_id = $1 and c.id = part.id and part.holds returning c.id
), before as (
    update comment_versions v set text = regexp_replace(v.text, part.pattern, '[erased]', 'gi')
    from part where v.workspace_id = $1 and v.comment_id = part.id and part.held
)
select (select id from part order by id desc limit 1) as last, (select count(*) from part) as looked,
    (select count(*) from part where holds or held) as changed
"""
# What the team noted of others' statements and that names the person: where those stand now, and stood before.
NOTES = """
with part as materialized (
    select distinct feedback_id from triage_history where workspace_id = $1 and feedback_id > $2
    order by feedback_id limit $4
), now as (
    update triage t set note = regexp_replace(t.note, $3, '[erased]', 'gi')
    from part where t.workspace_id = $1 and t.feedback_id = part.feedback_id and t.note ~* $3 returning 1
), before as (
    update triage_history t set before = regexp_replace(t.before::text, $3, '[erased]', 'gi')::jsonb,
        after = regexp_replace(t.after::text, $3, '[erased]', 'gi')::jsonb
    from part where t.workspace_id = $1 and t.feedback_id = part.feedback_id
      and (t.before ->> 'note' ~* $3 or t.after ->> 'note' ~* $3) returning 1
)
select (select feedback_id from part order by feedback_id desc limit 1) as last, (select count(*) from part) as looked,
    (select count(*) from now) as changed, (select count(*) from before) as changed_before
"""
ACTIONS = """
with part as materialized (
    select id, coalesce(asked ->> 'note' ~* $3, false) as holds from inbox_actions
    where workspace_id = $1 and id > $2 order by id limit $4
), redacted as (
    update inbox_actions a set asked = regexp_replace(a.asked::text, $3, '[erased]', 'gi')::jsonb
    from part where a.workspace_id = $1 and a.id = part.id and part.holds returning 1
)
select (select id from part order by id desc limit 1) as last, (select count(*) from part) as looked,
    (select count(*) from redacted) as changed
"""
# Why others want an idea, and where they said so; $6: what is searched for where somebody of the team wrote it down.
VOTES = """
with part as materialized (
    select i.id as idea_id, v.id, p.pattern,
        coalesce(v.reason ~* p.pattern, false) or coalesce(v.source_url ~* p.pattern, false) as holds
    from ideas i cross join lateral (
        select id, reason, source_url, on_behalf from votes
        where workspace_id = $1 and idea_id = i.id and (i.id > $2 or id > $3) order by id limit $4
    ) as v cross join lateral (
        select coalesce(case when v.on_behalf then $6 else $5 end, '$x') as pattern
    ) as p
    where i.workspace_id = $1 and i.id >= $2 order by i.id, v.id limit $4
), redacted as (
    update votes v set reason = regexp_replace(v.reason, part.pattern, '[erased]', 'gi'),
        source_url = regexp_replace(v.source_url, part.pattern, '[erased]', 'gi'), version = v.version + 1
    from part where v.workspace_id = $1 and v.id = part.id and part.holds returning 1
)
select (select idea_id || '/' || id from part order by idea_id desc, id desc limit 1) as last,
    (select count(*) from part) as looked, (select count(*) from redacted) as changed
"""
# Ideas as others worded them.
SUBMISSIONS = """
with part as materialized (
    select s.id, s.title ~* $3 or s.description ~* $3 as holds
    from boards b join board_submissions s on s.workspace_id = $1 and s.board_id = b.id
    where b.workspace_id = $1 and s.id > $2 order by s.id limit $4
), redacted as (
    update board_submissions s set title = regexp_replace(s.title, $3, '[erased]', 'gi'),
        description = regexp_replace(s.description, $3, '[erased]', 'gi')
    from part where s.workspace_id = $1 and s.id = part.id and part.holds returning 1
)
select (select id from part order by id desc limit 1) as last, (select count(*) from part) as looked,
    (select count(*) from redacted) as changed
"""
# Why moderators decided of others what they did.
DECISIONS = """
with part as materialized (
    select id, coalesce(reason ~* $3, false) as holds from moderation_decisions
    where workspace_id = $1 and id > $2 order by id limit $4
), redacted as (
    update moderation_decisions d set reason = regexp_replace(d.reason, $3, '[erased]', 'gi')
    from part where d.workspace_id = $1 and d.id = part.id and part.holds returning 1
)
select (select id from part order by id desc limit 1) as last, (select count(*) from part) as looked,
    (select count(*) from redacted) as changed
"""
