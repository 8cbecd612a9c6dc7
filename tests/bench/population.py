"""Data sets: rows written straight into the tables, consistent with each other as the services would have left them.

Popularity is skewed as it is in life: a few ideas and contacts have much of everything. Ids grow with their number.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from services.feedback.demand.trend import trend, weight
from services.feedback.similar.words import ANALYSER

ACCOUNT, CONTACT, IDEA, FEEDBACK = 1, 2, 3, 4
_START = 1_735_689_600_000


TOPICS = (
    "CSV", "spreadsheet", "calendar", "webhook", "dashboard", "invoice", "report", "archive", "template", "schedule",
    "filter", "permission", "notification", "attachment", "timeline", "forecast", "segment", "audit", "theme", "widget",
)  # fmt: skip
"""What ideas are about, the first of them most often."""
TAGS, OWNERS = 500, 200
FRESH = 500
"""Ideas, numbered after all others, that nobody asks for yet."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything."""

    name: str
    ideas: int
    feedback: int
    contacts: int
    accounts: int

    @staticmethod
    def idea_id(number: int) -> UUID:
        """Id of an idea; number 0 is the most wanted."""
        return made(IDEA, number)

    @classmethod
    def idea(cls, number: int) -> str:
        """The same as text."""
        return str(cls.idea_id(number))

    @staticmethod
    def email(number: int) -> str:
        """Address of a contact."""
        return f"contact-{number}@example.com"


SMALL = Size("small", ideas=10_000, feedback=10_000, contacts=50_000, accounts=2_000)
LARGE = Size("large", ideas=100_000, feedback=1_000_000, contacts=200_000, accounts=20_000)


def made(kind: int, number: int) -> UUID:
    """The id that `pg_temp.made` gives."""
    return UUID(f"{_START + number:012x}7{kind:03x}8000{number:012x}")


PREPARE = f"""
set session_replication_role = replica;
set synchronous_commit = off;
set maintenance_work_mem = '256MB';
create function pg_temp.made(kind integer, n bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex({_START} + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8000'
            || lpad(to_hex(n), 12, '0'))::uuid $$;
create function pg_temp.chance(n bigint, salt bigint) returns float8 language sql immutable as $$
    select (hashint8extended(n, salt) & 2147483647)::float8 / 2147483648 $$;
"""
# Indexes are left aside while the rows come; REINDEX makes each in one go afterwards, and marks it ready.
_BIG = """indrelid = any(array['feedback.feedback', 'feedback.contacts', 'feedback.insights', 'feedback.votes',
    'feedback.deliveries', 'feedback.idea_terms', 'feedback.idea_contacts', 'feedback.idea_accounts',
    'scoring.estimates', 'scoring.scores', 'feedback.idempotency']::regclass[])"""
