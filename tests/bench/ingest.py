"""(a) Requests a second into the ingest routes, beside a bare route, the peer's shape and the database alone."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import asyncpg

from shared.ids import new_id
from tests.bench import payloads
from tests.bench.arena import NOT_WORSE, Arena, Contest, pool
from tests.bench.figures import TIMES, ratio
from tests.bench.load import CONNECTIONS, Sample, quantile
from tests.bench.site import Site

BARE_GOAL, PEER_GOAL = 1.4, 10.0
FAST, SLOW = 12_000, 2_500
"""Rates that ours and the bare routes, and the peer's, surely do not reach."""
ONE = """
with stored as (
    insert into peer.feedback (id, workspace_id, source, external_id, text, answers, attributes, said_at)
    values ($1, $2, 'support', $3, $4, '[]', '{}', $5) returning id
)
insert into peer.events (id, workspace_id, type, aggregate_id, data)
select $6, $2, 'feedback.feedback.received.v1', id, '{"source": "support"}' from stored
"""
MANY = """
with given as (
    select * from unnest($1::uuid[], $2::text[], $3::uuid[]) as g (id, external_id, event_id)
), stored as (
    insert into peer.feedback (id, workspace_id, source, external_id, text, answers, attributes, said_at)
    select id, $4, 'support', external_id, $5, '[]', '{}', $6 from given returning id
)
insert into peer.events (id, workspace_id, type, aggregate_id, data)
select event_id, $4, 'feedback.feedback.received.v1', id, '{"source": "support"}' from given
"""
ROWS = 500


async def measure(arena: Arena) -> None:
    """REST and webhook ingest on each data set, in turns with what they are compared with."""
    contest = Contest(arena)
    bare, peer, echo = (arena.baselines[name] for name in ("bare", "peer", "echo"))
    contest.http("echo", echo, echo.port, partial(payloads.feedback, arena.small.key), 4 * FAST)
    for route, make in (("rest", _statements), ("webhook", _deliveries)):
        for site in arena.sites:
            contest.http(f"{route}.{site.size.name}", site, site.port("feedback"), await make(site), FAST)
        made = await make(arena.small)
        contest.http(f"{route}.bare", bare, bare.port, made, FAST)
        contest.http(f"{route}.peer", peer, peer.port, made, SLOW)
    emails, ideas = arena.small.emails(), [arena.small.size.idea(n) for n in range(1_000)]
    contest.http(
        "rest.full",
        arena.small,
        arena.small.port("feedback"),
        lambda count: payloads.full_feedback(arena.small.key, count, emails, ideas),
        FAST,
    )
    contest.enter("rows.single", partial(_stretch, arena.small, CONNECTIONS, _single), arena.small)
    contest.enter("rows.unnest", partial(_stretch, arena.small, 2, _unnest), arena.small)
    await contest.run()
    _tell(arena, contest.samples)


async def _statements(site: Site) -> Callable[[int], list[bytes]]:
    return partial(payloads.feedback, site.key)


async def _deliveries(site: Site) -> Callable[[int], list[bytes]]:
    path, secret = connection(site, {"questions": {"nps": "nps"}})
    emails = site.emails()
    return lambda count: [payloads.typeform(path, secret, next(emails)) for _ in range(count)]


def connection(site: Site, rules: dict[str, object]) -> tuple[str, str]:
    """A new Typeform connection: its path and its secret."""
    made = site.post("feedback", "/v1/connections", {"vendor": "typeform", "name": "NPS", "rules": rules})
    return "/v1/hooks/" + made["url"].rpartition("/")[2], made["secret"]


async def _single(connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]", workspace: UUID) -> int:
    await connection.execute(ONE, new_id(), workspace, f"ticket-{new_id()}", payloads.TEXT, datetime.now(UTC), new_id())
    return 1


async def _unnest(connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]", workspace: UUID) -> int:
    ids = [new_id() for _ in range(ROWS)]
    names = [f"ticket-{id}" for id in ids]
    await connection.execute(MANY, ids, names, ids, workspace, payloads.TEXT, datetime.now(UTC))
    return ROWS


Work = Callable[["asyncpg.pool.PoolConnectionProxy[asyncpg.Record]", UUID], Awaitable[int]]


async def _stretch(site: Site, clients: int, work: Work, seconds: float = 2.0) -> Sample:
    """Rows a second into PostgreSQL with no service in between. A time is that of one statement with its commit."""
    took: list[float] = []
    stored: list[int] = []
    async with await pool(site, clients) as connections:

        async def client(end: float) -> None:
            async with connections.acquire() as connection:
                while (began := time.perf_counter()) < end:
                    stored.append(await work(connection, site.workspace_id))
                    took.append(time.perf_counter() - began)

        await asyncio.gather(*(client(time.perf_counter() + 0.2) for _ in range(clients)))
        took.clear()
        stored.clear()
        used, start = site.used(), time.perf_counter()
        await asyncio.gather(*(client(start + seconds) for _ in range(clients)))
        elapsed = time.perf_counter() - start
        busy = {name: (now - used[name]) / elapsed for name, now in site.used().items()}
    took.sort()
    rows = sum(stored)
    return Sample(rows / elapsed, quantile(took, 0.5) * 1000, quantile(took, 0.99) * 1000, rows, {}, busy)


def _tell(arena: Arena, samples: dict[str, list[Sample]]) -> None:
    report = arena.report
    for route in ("rest", "webhook"):
        ours = samples[f"{route}.small"]
        report.rates(f"ingest.{route}", ours, "requests/s")
        report.rates(f"ingest.{route}.bare", samples[f"{route}.bare"], "requests/s")
        report.rates(f"ingest.{route}.peer", samples[f"{route}.peer"], "requests/s")
        report.add(f"ingest.{route}.to_bare", ratio(ours, samples[f"{route}.bare"]), TIMES, least=BARE_GOAL)
        report.add(f"ingest.{route}.to_peer", ratio(ours, samples[f"{route}.peer"]), TIMES, least=PEER_GOAL)
        if f"{route}.large" in samples:
            report.rates(f"ingest.{route}.large", samples[f"{route}.large"], "requests/s")
            grown = ratio(samples[f"{route}.large"], ours)
            report.add(f"ingest.{route}.large_to_small", grown, TIMES, least=NOT_WORSE)
    report.rates("ingest.rest.with_contact_and_idea", samples["rest.full"], "requests/s")
    report.rates("ingest.rows.single", samples["rows.single"], "rows/s")
    report.rates("ingest.rows.unnest", samples["rows.unnest"], "rows/s")
    report.rates("ingest.client_ceiling", samples["echo"], "requests/s")
    for name, taken in samples.items():
        report.cost(f"ingest {name}", taken)
