"""(b) Rows a second through a bulk upload, beside COPY of the same rows into the same table."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pydantic_core import to_json

from shared.events.feedback import FeedbackReceived
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
EVENT_COLUMNS = (
    "id", "workspace_id", "type", "aggregate_id", "version", "occurred_at", "traceparent", "data",
)  # fmt: skip


async def measure(arena: Arena) -> None:
    """Both on each data set, in turns. COPY is the administrator's: row security does not let a service use it.

    `copy_both` copies the event of each row too, which an upload stores as well.
    """
    contest = Contest(arena)
    for site in arena.sites:
        name = site.size.name
        contest.enter(f"bulk.{name}", partial(_uploads, site), site)
        contest.enter(f"copy.{name}", partial(_copies, site, False), site)
        contest.enter(f"copy_both.{name}", partial(_copies, site, True), site)
    await contest.run()
    report, samples = arena.report, contest.samples
    for site in arena.sites:
        name = site.size.name
        ours = samples[f"bulk.{name}"]
        report.rate(f"bulk.{name}", ours, "rows/s")
        report.rate(f"bulk.copy.{name}", samples[f"copy.{name}"], "rows/s")
        report.rate(f"bulk.copy_both.{name}", samples[f"copy_both.{name}"], "rows/s")
        report.add(f"bulk.to_copy.{name}", ratio(ours, samples[f"copy.{name}"]), TIMES, least=GOAL)
        report.add(f"bulk.to_copy_both.{name}", ratio(ours, samples[f"copy_both.{name}"]), TIMES)
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


async def _copies(site: Site, both: bool) -> Sample:
    given = [[_record(site, row) for row in payloads.rows(ROWS)] for _ in range(UPLOADS)]
    events = [[_event(site, record) for record in records] for records in given]
    took: list[float] = []
    used, start = site.used(), time.perf_counter()
    copy = partial(site.admin.copy_records_to_table, schema_name="feedback")
    for records, told in zip(given, events, strict=True):
        began = time.perf_counter()
        async with site.admin.transaction():
            await copy("feedback", columns=COLUMNS, records=records)
            if both:
                await copy("events", columns=EVENT_COLUMNS, records=told)
        took.append(time.perf_counter() - began)
    return _sample(site, used, start, took)


def _record(site: Site, row: Mapping[str, Any]) -> Sequence[Any]:
    now = datetime.now(UTC)
    return (
        new_id(), site.workspace_id, row["source"], row["external_id"], row["text"], "[]",
        to_json(row["attributes"]).decode(), row["source_url"], row["language"], now, now,
    )  # fmt: skip


def _event(site: Site, record: Sequence[Any]) -> Sequence[Any]:
    """In the log alone: the relay is not to be kept busy by what is only compared with."""
    id, _, source, *_, now = record
    event = FeedbackReceived(
        workspace_id=site.workspace_id, version=1, feedback_id=id, source=source, contact_id=None, received_at=now
    )
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    return new_id(), site.workspace_id, event.type, id, 1, now, trace, event.model_dump_json()


def _sample(site: Site, used: Mapping[str, float], start: float, took: list[float]) -> Sample:
    elapsed = time.perf_counter() - start
    busy = {name: (now - used[name]) / elapsed for name, now in site.used().items()}
    return Sample(ROWS * len(took) / sum(took), min(took) * 1000, max(took) * 1000, len(took), {}, busy)
