"""(g) Scores of many ideas beside bare NumPy and COPY, of one idea among many, and pages of rankings.

PostgreSQL and this process have the machine to themselves: no relay runs, so what is measured is the scoring alone,
with the events that it leaves in the outbox.
"""

import json
import math
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from io import BytesIO
from statistics import median
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import numpy as np
from numpy.typing import NDArray

from services.scoring.frameworks.rice import RiceParameters
from services.scoring.models import domain as models
from services.scoring.models.domain import rescore_some
from shared.database import Database
from shared.paging import encode
from tests.bench import payloads
from tests.bench.figures import TIMES, Report, say
from tests.bench.lab import Lab
from tests.bench.load import one_by_one

TO_BARE, TO_MANY, TO_FEW, PAGE_MS = 4.0, 12.0, 1.5, 30.0
CHANGES, PAGES = 60, 60
# In the order of ideas, so that columns come aligned; the letter tells impact, confidence and effort apart.
ESTIMATES = """
select idea_id, ascii(input), value from scoring.estimates where current order by workspace_id, idea_id, input
"""
DEMAND = "select contacts from scoring.demand order by workspace_id, idea_id"
LENGTH = ">i4"
ESTIMATE = np.dtype(
    [
        ("fields", ">i2"),
        ("id_length", LENGTH),
        ("id", "V16"),
        ("input_length", LENGTH),
        ("input", ">i4"),
        ("value_length", LENGTH),
        ("value", ">f8"),
    ]
)
CONTACTS = np.dtype([("fields", ">i2"), ("length", LENGTH), ("contacts", ">i4")])
HEAD, TAIL = 19, 2
"""Bytes before and after the rows of a binary COPY."""
SCORES = (
    "id", "workspace_id", "model_id", "idea_id", "model_version", "state", "value", "inputs", "missing", "cause",
    "cause_id", "computed_at", "version", "digest",
)  # fmt: skip
EVENTS = "id", "workspace_id", "type", "aggregate_id", "version", "occurred_at", "traceparent", "data"
VALUE = SCORES.index("value")
EMPTY = "truncate scoring.scores, scoring.events, scoring.outbox, scoring.score_days, scoring.rescores"
ASKED: Mapping[str, Mapping[str, str]] = {
    "plain": {},
    "kind_frequent": {"kind": "enabler"},
    "kind_rare": {"kind": "debt"},
    "kind_rarest": {"kind": "migration"},
    "kind_never": {"kind": "research"},
    "status_rare": {"status": "planned"},
    "gate_never": {"gate": "must_have"},
    "not_scoreable": {"state": "not_scoreable"},
}


async def all_of(report: Report, name: str, lab: Lab, rounds: int, *, beside: bool) -> float:
    """Seconds that a new model takes to score every idea; `beside` the same done barely."""
    ours: list[float] = []
    barely: list[tuple[float, float]] = []
    admin = await asyncpg.connect(lab.url)
    async with lab.database() as database:
        for number in range(rounds):
            await admin.execute(EMPTY)
            await admin.execute("delete from scoring.models")
            ours.append(await _rescored(database, lab.workspace_id, f"RICE {number}"))
            say(f"  {name}: {lab.ideas:,} ideas scored in {ours[-1]:.2f} s")
            if beside:
                barely.append(await _barely(admin))
                say(f"  {name}: barely in {barely[-1][0]:.2f} s, with their events in {barely[-1][1]:.2f} s")
    await admin.execute("vacuum analyze scoring.scores")
    await admin.close()
    report.add(f"scores.all.{name}", median(ours), "s")
    if beside:
        ratios = [(our / plain, our / told) for our, (plain, told) in zip(ours, barely, strict=True)]
        report.add(f"scores.to_bare.{name}", median(plain for plain, _ in ratios), TIMES, most=TO_BARE)
        report.add(f"scores.to_bare_with_events.{name}", median(told for _, told in ratios), TIMES)
    return median(ours)


async def _rescored(database: Database, workspace_id: UUID, name: str) -> float:
    began = time.perf_counter()
    async with database.transaction({workspace_id}) as tx:
        await models.create(tx, workspace_id, name=name, framework="rice", parameters=RiceParameters(), active=True)
    more = True
    while more:
        more = await rescore_some(database)
    return time.perf_counter() - began


