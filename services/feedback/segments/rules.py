"""Rules that select accounts or contacts: JSON in, a tree out, and what it says of one customer.

A rule is `{"op": "and" | "or", "of": [rule, …]}`, `{"op": "not", "of": [rule]}` or a clause:
`{"op": "ge", "field": "mrr", "value": 100000}`. What decides about a customer also explains it: there is one
interpreter. A field that has no value fits no clause but `ne`, which is `eq` turned round.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, cast

from shared.errors import FieldError, Invalid
from shared.wire import EARLIEST, INT8, LATEST, storable

Selects = Literal["accounts", "contacts"]
Scalar = str | int | float | bool | datetime | None
Document = Mapping[str, Any]
"""A customer: its fields by name, `attributes` and, for a contact, `account` in it (null for one that has none)."""

DEEPEST = 8
MOST_NODES = 100
MOST_VALUES = 100
LONGEST_TEXT = 2_000

_ACCOUNT = {"mrr": int, "plan": str, "name": str, "external_id": str, "created_at": datetime}
_CONTACT = {"email": str, "name": str, "external_id": str, "created_at": datetime}
FIELDS: Mapping[Selects, Mapping[str, type]] = {
    "accounts": _ACCOUNT,
    "contacts": _CONTACT | {f"account.{name}": kind for name, kind in _ACCOUNT.items()},
}
_ATTRIBUTES = {"accounts": ("attributes.",), "contacts": ("attributes.", "account.attributes.")}
JOINS = ("and", "or", "not")
ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": lambda seen, value: seen < value,
    "le": lambda seen, value: seen <= value,
    "gt": lambda seen, value: seen > value,
    "ge": lambda seen, value: seen >= value,
}
CLAUSES = ("eq", "ne", *ORDERED, "in", "contains", "exists")


class Clause(NamedTuple):
    """One comparison. `value` is a tuple for `in`; `field` is the path to what is compared."""

    pointer: str
    op: str
    field: str
    value: Any


class Join(NamedTuple):
    """Several rules in one."""

    pointer: str
    op: str
    of: tuple["Rule", ...]


Rule = Clause | Join


class Found(NamedTuple):
    """What one part of a rule says of a customer. `field`, `value` and `seen` are a clause's only."""

    pointer: str
    op: str
    field: str | None
    value: Any
    seen: Scalar
    holds: bool


def parse(given: object, selects: Selects, pointer: str = "/body/rule") -> Rule:
    """The rule, or Invalid with everything that is to be mended."""
    errors: list[FieldError] = []
    left = [MOST_NODES]
    rule = _node(given, selects, pointer, 1, left, errors)
    if left[0] < 0:
        raise Invalid(errors=[FieldError(pointer, f"has more than {MOST_NODES} parts")])
    if errors or rule is None:
        raise Invalid(errors=errors)
    return rule


def _node(
    given: object, selects: Selects, pointer: str, depth: int, left: list[int], errors: list[FieldError]
) -> Rule | None:
    left[0] -= 1
    if left[0] < 0:
        return None
    if not isinstance(given, dict):
        errors.append(FieldError(pointer, "must be an object with `op`"))
        return None
    node = cast("dict[str, Any]", given)
    op = node.get("op")
    if op in JOINS:
        return _join(node, op, selects, pointer, depth, left, errors)
    if op in CLAUSES:
        return _clause(node, op, selects, pointer, errors)
    errors.append(FieldError(f"{pointer}/op", f"must be one of {', '.join((*JOINS, *CLAUSES))}"))
    return None


def _strangers(node: Mapping[str, Any], known: set[str], pointer: str) -> list[FieldError]:
    names = [name for name in node if name not in known]
    return [FieldError(pointer, f"takes {', '.join(sorted(known))} and nothing else")] if names else []


def _join(
    node: Mapping[str, Any],
    op: str,
    selects: Selects,
    pointer: str,
    depth: int,
    left: list[int],
    errors: list[FieldError],
) -> Rule | None:
    errors.extend(_strangers(node, {"op", "of"}, pointer))
    of = node.get("of")
    if not isinstance(of, list) or not of:
        errors.append(FieldError(f"{pointer}/of", "must be a list of rules, one at least"))
        return None
    rules = cast("list[object]", of)
    if op == "not" and len(rules) != 1:
        errors.append(FieldError(f"{pointer}/of", "takes one rule after `not`"))
        return None
    if depth >= DEEPEST:
        errors.append(FieldError(pointer, f"is nested more than {DEEPEST} deep"))
        return None
    parts = [_node(each, selects, f"{pointer}/of/{n}", depth + 1, left, errors) for n, each in enumerate(rules)]
    return Join(pointer, op, tuple(part for part in parts if part is not None))


