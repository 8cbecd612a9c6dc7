"""Deliveries made by hand in their vendors' documented shapes, and how a test reads them."""

import json
from pathlib import Path
from typing import Any

from services.feedback.intake.adapters import ADAPTERS
from services.feedback.intake.adapters.normalized import Answer, JsonValue, Kind, Response, Rules, Value

FIXTURES = Path(__file__).parent / "fixtures"


def fixture(name: str) -> Any:
    """A delivery's body, made by hand in the vendor's documented shape."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def read(vendor: str, body: JsonValue, headers: dict[str, str] | None = None, **rules: JsonValue) -> Response:
    """The one response of a delivery that must be readable."""
    outcome = ADAPTERS[vendor].parse(headers or {}, body, Rules.from_json(rules))
    assert isinstance(outcome, tuple), outcome
    assert len(outcome) == 1
    return outcome[0]


def by_key(response: Response) -> dict[str, Answer]:
    return {answer.key: answer for answer in response.answers}


def values(response: Response) -> dict[str, tuple[Kind, Value]]:
    return {answer.key: (answer.kind, answer.value) for answer in response.answers}
