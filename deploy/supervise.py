"""Starts again what has died: at once the first time, later each time it dies soon after."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from deploy.child import Failed

LOOK_SECONDS = 0.2
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
STEADY_SECONDS = 60.0


class Part(Protocol):
    """Something that runs or has died."""

    @property
    def name(self) -> str:
        """What to call it."""
        ...

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        ...

    def restart(self) -> None:
        """Start it again, or raise Failed."""
        ...


class Watch:
    """One part, and when it may be started again."""

    def __init__(self, part: Part, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Watch `part` from now on, telling a person through `say`."""
        self._part = part
        self._say = say
        self._clock = clock
        self._delay = 0.0
        self._since = clock()
        self._due: float | None = None

    def look(self) -> None:
        """Notice a death; start the part again when its time has come."""
        now = self._clock()
        if self._due is None:
            if self._part.running:
                return
            if now - self._since > STEADY_SECONDS:
                self._delay = 0.0
            self._due = now + self._delay
            self._say(f"{self._part.name} ended unasked; starting it again in {self._delay:.1f} s")
            self._delay = min(max(FIRST_DELAY, self._delay * 2), LONGEST_DELAY)
        if now < self._due:
            return
        self._due = None
        self._since = now
        try:
            self._part.restart()
        except Failed as reason:
            self._say(str(reason))


def supervise(parts: Sequence[Part], say: Callable[[str], None]) -> None:
    """Watch over the parts until an exception, KeyboardInterrupt usually, ends it."""
    watches = [Watch(part, say) for part in parts]
    while True:
        for watch in watches:
            watch.look()
        time.sleep(LOOK_SECONDS)
