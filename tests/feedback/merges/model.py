"""Demand as one would count it on paper: every vote and every link with the idea that it named, and who merged what."""

from collections.abc import Iterator
from dataclasses import dataclass, field

Counts = tuple[int, int, int, int, int]
NOTHING: Counts = (0, 0, 0, 0, 0)


@dataclass(slots=True)
class Paper:
    """Who asked for what. Ideas, contacts, statements and accounts are numbers or names of the test's own."""

    ideas: int
    into: dict[int, int] = field(default_factory=dict[int, int])
    """Which idea was merged into which, as it was said."""
    votes: dict[tuple[int, str], int] = field(default_factory=dict[tuple[int, str], int])
    """By idea and contact the day on which it was cast, counted from `trend.FIRST_DAY`."""
    links: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    """Idea and statement."""
    said_by: dict[int, str | None] = field(default_factory=dict[int, str | None])
    follows: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    serving: set[int] = field(default_factory=set[int])
    """Ideas that were said to serve the one need."""
    placed: set[int] = field(default_factory=set[int])
    """Ideas that were put on the one board."""
    account: dict[str, str | None] = field(default_factory=dict[str, str | None])
    mrr: dict[str, int] = field(default_factory=dict[str, int])

    def root(self, idea: int) -> int:
        """Where an idea counts."""
        while idea in self.into:
            idea = self.into[idea]
        return idea

    def tree(self, root: int) -> set[int]:
        """An idea and what was merged into it."""
        return {each for each in range(self.ideas) if self.root(each) == root}

    def hears(self, root: int) -> set[str]:
        """Who follows an idea: who asked for it or follows it, or one that was merged into it."""
        tree = self.tree(root)
        asks = {contact for idea, contact in self.votes.keys() | self.follows if idea in tree}
        return asks | set(self._speakers({statement for idea, statement in self.links if idea in tree}))

    def heats(self) -> list[int]:
        """What votes for each idea weigh: each contact's last one, twice as much for each fourteen days later."""
        last: dict[tuple[int, str], int] = {}
        for (idea, contact), day in self.votes.items():
            one = self.root(idea), contact
            last[one] = max(day, last.get(one, 0))
        return [
            sum(round(2 ** (20 + day % 14 / 14)) << day // 14 for (root, _), day in last.items() if root == idea)
            for idea in range(self.ideas)
        ]

    def counts(self, *, merged: bool = True) -> list[Counts]:
        """Votes, insights, contacts, accounts and revenue of each idea; without merges, as if there were none."""
        return [self._counts([each for each in range(self.ideas) if self._at(each, merged=merged) == idea])
                for idea in range(self.ideas)]  # fmt: skip

    def _at(self, idea: int, *, merged: bool) -> int:
        return self.root(idea) if merged else idea

    def _counts(self, members: list[int]) -> Counts:
        voters = {contact for idea, contact in self.votes if idea in members}
        statements = {statement for idea, statement in self.links if idea in members}
        people = voters | set(self._speakers(statements))
        accounts = {account for each in people if (account := self.account[each]) is not None}
        return (
            len(voters), len(statements), len(people), len(accounts), sum(self.mrr.get(each, 0) for each in accounts)
        )  # fmt: skip

    def _speakers(self, statements: set[int]) -> Iterator[str]:
        for each in statements:
            if (speaker := self.said_by[each]) is not None:
                yield speaker