WITHOUT_INDEXES = f"update pg_index set indisready = false where {_BIG}"
# Members of one group wait for each other; the groups are loaded side by side.
WORDS = (
    """
insert into feedback.feedback (id, workspace_id, source, external_id, contact_id, text, attributes, source_url,
    language, said_at, received_at)
select pg_temp.made(4, n), {workspace}, (array['support', 'typeform', 'api', 'sales'])[1 + n % 4], 'old-' || n,
    pg_temp.made(2, floor({contacts} * pg_temp.chance(n, 2) ^ 2)::bigint),
    repeat('The list cannot be exported, and we copy it by hand. ', 1 + (n % 5)::int),
    '{{"plan": "pro", "seats": 42, "region": "eu"}}', 'https://support.example.com/tickets/' || n, 'en',
    now() - make_interval(secs => n * 20), now() - make_interval(secs => n * 20)
from generate_series(0::bigint, {feedback} - 1) as n
""",
    "reindex table feedback.feedback",
)
LOG = (
    """
insert into feedback.events (seq, id, workspace_id, type, aggregate_id, version, occurred_at, traceparent, data)
select nextval('feedback.events_seq'), pg_temp.made(5, n), {workspace}, 'feedback.feedback.received.v1',
    pg_temp.made(4, n), 1, (current_date - 1)::timestamptz + make_interval(secs => n % 80000),
    '00-' || md5(n::text) || '-0123456789abcdef-00',
    jsonb_build_object('version', 1, 'workspace_id', {workspace}, 'feedback_id', pg_temp.made(4, n), 'source',
        'support', 'contact_id', pg_temp.made(2, n % {contacts}), 'received_at', now())
from generate_series(0::bigint, {feedback} / 5) as n
""",
    """
insert into feedback.deliveries (id, workspace_id, connection_id, delivery_key, sha256, verdict, headers, body, state,
    traceparent, processed_at)
select pg_temp.made(6, n), {workspace}, pg_temp.made(7, 0), sha256(n::text::bytea)::text, sha256(n::text::bytea),
    'verified', '{{"content-type": "application/json"}}', convert_to(repeat(md5(n::text), 40), 'UTF8'), 'applied',
    '', now()
from generate_series(0::bigint, {feedback} / 5) as n
""",
    """
insert into feedback.idempotency (workspace_id, key, fingerprint, status, headers, body)
select {workspace}, 'old-' || md5(n::text), sha256(n::text::bytea), 201, '{{"content-type":"application/json"}}',
    convert_to(repeat(md5(n::text), 2), 'UTF8')
from generate_series(0::bigint, {feedback} / 5) as n
""",
    "reindex table feedback.deliveries",
    "reindex table feedback.idempotency",
)
WANTS = (
    """
insert into feedback.accounts (id, workspace_id, external_id, name, mrr, plan)
select pg_temp.made(1, n), {workspace}, 'account-' || n, 'Account ' || n, (pg_temp.chance(n, 1) ^ 4 * 5000000)::bigint,
    'pro'
from generate_series(0::bigint, {accounts} - 1) as n
""",
    """
insert into feedback.contacts (id, workspace_id, account_id, external_id, email)
select pg_temp.made(2, n), {workspace}, pg_temp.made(1, floor({accounts} * pg_temp.chance(n, 3) ^ 2)::bigint),
    'contact-' || n, 'contact-' || n || '@example.com'
from generate_series(0::bigint, {contacts} - 1) as n
""",
    "reindex table feedback.contacts",
    """
insert into feedback.ideas (id, workspace_id, key, title, kind, tags, owner)
select pg_temp.made(3, n), {workspace}, 'idea-' || n,
    'Export list ' || n || ' as ' || (array[{topics}])[1 + floor({topic_count} * pg_temp.chance(n, 7) ^ 2)::int],
    'feature', array['t' || floor({tags} * pg_temp.chance(n, 8) ^ 2)::int],
    'owner-' || floor({owners} * pg_temp.chance(n, 9) ^ 2)::int
from generate_series(0::bigint, {ideas} + {fresh} - 1) as n
""",
    """
insert into feedback.idea_terms (idea_id, term, workspace_id)
select id, term, workspace_id from feedback.ideas cross join lateral (
    select unnest(tsvector_to_array(search)) as term union select '#' || unnest(tags)
) as t
""",
    "reindex table feedback.idea_terms",
    """
insert into feedback.insights (id, workspace_id, feedback_id, idea_id, contact_id, linked_by)
select pg_temp.made(8, n), {workspace}, pg_temp.made(4, n),
    pg_temp.made(3, floor({ideas} * pg_temp.chance(n, 4) ^ 3)::bigint),
    pg_temp.made(2, floor({contacts} * pg_temp.chance(n, 2) ^ 2)::bigint), 'rule:old'
from generate_series(0::bigint, {feedback} - 1) as n where n % 10 < 3
""",
    "reindex table feedback.insights",
    """
insert into feedback.votes (id, workspace_id, idea_id, contact_id)
select distinct on (idea, contact) pg_temp.made(9, n), {workspace}, pg_temp.made(3, idea), pg_temp.made(2, contact)
from (
    select n, floor({ideas} * pg_temp.chance(n, 5) ^ 3)::bigint as idea,
        floor({contacts} * pg_temp.chance(n, 6))::bigint as contact
    from generate_series(0::bigint, {ideas} * 2) as n
) as cast_votes order by idea, contact
""",
    "reindex table feedback.votes",
    """
insert into feedback.idea_contacts (idea_id, contact_id, workspace_id, asks)
select idea_id, contact_id, {workspace}, count(*) from (
    select idea_id, contact_id from feedback.votes union all select idea_id, contact_id from feedback.insights
) as asks group by idea_id, contact_id
""",
    "reindex table feedback.idea_contacts",
    """
insert into feedback.idea_accounts (idea_id, account_id, workspace_id, contacts)
select i.idea_id, c.account_id, {workspace}, count(*)
from feedback.idea_contacts i join feedback.contacts c on c.id = i.contact_id group by i.idea_id, c.account_id
""",
    "reindex table feedback.idea_accounts",
    """
insert into feedback.demand (idea_id, workspace_id, votes, insights, contacts, accounts, mrr, currency, version, heat)
select i.id, {workspace}, coalesce(v.n, 0), coalesce(s.n, 0), coalesce(c.n, 0), coalesce(a.n, 0), coalesce(a.mrr, 0),
    'EUR', 1, coalesce(v.n, 0) * {weight}
from feedback.ideas i
left join (select idea_id, count(*) as n from feedback.votes group by 1) v on v.idea_id = i.id
left join (select idea_id, count(*) as n from feedback.insights group by 1) s on s.idea_id = i.id
left join (select idea_id, count(*) as n from feedback.idea_contacts group by 1) c on c.idea_id = i.id
left join (select o.idea_id, count(*) as n, sum(a.mrr) as mrr from feedback.idea_accounts o
           join feedback.accounts a on a.id = o.account_id group by 1) a on a.idea_id = i.id
""",
    """
insert into feedback.demand_ranks (idea_id, workspace_id, votes, accounts, mrr, trend, version)
select idea_id, workspace_id, votes, accounts, mrr, {trend}, version from feedback.demand
""",
    """
insert into scoring.ideas (idea_id, workspace_id, title, kind, status, archived, version)
select id, workspace_id, title, kind, status, archived, version from feedback.ideas
""",
    """
insert into scoring.demand (idea_id, workspace_id, votes, insights, contacts, accounts, mrr, currency, version,
    event_id)
select idea_id, workspace_id, votes, insights, contacts, accounts, mrr, currency, version, gen_random_uuid()
from feedback.demand
""",
    """
insert into scoring.estimates (id, workspace_id, idea_id, input, value, estimator)
select pg_temp.made(10, n), {workspace}, pg_temp.made(3, n / 3),
    (array['impact', 'confidence', 'effort'])[1 + n % 3], 1, 'user-1'
from generate_series(0::bigint, ({ideas} + {fresh}) * 3 - 1) as n
""",
    "reindex table scoring.estimates",
    """
insert into scoring.scores (id, workspace_id, model_id, idea_id, model_version, state, value, inputs, cause,
    computed_at, version)
select gen_random_uuid(), workspace_id, {model}, idea_id, 1, 'scored', contacts,
    jsonb_build_object('reach', jsonb_build_object('source', 'demand', 'value', contacts), 'note', repeat('x', 600)),
    'demand', now(), 1
from scoring.demand
""",
    "reindex table scoring.scores",
    """
insert into roadmap.ideas (idea_id, workspace_id, title, kind, archived, version)
select id, workspace_id, title, kind, archived, version from feedback.ideas
""",
    """
insert into roadmap.demand (idea_id, workspace_id, votes, contacts, accounts, version)
select idea_id, workspace_id, votes, contacts, accounts, version from feedback.demand
""",
    """
insert into roadmap.scores (score_id, workspace_id, idea_id, model_id, model_version, state, value, version)
select id, workspace_id, idea_id, model_id, model_version, state, value, version from scoring.scores
""",
)
# As if it had all been read: indexing a million texts would go on during everything that is measured. What comes in
# meanwhile is indexed.
INDEXED = """
insert into feedback.similar_indexes (workspace_id, kind, analyser, seen, checked)
values ($1, 'idea', $2, $3, $3), ($1, 'feedback', $2, $4, $4)
"""
# Likewise demand by group, which a job counts through: of what comes in meanwhile it follows the marks.
COUNTED = "insert into feedback.demand_kept (scope_id, workspace_id, counted_at) values ($1, $1, now())"
FINISH = ("vacuum analyze", "checkpoint")


