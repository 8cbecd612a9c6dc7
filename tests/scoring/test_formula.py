"""Custom formulas: what they mean, what they refuse, and that no text does anything else."""

import math
import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.scoring.frameworks import units
from services.scoring.frameworks.expressions import (
    ARITY,
    DEEPEST,
    HIGHEST_POWER,
    LONGEST,
    MOST_OPERATIONS,
    ExpressionError,
    names,
    parse,
    written,
)
from services.scoring.frameworks.formula import FormulaParameters, evaluate
from services.scoring.frameworks.recipe import to_array


def formula(text: str, /, **inputs: Any) -> FormulaParameters:
    """A formula over inputs that are each declared by a unit, or by more."""
    declared: list[Any] = [
        {"name": name, "lowest": -1e12, **({"unit": each} if isinstance(each, str) else each)}
        for name, each in inputs.items()
    ]
    return FormulaParameters(formula=text, inputs=declared)


def plain(text: str) -> FormulaParameters:
    """A formula over inputs without units."""
    return formula(text, **dict.fromkeys(names(parse(text)), "1"))


def value(parameters: FormulaParameters, **figures: float) -> float | None:
    """One idea's value."""
    (outcome,) = parameters.recipe().score({name: to_array([each]) for name, each in figures.items()}).outcomes()
    return outcome.value


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a + b * c", 14),
        ("(a + b) * c", 20),
        ("a - b - c", -5),
        ("a / b / c", 2 / 3 / 4),
        ("a - (b - c)", 3),
        ("-a ^ 2 + b + c", 3),
        ("(-a) ** 2 + b + c", 11),
        ("a ^ -1 + b * 0 + c * 0", 0.5),
        ("--a + b + c", 9),
        ("min(a, b, c) + max(a, b) * c", 14),
        ("sqrt(c) + abs(a - b) ", 3),
        ("log(exp(a)) + floor(b / a) + ceil(c / b) + round(b / a)", 2 + 1 + 2 + 2),
        ("1.5e2 * a + .5 * b + 2. * c", 300 + 1.5 + 8),
    ],
)
def test_arithmetic(text: str, result: float) -> None:
    parameters = plain(text)
    figures = {name: {"a": 2.0, "b": 3.0, "c": 4.0}[name] for name in names(parse(text))}
    assert value(parameters, **figures) == pytest.approx(result)
    assert parse(written(parse(text))) == parse(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is expected, not the end"),
        ("a +", "character 4: a number"),
        ("a b", "character 3: an operator is expected, not b"),
        ("a ; b", "character 3: ';' starts nothing known"),
        ("a.real", "character 2"),
        ("a[0]", "character 2"),
        ("'a'", 'character 1: "\'" starts nothing known'),
        ("__import__('os')", "character 1"),
        ("eval(a)", "character 5: an operator is expected"),
        ("lambda: a", "character 7"),
        ("a if a else a", "character 3"),
        ("a < 1", "character 3"),
        ("a // 2", "a number, an input"),
        ("a % 2", "character 3"),
        ("a ^ 9", "a power is a whole number from 1 to 8"),
        ("a ^ a", "a power is a whole number"),
        ("9 ** 9 ** 9", "a power is a whole number"),
        ("a ^ 0", "a power is a whole number"),
        ("max(a)", "max takes 2 to 10, not 1"),
        ("abs(a, a)", "abs takes 1, not 2"),
        ("max + a", r"'\(' is expected"),
        ("A + 1", "character 1"),
        ("1e999", "character 1"),
        ("1" * 16, "character 1"),
        ("0x10", "character 1"),
        ("\uff41 + \uff11", "character 1"),
        ("a\x00b", "character 2"),
        ("a + \ud800", "character 5"),
        ("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), f"nested more than {DEEPEST} deep"),
        ("-" * (DEEPEST + 1) + "a", f"nested more than {DEEPEST} deep"),
        ("+".join(["a"] * (MOST_OPERATIONS + 2)), f"costs more than {MOST_OPERATIONS} operations"),
        ("a" + " " * LONGEST, f"longer than {LONGEST}"),
        ("*".join(["a^8"] * 30), f"costs more than {MOST_OPERATIONS}"),
    ],
)
def test_what_is_no_formula(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        parse(text)


UNITS: dict[str, Any] = {"people": "people/week", "worth": "EUR/people", "weeks": "week", "share": "share", "more": "1"}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("people * worth * weeks", "EUR"),
        ("people * share + people", "people/week"),
        ("people * worth / weeks", "EUR/week^2"),
        ("sqrt(weeks * weeks)", "week"),
        ("sqrt(weeks)", "week^1/2"),
        ("log(people * weeks / (people * weeks)) * share", "1"),
        ("max(weeks, abs(-weeks)) ^ 2", "week^2"),
        ("1 / weeks", "1/week"),
    ],
)
def test_units(text: str, unit: str) -> None:
    used = {name: UNITS[name] for name in names(parse(text))}
    found = units.of(parse(text), {name: units.unit(each) for name, each in used.items()})
    assert units.shown(found) == unit
    assert formula(text, **used)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("people + worth", "people \\+ worth adds people/week and EUR/people"),
        ("weeks - 1", "weeks - 1 subtracts week and 1"),
        ("max(weeks, share)", "compares week and 1"),
        ("exp(weeks)", "exp takes a number without a unit, and weeks is week"),
        ("log(1 / weeks)", "1 / weeks is 1/week"),
        ("people * joy", "joy is not among the inputs"),
        ("1 + 1", "inputs: weeks is not in the formula"),
        ("weeks / (1 - 1)", "makes 1 - 1 zero, and it is divided by, whatever the inputs are"),
        ("weeks * log(0)", "whatever the inputs are"),
        ("weeks * sqrt(-1)", "whatever the inputs are"),
    ],
)
def test_what_does_not_fit_together(text: str, reason: str) -> None:
    used = {name: UNITS[name] for name in names(parse(text)) if name in UNITS} or {"weeks": "week"}
    with pytest.raises(ValidationError, match=reason):
        formula(text, **used)


