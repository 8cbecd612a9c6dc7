"""What is searched for in feedback: what somebody typed, as the terms that the index of texts knows."""

from collections.abc import Sequence
from typing import NamedTuple

from services.feedback.ideas.finding import pieces
from services.feedback.matches.domain import LOOKED_UP
from services.feedback.similar import words


class Asked(NamedTuple):
    """Terms that must be there and that must not, and terms that must, or must not, follow one another."""

    needed: frozenset[str]
    without: frozenset[str]
    phrases: Sequence[Sequence[str]]
    barred: Sequence[Sequence[str]]

    @property
    def says_something(self) -> bool:
        """Whether there is anything to look for: `the` and `or` are everywhere."""
        return bool(self.needed or self.without or self.barred)

    @property
    def needs_text(self) -> bool:
        """Whether the index alone cannot tell."""
        return bool(self.phrases or self.barred) or len(self.needed) > LOOKED_UP

    def fits(self, text: str) -> bool:
        """Whether a text is what was asked for."""
        said = [term for term, _ in words.terms(text)]
        having = set(said)
        return (
            having >= self.needed
            and not having & self.without
            and all(_follow(said, phrase) for phrase in self.phrases)
            and not any(_follow(said, phrase) for phrase in self.barred)
        )


def _follow(said: Sequence[str], phrase: Sequence[str]) -> bool:
    size = len(phrase)
    return any(said[at : at + size] == phrase for at in range(len(said) - size + 1))


def read(text: str) -> Asked:
    """Read `slow "month end" -draft`: every word in any form, phrases, exclusions."""
    needed, without = set[str](), set[str]()
    phrases, barred = list[list[str]](), list[list[str]]()
    for piece in pieces(text):
        plain = piece.lstrip("-").strip('"')
        terms = [term for term, _ in words.terms(plain)]
        # `month-end` is found as `month end` too: by its parts, which follow one another in both.
        parts = terms[1:] if len(terms) > 1 and terms[0] == words.plain(plain).lower() else terms
        excluded = piece.startswith("-")
        if len(parts) > 1 and (excluded or '"' in piece):
            (barred if excluded else phrases).append(parts)
        elif excluded:
            without.update(parts)
        if not excluded:
            needed.update(parts)
    return Asked(frozenset(needed), frozenset(without), phrases, barred)
