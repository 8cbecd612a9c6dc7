"""One way to write JSON, so that whoever reads an answer can hash it again: RFC 8785, the JSON Canonicalization Scheme.

Members in the order of their names by UTF-16 units, no blanks, numbers as ECMAScript writes doubles, text as it is but
for what JSON must escape. A number that a double does not hold exactly is refused, not rounded.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

_EXACT = 2**53


def canonical(value: Any) -> bytes:
    """A JSON value in its one form, UTF-8. ValueError for NaN, infinities, lone surrogates and integers past 2^53."""
    return _written(value).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _written(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > _EXACT:
            raise ValueError(f"{value} is more than a double holds exactly")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        names = sorted(members, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_written(name)}:{_written(members[name])}" for name in names) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(map(_written, cast("Sequence[Any]", value))) + "]"
    raise ValueError(f"{type(value).__name__} is no JSON")


def _number(value: float) -> str:
    """As ECMAScript's Number::toString: the shortest digits that lead back, plain from 1e-6 up to 1e21."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # Where the decimal point stands, counted from the first of the digits.
    point = len(whole.lstrip("0")) if whole.strip("0") else len(digits) - len(fraction)
    point += int(exponent or 0)
    digits = digits.rstrip("0")
    if 0 < point <= 21:
        text = digits.ljust(point, "0")
        return sign + (f"{text[:point]}.{text[point:]}" if len(text) > point else text)
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    head = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{sign}{head}e{'+' if point > 0 else '-'}{abs(point - 1)}"