async def populate(admin_url: str, workspace_id: str, model_id: str, size: Size) -> None:
    """Fill an empty workspace. `model_id` is its active RICE model with reach from contacts."""
    numbers = {name: getattr(size, name) for name in ("ideas", "feedback", "contacts", "accounts")}
    numbers |= {"fresh": FRESH, "tags": TAGS, "owners": OWNERS, "topic_count": len(TOPICS)}
    literals = {"workspace": f"'{workspace_id}'::uuid", "model": f"'{model_id}'::uuid"}
    # Everybody votes today.
    literals |= {"weight": weight("now()"), "trend": trend("heat")}
    literals["topics"] = ", ".join(f"'{topic}'" for topic in TOPICS)

    async def load(group: tuple[str, ...]) -> None:
        connection = await asyncpg.connect(admin_url)
        try:
            await connection.execute(PREPARE)
            for statement in group:
                await connection.execute(statement.format(**literals, **numbers))
        finally:
            await connection.close()

    connection = await asyncpg.connect(admin_url)
    last = made(IDEA, size.ideas + FRESH), made(FEEDBACK, size.feedback)
    await connection.execute(INDEXED, UUID(workspace_id), ANALYSER, *last)
    await connection.execute(COUNTED, UUID(workspace_id))
    await connection.execute(WITHOUT_INDEXES)
    groups = (WORDS, LOG, WANTS)
    await asyncio.gather(*(load(group) for group in groups))
    for statement in FINISH:
        await connection.execute(statement)
    await connection.close()
