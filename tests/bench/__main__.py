"""`make bench`: starts what it measures, measures, prints a table and writes `.cairn/bench.json`.

The exit status is 0 when everything could be measured, whether or not the goals are reached; the table says that.
"""

import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import uvloop

from tests.bench import bulk, demand, events, imports, ingest, latency, plans, scores, search, similar, surveys, votes
from tests.bench.arena import Arena
from tests.bench.figures import TIMES, Report, say
from tests.bench.lab import labs
from tests.servers import data_folder

# In this order: the last one stops the services.
PARTS: dict[str, Callable[[Arena], Awaitable[None]]] = {
    "ingest": ingest.measure,
    "bulk": bulk.measure,
    "imports": imports.measure,
    "latency": latency.measure,
    "votes": votes.measure,
    "demand": demand.measure,
    "surveys": surveys.measure,
    "search": search.measure,
    "similar": similar.measure,
    "events": events.measure,
}
FEW, MANY, MOST = 10_000, 100_000, 1_000_000
RESULT = Path(".cairn/bench.json")
ROUNDS = 3
WHAT_RUNS = (
    "During all of it, on this one machine: for each data set PostgreSQL, NATS and the three services as `make run` "
    "starts them (role both: the relay, the readers and the intake worker share the processes that are measured), the "
    "three baselines, and this client. Rates are medians of the rounds, ratios medians of each round's ratio."
)


def main(arguments: list[str]) -> int:
    """`only=NAME,NAME` (or the names alone) runs these parts; `rounds=N`; `data=small` leaves the large data set out.

    `rows=N` is how many rows the longest file has that is imported, `format=csv` its only format.
    """
    given: dict[str, str] = {}
    for argument in arguments:
        name, _, value = argument.rpartition("=")
        given[name or "only"] = value
    only = [each for each in given.get("only", "").split(",") if each] or [*ALONE, *PARTS]
    rounds = int(given.get("rounds", ROUNDS))
    if not {*only} <= {*PARTS, *ALONE} or not given.keys() <= {"only", "rounds", "data", "rows", "format"}:
        names = "|".join([*PARTS, *ALONE])
        say(f"python -m tests.bench [only={names}] [rounds=N] [data=small] [rows=N] [format=NAME]")
        return 2
    logging.getLogger("cairn").setLevel(logging.ERROR)
    began = time.monotonic()
    large = given.get("data") != "small"
    report = Report()
    for name, measure in ALONE.items():
        if name in only:
            say(name)
            measure(report, rounds, large)
    parts = [name for name in PARTS if name in only]
    if parts:
        with data_folder() as folder, ExitStack() as stack:
            arena = Arena.build(folder, stack, report, rounds, large=large)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                arena.import_rows = int(given.get("rows", arena.import_rows))
                arena.import_formats = [given["format"]] if "format" in given else arena.import_formats
                runner.run(_measure(arena, parts))
        report.note(WHAT_RUNS)
    report.note(f"took {time.monotonic() - began:.0f} s")
    report.write(RESULT)
    say(f"\n{report.table()}")
    return 0 if all(figure.value is not None for figure in report.figures) else 1


def _scores(report: Report, rounds: int, large: bool) -> None:
    sizes = {"few": FEW, "many": MANY} | ({"most": MOST} if large else {})
    with labs(sizes) as built, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        took: dict[str, float] = {}
        for name, lab in built.items():
            many = name == "many"
            took[name] = runner.run(scores.all_of(report, name, lab, rounds if many else 1, beside=many))
        last = "most" if large else "many"
        if large:
            report.add("scores.all.most_to_many", took["most"] / took["many"], TIMES, most=scores.TO_MANY)
        runner.run(scores.one_change(report, built["few"], built[last]))
        runner.run(scores.pages(report, built[last]))


def _plans(report: Report, rounds: int, _large: bool) -> None:
    plans.draws(report, rounds)
    plans.plans(report)


ALONE: dict[str, Callable[[Report, int, bool], None]] = {"scores": _scores, "plans": _plans}
"""Parts for which nothing of the others runs."""


async def _measure(arena: Arena, parts: list[str]) -> None:
    for site in arena.sites:
        await site.open()
    try:
        for part in parts:
            say(part)
            try:
                await PARTS[part](arena)
            except Exception as error:  # noqa: BLE001  # whatever ends one part must not take the others' figures along
                traceback.print_exc()
                arena.report.add(part, None, "")
                arena.report.note(f"{part}: could not be measured: {error!r}")
    finally:
        for site in arena.sites:
            await site.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
