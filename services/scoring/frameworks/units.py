"""Units of custom formulas, and whether a formula adds what can be added.

    unit := term (("*" | "/") term)*        term := word ("^" whole number)?

A word is a dimension of its own (`people`, `week`, `USD`, `person-months`): nothing is converted, so `week` and `month`
do not add up. `1`, `share`, `ratio` and `multiplier` are numbers without a dimension, as are numbers in a formula.
"""

import re
from collections.abc import Mapping
from fractions import Fraction

from services.scoring.frameworks.expressions import Binary, Call, Name, Negative, Node, Number, Power, written

Unit = Mapping[str, Fraction]
"""Dimensions and their powers; none is zero."""
PLAIN: Unit = {}
_PLAIN_WORDS = frozenset({"1", "share", "ratio", "multiplier"})
_TERM = re.compile(r"(?P<word>1|[A-Za-z][A-Za-z_-]{0,39})(?:\^(?P<power>-?[0-9]))?", re.ASCII)
MOST_TERMS = 8


class UnitError(ValueError):
    """A unit that cannot be read, or a formula whose units do not fit together."""


def unit(text: str) -> Unit:
    """A unit as dimensions. UnitError when it cannot be read."""
    found: dict[str, Fraction] = {}
    parts = re.split(r" *([*/]) *", text.strip(" "))
    if len(parts) > 2 * MOST_TERMS:
        raise UnitError(f"a unit has at most {MOST_TERMS} terms")
    for position in range(0, len(parts), 2):
        match = _TERM.fullmatch(parts[position])
        if match is None:
            raise UnitError(f"{text!r} is no unit: write words with * or / between them, such as people/week, or 1")
        power = Fraction(int(match["power"] or 1))
        sign = -1 if position and parts[position - 1] == "/" else 1
        if match["word"] not in _PLAIN_WORDS:
            found[match["word"]] = found.get(match["word"], Fraction(0)) + sign * power
    return {word: power for word, power in found.items() if power}


def shown(dimensions: Unit) -> str:
    """A unit in words."""
    over = [_power(word, power) for word, power in sorted(dimensions.items()) if power > 0]
    under = [_power(word, -power) for word, power in sorted(dimensions.items()) if power < 0]
    return "/".join(["*".join(over) or "1", *under])


def _power(word: str, power: Fraction) -> str:
    return word if power == 1 else f"{word}^{power}"


def of(tree: Node, inputs: Mapping[str, Unit]) -> Unit:
    """The unit of a formula. UnitError where it adds, compares or transforms what it must not."""
    match tree:
        case Number():
            return PLAIN
        case Name(name):
            return inputs[name]
        case Negative(operand):
            return of(operand, inputs)
        case Power(base, exponent):
            return {word: power * exponent for word, power in of(base, inputs).items()}
        case Binary("+" | "-" as operator, left, right):
            return _same(tree, "adds" if operator == "+" else "subtracts", [of(left, inputs), of(right, inputs)])
        case Binary(operator, left, right):
            return _product(of(left, inputs), of(right, inputs), 1 if operator == "*" else -1)
        case Call("min" | "max", operands):
            return _same(tree, "compares", [of(operand, inputs) for operand in operands])
        case Call("sqrt", (operand,)):
            return {word: power / 2 for word, power in of(operand, inputs).items()}
        case Call("log" | "exp" as function, (operand,)):
            found = of(operand, inputs)
            if found:
                raise UnitError(f"{function} takes a number without a unit, and {written(operand)} is {shown(found)}")
            return PLAIN
        case Call(_, operands):
            return of(operands[0], inputs)


def _same(tree: Node, verb: str, units: list[Unit]) -> Unit:
    for other in units[1:]:
        if other != units[0]:
            raise UnitError(f"{written(tree)} {verb} {shown(units[0])} and {shown(other)}")
    return units[0]


def _product(left: Unit, right: Unit, sign: int) -> Unit:
    found = dict(left)
    for word, power in right.items():
        found[word] = found.get(word, Fraction(0)) + sign * power
    return {word: power for word, power in found.items() if power}
