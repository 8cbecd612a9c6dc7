"""TCP ports on 127.0.0.1: which are free, and who has the others."""

import random
import socket
from collections.abc import Mapping

import psutil

from deploy.child import Failed

# Below the range that kernels give to outgoing connections, so that no client of ours takes one in the meantime.
TEST_PORTS = (20_000, 30_000)


class Taken(Failed):
    """Another process listens where we want to."""


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as listener:
        # As servers do: connections that a stopped server left waiting do not keep the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nothing listens on, at random, for tests that run side by side."""
    return next(port for port in iter(lambda: random.randint(*TEST_PORTS), None) if is_free(port))


def holder(port: int) -> str:
    """What listens on `port`, as far as this user may know: `nginx (process 12)` or `another process`."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", None) == port
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        pass
    return "another process"


def require_free(ports: Mapping[int, str]) -> None:
    """Raise Taken unless every port is free. `ports` says what each is for; the message says who has the taken ones."""
    taken = [f"port {port} ({use}) is taken by {holder(port)}" for port, use in ports.items() if not is_free(port)]
    if taken:
        raise Taken("\n".join(taken))
