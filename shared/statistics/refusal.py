"""What a statistic answers with when there is no answer."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Refusal:
    """A result that is none, of a method for groups, and what it would take to have one."""

    state: Literal["not_scoreable", "not_identified", "infeasible"]
    """Something is missing or out of range; no single answer follows from what is given; no answer can."""
    reason: str
    missing: tuple[str, ...] = ()
