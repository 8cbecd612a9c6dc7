"""What every framework speaks in: columns of inputs go in, one outcome for each idea comes out."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from shared.statistics import refusal

Refusal = refusal.Refusal
Column = Sequence[float | None]
"""One input of many ideas, in their order. None: nobody has given it."""
Flag = Literal["off_scale", "divided_by_zero"]
Operation = Literal["add", "subtract", "multiply", "divide"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One idea under a framework: a finite value, or None and the inputs that keep it from one."""

    value: float | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """One input's step of the formula. It is one of the score's `steps`."""

    operation: Operation
    operand: float
    log: Annotated[
        float | None,
        Field(
            description="in a product: what it adds to the natural logarithm of the value; null where that is of zero, "
            "and in a sum"
        ),
    ]


@dataclass(frozen=True, slots=True)
class FormulaStep:
    """One step of a formula, taken with an idea's own figures."""

    term: Annotated[str, Field(description="the part of the formula that the step is, as it is written there")]
    inputs: Annotated[tuple[str, ...], Field(description="the inputs it uses; none: a constant of the model")]
    operation: Operation
    operand: float
    result: Annotated[float, Field(description="what all steps up to this one make; the last is the value")]


@dataclass(frozen=True, slots=True)
class Factor:
    """What became of one input."""

    problem: str | None = None
    """Why the idea cannot be scored with it."""
    flags: tuple[Flag, ...] = ()
    contribution: Contribution | None = None
    """Its part in the value; None where there is no value."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One idea under a framework. The steps, applied in order to `start`, give the value exactly."""

    factors: Mapping[str, Factor]
    start: float = 1.0
    steps: tuple[FormulaStep, ...] = ()
    """None where there is no value."""
    label: str | None = None
    """What the framework calls such an idea, where it has words for it: a quadrant, a category."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values that an input may take, and those that the framework's authors named."""

    lowest: float
    highest: float = math.inf
    above: bool = False
    """Whether `lowest` itself is refused."""
    steps: tuple[float, ...] = ()
    """The published scale. Values between its steps are taken and flagged."""
    only: bool = False
    """Whether values between the steps are refused instead: the steps are names, and between two names is none."""

    def holds(self, value: float) -> bool:
        """Whether this value can be used. Infinity and NaN never can."""
        low = self.lowest < value if self.above else self.lowest <= value
        return low and value <= self.highest and value < math.inf and not (self.only and self.flags(value))

    def problem(self, value: float | None) -> str | None:
        """Why this value cannot be used; None when it can."""
        if value is None:
            return "missing"
        return None if self.holds(value) else f"{value:g} is not {self.words}"

    @property
    def words(self) -> str:
        """The bounds in words."""
        if self.only:
            return f"one of {', '.join(f'{step:g}' for step in self.steps)}"
        low = f"{'above' if self.above else 'at least'} {self.lowest:g}"
        return low if math.isinf(self.highest) else f"{low} and at most {self.highest:g}"

    def flags(self, value: float) -> tuple[Flag, ...]:
        """`off_scale` where there is a scale and the value is none of its steps. A mean may miss one by an ulp."""
        if not self.steps or any(math.isclose(value, step, rel_tol=1e-9) for step in self.steps):
            return ()
        return ("off_scale",)


def product(values: Mapping[str, float], divisors: Collection[str]) -> dict[str, Contribution]:
    """The steps by which `values` make a product, those named in `divisors` dividing it."""
    steps: dict[str, Contribution] = {}
    for name, value in values.items():
        log = math.log(value) if value else None
        if name in divisors:
            steps[name] = Contribution("divide", value, None if log is None else -log)
        else:
            steps[name] = Contribution("multiply", value, log)
    return steps
