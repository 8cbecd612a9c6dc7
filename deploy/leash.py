"""Becomes another program that ends when the process which started it ends, however that happens.

Run as a script by `deploy.child`: `python -I -S leash.py PARENT SIGNAL UID GID PID_FILE COMMAND…`. It replaces itself,
so the program keeps this pid. Doing this here rather than between fork and exec keeps the starting process free to
have threads. UID and GID of -1 leave the user as it is.
"""

import ctypes
import fcntl
import json
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Hold the pid file, drop to the user, tie this process to its parent, become the command."""
    parent, signal_number, uid, gid = (int(argument) for argument in sys.argv[1:5])
    pid_file, command = sys.argv[5], sys.argv[6:]

    # The lock lives as long as any process that inherits the descriptor: the program and all its children. Unlike a
    # pid alone it cannot be mistaken for an unrelated process that was given the same number later.
    held = os.open(pid_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"{pid_file} is held by a process that still runs")
    os.set_inheritable(held, True)
    os.ftruncate(held, 0)
    os.write(held, json.dumps({"pid": os.getpid(), "command": command}).encode())

    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user, which unties it.
    tie(parent, signal_number)
    os.execv(command[0], command)


def tie(parent: int, signal_number: int) -> None:
    """Have the kernel send this process a signal when its parent ends.

    On Linux only: elsewhere a child that outlives its starter is found by its pid file.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the starting process ended first")


if __name__ == "__main__":
    main()
