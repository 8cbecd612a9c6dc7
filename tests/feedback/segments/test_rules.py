"""Rules decide as their words say, explain what they decide, and refuse what they cannot read."""

import operator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.segments.rules import explain, holds, parse
from shared.errors import Invalid
from tests.depth import examples

BORN = datetime(2026, 5, 1, tzinfo=UTC)
CUSTOMER = {
    "mrr": 500, "plan": "pro", "name": "Acme Inc.", "external_id": "acme", "created_at": BORN,
    "attributes": {"seats": 12, "beta": True, "one": 1, "region": "emea", "since": "2026-02-01", "no": None},
}  # fmt: skip


def clause(op: str, field: str, *value: Any) -> dict[str, Any]:
    return {"op": op, "field": field} | ({"value": value[0]} if value else {})


@pytest.mark.parametrize(
    ("op", "field", "value", "expected"),
    [
        ("ge", "mrr", 500, True), ("gt", "mrr", 500, False), ("lt", "mrr", 501, True), ("le", "mrr", 499, False),
        ("eq", "plan", "pro", True), ("eq", "plan", "Pro", False), ("ne", "plan", "pro", False),
        ("in", "plan", ["free", "pro"], True), ("in", "mrr", [1, 2], False),
        ("contains", "name", "ACME", True), ("contains", "name", "corp", False),
        ("lt", "created_at", "2026-05-01T02:00:00+02:00", False), ("ge", "attributes.seats", 10.5, True),
        ("le", "created_at", "2026-05-01T02:00:00+02:00", True),
        ("eq", "attributes.beta", True, True), ("eq", "attributes.beta", 1, False),
        ("eq", "attributes.one", True, False), ("gt", "attributes.since", "2026-01-01", True),
        ("gt", "attributes.region", 5, False),
        ("eq", "attributes.none", "x", False), ("ne", "attributes.none", "x", True),
        ("contains", "attributes.seats", "1", False), ("ne", "attributes.seats", "12", True),
    ],
)  # fmt: skip
def test_clauses(op: str, field: str, value: Any, expected: bool) -> None:
    assert holds(parse(clause(op, field, value), "accounts"), CUSTOMER) is expected


def test_what_is_there() -> None:
    there = [
        holds(parse(clause("exists", f"attributes.{name}"), "accounts"), CUSTOMER) for name in ("seats", "no", "x")
    ]
    assert there == [True, False, False]


def test_a_contact_is_asked_for_its_account() -> None:
    rule = parse(clause("ge", "account.mrr", 100), "contacts")
    contact: dict[str, Any] = {"email": None, "attributes": {}, "account": CUSTOMER}
    assert holds(rule, contact)
    assert not holds(rule, contact | {"account": None})
    assert holds(parse({"op": "not", "of": [clause("exists", "account.mrr")]}, "contacts"), contact | {"account": None})


LEAVES = st.tuples(
    st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), st.sampled_from(["a", "b", "c"]), st.integers(0, 3)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)).map(tuple)
        | st.tuples(st.just("not"), st.lists(inner, min_size=1, max_size=1)).map(tuple)
    ),
    max_leaves=8,
)


def written(tree: Any) -> dict[str, Any]:
    if len(tree) == 2:
        return {"op": tree[0], "of": [written(each) for each in tree[1]]}
    return clause(tree[0], f"attributes.{tree[1]}", tree[2])


def python(tree: Any, values: dict[str, int]) -> bool:
    """The same by Python's own words, and by nothing of the product's."""
    if len(tree) == 2:
        said = [python(each, values) for each in tree[1]]
        return not said[0] if tree[0] == "not" else all(said) if tree[0] == "and" else any(said)
    op, name, value = tree
    found = values.get(name)
    if found is None:
        return op == "ne"
    return getattr(operator, op)(found, value)


@examples(20)
@given(TREES, st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 3)))
def test_trees(tree: Any, values: dict[str, int]) -> None:
    rule, customer = parse(written(tree), "accounts"), {"attributes": values}
    assert holds(rule, customer) is python(tree, values)
    told = list(explain(rule, customer))
    assert told[0].holds is holds(rule, customer)
    for each in told:
        if each.field is not None:
            assert each.seen == values.get(each.field.removeprefix("attributes."))


@pytest.mark.parametrize(
    ("rule", "pointer", "reason"),
    [
        (5, "", "object"),
        ({}, "/op", "one of"),
        (clause("like", "mrr", 1), "/op", "one of"),
        (clause("eq", "arr", 1), "/field", "mrr, plan"),
        (clause("eq", "attributes.", 1), "/field", "attributes.<name>"),
        (clause("eq", "account.mrr", 1), "/field", "one of"),
        (clause("eq", "mrr", "1"), "/value", "whole number"),
        (clause("eq", "mrr", True), "/value", "whole number"),
        (clause("ge", "plan", "a"), "/op", "numbers and times"),
        (clause("eq", "mrr"), "/value", "whole number"),
        (clause("ge", "mrr", 10**30), "/value", "out of range"),
        (clause("eq", "attributes.x", float("nan")), "/value", "out of range"),
        (clause("lt", "created_at", "yesterday"), "/value", "time"),
        (clause("lt", "created_at", "2026-01-01T00:00:00"), "/value", "offset"),
        (clause("in", "plan", []), "/value", "1 to 100"),
        (clause("in", "plan", ["a", 1]), "/value/1", "text"),
        (clause("contains", "mrr", "1"), "/value", "text"),
        (clause("eq", "plan", "a\0"), "/value", "text"),
        (clause("exists", "plan", 1), "", "nothing else"),
        ({"op": "and", "of": []}, "/of", "one at least"),
        ({"op": "not", "of": [clause("exists", "plan")] * 2}, "/of", "one rule"),
        ({"op": "or", "of": [clause("exists", "plan"), clause("eq", "mrr", None)]}, "/of/1/value", "whole number"),
        ({"op": "and", "of": [clause("exists", "plan")] * 100}, "", "more than 100"),
    ],
)
def test_what_cannot_be_read(rule: Any, pointer: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(rule, "accounts")
    (error,) = refused.value.errors
    assert error.pointer == f"/body/rule{pointer}"
    assert reason in error.reason


def test_how_deep_a_rule_may_be() -> None:
    rule = clause("exists", "plan")
    for _ in range(7):
        rule = {"op": "not", "of": [rule]}
    assert parse(rule, "accounts")
    with pytest.raises(Invalid):
        parse({"op": "not", "of": [rule]}, "accounts")
