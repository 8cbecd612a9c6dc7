"""A framework as a recipe: what goes in, and the steps that make the value of it.

A recipe scores columns of many ideas at once and explains one idea by the very same steps, so what an explanation adds
up to is the value, exactly. It refuses and never imputes: an idea with a missing or unusable input has no value, and
neither has one whose value would be no finite number.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.scoring.frameworks.factors import (
    Column,
    Contribution,
    Explained,
    Factor,
    Flag,
    FormulaStep,
    Operation,
    Outcome,
    Range,
)

Array = NDArray[np.float64]
"""One input of many ideas. NaN: nobody has given it."""
Mask = NDArray[np.bool_]
Columns = Mapping[str, Array]
_APPLY: Mapping[Operation, Callable[[Array, Array | float], Array]] = {
    "add": lambda value, operand: value + operand,
    "subtract": lambda value, operand: value - operand,
    "multiply": lambda value, operand: value * operand,
    "divide": lambda value, operand: value / operand,
}


@dataclass(frozen=True, slots=True)
class Declared:
    """An input as a framework takes it."""

    unit: str
    range: Range


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a formula."""

    operation: Operation
    term: str
    inputs: tuple[str, ...]
    """The inputs that the operand is made of."""
    operand: Callable[[Columns], Array | float]
    of: str | None = None
    """The input whose contribution this step is."""


@dataclass(frozen=True, slots=True)
class Check:
    """What must not be true of an idea's figures together, though each is in its range."""

    inputs: tuple[str, ...]
    fails: Callable[[Columns], Mask]
    words: str
    flag: Flag | None = None
    """Where there is one the idea is flagged with it, not refused."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Ideas scored together."""

    values: Array
    """NaN where there is none."""
    lacking: Mapping[str, Mask]
    """For each input, the ideas that it keeps from a value."""

    def outcomes(self) -> list[Outcome]:
        """The same, idea by idea."""
        outcomes = [Outcome(value) for value in self.values.tolist()]
        for position in np.flatnonzero(np.isnan(self.values)).tolist():
            outcomes[position] = Outcome(None, tuple(name for name, mask in self.lacking.items() if mask[position]))
        return outcomes


