"""How ideas are searched: what somebody typed becomes words, and filters and words the arguments of a statement.

Words and tags are rows (`idea_terms`), since row security lets an index be used only by operators that cannot leak, and
those of text search and of arrays are none. The rows narrow down; `ideas.search` then decides, phrases and exclusions
too. The team's lists and those of boards are searched by the same conditions.
"""

import re
from collections.abc import Sequence
from hashlib import md5
from typing import Any, NamedTuple

MOST_TERMS = 3
"""Terms that a search looks up; the query decides about all of them."""
RANKED = 500
"""Matches that are put in order of relevance: the newest."""
LEAST_STEM = 4
"""Letters of a stem that is looked for instead of the word: with fewer, much else begins so."""
BEYOND = "\U0010ffff"
"""Sorts behind every letter: what begins with a word lies between the word and this behind it."""
_TOKEN = re.compile(r'-?"[^"]*"?|\S+')
_WORD = re.compile(r"[^\W_]+")


class Typed(NamedTuple):
    """What somebody typed: all of it but the last word, the words of it that must be there, and that last word."""

    sought: str
    needed: str
    last: str


def pieces(text: str) -> list[str]:
    """The words, `"phrases"` and `-exclusions` of what somebody typed, as they stand there."""
    return [token for token in _TOKEN.findall(text) if token.strip('-"')]


def typed(text: str) -> Typed:
    """Read `csv "month end" -draft exp`: words, phrases, exclusions, and a last word that may be a beginning."""
    tokens = pieces(text)
    last = ""
    if tokens and not text[-1].isspace() and _WORD.fullmatch(tokens[-1]):
        last = tokens.pop()
    # To the parser `or` would mean something; here all words count.
    tokens = [token for token in tokens if token.lower() != "or"]
    needed = [token.strip('"') for token in tokens if not token.startswith("-")]
    return Typed(" ".join(tokens), " ".join(needed), last)


class Words(NamedTuple):
    """The same as PostgreSQL reads it."""

    query: str
    """A tsquery."""
    needed: Sequence[str]
    """Every match has these terms."""
    beginning: str | None
    """Every match has a term that begins so, or one of `stems`."""
    stems: Sequence[str]


def held_by(name: str, value: str) -> str:
    """The term of an idea whose field of this name has this value: hashed, for an index takes no long ones."""
    return "=" + md5(f"{name}={value}".encode(errors="replace"), usedforsecurity=False).hexdigest()


class Lookup(NamedTuple):
    """What rows of `idea_terms` narrow a search down to."""

    terms: Sequence[str]
    begun: Sequence[Any]
    """From which term on, up to which, and which others, if any; empty when nothing is being typed."""


def lookup(words: Words | None, tag: str | None, field: tuple[str, str] | None = None) -> Lookup:
    """The rarest is not known, the longest is a good guess; tag and field come first: the query does not have them.

    `field`: the name of a field of one's own, and its value as text.
    """
    needed = sorted(words.needed, key=len, reverse=True) if words is not None else []
    held = [*([f"#{tag}"] if tag is not None else []), *([held_by(*field)] if field is not None else [])]
    terms = [*held, *needed][:MOST_TERMS]
    if words is None or words.beginning is None:
        return Lookup(terms, ())
    # One stretch of an index is read from it alone: with a stem that begins so, or that is a little shorter (`schedul`
    # of `schedule`). What else is in there, the query leaves out.
    begin = words.beginning
    for stem in words.stems:
        if len(words.stems) == 1 and begin.startswith(stem) and len(stem) >= max(LEAST_STEM, len(begin) - 3):
            begin = stem
    others = [stem for stem in words.stems if not stem.startswith(begin)]
    return Lookup(terms, (begin, begin + BEYOND, *([others] if others else [])))


BEGUN = 0, 2, 3
"""How many arguments what is begun may have."""
_HAS = "and exists (select from idea_terms t where t.workspace_id = $1 and t.idea_id = i.id and {condition})"


def begins(start: int, begun: int) -> str:
    """The condition that a row `t` of `idea_terms` has a term that is begun, by so many arguments from `start` on."""
    stretch = f"t.term >= ${start}::text and t.term < ${start + 1}::text"
    return stretch if begun == 2 else f"(({stretch}) or t.term = any(${start + 2}::text[]))"


def looked_up(first: int, terms: int, begun: int) -> str:
    """Conditions on an idea `i`: it has these terms, and one that is begun. Their arguments are numbered from `first`.

    In the order of a `Lookup`, of which `begun` has so many: 0, 2 or 3.
    """
    conditions = [f"t.term = ${first + number}::text" for number in range(terms)]
    if begun:
        conditions.append(begins(first + terms, begun))
    return " ".join(_HAS.format(condition=condition) for condition in conditions)


def fits(query: int) -> str:
    """The condition that an idea `i` fits the tsquery in this argument, where there is one.

    Of `@@` the planner knows nothing under row security and takes it to keep one row of two hundred; within coalesce it
    takes it to keep every other, and goes by what it knows of the terms.
    """
    return f"(${query}::text is null or coalesce(i.search @@ ${query}::text::tsquery, false))"
