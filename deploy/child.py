"""A process we own: started on a leash, ended in order, and found again when its starter was killed."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import Any

import psutil

LEASH = str(Path(__file__).with_name("leash.py"))
LOG_LIMIT = 16 * 1024 * 1024
POLL_SECONDS = 0.02


class Failed(RuntimeError):
    """A process did not do what it was started for. The message is meant for the person at the terminal."""


class Busy(Failed):
    """Another process owns the folder."""


def until(done: Callable[[], bool], seconds: float) -> bool:
    """Wait until `done()` holds, `seconds` at most. Says whether it did."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


class Claim:
    """Makes this process the one owner of a folder, until `release()` or its end, kill -9 included."""

    def __init__(self, folder: Path, *, patience: float = 0) -> None:
        """Wait `patience` seconds for another owner to leave, then raise Busy naming it."""
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / "owner").open("a+")
        if not until(self._locked, patience):
            self._file.seek(0)
            owner = self._file.read().strip()
            self._file.close()
            raise Busy(f"{folder} is in use by process {owner}")
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let others have the folder."""
        self._file.close()


class Child:
    """A program, running or not.

    `endings` are the signals that ask it to stop, mildest first; SIGKILL follows by itself, each after `grace` seconds.
    The mildest also reaches it when our process dies (on Linux). It runs in a session of its own, so a Ctrl-C at the
    terminal reaches only us and we decide the order of stopping.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        pid_file: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: tuple[int, int] | None = None,
        endings: Sequence[Signals] = (SIGTERM,),
        grace: float = 10,
    ) -> None:
        """`command[0]` is an absolute path; `user` is (uid, gid), for root only; output is appended to `log`."""
        self.name = name
        self.log = log
        self._command = [*command]
        self._pid_file = pid_file
        self._environment = environment
        self._user = user or (-1, -1)
        self._endings = [*endings, SIGKILL]
        self._grace = grace
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id. Raises Failed when it was never started."""
        if self._process is None:
            raise Failed(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, stdin: Path | None = None) -> None:
        """Start it, after ending one that a killed predecessor of ours left behind."""
        # The kernel ties a child to the thread that forked it, not to the process: it would die with a worker thread.
        if threading.current_thread() is not threading.main_thread():
            raise Failed(f"{self.name} must be started from the main thread")
        self.end_orphan()
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old"))
        leash = [os.getpid(), int(self._endings[0]), *self._user, self._pid_file]
        # What a server logs is for its owner only.
        with (
            open(self.log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as output,
            (stdin or Path(os.devnull)).open("rb") as source,
        ):
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", LEASH, *map(str, leash), *self._command],
                stdin=source,
                stdout=output,
                stderr=output,
                env=self._environment,
                start_new_session=True,
            )

    def run(self, *, stdin: Path | None = None) -> None:
        """Start it and wait for its end, for a program that does one thing. Raises Failed unless it ends well."""
        self.start(stdin=stdin)
        assert self._process is not None
        if self._process.wait() != 0:
            raise self.failure("failed")

    def await_ready(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Return when `ready()` holds. Raises Failed, with the end of the log, when it ends first or takes too long."""
        if not until(lambda: not self.running or ready(), seconds):
            raise self.failure(f"was not ready after {seconds:.0f} s")
        if not self.running:
            raise self.failure("ended instead of starting")

    def failure(self, what: str) -> Failed:
        """An error that shows the last lines this process wrote."""
        lines = self.log.read_text(errors="replace").splitlines()[-12:]
        return Failed("\n    ".join([f"{self.name} {what}. The end of {self.log}:", *lines]))

    def ask_to_stop(self) -> None:
        """Send the mildest of the endings, without waiting."""
        if self._process is not None:
            self._process.send_signal(self._endings[0])

    def stop(self) -> None:
        """Ask it to end, more firmly each time, and wait until it has."""
        for ending in self._endings:
            if self._process is None or self._process.poll() is not None:
                return
            self._process.send_signal(ending)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self._grace)

    def kill(self) -> None:
        """End it with kill -9, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end_orphan(self) -> None:
        """End what holds the pid file: a program whose starter was killed, or children that a killed program left."""
        for ending in self._endings:
            if self._released():
                return
            if self._orphan_lives():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._orphan()["pid"], ending)
            until(self._released, self._grace)
        if not self._released():
            raise Failed(f"{self.name}: a process of an earlier run still holds {self._pid_file} and does not end")

    def _released(self) -> bool:
        """Whether no process holds the pid file."""
        try:
            with self._pid_file.open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True

    def _orphan(self) -> dict[str, Any]:
        return json.loads(self._pid_file.read_text() or "{}")

    def _orphan_lives(self) -> bool:
        """Whether the pid on file is still that program, and not another one that was given its number."""
        try:
            orphan = self._orphan()
            return bool(orphan) and psutil.Process(orphan["pid"]).cmdline() == orphan["command"]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
