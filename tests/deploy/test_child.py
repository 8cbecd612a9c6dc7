"""A child ends with us, in order, and is found again by whoever comes after us."""

import fcntl
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from deploy.child import Child, Claim, Failed, until

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)

STARTER = """
import sys
from pathlib import Path
from deploy.child import Child
folder, code = Path(sys.argv[1]), sys.argv[2]
child = Child("stubborn", [sys.executable, "-c", code], pid_file=folder / "pid", log=folder / "log")
child.start()
child.await_ready(lambda: "up" in child.log.read_text(), seconds=10)
print(child.pid, flush=True)
sys.stdin.read()
"""


def python(folder: Path, code: str, *, grace: float = 10) -> Child:
    command = [sys.executable, "-c", code]
    return Child("program", command, pid_file=folder / "pid", log=folder / "log", grace=grace)


def test_an_orphan_that_ignores_its_starters_end_is_ended_by_the_next(folder: Path) -> None:
    command = [sys.executable, "-c", STARTER, folder, STUBBORN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        orphan = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
    assert orphan.status() == psutil.STATUS_SLEEPING
    following = python(folder, STUBBORN, grace=0.2)
    following.start()
    assert until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE, 5)
    assert following.running
    following.stop()
    assert not following.running


def test_a_process_that_only_has_the_orphans_number_is_left_alone(folder: Path) -> None:
    with (folder / "pid").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(f'{{"pid": {os.getpid()}, "command": ["/bin/other"]}}')
        held.flush()
        with pytest.raises(Failed, match="still holds"):
            python(folder, "", grace=0.05).start()


def test_a_program_that_fails_shows_what_it_wrote(folder: Path) -> None:
    with pytest.raises(Failed, match=r"(?s)program failed.*no such luck"):
        python(folder, "raise SystemExit('no such luck')").run()
    waiting = python(folder, "print('bye')")
    waiting.start()
    with pytest.raises(Failed, match=r"(?s)ended instead of starting.*bye"):
        waiting.await_ready(lambda: False, seconds=10)


def test_a_child_is_not_started_from_a_thread_it_would_die_with(folder: Path) -> None:
    with ThreadPoolExecutor(1) as threads, pytest.raises(Failed, match="main thread"):
        threads.submit(python(folder, "").start).result()


def test_a_log_is_its_owners_only(folder: Path) -> None:
    python(folder, "print('secret')").run()
    assert (folder / "log").stat().st_mode & 0o777 == 0o600


def test_a_folder_has_one_owner(folder: Path) -> None:
    first = Claim(folder)
    with pytest.raises(Failed, match=f"in use by process {os.getpid()}"):
        Claim(folder)
    first.release()
    Claim(folder).release()
