"""Deliveries made by hand in their vendors' documented shapes, and how a test reads them."""

import json
from pathlib import Path
from typing import Any

from services.feedback.intake.adapters import ADAPTERS
from services.feedback.intake.adapters.normalized import DELIVERY, Answer, JsonValue, Kind, Response, Rules, Value

FIXTURES = Path(__file__).parent / "fixtures"


def fixture(name: str) -> Any:
    """A delivery's body, made by hand in the vendor's documented shape."""
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def read(vendor: str, body: JsonValue, headers: dict[str, str] | None = None, **rules: JsonValue) -> Response:
    """The one response of a delivery that must be readable."""
    outcome = ADAPTERS[vendor].parse({DELIVERY: "d-1", **(headers or {})}, body, Rules.from_json(rules))
    assert isinstance(outcome, tuple), outcome
    assert len(outcome) == 1
    return outcome[0]


def read_fetched(vendor: str, **rules: JsonValue) -> tuple[Response, ...]:
    """What a thin event becomes once the vendor has been asked."""
    adapter = ADAPTERS[vendor]
    assert adapter.parse_fetched is not None
    outcome = adapter.parse_fetched({}, fixture(vendor), fixture(f"fetched/{vendor}"), Rules.from_json(rules))
    assert isinstance(outcome, tuple), outcome
    return outcome


def vendor_of(name: str) -> str:
    """Whose delivery a fixture is: its name begins with the vendor's."""
    return max((vendor for vendor in ADAPTERS if name.startswith(vendor)), key=len)


def by_key(response: Response) -> dict[str, Answer]:
    return {answer.key: answer for answer in response.answers}


def values(response: Response) -> dict[str, tuple[Kind, Value]]:
    return {answer.key: (answer.kind, answer.value) for answer in response.answers}
