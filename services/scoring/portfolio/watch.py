"""How far a computation is, for whoever looks at it from elsewhere; and their word to stop."""

from dataclasses import dataclass
from typing import Literal

Phase = Literal["solving", "pricing", "drawing"]
FIRST = 0.5
"""Of the work, what the best set itself is: half of the time is for it."""


class Stopped(Exception):
    """Nobody waits for it any more."""


@dataclass(slots=True)
class Watch:
    """Written by the thread that computes; read, and stopped, by another one."""

    phase: Phase = "solving"
    runs: int = 0
    """Of the solver, after the first: one for each price and each draw."""
    done: int = 0
    stopped: bool = False

    @property
    def share(self) -> float:
        """How much of the work is done, 0 to 1. Of the best set itself nobody knows before it is there."""
        if self.phase == "solving":
            return 0.0
        return min(FIRST + (1 - FIRST) * (self.done / self.runs if self.runs else 1.0), 1.0)

    def check(self) -> None:
        """Stopped when it should not go on."""
        if self.stopped:
            raise Stopped

    def ran(self) -> None:
        """Count a run. Stopped when it should not go on."""
        self.check()
        if self.phase != "solving":
            self.done += 1
