"""What is done to the stage while it works, one thing after the other, and how long each takes to be overcome."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.caller import Caller, Span
from tests.chaos.flow import Flow
from tests.chaos.stage import Replica, Stage

AWAY_SECONDS = 1.0
"""How long what was killed stays away: long enough for a standby to be needed."""
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, and what then puts it right as a supervisor would."""

    name: str
    service: str
    """Whose answers tell that requests are served again."""
    hit: Callable[[], object]
    mend: Callable[[], object] = lambda: None
    away: float = 0.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from the fault to the first success of something begun after it; None: there was none in time."""

    fault: str
    answers: float | None
    """A request to the service that was hit."""
    flows: float | None
    """A probe through every part."""


def plan(stage: Stage) -> Iterator[Fault]:
    """A kill -9 of each part in turn, then lines that break."""
    for replica in stage.replicas.values():
        yield _killed(replica)
    for name, server in (("nats", stage.nats), ("postgres", stage.postgres)):
        yield Fault(f"kill {name}", "feedback", server.kill, server.restart, AWAY_SECONDS)
    for server in ("postgres", "nats"):
        yield Fault(f"cut lines to {server}", "feedback", lambda server=server: _each(stage, server, cut=True))
    for server in ("postgres", "nats"):
        yield Fault(f"freeze lines to {server}", "feedback", lambda server=server: _each(stage, server, cut=False))


def _killed(replica: Replica) -> Fault:
    return Fault(f"kill {replica.name}", replica.service, replica.kill, replica.launch, AWAY_SECONDS)


def _each(stage: Stage, server: str, *, cut: bool) -> None:
    async def act() -> int:
        return sum(proxy.cut() if cut else proxy.freeze() for proxy in stage.proxies(server))

    if not stage.background.run(act()):
        raise AssertionError(f"there were no lines to {server}")


def inflict(fault: Fault, caller: Caller, flow: Flow) -> Recovery:
    """Let it happen and return when it has been overcome."""
    began = time.monotonic()
    fault.hit()
    time.sleep(fault.away)
    fault.mend()
    deadline = began + PATIENCE_SECONDS
    answers = flows = None
    while (answers is None or flows is None) and time.monotonic() < deadline:
        time.sleep(0.02)
        answers = _first(caller.served[fault.service], began)
        flows = _first(flow.through, began)
    return Recovery(fault.name, answers, flows)


def _first(spans: Sequence[Span], after: float) -> float | None:
    """When the first that began after this moment had succeeded, in seconds since."""
    for position in range(len(spans) - 1, -1, -1):
        if spans[position][1] < after:
            spans = spans[position + 1 :]
            break
    return min((until - after for since, until in spans if since >= after), default=None)
