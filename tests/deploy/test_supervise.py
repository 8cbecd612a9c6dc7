"""What has died starts again: at once, then later and later while it keeps dying."""

from deploy.child import Failed
from deploy.supervise import FIRST_DELAY, LONGEST_DELAY, STEADY_SECONDS, Watch


class Lamp:
    """A part that burns until it is put out."""

    name = "lamp"
    running = True
    broken = False

    def __init__(self) -> None:
        self.lit: list[float] = []
        self.now = 0.0

    def restart(self) -> None:
        self.lit.append(self.now)
        if self.broken:
            raise Failed("no oil")
        self.running = True


def advance(lamp: Lamp, watch: Watch, seconds: float, *, dies: bool) -> None:
    """Let time pass in tenths of a second."""
    end = lamp.now + seconds
    while lamp.now < end:
        watch.look()
        lamp.running = lamp.running and not dies
        lamp.now += 0.1


def test_it_starts_at_once_and_then_with_growing_patience() -> None:
    lamp, said = Lamp(), list[str]()
    watch = Watch(lamp, said.append, clock=lambda: lamp.now)
    advance(lamp, watch, 200, dies=True)
    pauses = [round(later - earlier, 1) for earlier, later in zip(lamp.lit, lamp.lit[1:], strict=False)]
    assert lamp.lit[0] < 0.5
    assert pauses[0] < FIRST_DELAY + 0.5
    assert pauses == sorted(pauses)
    assert LONGEST_DELAY <= pauses[-1] < LONGEST_DELAY + 1
    assert said[0] == "lamp ended unasked; starting it again in 0.0 s"


def test_one_that_ran_steadily_starts_at_once_again() -> None:
    lamp = Lamp()
    watch = Watch(lamp, lambda _: None, clock=lambda: lamp.now)
    advance(lamp, watch, 60, dies=True)
    advance(lamp, watch, LONGEST_DELAY + STEADY_SECONDS + 1, dies=False)
    lamp.running = False
    died = lamp.now
    advance(lamp, watch, 1, dies=False)
    assert lamp.lit[-1] - died < 0.2


def test_one_that_cannot_start_is_told_of_and_tried_again() -> None:
    lamp, said = Lamp(), list[str]()
    watch = Watch(lamp, said.append, clock=lambda: lamp.now)
    lamp.broken = True
    lamp.running = False
    advance(lamp, watch, 3, dies=False)
    assert "no oil" in said
    assert len(lamp.lit) > 1
    lamp.broken = False
    advance(lamp, watch, 5, dies=False)
    assert lamp.running
