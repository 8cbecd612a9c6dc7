"""Rate limits by GCRA, the generic cell rate algorithm (ITU-T I.371): one number per key, exact, no timers.

Kept in memory: the ingest path must not pay a database round trip for it. A key's rate therefore holds per process.
"""

import time
from uuid import UUID

from shared.access.keys import Caller
from shared.errors import TooMany

BURST_SECONDS = 1.0
"""A key may use this much of its rate at once."""
_FORGET = 100_000


class Limits:
    """Spends requests against each key's rate."""

    def __init__(self) -> None:
        self._arrivals: dict[object, float] = {}

    def spend(self, caller: Caller, cost: int = 1) -> None:
        """Count a request; TooMany with `Retry-After` and `RateLimit-*` when the key is over its rate."""
        wait = self._arrive(caller.key_id, cost / caller.rate, max(BURST_SECONDS, cost / caller.rate))
        if wait > 0:
            raise TooMany(
                f"This key may make {caller.rate} requests a second.",
                headers={"Retry-After": _seconds(wait), **self.headers(caller)},
            )

    def spend_share(self, who: UUID, rate: int, burst: int) -> None:
        """Count a change by one of many who share a key: `rate` a second, of which `burst` may come at once.

        TooMany when that is used up, however much of the key's own rate is left.
        """
        wait = self._arrive(("share", who), 1 / rate, burst / rate)
        if wait > 0:
            raise TooMany(
                f"A visitor may make {burst} changes at once, and {rate} a second after that.",
                headers={"Retry-After": _seconds(wait)},
            )

    def _arrive(self, who: object, takes: float, burst: float) -> float:
        """Count what `takes` so many seconds of somebody's rate; or how long to wait, and nothing is counted."""
        now = time.monotonic()
        arrival = max(now, self._arrivals.get(who, 0.0)) + takes
        wait = arrival - now - burst
        if wait <= 0:
            if len(self._arrivals) > _FORGET:
                self._arrivals = {key: at for key, at in self._arrivals.items() if at > now}
            self._arrivals[who] = arrival
        return wait

    def headers(self, caller: Caller) -> dict[str, str]:
        """`RateLimit-Limit`, `-Remaining` and `-Reset` (seconds) as they stand."""
        return {name.decode(): value.decode() for name, value in self.raw_headers(caller)}

    def raw_headers(self, caller: Caller) -> list[tuple[bytes, bytes]]:
        """The same as ASGI has them."""
        used = max(0.0, self._arrivals.get(caller.key_id, 0.0) - time.monotonic())
        return [
            (b"ratelimit-limit", b"%d" % caller.rate),
            (b"ratelimit-remaining", b"%d" % max(0, (BURST_SECONDS - used) * caller.rate)),
            (b"ratelimit-reset", b"%d" % max(1, round(used + 0.5))),
        ]


def _seconds(wait: float) -> str:
    return str(max(1, round(wait + 0.5)))
