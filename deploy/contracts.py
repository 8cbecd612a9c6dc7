"""Write docs/api from the code, or with `--check` say what there is out of date: `python -m deploy.contracts`."""

import argparse
import difflib
import functools
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy import SERVICES, asyncapi
from shared.events.base import CONTRACTS
from shared.service import Service, describe

FOLDER = Path(__file__).parent.parent / "docs" / "api"
SHOWN_LINES = 20


def services() -> list[Service]:
    """What each service is made of."""
    return [importlib.import_module(f"services.{name}.app").SERVICE for name in SERVICES]


@functools.cache
def documents() -> Mapping[str, dict[str, Any]]:
    """Every contract by the name of its file."""
    made = services()
    events = [contract for contract in CONTRACTS.values() if contract.__module__.startswith("shared.events.")]
    return {f"{service.name}.openapi.json": describe(service).openapi() for service in made} | {
        "asyncapi.json": asyncapi.document(events, made)
    }


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write every contract and remove what is none any more."""
    folder.mkdir(parents=True, exist_ok=True)
    made = documents()
    for name, document in made.items():
        (folder / name).write_text(_text(document))
    for path in folder.glob("*.json"):
        if path.name not in made:
            path.unlink()


def differences(folder: Path) -> list[str]:
    """What `write` would change, as the lines of a diff; empty when all is up to date."""
    found: list[str] = []
    made = {name: _text(document) for name, document in documents().items()}
    for name in sorted({path.name for path in folder.glob("*.json")} | set(made)):
        path = folder / name
        kept = path.read_text() if path.exists() else ""
        if kept == made.get(name):
            continue  # else the diff of what is equal would take seconds
        lines = difflib.unified_diff(kept.splitlines(), made.get(name, "").splitlines(), name, "the code", lineterm="")
        found += lines
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, or check and exit with 1 when something differs."""
    parser = argparse.ArgumentParser(prog="python -m deploy.contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when something differs")
    if not parser.parse_args(arguments).check:
        write(FOLDER)
        return 0
    found = differences(FOLDER)
    if found:
        print("\n".join(found[:SHOWN_LINES]), file=sys.stderr)
        print(f"docs/api is out of date ({len(found)} lines of difference): make docs", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
