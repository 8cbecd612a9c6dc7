"""What must hold of everything that is stored, whatever callers were told. Each statement counts what does not."""

from collections.abc import Mapping

RECOUNT = """
with people as (
    select idea_id, contact_id from feedback.votes
    union select idea_id, contact_id from feedback.insights where contact_id is not null
), companies as (
    select distinct people.idea_id, c.account_id
    from people join feedback.contacts c on c.id = people.contact_id where c.account_id is not null
), recount as (
    select i.id as idea_id,
        (select count(*) from feedback.votes v where v.idea_id = i.id) as votes,
        (select count(*) from feedback.insights n where n.idea_id = i.id) as insights,
        (select count(*) from people p where p.idea_id = i.id) as contacts,
        (select count(*) from companies o where o.idea_id = i.id) as accounts,
        (select coalesce(sum(a.mrr), 0) from companies o join feedback.accounts a on a.id = o.account_id
         where o.idea_id = i.id) as mrr
    from feedback.ideas i
)
select count(*) from recount r full join feedback.demand d using (idea_id)
where (r.votes, r.insights, r.contacts, r.accounts, r.mrr)
    is distinct from (d.votes, d.insights, d.contacts, d.accounts, d.mrr)
"""


def _different(one: str, other: str) -> str:
    return f"select count(*) from (({one} except {other}) union all ({other} except {one})) as different"


_DEMAND = "idea_id, workspace_id, votes, insights, contacts, accounts, mrr, currency, version"
_PUBLIC = "idea_id, workspace_id, votes, contacts, accounts, version"
_IDEA = "idea_id, workspace_id, title, kind, status, archived, version"
_KNOWN = "idea_id, workspace_id, title, kind, archived, version"
_SCORE = "score_id, workspace_id, idea_id, model_id, model_version, state, value, version"
_ASKED_FOR = "from feedback.demand where version > 0"
PROJECTIONS: Mapping[str, str] = {
    "scoring.ideas": _different(
        f"select {_IDEA} from scoring.ideas", f"select {_IDEA.replace('idea_id', 'id', 1)} from feedback.ideas"
    ),
    "scoring.demand": _different(f"select {_DEMAND} from scoring.demand", f"select {_DEMAND} {_ASKED_FOR}"),
    "roadmap.ideas": _different(
        f"select {_KNOWN} from roadmap.ideas", f"select {_KNOWN.replace('idea_id', 'id', 1)} from feedback.ideas"
    ),
    "roadmap.demand": _different(f"select {_PUBLIC} from roadmap.demand", f"select {_PUBLIC} {_ASKED_FOR}"),
    "roadmap.scores": _different(
        f"select {_SCORE} from roadmap.scores", f"select {_SCORE.replace('score_id', 'id', 1)} from scoring.scores"
    ),
}
"""Rows of each projection that are not what their publisher holds."""

STATUSES = """
select count(*) from feedback.ideas i
join roadmap.item_ideas l on l.idea_id = i.id join roadmap.items t on t.id = l.item_id
where i.status is distinct from case t.status when 'cancelled' then 'open' when 'considering' then 'open'
    else t.status end
"""
"""Ideas whose status is not their item's."""
GAPS = """
select count(*) from (
    select type, aggregate_id from {service}.events where type <> 'feedback.requesters.named.v1'
    group by type, aggregate_id having min(version) <> 1 or max(version) <> count(*)
) as broken
"""
"""Aggregates whose log does not count from 1 without a gap or a double."""
UNREAD = "select count(*) from feedback.deliveries where state <> 'applied'"
PARKED = """
select (select count(*) from feedback.parked) + (select count(*) from scoring.parked)
    + (select count(*) from roadmap.parked)
"""
WAITING = """
select (select count(*) from feedback.outbox)
    + (select count(*) from scoring.outbox)
    + (select count(*) from roadmap.outbox)
    + (select count(*) from feedback.deliveries where state = 'received') + (select count(*) from scoring.rescores)
"""
"""What is still to be done by somebody."""
APPLIED = """
select 'feedback' as service, stream, sum(applied)::bigint as applied from feedback.cursors group by stream
union all select 'scoring', stream, sum(applied)::bigint from scoring.cursors group by stream
union all select 'roadmap', stream, sum(applied)::bigint from roadmap.cursors group by stream
"""
NAMED = """
select aggregate_id as item_id, count(*) as times, max((data ->> 'requesters')::int) as requesters,
       (select count(*) from feedback.requesters r where r.item_id = aggregate_id) as stored
from feedback.events where type = 'feedback.requesters.named.v1' group by aggregate_id
"""
HASHES = """
select 'scoring.ideas' as name, md5(string_agg(t::text, ',' order by t::text)) as hash from scoring.ideas t
union all select 'scoring.demand', md5(string_agg(t::text, ',' order by t::text)) from scoring.demand t
union all select 'scoring.scores', md5(string_agg(t::text, ',' order by t::text)) from scoring.scores t
union all select 'roadmap.ideas', md5(string_agg(t::text, ',' order by t::text)) from roadmap.ideas t
union all select 'roadmap.demand', md5(string_agg(t::text, ',' order by t::text)) from roadmap.demand t
union all select 'roadmap.scores', md5(string_agg(t::text, ',' order by t::text)) from roadmap.scores t
union all select 'feedback.ideas', md5(string_agg(t::text, ',' order by t::text)) from feedback.ideas t
union all select 'feedback.demand', md5(string_agg(t::text, ',' order by t::text)) from feedback.demand t
union all select 'feedback.requesters', md5(string_agg(t::text, ',' order by t::text)) from feedback.requesters t
union all select 'feedback.events', count(*)::text from feedback.events
union all select 'scoring.events', count(*)::text from scoring.events
"""
"""Everything that an event can change, in one value a table."""
