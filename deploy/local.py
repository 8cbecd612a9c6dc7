"""`make run`: all of Cairn on this machine, until Ctrl-C."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from deploy.caller import Unexpected
from deploy.child import Busy, Failed
from deploy.leash import tie
from deploy.ports import Taken, is_free
from deploy.seed import SLUG, VIEW, load, ranking_model, seed
from deploy.stack import Place, Stack, uses
from deploy.supervise import supervise

PATIENCE_SECONDS = 15


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, supervise and stop Cairn. The exit status: 0 after being asked to stop, 1 when it cannot run."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="Run all of Cairn on this machine.")
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this one ends")
    if parser.parse_args(arguments).with_parent:
        tie(os.getppid(), signal.SIGTERM)
    raise_when_asked_to_stop()
    try:
        _run(Place())
    except KeyboardInterrupt:
        say("Stopped; everything is kept.")
        return 0
    except ValidationError as errors:
        for error in errors.errors():
            say(f"CAIRN_{str(error['loc'][0]).upper()}={error['input']}: {error['msg']}")
    except Failed as reason:
        say(str(reason))
    except PermissionError as reason:
        say(f"{reason}. Did another user start Cairn here? Run it as that user, or choose a folder with CAIRN_DATA")
    return 1


def _run(place: Place) -> None:
    with _stack(place) as stack:
        try:
            say(f"Starting Cairn on the data in {stack.data}")
            stack.start()
            _seed(stack)
            print(welcome(stack), flush=True)
            supervise(stack.parts, say)
        except KeyboardInterrupt:
            say("Stopping")
            raise
        except Taken as taken:
            free = next(base for base in range(place.port_base + 100, 65_000, 100) if all(map(is_free, uses(base))))
            raise Failed(f"{taken}\nThis one has all of its ports free: CAIRN_PORT_BASE={free} make run") from taken


def _seed(stack: Stack) -> None:
    """Have a demo workspace with something in it where the database is new."""
    kept = stack.kept
    if kept.demo_key is None:
        kept.demo_key = asyncio.run(seed(stack.postgres.url(), kept.key_pepper))
    if kept.demo_key is not None and not kept.demo_loaded:
        try:
            asyncio.run(load(stack.urls, kept.demo_key))
            kept.demo_loaded = True
        except Unexpected as reason:
            say(f"The demo workspace is not complete. {reason}")


def _stack(place: Place) -> Stack:
    try:
        return Stack(place.data, place.port_base)
    except Busy as owned:
        # Perhaps a run that was told to stop a moment ago.
        say(f"{owned}; waiting {PATIENCE_SECONDS} s for it to end")
    try:
        return Stack(place.data, place.port_base, patience=PATIENCE_SECONDS)
    except Busy as owned:
        raise Failed(
            f"{owned}, which goes on. Stop that one first, or choose another folder with CAIRN_DATA"
        ) from owned


def raise_when_asked_to_stop() -> None:
    """Turn the first request to stop into KeyboardInterrupt and ignore the rest, so that stopping is not cut short."""
    asking = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup has it
        asking.append(signal.SIGHUP)

    def stop(*_: object) -> None:
        for number in asking:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in asking:
        signal.signal(number, stop)


def welcome(stack: Stack) -> str:
    """What to do next, in lines that work as pasted."""
    lines = ["", "Cairn runs. Ctrl-C stops it and keeps everything.", ""]
    for name, url in stack.urls.items():
        lines.append(f"  {name:<10}{url}    described at {url}/docs/{name}")
    lines.append(f"  {'logs':<10}{stack.data / 'logs'}")
    if stack.kept.demo_key is not None:
        lines += ["", *_demo(stack.urls, stack.kept.demo_key)]
    return "\n".join([*lines, ""])


def _demo(urls: Mapping[str, str], key: str) -> list[str]:
    model = asyncio.run(ranking_model(urls, key))
    ranking = f"rankings?model_id={model}" if model else "models"
    authorization = f"-H 'Authorization: Bearer {key}'"
    said = '{"text":"We need our numbers in a spreadsheet","contact":{"email":"me@example.com"},"ideas":["csv-export"]}'
    return [
        f"A key to the workspace `{SLUG}`, with every right:",
        "",
        f"  {key}",
        "",
        "Say something, see how the ideas rank by what is said, and read the published roadmap:",
        "",
        f"  curl {urls['feedback']}/v1/feedback {authorization} \\",
        f"    -H 'Content-Type: application/json' -d '{said}'",
        "",
        f"  curl '{urls['scoring']}/v1/{ranking}' {authorization}",
        "",
        f"  curl {urls['roadmap']}/p/{SLUG}/{VIEW['slug']}",
    ]


if __name__ == "__main__":
    sys.exit(main())