@pytest.mark.parametrize(
    "text", ["", "week//year", "week^", "week^10", "5", "a b", "EUR/€", "*".join(["a"] * 9), "\uff41"]
)
def test_what_is_no_unit(text: str) -> None:
    with pytest.raises(ValueError, match="unit"):
        units.unit(text)


def test_declared_wrongly() -> None:
    for wrong, reason in (
        ({"name": "max"}, "max is a function"),
        ({"name": "a", "lowest": 1, "highest": 1}, "lowest must be below highest"),
        ({"name": "A"}, "pattern"),
        ({"name": "a", "unit": "?"}, "pattern"),
    ):
        with pytest.raises(ValidationError, match=reason):
            FormulaParameters.model_validate({"formula": "a", "inputs": [wrong]})
    with pytest.raises(ValidationError, match="two have the same name"):
        FormulaParameters.model_validate({"formula": "a", "inputs": [{"name": "a"}, {"name": "a"}]})
    with pytest.raises(ValidationError, match="the formula is in week, not month"):
        FormulaParameters.model_validate({"formula": "a", "inputs": [{"name": "a", "unit": "week"}], "unit": "month"})


def test_a_divisor_of_zero_is_refused_or_a_declared_zero() -> None:
    refusing = plain("a / (b - c) + a")
    assert value(refusing, a=1, b=3, c=2) == 2
    assert value(refusing, a=1, b=2, c=2) is None
    explained = refusing.recipe().explain({"a": 1, "b": 2, "c": 2})
    words = "makes b - c zero, and it is divided by"
    assert {name: factor.problem for name, factor in explained.factors.items()} == {"a": None, "b": words, "c": words}
    zero = refusing.model_copy(update={"division_by_zero": "zero"})
    assert value(zero, a=1, b=2, c=2) == 1
    flags = {name: factor.flags for name, factor in zero.recipe().explain({"a": 1, "b": 2, "c": 2}).factors.items()}
    assert flags == {"a": (), "b": ("divided_by_zero",), "c": ("divided_by_zero",)}
    inside = plain("max(1 / a, b)").model_copy(update={"division_by_zero": "zero"})
    assert value(inside, a=0, b=-1) == 0