def _clause(node: Mapping[str, Any], op: str, selects: Selects, pointer: str, errors: list[FieldError]) -> Rule | None:
    errors.extend(_strangers(node, {"op", "field"} if op == "exists" else {"op", "field", "value"}, pointer))
    field = node.get("field")
    known, reason = _kind(field, selects)
    if reason:
        errors.append(FieldError(f"{pointer}/field", reason))
        return None
    assert isinstance(field, str)  # or there were a reason
    if op == "exists":
        return Clause(pointer, op, field, None)
    if op == "in":
        given = node.get("value")
        if not isinstance(given, list) or not 0 < len(cast("list[object]", given)) <= MOST_VALUES:
            errors.append(FieldError(f"{pointer}/value", f"must be a list of 1 to {MOST_VALUES} values"))
            return None
        values = cast("list[object]", given)
        read = [_value(each, known, op, f"{pointer}/value/{n}", errors) for n, each in enumerate(values)]
        return Clause(pointer, op, field, tuple(read))
    return Clause(pointer, op, field, _value(node.get("value"), known, op, f"{pointer}/value", errors))


def _kind(field: object, selects: Selects) -> tuple[type | None, str]:
    """What a field holds (None: any scalar), or what is wrong with its name."""
    if isinstance(field, str):
        if field in FIELDS[selects]:
            return FIELDS[selects][field], ""
        for prefix in _ATTRIBUTES[selects]:
            if field.startswith(prefix) and 0 < len(field) - len(prefix) <= 100 and _sound(field):
                return None, ""
    return None, f"must be one of {', '.join(FIELDS[selects])}, or {' or '.join(_ATTRIBUTES[selects])}<name>"


def _sound(text: str) -> bool:
    try:
        return bool(storable(text))
    except ValueError:
        return False


def _value(given: object, kind: type | None, op: str, pointer: str, errors: list[FieldError]) -> Scalar:
    """The value as it is compared, or None and one more error."""
    if op == "contains":
        expected, fits = "text", isinstance(given, str) and kind in (str, None) and given != ""
    elif kind is datetime:
        expected, fits = "a time (RFC 3339 with an offset)", isinstance(given, str)
    elif kind is int:
        expected, fits = "a whole number", isinstance(given, int) and not isinstance(given, bool)
    elif kind is str:
        expected, fits = "text", isinstance(given, str) and op not in ORDERED
    elif op in ORDERED:
        expected, fits = "a number or text", isinstance(given, str | int | float) and not isinstance(given, bool)
    else:
        expected, fits = "text, a number or a boolean", isinstance(given, str | int | float | bool)
    if kind is str and op in ORDERED:
        errors.append(FieldError(pointer.removesuffix("/value") + "/op", "compares numbers and times; this is text"))
        return None
    if not fits or (isinstance(given, str) and (len(given) > LONGEST_TEXT or not _sound(given))):
        errors.append(FieldError(pointer, f"must be {expected}"))
        return None
    if isinstance(given, int | float) and not isinstance(given, bool) and not -INT8 <= given <= INT8:
        errors.append(FieldError(pointer, "is out of range"))
        return None
    if kind is datetime:
        moment = _moment(given)
        if moment is None:
            errors.append(FieldError(pointer, "must be a time (RFC 3339 with an offset) between 1970 and 2200"))
        return moment
    assert isinstance(given, str | int | float | bool)  # or it did not fit
    return given


def _moment(given: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(given)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    aware = datetime.fromisoformat(str(given)).tzinfo is not None
    return moment if aware and EARLIEST <= moment < LATEST else None


def looks_at_accounts(rule: Rule) -> bool:
    """Whether it asks for anything of a contact's account."""
    if isinstance(rule, Join):
        return any(map(looks_at_accounts, rule.of))
    return rule.field.startswith("account.")


def holds(rule: Rule, document: Document) -> bool:
    """Whether a customer fits."""
    if isinstance(rule, Clause):
        return _fits(rule, seen(rule.field, document))
    if rule.op == "not":
        return not holds(rule.of[0], document)
    return (all if rule.op == "and" else any)(holds(each, document) for each in rule.of)


def explain(rule: Rule, document: Document) -> Iterator[Found]:
    """What each part says, the whole first."""
    if isinstance(rule, Clause):
        found = seen(rule.field, document)
        value = list(rule.value) if rule.op == "in" else rule.value
        yield Found(rule.pointer, rule.op, rule.field, value, found, _fits(rule, found))
        return
    yield Found(rule.pointer, rule.op, None, None, None, holds(rule, document))
    for each in rule.of:
        yield from explain(each, document)


def seen(field: str, document: Document) -> Scalar:
    """The value of a field, None where there is none."""
    if field.startswith("account."):
        account = document.get("account")
        return seen(field.removeprefix("account."), account) if account is not None else None
    if field.startswith("attributes."):
        return document["attributes"].get(field.removeprefix("attributes."))
    return document[field]


def _fits(clause: Clause, found: Scalar) -> bool:
    match clause.op:
        case "exists":
            return found is not None
        case "eq":
            return _same(found, clause.value)
        case "ne":
            return not _same(found, clause.value)
        case "in":
            return any(_same(found, value) for value in clause.value)
        case "contains":
            return isinstance(found, str) and clause.value.casefold() in found.casefold()
        case _:
            return _comparable(found, clause.value) and ORDERED[clause.op](found, clause.value)


def _comparable(one: object, other: object) -> bool:
    """Text with text, numbers with numbers, times with times. True is no number here."""
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool)
    return any(isinstance(one, kind) and isinstance(other, kind) for kind in (str, int | float, datetime))


def _same(one: object, other: object) -> bool:
    return _comparable(one, other) and one == other
