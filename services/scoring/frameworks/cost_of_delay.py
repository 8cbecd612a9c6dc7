"""Cost of delay: what it costs to do jobs one after another, and the order in which that is least.

    total cost = sum(cost of delay * finish)         outcome = base * horizon + sum(cost of delay * (horizon - finish))

Source: Don Reinertsen, "The Principles of Product Development Flow", 2009; W. E. Smith, "Various optimizers for
single-stage production", 1956: the order by cost of delay over duration, highest first (CD3), is least of all orders.
Joshua Arnold, Black Swan Farming, "CD3 and proportionality to outcomes", for the outcome by a horizon.

Costs of delay are rates (money per time), each constant over time; durations are in that time. A job costs its rate
until it is finished. A negative or missing rate, or a duration not above zero, is refused with the jobs it is of.
"""

from collections.abc import Sequence

import numpy as np

from services.scoring.frameworks.factors import Range, Refusal
from services.scoring.frameworks.recipe import Array, one_length, sound

RATE, DURATION = Range(0, 1e15), Range(0, 1e15, above=True)


def order(rates: Array, durations: Array) -> list[int] | Refusal:
    """The jobs' positions in the order that costs least; equals stay as they were."""
    refused = _refused(rates, durations)
    if refused is not None:
        return refused
    with np.errstate(over="ignore"):
        return np.argsort(-(rates / durations), kind="stable").tolist()


def total(rates: Array, durations: Array, sequence: Sequence[int]) -> float | Refusal:
    """What the delay costs in all when the jobs are done in this sequence."""
    refused = _refused(rates, durations, sequence)
    if refused is not None:
        return refused
    chosen = np.array(sequence, np.int64)
    return float(np.sum(rates[chosen] * np.cumsum(durations[chosen])))


def outcome(
    rates: Array, durations: Array, sequence: Sequence[int], horizon: float, base: float = 0.0
) -> float | Refusal:
    """What has come in by the horizon: `base` all the time, and each job's rate from its finish on."""
    refused = _refused(rates, durations, sequence)
    if refused is not None:
        return refused
    if not abs(base) <= RATE.highest or not 0 <= horizon <= DURATION.highest:
        return Refusal("not_scoreable", f"a horizon of {horizon:g} and a base of {base:g}", ("horizon", "base"))
    chosen = np.array(sequence, np.int64)
    running = np.maximum(horizon - np.cumsum(durations[chosen]), 0.0)
    return float(base * horizon + np.sum(rates[chosen] * running))


def _refused(rates: Array, durations: Array, sequence: Sequence[int] | None = None) -> Refusal | None:
    size = one_length([rates, durations])
    for name, values, range in (("cost_of_delay", rates, RATE), ("duration", durations, DURATION)):
        wrong = np.flatnonzero(~sound(range, values)).tolist()
        if wrong:
            return Refusal("not_scoreable", f"{name} of jobs {wrong} is not {range.words}", (name,))
    if sequence is not None and sorted(sequence) != list(np.arange(size)):
        return Refusal("not_scoreable", "a sequence names every job once", ("sequence",))
    return None
