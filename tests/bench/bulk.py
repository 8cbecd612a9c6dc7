"""(b) Rows a second through a bulk upload, beside COPY of the same rows into the same table."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pydantic_core import to_json

from shared.ids import new_id
from tests.bench import payloads
from tests.bench.arena import NOT_WORSE, Arena, Contest
from tests.bench.figures import TIMES, ratio
from tests.bench.load import Sample, one_by_one
from tests.bench.site import Site

GOAL = 0.25
ROWS = 10_000
UPLOADS = 2
COLUMNS = (
    "id", "workspace_id", "source", "external_id", "text", "answers", "attributes", "source_url", "language", "said_at",
    "received_at",
)  # fmt: skip


async def measure(arena: Arena) -> None:
    """Both on each data set, in turns. COPY is the administrator's: row security does not let a service use it."""
    contest = Contest(arena)
    for site in arena.sites:
        contest.enter(f"bulk.{site.size.name}", partial(_uploads, site))
        contest.enter(f"copy.{site.size.name}", partial(_copies, site))
    await contest.run()
    report, samples = arena.report, contest.samples
    for site in arena.sites:
        name = site.size.name
        report.rate(f"bulk.{name}", samples[f"bulk.{name}"], "rows/s")
        report.rate(f"bulk.copy.{name}", samples[f"copy.{name}"], "rows/s")
        report.add(f"bulk.to_copy.{name}", ratio(samples[f"bulk.{name}"], samples[f"copy.{name}"]), TIMES, least=GOAL)
    if len(arena.sites) > 1:
        grown = ratio(samples["bulk.large"], samples["bulk.small"])
        report.add("bulk.large_to_small", grown, TIMES, least=NOT_WORSE)
    for name, taken in samples.items():
        report.cost(f"bulk {name}", taken, "row")


async def _uploads(site: Site) -> Sample:
    requests = [payloads.upload(site.key, payloads.rows(ROWS)) for _ in range(UPLOADS)]
    used, start = site.used(), time.perf_counter()
    took = await one_by_one(site.port("feedback"), requests)
    return _sample(site, used, start, took)


async def _copies(site: Site) -> Sample:
    given = [[_record(site, row) for row in payloads.rows(ROWS)] for _ in range(UPLOADS)]
    took: list[float] = []
    used, start = site.used(), time.perf_counter()
    for records in given:
        began = time.perf_counter()
        await site.admin.copy_records_to_table("feedback", schema_name="feedback", columns=COLUMNS, records=records)
        took.append(time.perf_counter() - began)
    return _sample(site, used, start, took)


def _record(site: Site, row: Mapping[str, Any]) -> Sequence[Any]:
    now = datetime.now(UTC)
    return (
        new_id(), site.workspace_id, row["source"], row["external_id"], row["text"], "[]",
        to_json(row["attributes"]).decode(), row["source_url"], row["language"], now, now,
    )  # fmt: skip


def _sample(site: Site, used: Mapping[str, float], start: float, took: list[float]) -> Sample:
    elapsed = time.perf_counter() - start
    busy = {name: (now - used[name]) / elapsed for name, now in site.used().items()}
    return Sample(ROWS * len(took) / sum(took), min(took) * 1000, max(took) * 1000, len(took), {}, busy)
