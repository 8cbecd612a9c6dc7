"""`make chaos`: kills every part under load, breaks every line, and counts what is lost, doubled or out of order.

Prints a table and writes `.cairn/chaos.json`. The exit status is 0 when every goal is reached.
"""

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local import raise_when_asked_to_stop
from tests.bench.figures import Report, say
from tests.chaos import controls, kills
from tests.servers import data_folder

PARTS: dict[str, Callable[[Path, Report, float], None]] = {
    "kills": kills.run,
    **controls.CONTROLS,
}
RESULT = Path(".cairn/chaos.json")
SECONDS = 60.0


def main(arguments: list[str]) -> int:
    """`only=NAME` (or the name alone) runs one part; `seconds=N` is how long the load goes on at least."""
    named = [argument if "=" in argument else f"only={argument}" for argument in arguments]
    given = {name: value for name, _, value in (argument.partition("=") for argument in named)}
    only, seconds = given.get("only", ""), float(given.get("seconds", SECONDS))
    if (only and only not in PARTS) or not given.keys() <= {"only", "seconds"}:
        say(f"python -m tests.chaos [only={'|'.join(PARTS)}] [seconds=N]")
        return 2
    logging.getLogger("cairn").setLevel(logging.ERROR)
    raise_when_asked_to_stop()
    began = time.monotonic()
    report = Report()
    try:
        for part in [only] if only else list(PARTS):
            say(part)
            with data_folder() as folder:
                PARTS[part](folder, report, seconds)
    except KeyboardInterrupt:
        say("Stopped; nothing is left running.")
        return 130
    report.note(f"took {time.monotonic() - began:.0f} s")
    report.write(RESULT)
    say(f"\n{report.table()}")
    return 0 if all(figure.holds for figure in report.figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