@dataclass(frozen=True, slots=True)
class Recipe:
    """A formula over declared inputs."""

    formula: str
    inputs: Mapping[str, Declared]
    """In the order of the formula."""
    steps: tuple[Step, ...]
    start: float = 0.0
    checks: tuple[Check, ...] = ()
    label: Callable[[Mapping[str, float]], str] | None = None

    def score(self, columns: Columns) -> Scored:
        """Score ideas, one at each position of the columns. ValueError when the columns differ in length."""
        size = one_length([columns[name] for name in self.inputs])
        lacking = {name: ~sound(declared.range, columns[name]) for name, declared in self.inputs.items()}
        broken = np.zeros(size, np.bool_)
        for mask in lacking.values():
            broken |= mask
        values = np.full(size, self.start)
        with np.errstate(all="ignore"):
            for check in self.checks:
                if check.flag is None:
                    _blame(lacking, check.inputs, ~broken & check.fails(columns))
            for mask in lacking.values():
                broken |= mask
            for step in self.steps:
                values = _APPLY[step.operation](values, step.operand(columns))
                out = ~broken & ~np.isfinite(values)
                if out.any():
                    _blame(lacking, step.inputs or tuple(self.inputs), out)
                    broken |= out
        values[broken] = np.nan
        return Scored(values, lacking)

    def explain(self, given: Mapping[str, float | None]) -> Explained:
        """What became of each input of one idea, and every step to its value."""
        columns = {name: to_array([given[name]]) for name in self.inputs}
        problems = {name: declared.range.problem(given[name]) for name, declared in self.inputs.items()}
        sound_ones = {name: value for name, value in given.items() if value is not None and problems.get(name) is None}
        flags = {name: self.inputs[name].range.flags(value) for name, value in sound_ones.items() if name in problems}
        scored = self.score(columns)
        value = float(scored.values[0])
        if not any(problems.values()):
            self._judge_together(columns, scored, problems, flags)
        steps = () if math.isnan(value) else self._taken(columns)
        contributions = self._contributions(steps)
        return Explained(
            factors={
                name: Factor(problems[name], flags.get(name, ()), contributions.get(name)) for name in self.inputs
            },
            start=self.start,
            steps=steps,
            label=None if self.label is None or math.isnan(value) else self.label(sound_ones),
        )

    def _judge_together(
        self,
        columns: Columns,
        scored: Scored,
        problems: dict[str, str | None],
        flags: dict[str, tuple[Flag, ...]],
    ) -> None:
        with np.errstate(all="ignore"):
            failed = [check for check in self.checks if check.fails(columns)[0]]
        for check in failed:
            for name in check.inputs:
                if check.flag is not None:
                    flags[name] = tuple(dict.fromkeys((*flags.get(name, ()), check.flag)))
                elif problems[name] is None:
                    problems[name] = check.words
        for name, mask in scored.lacking.items():
            if mask[0] and problems[name] is None:
                problems[name] = f"{columns[name][0]:g} makes the value no finite number"

    def _taken(self, columns: Columns) -> tuple[FormulaStep, ...]:
        taken: list[FormulaStep] = []
        value = np.full(1, self.start)
        for step in self.steps:
            operand = step.operand(columns)
            value = _APPLY[step.operation](value, operand)
            figure = float(np.asarray(operand).reshape(-1)[0])
            taken.append(FormulaStep(step.term, step.inputs, step.operation, figure, float(value[0])))
        return tuple(taken)

    def _contributions(self, taken: tuple[FormulaStep, ...]) -> dict[str, Contribution]:
        product = self.start == 1 and all(step.operation in {"multiply", "divide"} for step in self.steps)
        found: dict[str, Contribution] = {}
        for step, each in zip(self.steps, taken, strict=False):
            if step.of is not None:
                log = math.log(each.operand) if product and each.operand > 0 else None
                sign = -1 if each.operation == "divide" else 1
                found[step.of] = Contribution(each.operation, each.operand, None if log is None else sign * log)
        return found


def _blame(lacking: Mapping[str, Mask], inputs: tuple[str, ...], where: Mask) -> None:
    for name in inputs:
        np.logical_or(lacking[name], where, out=lacking[name])


def one_length(columns: list[Array]) -> int:
    """How many ideas the columns are of. ValueError when they differ."""
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise ValueError(f"columns of different lengths: {sorted(lengths)}")
    return lengths.pop() if lengths else 0


def to_array(column: Column) -> Array:
    """A column as an array: None becomes NaN."""
    return np.array(column, dtype=np.float64)


def sound(range: Range, values: Array) -> Mask:
    """Which of these values can be used."""
    with np.errstate(invalid="ignore"):
        low = values > range.lowest if range.above else values >= range.lowest
        held = low & (values <= range.highest) & np.isfinite(values)
        if range.only:
            steps = np.array(range.steps)
            held &= np.any(np.isclose(values[:, np.newaxis], steps, rtol=1e-9, atol=0.0), axis=1)
    return held


def given(name: str) -> Callable[[Columns], Array]:
    """The input itself, as an operand."""
    return lambda columns: columns[name]


def constant(value: float) -> Callable[[Columns], float]:
    """A number of the model, as an operand."""
    return lambda _: value


def add(name: str) -> Step:
    """Add an input."""
    return Step("add", name, (name,), given(name), of=name)


def multiply(name: str) -> Step:
    """Multiply by an input."""
    return Step("multiply", name, (name,), given(name), of=name)


def divide(name: str) -> Step:
    """Divide by an input, whose range leaves out zero."""
    return Step("divide", name, (name,), given(name), of=name)


def divide_by(number: float) -> Step:
    """Divide by a number of the model."""
    return Step("divide", f"{number:g}", (), constant(number))
