"""A load client that costs little: one process, keep-alive connections, requests made before the clock starts.

It reads of an answer what it must: the status line and the length. Every answer outside of 2xx is counted, and fails
the figure that it belongs to.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

HOST = "127.0.0.1"
CONNECTIONS = 64
PATIENCE_SECONDS = 30.0
"""How long an answer may take before the whole run is given up."""

Usage = Callable[[], Mapping[str, float]]
"""CPU seconds that have been used so far, by whom."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one stretch of load showed. Rates are a second; times in milliseconds."""

    rate: float
    p50: float
    p99: float
    sent: int
    """Requests sent in all, before and after the measured stretch too: all were answered."""
    refused: Mapping[int, int] = field(default_factory=dict[int, int])
    """Answers that were not 2xx, by status; 0 for a connection that ended."""
    busy: Mapping[str, float] = field(default_factory=dict[str, float])
    """Share of one core that each used in the measured stretch."""


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the sorted `values` do not exceed; NaN of none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


class Lane(asyncio.Protocol):
    """One connection: a request out, its answer in, then whatever `answered` decides."""

    __slots__ = ("_answered", "_held", "began", "transport")

    def __init__(self, answered: "Callable[[Lane, int], None]") -> None:
        self._answered = answered
        self._held = b""
        self.began = 0.0
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)

    def send(self, request: bytes, began: float) -> None:
        """Send one request; `began` is when its time starts."""
        assert self.transport is not None
        self.began = began
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._held:
            data = self._held + data
        head = data.find(b"\r\n\r\n")
        if head < 0:
            self._held = data
            return
        at = data.find(b"content-length: ", 0, head)
        length = int(data[at + 16 : data.index(b"\r", at)]) if at >= 0 else 0
        if len(data) < head + 4 + length:
            self._held = data
            return
        self._held = b""
        self._answered(self, int(data[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._answered(self, 0)


class _Crowd:
    """Connections that each send a new request as soon as the last one is answered."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._sending = True
        self._open = 0
        self.sent = 0
        self.ended_at = 0.0
        """When the requests ran out; 0 while there are any."""
        self.done: list[float] = []
        self.took: list[float] = []
        self.refused: Counter[int] = Counter()
        self.idle = asyncio.Event()
        self.exhausted = asyncio.Event()

    def start(self, lane: Lane) -> None:
        self._open += 1
        self._next(lane, time.perf_counter())

    def answered(self, lane: Lane, status: int) -> None:
        now = time.perf_counter()
        if 200 <= status < 300:
            self.done.append(now)
            self.took.append(now - lane.began)
        elif status or self._sending:
            self.refused[status] += 1
            if status == 0:
                self._close()
                return
        if lane.transport is not None:
            self._next(lane, now)

    def _next(self, lane: Lane, now: float) -> None:
        request = next(self._requests, None) if self._sending else None
        if request is None:
            if self._sending and not self.ended_at:
                self.ended_at = now
                self.exhausted.set()
            self._close()
            return
        self.sent += 1
        lane.send(request, now)

    def _close(self) -> None:
        self._open -= 1
        if self._open == 0:
            self.idle.set()

    def stop(self) -> None:
        self._sending = False


async def connect(port: int, count: int, answered: Callable[[Lane, int], None]) -> list[Lane]:
    """Open connections to a server on this machine."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(lambda: Lane(answered), HOST, port))[1] for _ in range(count)]


def disconnect(lanes: Iterable[Lane]) -> None:
    """Close connections that wait for nothing."""
    for lane in lanes:
        if lane.transport is not None:
            lane.transport.abort()


async def hammer(
    port: int,
    requests: Iterable[bytes],
    *,
    usage: Usage = dict,
    connections: int = CONNECTIONS,
    warm: float = 0.4,
    seconds: float = 2.0,
) -> Sample:
    """Send requests as fast as they are answered, and count those answered in the `seconds` after the first `warm`.

    What is under way in the end is waited for, so that nothing disturbs the next measurement. When the requests run
    out, the stretch ends there.
    """
    crowd = _Crowd(iter(requests))
    lanes = await connect(port, connections, crowd.answered)
    for lane in lanes:
        crowd.start(lane)
    await asyncio.sleep(warm)
    used, start = usage(), time.perf_counter()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(crowd.exhausted.wait(), seconds)
    end = crowd.ended_at or time.perf_counter()
    busy = {name: (now - used[name]) / (end - start) for name, now in usage().items()}
    crowd.stop()
    await asyncio.wait_for(crowd.idle.wait(), PATIENCE_SECONDS)
    disconnect(lanes)
    took = sorted(took for at, took in zip(crowd.done, crowd.took, strict=True) if start <= at < end)
    return Sample(
        rate=len(took) / (end - start),
        p50=quantile(took, 0.5) * 1000,
        p99=quantile(took, 0.99) * 1000,
        sent=crowd.sent,
        refused=dict(crowd.refused),
        busy=busy,
    )


class Steady:
    """Requests at a constant rate, whatever becomes of those before: a time starts when a request was due.

    One that finds every connection busy waits for the first that is free, and its time goes on meanwhile.
    """

    def __init__(self, port: int, requests: Sequence[bytes], rate: float) -> None:
        self._port = port
        self._requests = requests
        self._gap = 1 / rate
        self._idle: deque[Lane] = deque()
        self._late: deque[tuple[bytes, float]] = deque()
        self._answered = 0
        self._all = asyncio.Event()
        self.due: list[float] = []
        """When each request was due, on the clock of `time.perf_counter`."""
        self.took: list[float] = []
        self.refused: Counter[int] = Counter()

    async def run(self) -> None:
        """Send them all and wait for the answers."""
        lanes = await connect(self._port, CONNECTIONS, self._on_answer)
        self._idle.extend(lanes)
        start = time.perf_counter()
        for number, request in enumerate(self._requests):
            due = start + number * self._gap
            while (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            self.due.append(due)
            if self._idle:
                self._idle.popleft().send(request, due)
            else:
                self._late.append((request, due))
        await asyncio.wait_for(self._all.wait(), PATIENCE_SECONDS)
        disconnect(lanes)

    def _on_answer(self, lane: Lane, status: int) -> None:
        if self._all.is_set():
            return
        if 200 <= status < 300:
            self.took.append(time.perf_counter() - lane.began)
        else:
            self.refused[status] += 1
        self._answered += 1
        if self._answered == len(self._requests):
            self._all.set()
        elif self._late and lane.transport is not None:
            lane.send(*self._late.popleft())
        else:
            self._idle.append(lane)


async def one_by_one(port: int, requests: Iterable[bytes]) -> list[float]:
    """Send requests over one connection, each after the last one's answer; the seconds that each took."""
    answers: asyncio.Queue[int] = asyncio.Queue()
    (lane,) = await connect(port, 1, lambda _, status: answers.put_nowait(status))
    took: list[float] = []
    for request in requests:
        began = time.perf_counter()
        lane.send(request, began)
        status = await asyncio.wait_for(answers.get(), PATIENCE_SECONDS)
        took.append(time.perf_counter() - began)
        if not 200 <= status < 300:
            raise ConnectionError(f"an answer was {status}")
    disconnect([lane])
    return took
