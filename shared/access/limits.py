"""Rate limits by GCRA, the generic cell rate algorithm (ITU-T I.371): one number per key, exact, no timers.

Kept in memory: the ingest path must not pay a database round trip for it. A key's rate therefore holds per process.
"""

import time

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
        now = time.monotonic()
        arrival = self._arrivals.get(caller.key_id, 0.0)
        arrival = (max(now, arrival)) + cost / caller.rate
        wait = arrival - now - max(BURST_SECONDS, cost / caller.rate)
        if wait > 0:
            seconds = max(1, round(wait + 0.5))
            raise TooMany(
                f"This key may make {caller.rate} requests a second.",
                headers={"Retry-After": str(seconds), **self.headers(caller)},
            )
        if len(self._arrivals) > _FORGET:
            self._arrivals = {key: at for key, at in self._arrivals.items() if at > now}
        self._arrivals[caller.key_id] = arrival

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
