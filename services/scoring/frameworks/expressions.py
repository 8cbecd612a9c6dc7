"""The language of custom formulas, version 1: arithmetic over named inputs and nothing else.

    sum      := product (("+" | "-") product)*
    product  := signed (("*" | "/") signed)*
    signed   := "-" signed | power
    power    := atom (("^" | "**") "-"? whole number up to 8)?
    atom     := number | name | function "(" sum ("," sum)* ")" | "(" sum ")"
    function := min, max (2 to 10 arguments), abs, sqrt, log (natural), exp, floor, ceil, round (one)

There are no strings, attributes, comparisons, assignments or loops, so there is nothing to read, to escape to or to
wait for: the cost is the number of operations, which `MOST_OPERATIONS` bounds before anything is computed. Names are
inputs or functions; a function's name cannot be an input's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

LONGEST = 1_000
MOST_OPERATIONS = 200
DEEPEST = 30
HIGHEST_POWER = 8
ARITY = {"min": (2, 10), "max": (2, 10)} | dict.fromkeys(
    ("abs", "sqrt", "log", "exp", "floor", "ceil", "round"), (1, 1)
)
_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<number>(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:[eE][+-]?[0-9]{1,2})?)(?![0-9A-Za-z_.])"
    r"|(?P<name>[a-z][a-z0-9_]{0,63})(?![0-9A-Za-z_])|(?P<sign>\*\*|[-+*/^(),]))"
)


class ExpressionError(ValueError):
    """The text is no formula, or costs too much. The words say where and why."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """An input."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """The same with the other sign."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """One of the four operations."""

    operator: Literal["+", "-", "*", "/"]
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Power:
    """A whole power."""

    base: "Node"
    exponent: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one or several operands."""

    function: str
    operands: tuple["Node", ...]


Node = Number | Name | Negative | Binary | Power | Call


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


@lru_cache(maxsize=512)
def parse(text: str) -> Node:
    """The formula as a tree. ExpressionError when it is none, is too long, too deep or costs too much."""
    if len(text) > LONGEST:
        raise ExpressionError(f"is longer than {LONGEST} characters")
    return _Parser(text).formula()


def _tokens(text: str) -> Iterator[_Token]:
    end = len(text.rstrip(" \t\r\n"))
    position = 0
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            start = len(text) - len(text[position:].lstrip(" \t\r\n"))
            raise ExpressionError(f"character {start + 1}: {text[start]!r} starts nothing known")
        kind = match.lastgroup or ""
        yield _Token(kind, match[kind], match.start(kind) + 1)
        position = match.end()
    yield _Token("end", "the end", end + 1)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0
        self._operations = 0

    def formula(self) -> Node:
        tree = self._sum()
        if self._peek.kind != "end":
            raise self._unexpected("an operator")
        return tree

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek
        self._next += 1
        return token

    def _taken(self, *signs: str) -> str | None:
        if self._peek.kind == "sign" and self._peek.text in signs:
            return self._take().text
        return None

    def _expect(self, sign: str) -> None:
        if self._taken(sign) is None:
            raise self._unexpected(repr(sign))

    def _unexpected(self, wanted: str) -> ExpressionError:
        return ExpressionError(f"character {self._peek.position}: {wanted} is expected, not {self._peek.text}")

    def _count(self, operations: int = 1) -> None:
        self._operations += operations
        if self._operations > MOST_OPERATIONS:
            raise ExpressionError(f"costs more than {MOST_OPERATIONS} operations")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(f"is nested more than {DEEPEST} deep")

    def _sum(self) -> Node:
        tree = self._product()
        while (operator := self._taken("+", "-")) is not None:
            self._count()
            tree = Binary("+" if operator == "+" else "-", tree, self._product())
        return tree

    def _product(self) -> Node:
        tree = self._signed()
        while (operator := self._taken("*", "/")) is not None:
            self._count()
            tree = Binary("*" if operator == "*" else "/", tree, self._signed())
        return tree

    def _signed(self) -> Node:
        if self._taken("-") is None:
            return self._power()
        self._count()
        self._deeper()
        operand = self._signed()
        self._depth -= 1
        return Negative(operand)

    def _power(self) -> Node:
        base = self._atom()
        if self._taken("^", "**") is None:
            return base
        sign = -1 if self._taken("-") else 1
        token = self._take()
        if token.kind != "number" or not token.text.isdigit() or not 0 < int(token.text) <= HIGHEST_POWER:
            raise ExpressionError(f"character {token.position}: a power is a whole number from 1 to {HIGHEST_POWER}")
        self._count(int(token.text))
        return Power(base, sign * int(token.text))

    def _atom(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "name":
            return self._call(token) if token.text in ARITY else Name(token.text)
        if token.text == "(" and token.kind == "sign":
            self._deeper()
            inner = self._sum()
            self._expect(")")
            self._depth -= 1
            return inner
        self._next -= 1
        raise self._unexpected("a number, an input, a function or '('")

    def _call(self, token: _Token) -> Node:
        self._expect("(")
        self._deeper()
        operands = [self._sum()]
        while self._taken(",") is not None:
            operands.append(self._sum())
        self._expect(")")
        self._depth -= 1
        fewest, most = ARITY[token.text]
        if not fewest <= len(operands) <= most:
            wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            raise ExpressionError(f"character {token.position}: {token.text} takes {wanted}, not {len(operands)}")
        self._count(len(operands))
        return Call(token.text, tuple(operands))


def names(tree: Node) -> tuple[str, ...]:
    """The inputs in a formula, each once, in the order of their first mention."""
    return tuple(dict.fromkeys(every_name(tree)))


def every_name(tree: Node) -> Iterator[str]:
    """The inputs in a formula as often as they are mentioned."""
    match tree:
        case Name(name):
            yield name
        case Negative(operand):
            yield from every_name(operand)
        case Binary(_, left, right):
            yield from every_name(left)
            yield from every_name(right)
        case Power(base, _):
            yield from every_name(base)
        case Call(_, operands):
            for operand in operands:
                yield from every_name(operand)
        case Number():
            pass


_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}


def written(tree: Node, strength: int = 0) -> str:
    """The formula as text that parses to the same tree."""
    match tree:
        case Number(value):
            return f"{value!r}".removesuffix(".0")
        case Name(name):
            return name
        case Negative(operand):
            text = f"-{written(operand, 3)}"
            return f"({text})" if strength > 2 else text
        case Power(base, exponent):
            text = f"{written(base, 5)}^{exponent}"
            return f"({text})" if strength > 4 else text
        case Call(function, operands):
            return f"{function}({', '.join(written(operand) for operand in operands)})"
        case Binary(operator, left, right):
            own = _STRENGTH[operator]
            text = f"{written(left, own)} {operator} {written(right, own + 1)}"
            return f"({text})" if strength > own else text
