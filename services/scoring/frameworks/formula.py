"""Custom formulas: a team's own arithmetic over inputs that it declares with unit and range.

The language is that of `expressions`, the dimension check that of `units`; neither is Python. A formula is checked when
a model is made or edited, and computed for all ideas at once, every step one operation on whole columns.

Refusals: a missing input or one out of its declared range; a divisor of zero (unless the model says that such a
quotient is zero, which is then flagged `divided_by_zero`); the root of a negative number; the logarithm of none above
zero; a value that is no finite number, or any part of the formula that is none.

The explanation takes the formula from its left: `a * b + c` is add a, multiply by b, add c. An input that makes up a
step alone, and is in no other, has that step as its contribution; the steps say which inputs share one.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, StringConstraints, model_validator

from services.scoring.frameworks import units
from services.scoring.frameworks.expressions import (
    ARITY,
    LONGEST,
    Binary,
    Call,
    Name,
    Negative,
    Node,
    Number,
    Power,
    every_name,
    names,
    parse,
    written,
)
from services.scoring.frameworks.factors import Operation, Range
from services.scoring.frameworks.parameters import Bound, Followed, InputName, Parameters, Rule, followed
from services.scoring.frameworks.recipe import Array, Check, Columns, Declared, Mask, Recipe, Step

MOST_INPUTS = 20
UnitText = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_*/^ -]+$")]
_OPERATIONS: Mapping[str, Operation] = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}
_FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {
    "abs": np.abs,
    "sqrt": np.sqrt,
    "log": np.log,
    "exp": np.exp,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
}
_BINARY: Mapping[str, Callable[[Array, Array], Array]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}


class FormulaInput(Followed):
    """An input of a formula."""

    name: InputName = Field(description="its name in the formula, and the `input` of its estimates")
    unit: UnitText = Field(
        default="1",
        description="words with `*` or `/` between them; `1` for a number without a unit. Only the same units add up",
        examples=["people/quarter"],
    )
    lowest: Bound = Field(default=0.0, description="the least that is taken")
    highest: Bound | None = Field(default=None, description="the most that is taken; null: no limit")
    above_lowest: bool = Field(default=False, description="whether `lowest` itself is refused")
    scale: list[Bound] = Field(
        default_factory=list[float], max_length=50, description="values that are usual; others are taken and flagged"
    )
    estimates: InputName | None = Field(
        default=None, description="the `input` of its estimates where that is not its name"
    )

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if self.highest is not None and self.lowest >= self.highest:
            raise ValueError("lowest must be below highest")
        if self.name in ARITY:
            raise ValueError(f"{self.name} is a function and cannot name an input")
        self.require_one(self.declared().range)
        units.unit(self.unit)
        return self

    def declared(self) -> Declared:
        """The same for a recipe."""
        highest = float("inf") if self.highest is None else self.highest
        return Declared(self.unit, Range(self.lowest, highest, self.above_lowest, tuple(self.scale)))


class FormulaParameters(Parameters):
    """A formula of your own. Its inputs are those it declares."""

    language: Literal[1] = Field(default=1, description="the version of the language that the formula is in")
    formula: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)] = Field(
        description="numbers, inputs, `+ - * /`, `^` with a whole number, brackets, and `min max abs sqrt log exp "
        "floor ceil round`",
        examples=["(value + 2 * urgency) / effort"],
    )
    inputs: list[FormulaInput] = Field(
        min_length=1,
        max_length=MOST_INPUTS,
        examples=[
            [
                {"name": "value", "unit": "points", "highest": 10},
                {"name": "urgency", "unit": "points", "highest": 10},
                {"name": "effort", "unit": "weeks", "above_lowest": True},
            ]
        ],
    )
    unit: UnitText | None = Field(
        default=None, description="the unit that the formula is to have; it is refused when it has another"
    )
    division_by_zero: Literal["refuse", "zero"] = Field(
        default="refuse",
        description="`refuse`: an idea with a divisor of zero is not scoreable; `zero`: the quotient is 0 and flagged",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        declared = {each.name: units.unit(each.unit) for each in self.inputs}
        if len(declared) < len(self.inputs):
            raise ValueError("inputs: two have the same name")
        tree = parse(self.formula)
        used = set(names(tree))
        if unknown := sorted(used - declared.keys()):
            raise ValueError(f"formula: {', '.join(unknown)} is not among the inputs")
        if idle := sorted(declared.keys() - used):
            raise ValueError(f"inputs: {', '.join(idle)} is not in the formula")
        found = units.of(tree, declared)
        if self.unit is not None and units.unit(self.unit) != found:
            raise ValueError(f"unit: the formula is in {units.shown(found)}, not {self.unit}")
        ideas = {name: np.ones(1) for name in declared}
        for check in _checks(tree, zero=False):
            if not check.inputs and check.fails(ideas)[0]:
                raise ValueError(f"formula: it {check.words}, whatever the inputs are")
        return self

    def named(self) -> dict[str, str]:
        """The inputs that are estimated under another name, and which."""
        return {each.name: each.estimates for each in self.inputs if each.estimates is not None}

    def rules(self) -> dict[str, Rule]:
        """The inputs that follow from what Cairn knows, and how."""
        return followed(self.inputs)

    def recipe(self) -> Recipe:
        """The formula, ready to be computed."""
        tree = parse(self.formula)
        declared = {each.name: each.declared() for each in self.inputs}
        return Recipe(
            written(tree),
            {name: declared[name] for name in names(tree)},
            tuple(_steps(tree, Counter(every_name(tree)), self.division_by_zero == "zero")),
            checks=tuple(_checks(tree, self.division_by_zero == "zero")),
        )


def evaluate(tree: Node, columns: Columns, zero: bool = False) -> Array:
    """A formula for all ideas at once. NaN where it has no value; `zero`: a quotient by zero is zero."""
    size = len(next(iter(columns.values())))
    with np.errstate(all="ignore"):
        return _value(tree, columns, zero, size)


def _value(tree: Node, columns: Columns, zero: bool, size: int) -> Array:
    value = _computed(tree, columns, zero, size)
    if isinstance(tree, Number | Name):
        return value
    # What is beyond all numbers must not come back as one: dividing by it makes zero, and `min` passes it over.
    return np.where(np.isinf(value), np.nan, value)


def _computed(tree: Node, columns: Columns, zero: bool, size: int) -> Array:
    match tree:
        case Number(value):
            return np.full(size, value)
        case Name(name):
            return columns[name]
        case Negative(operand):
            return -_value(operand, columns, zero, size)
        case Power(base, exponent):
            value = _value(base, columns, zero, size)
            power = reduce(lambda left, right: left * right, [value] * abs(exponent))
            return power if exponent > 0 else _quotient(np.ones(size), power, zero)
        case Binary("/", left, right):
            return _quotient(_value(left, columns, zero, size), _value(right, columns, zero, size), zero)
        case Binary(operator, left, right):
            return _BINARY[operator](_value(left, columns, zero, size), _value(right, columns, zero, size))
        case Call("min", operands):
            return reduce(np.minimum, [_value(operand, columns, zero, size) for operand in operands])
        case Call("max", operands):
            return reduce(np.maximum, [_value(operand, columns, zero, size) for operand in operands])
        case Call(function, operands):
            return _FUNCTIONS[function](_value(operands[0], columns, zero, size))


def _quotient(dividend: Array, divisor: Array, zero: bool) -> Array:
    none = divisor == 0
    quotient = dividend / np.where(none, 1.0, divisor)
    return np.where(none, 0.0 if zero else np.nan, quotient)


def _steps(tree: Node, mentions: Mapping[str, int], zero: bool) -> Iterator[Step]:
    match tree:
        case Binary("/", left, right) if zero:
            yield from _steps(left, mentions, zero)
            inverse = Binary("/", Number(1.0), right)
            # By its inverse, which can be zero: a divisor cannot.
            yield _step("multiply", inverse, mentions, zero)
        case Binary(operator, left, right):
            yield from _steps(left, mentions, zero)
            yield _step(_OPERATIONS[operator], right, mentions, zero)
        case _:
            yield _step("add", tree, mentions, zero)


def _step(operation: Operation, tree: Node, mentions: Mapping[str, int], zero: bool) -> Step:
    inputs = names(tree)
    alone = inputs[0] if len(inputs) == 1 and mentions[inputs[0]] == len(list(every_name(tree))) else None
    return Step(operation, written(tree), inputs, lambda columns: evaluate(tree, columns, zero), of=alone)


def _checks(tree: Node, zero: bool) -> Iterator[Check]:
    match tree:
        case Binary("/", left, right):
            yield from _checks(left, zero)
            yield from _checks(right, zero)
            yield _divisor(right, zero)
        case Binary(_, left, right):
            yield from _checks(left, zero)
            yield from _checks(right, zero)
        case Power(base, exponent):
            yield from _checks(base, zero)
            if exponent < 0:
                yield _divisor(base, zero)
        case Negative(operand):
            yield from _checks(operand, zero)
        case Call(function, operands):
            for operand in operands:
                yield from _checks(operand, zero)
            if function == "sqrt":
                yield _check(operands[0], lambda value: value < 0, f"makes {written(operands[0])} negative", zero)
            elif function == "log":
                yield _check(operands[0], lambda value: value <= 0, f"leaves {written(operands[0])} not above 0", zero)
        case Number() | Name():
            pass


def _divisor(tree: Node, zero: bool) -> Check:
    words = f"makes {written(tree)} zero, and it is divided by"
    found = _check(tree, lambda value: value == 0, words, zero)
    return Check(found.inputs, found.fails, found.words, "divided_by_zero" if zero else None)


def _check(tree: Node, fails: Callable[[Array], Mask], words: str, zero: bool) -> Check:
    return Check(names(tree), lambda columns: fails(evaluate(tree, columns, zero)), words)
