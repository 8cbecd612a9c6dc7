"""Why one idea is above another under the same model: the difference of their values, part by part. Pure.

A part is a step of the formula. What the parts account for adds up to the difference of the two values, and, where both
are above zero, their logarithms add up to that of the ratio. No order of the parts is preferred within a product or
within a sum:

- What is added or subtracted accounts for its own difference.
- Where positive figures are multiplied or divided, each accounts for the logarithm of its ratio times the logarithmic
  mean of the two values; what the parts before it account for is scaled alike. Source: B. W. Ang, "The LMDI approach to
  decomposition analysis", Energy Policy, 2005. It leaves nothing unexplained.
- Where one of the figures is zero or negative there is no logarithm: each then accounts for its difference times the
  mean of the other, which adds up as well.

Besides, the chain turns the one idea into the other, part by part in the order of the formula: it begins with the
value of the lower, ends with that of the higher, and between are the values that the formula gives.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.scoring.frameworks.factors import Explained, Operation

_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, slots=True)
class Part:
    """One step of the formula with the figures of both ideas."""

    term: str
    inputs: tuple[str, ...]
    operation: Operation
    a: float
    b: float
    difference: float
    """What it accounts for of `a`'s value less `b`'s."""
    log: float | None
    """The same of the logarithm of `a`'s value over `b`'s; None unless both values are above zero."""
    times: float | None
    """The factor that this is; None as well where it is beyond what a double holds."""
    reached: float | None
    """The value of `b` with this part and those before it taken from `a`; None where that is no finite number."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """The difference of two values, accounted for."""

    difference: float
    log: float | None
    rounding: float
    """What the parts, added up exactly, leave of the difference: the rounding of doubles."""
    parts: Sequence[Part]


def account(a: Explained, b: Explained) -> Reasons | None:
    """Account for `a`'s value less `b`'s, both scored by one recipe. None: it is beyond what a double holds."""
    parts: list[float] = []
    one, other = a.start, b.start
    for mine, theirs in zip(a.steps, b.steps, strict=True):
        x, y = mine.operand, theirs.operand
        if mine.operation in {"add", "subtract"}:
            parts.append(x - y if mine.operation == "add" else y - x)
        elif min(one, other, x, y, mine.result, theirs.result) > 0:
            mean = log_mean(mine.result, theirs.result)
            scale = mean / log_mean(one, other)
            log = log_ratio(x, y) if mine.operation == "multiply" else log_ratio(y, x)
            parts = [*(each * scale for each in parts), mean * log]
        else:
            if mine.operation == "divide":
                x, y = 1 / x, 1 / y
            scale = x / 2 + y / 2
            parts = [*(each * scale for each in parts), (x - y) * (one / 2 + other / 2)]
        one, other = mine.result, theirs.result
    # Not only each of them: exact addition begins with all the positive ones, or all the negative ones.
    if not math.isfinite(sum(map(abs, (one, other, *parts)))):
        return None
    positive = min(one, other) > 0
    mean = log_mean(one, other) if positive else math.nan
    logs = [_finite(each / mean) for each in parts]
    return Reasons(
        one - other,
        log_ratio(one, other) if positive else None,
        math.fsum([one, -other, *(-each for each in parts)]),
        [
            Part(mine.term, mine.inputs, mine.operation, mine.operand, theirs.operand, part, log, _power(log), reached)
            for mine, theirs, part, log, reached in zip(a.steps, b.steps, parts, logs, _chain(a, b), strict=True)
        ],
    )


def _chain(a: Explained, b: Explained) -> list[float | None]:
    found: list[float | None] = []
    for taken in range(1, len(a.steps) + 1):
        value = a.steps[taken - 1].result
        for step in b.steps[taken:]:
            value = _apply(value, step.operation, step.operand)
        found.append(_finite(value))
    return found


def _apply(value: float, operation: Operation, operand: float) -> float:
    match operation:
        case "add":
            return value + operand
        case "subtract":
            return value - operand
        case "multiply":
            return value * operand
        case "divide":
            return value / operand


def log_ratio(x: float, y: float) -> float:
    """The natural logarithm of x / y, both above zero; precise where they are nearly equal."""
    return math.log1p((x - y) / y) if y / 2 <= x <= 2 * y else math.log(x) - math.log(y)


def log_mean(x: float, y: float) -> float:
    """The logarithmic mean of two positive figures: (x - y) / ln(x / y), and x where they are equal."""
    if x == y:
        return x
    log = log_ratio(x, y)
    mean = y * (math.expm1(log) / log) if abs(log) < 1 else (x - y) / log
    return min(max(mean, min(x, y)), max(x, y))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _power(log: float | None) -> float | None:
    return None if log is None or abs(log) > _LARGEST_EXPONENT else math.exp(log)
