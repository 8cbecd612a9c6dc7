"""`make demo`. On a Cairn of its own, in a folder that is removed at the end; or on one that runs already."""

import argparse
import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy import SERVICES
from deploy.caller import Caller
from deploy.child import Failed
from deploy.demo.scene import Scene
from deploy.demo.story import tell
from deploy.demo.terminal import Terminal
from deploy.local import raise_when_asked_to_stop
from deploy.ports import free_port, is_free
from deploy.seed import SLUG, seed
from deploy.stack import Stack, uses

FEWEST_ROWS, ROWS, MOST_ROWS = 1_000, 10_000, 20_000
WEBHOOKS = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Show everything. The exit status: 0 when all of it held, 1 when something did not, 130 when stopped."""
    chosen = _parser().parse_args(arguments)
    key = os.environ.get("CAIRN_KEY", "")
    terminal = Terminal(sys.stdout)
    raise_when_asked_to_stop()
    try:
        terminal.title("Cairn: from a customer's words to a shipped roadmap item, and back to the customer")
        if chosen.at:
            if len(chosen.at) not in (1, 3) or not key:
                raise Failed("--at takes one URL or three, and the environment a key in CAIRN_KEY")
            origins: list[str] = chosen.at * (3 // len(chosen.at))
            urls: dict[str, str] = dict(zip(SERVICES, origins, strict=True))
            asyncio.run(_tell(terminal, urls, key, chosen.rows, tag=f"-{secrets.token_hex(3)}"))
        else:
            with _own_stack(terminal) as (stack, own_key):
                asyncio.run(_tell(terminal, stack.urls, own_key, chosen.rows, tag=""))
                if chosen.stay:
                    _stay(terminal, stack, own_key)
                else:
                    terminal.say("This Cairn is gone now: `make demo stay=1` keeps it up to look around.")
    except KeyboardInterrupt:
        terminal.say("Stopped.")
        return 130
    except Failed as reason:
        terminal.failed("\n      ".join([str(reason), *getattr(reason, "__notes__", [])]))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.demo", description="Drive Cairn's whole loop over HTTP.")
    parser.add_argument(
        "--rows",
        type=_rows,
        default=ROWS,
        help=f"how many to import: {FEWEST_ROWS:,} to {MOST_ROWS:,}; {ROWS:,} if not said",
    )
    parser.add_argument("--stay", action="store_true", help="go on running at the end, to look around, until Ctrl-C")
    parser.add_argument(
        "--at",
        nargs="+",
        metavar="URL",
        help="use a Cairn that runs: one origin for all, or those of feedback, scoring and roadmap; with a key in "
        "CAIRN_KEY, to a workspace that may keep what the demo makes",
    )
    return parser


def _rows(text: str) -> int:
    if text.isdecimal() and FEWEST_ROWS <= int(text) <= MOST_ROWS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not from {FEWEST_ROWS:,} to {MOST_ROWS:,}")


async def _tell(terminal: Terminal, urls: Mapping[str, str], key: str, rows: int, tag: str) -> None:
    async with Caller.to(urls, key) as cairn:
        await tell(Scene(cairn, terminal, rows, WEBHOOKS, tag))


@contextmanager
def _own_stack(terminal: Terminal) -> Generator[tuple[Stack, str]]:
    """A Cairn with a workspace, and a key to it. When something fails, the logs are left behind."""
    folder = Path(tempfile.mkdtemp(prefix="cairn-demo-"))
    # Passable, for PostgreSQL's user when root runs this.
    folder.chmod(0o711)
    try:
        terminal.busy("starting PostgreSQL, NATS and the three services")
        began = time.perf_counter()
        with Stack(folder, _free_base()) as stack:
            stack.start()
            key = asyncio.run(seed(stack.postgres.url(), stack.kept.key_pepper))
            assert key is not None  # the database is new
            ports = f"{stack.base} to {max(uses(stack.base))}"
            terminal.passed(f"a Cairn of its own, ready in {time.perf_counter() - began:.1f} s on ports {ports}")
            yield stack, key
    except Exception as reason:
        for data in ("postgres", "nats"):
            shutil.rmtree(folder / data, ignore_errors=True)
        reason.add_note(f"Logs: {folder / 'logs'}")
        raise
    except BaseException:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)


def _free_base() -> int:
    return next(base for base in iter(free_port, None) if all(map(is_free, uses(base))))


def _stay(terminal: Terminal, stack: Stack, key: str) -> None:
    terminal.say()
    for name, url in stack.urls.items():
        terminal.say(f"{name:<10}{url}/docs/{name}")
    terminal.say(f"{'page':<10}{stack.urls['roadmap']}/p/{SLUG}/roadmap")
    terminal.say(f"{'key':<10}{key}")
    terminal.say("Ctrl-C ends it and removes everything.")
    # This is how it is meant to end.
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
