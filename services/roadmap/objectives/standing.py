"""Whether an objective counts today, and how far it has come. Pure.

    counts = active and not archived and starts_on <= today <= ends_on        (a date left out sets no bound)
    progress of a key result = (current - start) / (target - start), kept within 0 and 1
    progress of an objective = mean over its key results; none without any

A key result may fall as well as rise: a target below its start works by the same formula.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta


def within(starts_on: date | None, ends_on: date | None, today: date) -> bool:
    """Whether today is one of its days, the last included."""
    return (starts_on is None or starts_on <= today) and (ends_on is None or today <= ends_on)


def turns_on(starts_on: date | None, ends_on: date | None, today: date) -> date | None:
    """The next day on which `within` becomes another; None: it stays as it is."""
    if starts_on is not None and today < starts_on:
        return starts_on
    if ends_on is not None and today <= ends_on:
        return ends_on + timedelta(days=1)
    return None


def progress(start: float, target: float, current: float) -> float:
    """How far a key result has come, from 0 to 1. `target` is not `start`, and all are within bounds."""
    return min(max((current - start) / (target - start), 0.0), 1.0)


def overall(each: Sequence[float]) -> float | None:
    """How far an objective has come: the mean; None without key results."""
    return math.fsum(each) / len(each) if each else None
