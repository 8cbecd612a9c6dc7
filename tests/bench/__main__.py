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

from tests.bench import bulk, events, imports, ingest, latency, search, similar, votes
from tests.bench.arena import Arena
from tests.bench.figures import say
from tests.servers import data_folder

# In this order: the last one stops the services.
PARTS: dict[str, Callable[[Arena], Awaitable[None]]] = {
    "ingest": ingest.measure,
    "bulk": bulk.measure,
    "imports": imports.measure,
    "latency": latency.measure,
    "votes": votes.measure,
    "search": search.measure,
    "similar": similar.measure,
    "events": events.measure,
}
RESULT = Path(".cairn/bench.json")
ROUNDS = 3
WHAT_RUNS = (
    "During all of it, on this one machine: for each data set PostgreSQL, NATS and the three services as `make run` "
    "starts them (role both: the relay, the readers and the intake worker share the processes that are measured), the "
    "three baselines, and this client. Rates are medians of the rounds, ratios medians of each round's ratio."
)


def main(arguments: list[str]) -> int:
    """`only=NAME` (or the name alone) runs one part; `rounds=N`; `data=small` leaves the large data set out.

    `rows=N` is how many rows the longest file has that is imported, `format=csv` its only format.
    """
    given: dict[str, str] = {}
    for argument in arguments:
        name, _, value = argument.rpartition("=")
        given[name or "only"] = value
    only, rounds = given.get("only", ""), int(given.get("rounds", ROUNDS))
    if (only and only not in PARTS) or not given.keys() <= {"only", "rounds", "data", "rows", "format"}:
        say(f"python -m tests.bench [only={'|'.join(PARTS)}] [rounds=N] [data=small] [rows=N] [format=NAME]")
        return 2
    logging.getLogger("cairn").setLevel(logging.ERROR)
    began = time.monotonic()
    with data_folder() as folder, ExitStack() as stack:
        arena = Arena.build(folder, stack, rounds, large=given.get("data") != "small")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            arena.import_rows = int(given.get("rows", arena.import_rows))
            arena.import_formats = [given["format"]] if "format" in given else arena.import_formats
            runner.run(_measure(arena, [only] if only else list(PARTS)))
    report = arena.report
    report.note(WHAT_RUNS)
    report.note(f"took {time.monotonic() - began:.0f} s")
    report.write(RESULT)
    say(f"\n{report.table()}")
    return 0 if all(figure.value is not None for figure in report.figures) else 1


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
