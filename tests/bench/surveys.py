"""(g) How soon a Net Promoter Score of 1,000,000 answers is told: as a whole, by period and by group.

50,000 contacts have answered 20 times each within three years, through three channels and about two products, in a
workspace of its own; every tenth contact is in a segment. The rows are written straight into the tables, and counted
by the triggers as any others. Times are of single requests over one connection.
"""

import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from services.feedback.surveys import worker
from shared.access import registry
from shared.access.keys import SCOPES
from shared.database import Database
from tests.bench import payloads
from tests.bench.arena import Arena
from tests.bench.figures import say
from tests.bench.load import one_by_one
from tests.bench.site import RATE

CONTACTS, EACH, DAYS = 50_000, 20, 1_095
FOLDED = 20_000
REQUESTS = 40
P95_MS = 50.0
ROWS = (
    """
insert into segments (id, workspace_id, key, name, selects)
values (gen_random_uuid(), {workspace}, 'tenth', 'Tenth', 'contacts')
""",
    """
insert into contacts (id, workspace_id, external_id)
select gen_random_uuid(), {workspace}, 'respondent-' || n from generate_series(1, {contacts}) as n
""",
    """
insert into segment_members (segment_id, member_id, workspace_id)
select s.id, c.id, {workspace} from segments s join contacts c on c.workspace_id = s.workspace_id
where s.workspace_id = {workspace} and c.external_id like '%7'
""",
    """
insert into products (id, workspace_id, key, name)
values (gen_random_uuid(), {workspace}, 'web', 'Web'), (gen_random_uuid(), {workspace}, 'app', 'App')
""",
    """
insert into survey_answers (workspace_id, feedback_id, position, measure, about, respondent, contact_id, value,
    product_id, source, release, said_at, superseded_at)
select {workspace}, gen_random_uuid(), 1, 'nps', '', respondent, respondent, value,
    (array(select id from products where workspace_id = {workspace} order by key))[1 + product],
    (array['typeform', 'delighted', 'survey'])[1 + product + (value % 2)::int], null, said_at,
    lead(said_at) over (partition by respondent order by said_at)
from (
    select c.id as respondent, (hashint8extended(n, hashtext(c.external_id)) & 65535) % 11 as value,
        (hashint8extended(n, hashtext(c.external_id)) >> 20 & 1)::int as product,
        now() - make_interval(
            secs => ((hashint8extended(n, hashtext(c.external_id)) >> 24 & 2147483647) % ({days} * 86400))::float8
        ) as said_at
    from contacts c cross join generate_series(1, {each}) as n where c.workspace_id = {workspace}
) as answers
""",
    "analyze survey_answers, survey_changes, contacts, segment_members",
)
LAST = "select count(*) from survey_changes where workspace_id = $1"


async def measure(arena: Arena) -> None:
    """Fill a workspace, fold what the triggers noted, ask."""
    site = arena.small
    admin = Database(site.stack.postgres.url(), "feedback", application="bench", patience=600)
    await admin.open()
    async with admin.system(search_path="access") as tx:
        workspace_id = await registry.create_workspace(tx, "asked", "Asked", "EUR")
        _, key = await registry.create_key(tx, site.stack.kept.key_pepper, workspace_id, "bench", SCOPES, rate=RATE)
    say(f"  writing {CONTACTS * EACH:,} answers")
    async with admin.system(search_path="feedback") as tx:
        await tx.run("alter table survey_answers disable trigger all")
        await tx.run("alter table survey_answers enable trigger user")
        for statement in ROWS:
            named = {"contacts": CONTACTS, "each": EACH, "days": DAYS}
            await tx.run(statement.format(workspace=f"'{workspace_id}'::uuid", **named))
        await tx.run("alter table survey_answers enable trigger all")
        noted: int = await tx.value(LAST, workspace_id)
    arena.report.add("surveys.answers_to_cells", CONTACTS * EACH / noted, "times")
    began = time.perf_counter()
    # The service's own job is at it too: whichever of the two comes first.
    async with admin.system(search_path="feedback") as tx:
        while await tx.value(LAST, workspace_id):
            await worker.fold_some(admin, FOLDED)
    arena.report.add("surveys.folding", noted / (time.perf_counter() - began), "cells/s")
    async with admin.system(search_path="feedback") as tx:
        await tx.run("analyze survey_cells, survey_changes")
    today = datetime.now(UTC).date()
    years = {"from": (today - timedelta(days=DAYS - 1)).isoformat()}
    past = years | {"to": (today - timedelta(days=100)).isoformat()}
    for name, query, goal in (
        ("quarter", {}, P95_MS),
        ("whole", years, P95_MS),
        ("whole_past", past, P95_MS),
        ("month", years | {"by": "month"}, P95_MS),
        ("product", years | {"by": "product"}, P95_MS),
        ("source", years | {"by": "source"}, P95_MS),
        ("segment", years | {"by": "segment"}, None),
        ("week", years | {"by": "week"}, P95_MS),
    ):
        path = f"/v1/surveys/nps?{urlencode(query)}"
        count = REQUESTS if goal else 5
        took = await one_by_one(site.port("feedback"), [payloads.question(key, path)] * count)
        p95 = sorted(took)[int(count * 0.95) - 1] * 1000
        say(f"  nps {name:<10} p95 {p95:8.1f} ms")
        arena.report.add(f"surveys.nps.{name}.p95", p95, "ms", most=goal)
    await admin.close()
