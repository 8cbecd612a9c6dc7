"""Published figures of every framework, each with its source in `figures/`, and refused ones.

Where the vectors that they were carried over from lie beside the repository, those that are not among them run as well.
"""

from dataclasses import asdict
from typing import Any, cast

import pytest

from services.scoring.frameworks.factors import Refusal
from services.scoring.frameworks.moscow import Balance
from tests.scoring import published_groups, published_ideas, published_plans
from tests.scoring.published_groups import OURS, Vector, vectors

REFUSED = {"NOT_SCOREABLE": "not_scoreable", "NOT_IDENTIFIED": "not_identified", "INFEASIBLE": "infeasible"}
CHECKS = {**published_groups.CHECKS, **published_ideas.CHECKS, **published_plans.CHECKS}
CASES = [(name, vector) for name in CHECKS for vector in vectors(name)]


def agrees(result: object, expected: Any, tolerance: float) -> bool:
    """Whether a result is what is expected, wherever that says anything."""
    if isinstance(expected, str) and expected in REFUSED:
        return isinstance(result, Refusal) and result.state == REFUSED[expected]
    if isinstance(result, Refusal):
        return False
    found: Any = asdict(result) if isinstance(result, Balance) else result
    if isinstance(expected, dict):
        wanted = cast("dict[str, Any]", expected)
        return all(name in found and agrees(found[name], value, tolerance) for name, value in wanted.items())
    if isinstance(expected, list):
        listed = cast("list[Any]", expected)
        return len(found) == len(listed) and all(
            agrees(one, other, tolerance) for one, other in zip(found, listed, strict=True)
        )
    if isinstance(expected, str | bool):
        return found == expected
    return bool(found == pytest.approx(expected, abs=tolerance or 1e-12, rel=0))


@pytest.mark.parametrize(("name", "vector"), CASES, ids=[vector["id"] for _, vector in CASES])
def test_published(name: str, vector: Vector) -> None:
    found = CHECKS[name](vector)
    assert agrees(found, vector["expected"], vector["tolerance"]), (found, vector["expected"], vector.get("note"))


def test_every_file_is_read() -> None:
    assert {path.stem for path in OURS.glob("*.json")} == set(CHECKS)


def test_a_wrong_figure_is_seen() -> None:
    assert not agrees(1.2, 1.1, 0.05)
    assert not agrees({"a": 1}, {"b": 1}, 1)
    assert not agrees(Refusal("not_scoreable", ""), "NOT_IDENTIFIED", 0)
    assert not agrees([1, 2], [1], 0)
    assert not agrees("A", "B", 0)
