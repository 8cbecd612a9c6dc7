"""The parts of the work that a policy names. Pure."""

from dataclasses import dataclass

from shared.events.feedback import IdeaKind

OTHER = "other"
"""What no class names."""


@dataclass(frozen=True, slots=True)
class Class:
    """A part of the work as the policy names it."""

    name: str
    kinds: tuple[IdeaKind, ...]
    target: float
    tolerance: float
