"""(g) How soon it is told who wants an idea with 100,000 votes, by group, and who wants anything in that workspace.

The votes are of 100,000 contacts in 10,000 accounts, over three years, in a workspace of its own; 2,000 other ideas
have five votes each. They are written straight into the tables, and counted through as the service's job does it after
a migration: how soon that goes is told too. Times are of single requests over one connection.
"""

import asyncio
import random
import time
from uuid import UUID

from services.feedback.keeping import domain as keeping
from services.feedback.keeping import worker
from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database
from tests.bench import payloads
from tests.bench.arena import Arena
from tests.bench.figures import say
from tests.bench.load import one_by_one
from tests.bench.population import made
from tests.bench.site import RATE

VOTES, ACCOUNTS, OTHERS = 100_000, 10_000, 2_000
REQUESTS = 100
P95_MS = 50.0
PATIENCE_SECONDS = 600.0
FIRM, PERSON, WANTED = 910, 911, 912
"""What these ids are of, so that they are no others'."""
GROUPED = ("segment", "plan", "month", "source", "product", "account")
ROWS = (
    """
insert into accounts (id, workspace_id, external_id, name, mrr, plan)
select wanted.made({firm}, n), {workspace}, 'firm-' || n, 'Firm ' || n, n * 7919 % 100000,
    (array['free', 'pro', 'team', 'enterprise'])[1 + n % 4]
from generate_series(0, {accounts} - 1) as n
""",
    """
insert into contacts (id, workspace_id, account_id, external_id)
select wanted.made({person}, n), {workspace}, wanted.made({firm}, n % {accounts}), 'person-' || n
from generate_series(0, {votes} - 1) as n
""",
    """
insert into segments (id, workspace_id, key, name, selects)
select gen_random_uuid(), {workspace}, s.key, s.key, s.selects
from (values ('large', 'accounts'), ('new', 'accounts'), ('beta', 'contacts')) as s (key, selects)
""",
    """
insert into segment_members (segment_id, member_id, workspace_id)
select s.id, case when s.selects = 'accounts' then wanted.made({firm}, n) else wanted.made({person}, n) end, {workspace}
from segments s cross join generate_series(0, {votes} - 1) as n
where s.workspace_id = {workspace} and n % 3 = 0 and (s.selects = 'contacts' or n < {accounts})
  and (s.key <> 'new' or n % 2 = 0)
""",
    """
insert into ideas (id, workspace_id, key, title, kind)
select wanted.made({idea}, n), {workspace}, 'idea-' || n, 'Idea ' || n, 'feature' from generate_series(0, {others}) as n
""",
    """
insert into votes (id, workspace_id, idea_id, contact_id, source, mrr, created_at)
select gen_random_uuid(), {workspace}, wanted.made({idea}, case when n < {votes} then 0 else 1 + n % {others} end),
    wanted.made({person}, case when n < {votes} then n else n * 31 % {votes} end),
    (array['portal', 'api', 'support'])[1 + n % 3], n % 5000, now() - make_interval(hours => n * 7919 % 26280)
from generate_series(0, {votes} + {others} * 5 - 1) as n
on conflict do nothing
""",
    """
insert into idea_contacts (idea_id, contact_id, workspace_id, asks)
select idea_id, contact_id, {workspace}, count(*) from votes where workspace_id = {workspace} group by 1, 2
""",
    """
insert into idea_accounts (idea_id, account_id, workspace_id, contacts)
select o.idea_id, c.account_id, {workspace}, count(*)
from idea_contacts o join contacts c on c.id = o.contact_id where o.workspace_id = {workspace} group by 1, 2
""",
    """
insert into demand (idea_id, workspace_id, votes, contacts, currency)
select idea_id, {workspace}, count(*), count(*), 'EUR' from votes where workspace_id = {workspace} group by 1
""",
    "analyze accounts, contacts, segments, segment_members, ideas, votes, idea_contacts, idea_accounts, demand",
    """
insert into demand_marks (workspace_id, idea_id)
select workspace_id, idea_id from demand where workspace_id = {workspace}
""",
)
MADE = """
create schema wanted;
create function wanted.made(kind integer, n bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex(1735689600000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8000'
            || lpad(to_hex(n), 12, '0'))::uuid $$;
"""
COUNTED = "select count(*) from demand_kept where workspace_id = $1 and counted_at is not null and fill_from is null"
MARK = """
insert into demand_marks (workspace_id, idea_id, holder_id)
select $1, $2, account_id from contacts where workspace_id = $1 and id = any($3::uuid[])
"""


async def measure(arena: Arena) -> None:
    """Fill a workspace, wait until it is counted, ask for each kind of group a hundred times."""
    site = arena.small
    admin = Database(site.stack.postgres.url(), "feedback", application="bench", patience=600)
    await admin.open()
    async with admin.system(search_path="access") as tx:
        workspace_id = await registry.create_workspace(tx, "wanted", "Wanted", "EUR")
        _, key = await registry.create_key(tx, site.stack.kept.key_pepper, workspace_id, "bench", SCOPES, rate=RATE)
    await _fill(admin, workspace_id)
    began = time.perf_counter()
    await _counted(admin, workspace_id)
    arena.report.add("demand.counting_through", 2 * ACCOUNTS / (time.perf_counter() - began), "holders/s")
    idea = made(WANTED, 0)
    for name, path in (("idea", f"/v1/ideas/{idea}/demand/breakdown"), ("workspace", "/v1/demand")):
        for by in GROUPED:
            took = await one_by_one(site.port("feedback"), [payloads.question(key, f"{path}?by={by}")] * REQUESTS)
            p95 = sorted(took)[int(REQUESTS * 0.95) - 1] * 1000
            say(f"  {name} by {by:<10} p95 {p95:6.1f} ms")
            arena.report.add(f"demand.{name}.{by}.p95", p95, "ms", most=P95_MS)
    arena.report.add("demand.marks", await _follow_marks(admin, workspace_id, idea), "marks/s")
    await admin.close()


async def _fill(admin: Database, workspace_id: UUID) -> None:
    say(f"  writing {VOTES:,} votes on one idea")
    numbers = {"votes": VOTES, "accounts": ACCOUNTS, "others": OTHERS, "firm": FIRM, "person": PERSON, "idea": WANTED}
    async with admin.system(search_path="feedback") as tx:
        await tx.run(MADE)
        await tx.run("set local session_replication_role = replica")
        for statement in ROWS:
            await tx.run(statement.format(workspace=f"'{workspace_id}'::uuid", **numbers))


async def _counted(admin: Database, workspace_id: UUID) -> None:
    """The idea and the workspace are counted, without the rests of the service's own job, which is at it too."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with admin.system(search_path="feedback") as tx:
                if await tx.value(COUNTED, workspace_id) == 2:  # the idea and the workspace
                    return
                await keeping.keep_some(tx, worker.BATCH)


async def _follow_marks(admin: Database, workspace_id: UUID, idea: UUID) -> float:
    """How many marks a second the job follows, as votes leave them, with its rests."""
    chance, count = random.Random(5), 2_000
    people = [made(PERSON, chance.randrange(VOTES)) for _ in range(count)]
    async with admin.system(search_path="feedback") as tx:
        await tx.run(MARK, workspace_id, idea, people)
    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with admin.system(search_path="feedback") as tx:
                if not await tx.value("select count(*) from demand_marks where workspace_id = $1", workspace_id):
                    return count / (time.perf_counter() - began)
            await asyncio.sleep(0.1)
