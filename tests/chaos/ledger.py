"""What callers were told, to be compared with what is stored."""

from dataclasses import dataclass, field
from typing import TypeAlias

Asked: TypeAlias = "tuple[str, str]"
"""An idea's id and a contact's address."""


@dataclass
class Ledger:
    """Only what was acknowledged stands here. A write without a final answer is counted in `unanswered`."""

    statements: dict[str, str] = field(default_factory=dict[str, str])
    """Feedback by external id: our id."""
    nameless: dict[str, str] = field(default_factory=dict[str, str])
    """Feedback without an external id, which only its Idempotency-Key kept from being stored twice: id by text."""
    links: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Insights: (external id, idea)."""
    deliveries: dict[bytes, str] = field(default_factory=dict[bytes, str])
    """Raw deliveries: our id by the SHA-256 of the body."""
    responses: dict[str, str] = field(default_factory=dict[str, str])
    """Survey responses: the newest words by `connection:response`."""
    votes: dict[Asked, str] = field(default_factory=dict[Asked, str])
    withdrawn: set[str] = field(default_factory=set[str])
    """Ids of votes."""
    cast_at: dict[Asked, float] = field(default_factory=dict[Asked, float])
    """When a vote was acknowledged, by the monotonic clock."""
    accounts: dict[str, int] = field(default_factory=dict[str, int])
    """MRR by external id."""
    contacts: dict[str, str] = field(default_factory=dict[str, str])
    """Account by address."""
    ideas: dict[str, str] = field(default_factory=dict[str, str])
    """Title by id."""
    estimates: dict[tuple[str, str], tuple[str, float]] = field(
        default_factory=dict[tuple[str, str], tuple[str, float]]
    )
    """Id and value by idea and input, for one estimator."""
    estimated: list[str] = field(default_factory=list[str])
    """Every estimate's id."""
    items: dict[str, str] = field(default_factory=dict[str, str])
    """Status by id."""
    shipped: dict[str, tuple[str, float]] = field(default_factory=dict[str, tuple[str, float]])
    """Items: the idea, and when the shipping was asked for."""
    unanswered: int = 0
    contradicted: list[str] = field(default_factory=list[str])
    """Refusals that nobody asked for, and pairs of answers that do not agree."""
