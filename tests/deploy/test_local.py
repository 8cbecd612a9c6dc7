"""`make run`, as a newcomer meets it."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM

import httpx2
import psutil
import pytest

from deploy.child import until
from deploy.ports import free_port, is_free
from deploy.stack import uses

COMMAND = [sys.executable, "-m", "deploy.local"]
ROOT = Path(__file__).parents[2]


def free_base() -> int:
    """The first port of a range that is free."""
    return next(base for base in iter(free_port, None) if all(map(is_free, uses(base))))


@contextmanager
def cairn(folder: Path, base: int) -> Generator[tuple[subprocess.Popen[bytes], Path]]:
    """Cairn starting on a folder, and the file that its terminal shows."""
    terminal = folder / "terminal"
    environment = os.environ | {"CAIRN_DATA": str(folder / "data"), "CAIRN_PORT_BASE": str(base)}
    with terminal.open("wb") as out:
        process = subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        yield process, terminal
    finally:
        process.send_signal(SIGTERM)
        process.wait(30)


@pytest.mark.timeout(240)  # a dozen processes start here, beside whatever else the machine runs
def test_it_opens_survives_kills_and_stops(folder: Path) -> None:
    base = free_base()
    with cairn(folder, base) as (process, terminal):

        def opened() -> bool:
            return "Cairn runs" in terminal.read_text() or process.poll() is not None

        assert until(opened, 90), terminal.read_text()
        key = re.findall(r"ck_\S+", terminal.read_text())[0]
        ideas = httpx2.get(f"http://127.0.0.1:{base}/v1/ideas", headers={"Authorization": f"Bearer {key}"})
        assert ideas.status_code == 200

        parts = psutil.Process(process.pid).children()
        assert len(parts) == 5
        # Both servers and one that needs them; whatever is a part is watched alike.
        victims = [part for part in parts if "scoring" in part.cmdline() or "deploy.run" not in part.cmdline()]
        assert len(victims) == 3
        for part in victims:
            part.kill()

        def recovered() -> bool:
            try:
                return all(client.get(f"http://127.0.0.1:{base + n}/readyz").status_code == 200 for n in range(3))
            except httpx2.TransportError:
                return False

        # One for all tries: each of its own would read every certificate authority there is.
        with httpx2.Client() as client:
            assert until(recovered, 60), terminal.read_text()
        assert terminal.read_text().count("ended unasked") == 3

        elsewhere = os.environ | {"CAIRN_DATA": str(folder / "other"), "CAIRN_PORT_BASE": str(base)}
        refused = subprocess.run(COMMAND, check=False, cwd=ROOT, env=elsewhere, capture_output=True, text=True)
        assert refused.returncode == 1
        assert all(f"port {port} ({use}) is taken by" in refused.stderr for port, use in uses(base).items())
        assert re.search(r"CAIRN_PORT_BASE=\d+ make run", refused.stderr)

    assert process.returncode == 0
    assert "everything is kept" in terminal.read_text()
    assert all(map(is_free, uses(base)))