@pytest.mark.parametrize(
    ("text", "a", "reason"),
    [
        ("sqrt(a)", -1, "makes a negative"),
        ("log(a)", 0, "leaves a not above 0"),
        ("exp(a)", 1000, "1000 makes the value no finite number"),
        ("a ^ -2", 0, "makes a zero, and it is divided by"),
        ("a ^ 8 * a ^ 8 * a ^ 8 * a ^ 8", 1e12, "makes the value no finite number"),
        ("1 / exp(a)", 1000, "makes the value no finite number"),
        ("min(exp(a), a)", 1000, "makes the value no finite number"),
        ("1 / (1 + exp(a) / 2)", 1000, "makes the value no finite number"),
        ("exp(-(a * 1e99 * 1e99 * 1e99 * 1e99))", 1, "makes the value no finite number"),
    ],
)
def test_no_value(text: str, a: float, reason: str) -> None:
    parameters = plain(text)
    assert value(parameters, a=a) is None
    assert reason in (parameters.recipe().explain({"a": a}).factors["a"].problem or "")


def test_an_explanation_takes_the_formula_from_its_left() -> None:
    explained = plain("(a + 2 * b) / c - max(a, d)").recipe().explain({"a": 1, "b": 2, "c": 4, "d": 3})
    steps = [(step.operation, step.term, step.inputs, step.operand, step.result) for step in explained.steps]
    assert steps == [
        ("add", "a", ("a",), 1, 1),
        ("add", "2 * b", ("b",), 4, 5),
        ("divide", "c", ("c",), 4, 1.25),
        ("subtract", "max(a, d)", ("a", "d"), 3, -1.75),
    ]
    alone = {name: factor.contribution is not None for name, factor in explained.factors.items()}
    assert alone == {"a": False, "b": True, "c": True, "d": False}, "a is in two steps, d shares one"


leaves = st.one_of(st.sampled_from("abc"), st.integers(0, 99).map(str), st.floats(0, 9).map(lambda x: f"{x:.3f}"))


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - ", " * ", " / "]), inner).map("".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-({text})"),
        st.tuples(inner, st.integers(1, HIGHEST_POWER)).map(lambda each: f"({each[0]}) ** {each[1]}"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda each: f"{each[0]}({each[1]}, {each[2]})"),
        inner.map(lambda text: f"abs({text})"),
    )


@given(st.recursive(leaves, _larger, max_leaves=12), *[st.floats(-100, 100)] * 3)
def test_it_means_what_python_means_by_it(text: str, a: float, b: float, c: float) -> None:
    try:
        tree = parse(text)
    except ExpressionError:
        assume(False)
        raise
    assert parse(written(tree)) == tree
    try:
        # The text is made of the strategies above, and nothing else.
        wanted = float(eval(text, {"__builtins__": {}}, {"a": a, "b": b, "c": c, "min": min, "max": max, "abs": abs}))  # noqa: S307  the oracle
    except (ZeroDivisionError, OverflowError):
        return
    found = float(evaluate(tree, {"a": to_array([a]), "b": to_array([b]), "c": to_array([c])})[0])
    if math.isfinite(wanted) and math.isfinite(found):
        assert found == pytest.approx(wanted, rel=1e-6, abs=1e-6)


hostile = st.one_of(
    st.text(max_size=LONGEST + 10),
    st.text("ab()+-*/^., \t0123456789eE_", max_size=200),
    st.lists(
        st.sampled_from([*ARITY, "a", "(", ")", ",", "**", "^", "-", "+", "/", "9", "1e99", "__"]), max_size=300
    ).map(" ".join),
)


@given(hostile)
def test_hostile_text_is_a_formula_or_a_refusal_at_once(text: str) -> None:
    began = time.perf_counter()
    try:
        parameters = FormulaParameters.model_validate(
            {"formula": text, "inputs": [{"name": "a", "lowest": -10}]},
        )
    except ValidationError:
        pass
    else:
        columns = {"a": to_array([None, 0, 1, -1, 9.5] * 100)}
        outcomes = parameters.recipe().score(columns).outcomes()
        assert all(each.value is None or math.isfinite(each.value) for each in outcomes)
    assert time.perf_counter() - began < 5


def test_the_costliest_formula_is_quick_over_many_ideas() -> None:
    text = "+".join(["exp(a)"] * (MOST_OPERATIONS // 2))
    recipe = plain(text).recipe()
    began = time.perf_counter()
    scored = recipe.score({"a": to_array([0.5] * 10_000)})
    assert time.perf_counter() - began < 10
    assert scored.values[0] == pytest.approx(math.exp(0.5) * (MOST_OPERATIONS // 2))
