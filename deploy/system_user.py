"""Whom PostgreSQL runs as when root starts it: it refuses to run as root."""

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

from deploy.child import Failed, until

NAME = "pgserver"
READABLE = stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH

User = tuple[int, int]
"""A user's id and group id."""


def postgres_user(cluster: Path) -> User | None:
    """Who is to run PostgreSQL on this data directory: its owner, or a system user for a new one. None: whoever we are.

    Raises Failed when the directory belongs to somebody else and we are not root.
    """
    owner = (cluster.stat().st_uid, cluster.stat().st_gid) if cluster.exists() else (0, 0)
    if os.geteuid() == 0:
        return _system_user() if owner[0] == 0 else owner
    if cluster.exists() and owner[0] != os.geteuid():
        raise Failed(f"{cluster} was made by user {owner[0]}: run as that user, or choose another folder")
    return None


def _system_user() -> User:
    """The system user, made when absent. Raises Failed when it cannot be made."""
    said = ""

    def exists() -> bool:
        nonlocal said
        try:
            pwd.getpwnam(NAME)
        except KeyError:
            # Fails while another process is making a user; the next look finds ours or tries again.
            command = ["useradd", "--system", "--no-create-home", NAME]
            made = subprocess.run(command, check=False, capture_output=True, text=True)
            said = made.stderr.strip()
            return made.returncode == 0
        return True

    try:
        if until(exists, 5):
            entry = pwd.getpwnam(NAME)
            return entry.pw_uid, entry.pw_gid
    except FileNotFoundError:
        said = "there is no program useradd"
    raise Failed(f"PostgreSQL does not run as root, and no user {NAME!r} could be made for it: {said}")


def let_in(user: User, programs: Path, data: Path) -> None:
    """Make sure `user` can run what is in `programs` and reach `data`.

    Folders above them that only root may pass (a home directory, often) become passable, not readable, and it says so.
    """
    for path in (programs, *programs.parents, data, *data.parents):
        mode = path.stat()
        if not _may_pass(mode, user):
            path.chmod(stat.S_IMODE(mode.st_mode) | stat.S_IXOTH)
            print(f"PostgreSQL's user {NAME} has to pass {path}: chmod o+x", file=sys.stderr)
    if (programs / "postgres").stat().st_mode & READABLE != READABLE:
        # Installed under a strict umask.
        for path in programs.parent.rglob("*"):
            path.chmod(path.stat().st_mode | READABLE)


def _may_pass(mode: os.stat_result, user: User) -> bool:
    if mode.st_uid == user[0]:
        return bool(mode.st_mode & stat.S_IXUSR)
    if mode.st_gid == user[1]:
        return bool(mode.st_mode & stat.S_IXGRP)
    return bool(mode.st_mode & stat.S_IXOTH)
