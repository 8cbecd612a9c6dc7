"""Whether what somebody brings from outside is shown at once, waits for a moderator, or is refused."""

from typing import Literal, NamedTuple

State = Literal["pending", "shown", "rejected", "spam"]
Level = Literal["trusted", "unknown", "blocked"]
Kind = Literal["board", "channel", "contact"]

EARNED = 3
"""Approvals after which a contact needs no moderator any more; each refusal costs as many again."""


class Standing(NamedTuple):
    """What is known of a source or a contact: a level that somebody gave it, and what moderators decided before."""

    level: Level | None = None
    approved: int = 0
    refused: int = 0


class Verdict(NamedTuple):
    """What becomes of it, and why: in one word, for those who ask later."""

    state: State
    why: str


def judge(source: Standing, contact: Standing) -> Verdict:
    """A block beats any trust; what somebody said of a contact beats what the contact has earned."""
    if contact.level == "blocked":
        return Verdict("rejected", "contact_blocked")
    if source.level == "blocked":
        return Verdict("rejected", "source_blocked")
    if contact.level == "trusted":
        return Verdict("shown", "contact_trusted")
    if source.level == "trusted":
        return Verdict("shown", "source_trusted")
    if contact.level is None and contact.approved >= EARNED * (1 + contact.refused):
        return Verdict("shown", "contact_earned")
    return Verdict("pending", "unknown")
