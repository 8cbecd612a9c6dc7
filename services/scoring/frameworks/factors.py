"""What every framework speaks in: columns of inputs go in, one outcome for each idea comes out."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

Column = Sequence[float | None]
"""One input of many ideas, in their order. None: nobody has given it."""
Flag = Literal["off_scale"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One idea under a framework: a finite value, or None and the inputs that keep it from one."""

    value: float | None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """One step of a product. The steps of all inputs, applied in order to 1, give the value exactly."""

    operation: Literal["multiply", "divide"]
    operand: float
    log: Annotated[
        float | None,
        Field(description="what it adds to the natural logarithm of the value; null where that is of zero"),
    ]


@dataclass(frozen=True, slots=True)
class Factor:
    """What became of one input."""

    problem: str | None = None
    """Why the idea cannot be scored with it."""
    flags: tuple[Flag, ...] = ()
    contribution: Contribution | None = None
    """Its part in the value; None where there is no value."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values that an input may take, and those that the framework's authors named."""

    lowest: float
    highest: float = math.inf
    above: bool = False
    """Whether `lowest` itself is refused."""
    steps: tuple[float, ...] = ()
    """The published scale. Values between its steps are taken and flagged."""

    def holds(self, value: float) -> bool:
        """Whether this value can be used. Infinity and NaN never can."""
        low = self.lowest < value if self.above else self.lowest <= value
        return low and value <= self.highest and value < math.inf

    def problem(self, value: float | None) -> str | None:
        """Why this value cannot be used; None when it can."""
        if value is None:
            return "missing"
        return None if self.holds(value) else f"{value:g} is not {self.words}"

    @property
    def words(self) -> str:
        """The bounds in words."""
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