async def _barely(admin: Any) -> tuple[float, float]:
    """COPY the inputs out, compute, COPY the very rows in that were stored; seconds, and with COPY of the events."""
    rows = [tuple(row) for row in await admin.fetch(f"select {', '.join(SCORES)} from scoring.scores order by idea_id")]
    events = [tuple(row) for row in await admin.fetch(f"select {', '.join(EVENTS)} from scoring.events order by seq")]
    await admin.execute("truncate scoring.scores, scoring.events")
    began = time.perf_counter()
    values = _computed(await _copied(admin, ESTIMATES, ESTIMATE), await _copied(admin, DEMAND, CONTACTS))
    records = [
        (*row[:VALUE], None if math.isnan(value) else value, *row[VALUE + 1 :])
        for row, value in zip(rows, values.tolist(), strict=True)
    ]
    await admin.copy_records_to_table("scores", schema_name="scoring", columns=SCORES, records=records)
    plain = time.perf_counter() - began
    await admin.copy_records_to_table("events", schema_name="scoring", columns=EVENTS, records=events)
    told = time.perf_counter() - began
    if [each[VALUE] for each in records] != [row[VALUE] for row in rows]:
        raise AssertionError("bare arithmetic gives other scores")
    return plain, told


async def _copied(admin: Any, query: str, row: np.dtype[Any]) -> NDArray[Any]:
    out = BytesIO()
    await admin.copy_from_query(query, output=out, format="binary")
    return np.frombuffer(out.getbuffer()[HEAD:-TAIL], row)


def _computed(estimates: NDArray[Any], demand: NDArray[Any]) -> NDArray[np.float64]:
    """reach * impact * confidence / effort; NaN where one is missing."""
    ids = estimates["id"]
    place = np.concatenate([[0], np.cumsum(ids[1:] != ids[:-1])])
    inputs = np.full((128, len(demand)), np.nan)
    inputs[estimates["input"], place] = estimates["value"]
    impact, confidence, effort = (inputs[ord(letter)] for letter in "ice")
    return demand["contacts"] * impact * confidence / effort


async def one_change(report: Report, few: Lab, most: Lab) -> None:
    """An estimate that changes, and the ranking after it, over HTTP: the cost among many ideas to that among few."""
    chance = random.Random(1)
    took: dict[str, list[float]] = {"few": [], "most": []}
    async with AsyncExitStack() as stack:
        labs = {"few": few, "most": most}
        ports = {name: await stack.enter_async_context(lab.served()) for name, lab in labs.items()}
        model = {name: await _model(lab) for name, lab in labs.items()}
        for number in range(CHANGES + 5):
            for name, lab in labs.items():
                idea = str(lab.idea_id(chance.randrange(lab.ideas)))
                estimate = {"idea_id": idea, "input": "effort", "value": 1 + number % 7, "estimator": "user-1"}
                body = json.dumps(estimate).encode()
                asked = [
                    payloads.request("/v1/estimates", body, key=lab.key),
                    payloads.question(lab.key, f"/v1/rankings?model_id={model[name]}"),
                ]
                seconds = sum(await one_by_one(ports[name], asked))
                if number >= 5:
                    took[name].append(seconds)
    for name, each in took.items():
        report.add(f"scores.one_change.{name}", median(each) * 1000, "ms")
    report.add("scores.one_change.most_to_few", median(took["most"]) / median(took["few"]), TIMES, most=TO_FEW)


async def pages(report: Report, lab: Lab) -> None:
    """Pages of the ranking over HTTP, one after the other: the first, and others from chance places on."""
    chance = random.Random(2)
    model = await _model(lab)
    admin = await asyncpg.connect(lab.url)
    places: Sequence[asyncpg.Record] = await admin.fetch(
        "select value, idea_id from scoring.scores where value is not null order by random() limit 200"
    )
    await admin.close()
    async with lab.served() as port:
        for name, query in ASKED.items():
            paths: list[str] = []
            for number in range(PAGES):
                asked = {"model_id": model, **query}
                if number % 4 and "state" not in query:
                    row = chance.choice(places)
                    asked["cursor"] = encode(row["value"], row["idea_id"])
                paths.append(f"/v1/rankings?{urlencode(asked)}")
            took = await one_by_one(port, [payloads.question(lab.key, path) for path in paths])
            p95 = sorted(took)[int(PAGES * 0.95) - 1] * 1000
            say(f"  page {name:<16} p95 {p95:6.1f} ms")
            report.add(f"rankings.{name}.p95", p95, "ms", most=PAGE_MS)


async def _model(lab: Lab) -> str:
    admin = await asyncpg.connect(lab.url)
    found = await admin.fetchval("select id from scoring.models where active")
    await admin.close()
    return str(found)
