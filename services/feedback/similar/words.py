"""What a text says, as weighted terms: the part of full text that needs no database and no model.

Products talk in identifiers as much as in words, so `S3AFileSystem.rename()` counts as a whole and by its parts.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

ANALYSER = "words-1"
"""Stored with every index; another one means that the texts are to be read again."""

TITLE_WEIGHT = 3.0
"""A term of the title counts as so many in the body. From 2 to 5 recall hardly moves."""
SATURATION = 2.4
"""How often a term must come to count half of the most that it can."""
MOST_CHARACTERS = 6_000
"""Of a text that are read. What a report is about stands in its first pages."""
MOST_TERMS = 256
"""Distinct terms of one text that are kept, the heaviest. A stack trace has thousands and says little with them."""

STOP = frozenset(
    re.findall(
        r"\w+",
        "a about above after again all also am an and any are as at be because been before being below "
        "between both but by can cannot could did do does doing down during each few for from further had has "
        "have having he her here hers him his how i if in into is it its itself me more most my no nor not of "
        "off on once only or other our out over own same she should so some such than that the their them "
        "then there these they this those through to too under until up very was we were what when where "
        "which while who whom why will with would you your ",
    )
)
_WORD = re.compile(r"[^\W_]+(?:[._'\u2019-][^\W_]+)*")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")
# Scripts that put no spaces between words: Thai, Lao, kana, Han.
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_ACCENT = re.compile("[\u0300-\u036f]")
_VOWEL = re.compile("[aeiouy]")


def plain(text: str) -> str:
    """The text without accents and with compatible characters made one: `Café` and `Cafe` are the same word."""
    if text.isascii():
        return text
    return _ACCENT.sub("", unicodedata.normalize("NFKD", text))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A light English stem of a lower-case word: plural, -ing, -ed and a final e. Other languages mostly pass."""
    if len(word) < 4 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, shortest in (("ing", 6), ("ed", 5)):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(word) >= shortest and _VOWEL.search(rest):
            doubled = len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz"
            word = rest[:-1] if doubled else rest
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def terms(text: str) -> Iterator[tuple[str, str]]:
    """Each term of a text, with the word as it stands there (shortened where it is long)."""
    text = plain(text[:MOST_CHARACTERS])
    unspaced = not text.isascii() and _UNSPACED.search(text) is not None
    for word in _WORD.findall(text):
        lower = word.lower()
        if word.isalpha() and word in (lower, word.capitalize()) and not unspaced:
            if len(lower) > 1 and lower not in STOP:
                yield stem(lower), word[:60]
            continue
        if unspaced and _UNSPACED.search(word):
            yield from ((pair, pair) for pair in _pairs(word))
            continue
        parts = _PART.findall(word)
        if len(parts) > 1:
            yield lower, word[:60]
        for part in parts if len(parts) > 1 else (word,):
            lower = part.lower()
            if len(lower) > 1 and lower not in STOP:
                yield stem(lower), part[:60]


def _pairs(word: str) -> Iterator[str]:
    for run in _UNSPACED.findall(word):
        yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))


@lru_cache(maxsize=50_000)
def number(term: str) -> int:
    """The term as 64 bits, signed: what an index keeps of it. Words themselves stay where the customer's text is."""
    return int.from_bytes(blake2b(term.encode("utf-8", "replace"), digest_size=8).digest(), "little", signed=True)


class Weighed(NamedTuple):
    """How much of a text a term makes out, and the word as it is first written there."""

    impact: float
    word: str


def weighed(title: str, body: str) -> dict[str, Weighed]:
    """How much of the text each of its terms makes out, from 0 to 1; the squares of all add up to 1.

    It depends on this text alone, so that an index never has to be written again because others have come.
    """
    counts: defaultdict[str, float] = defaultdict(float)
    spelled: dict[str, str] = {}
    for text, weight in ((title, TITLE_WEIGHT), (body, 1.0)):
        for term, word in terms(text):
            counts[term] += weight
            spelled.setdefault(term, word)
    heaviest = sorted(counts, key=counts.__getitem__, reverse=True)[:MOST_TERMS]
    weights = {term: counts[term] / (SATURATION + counts[term]) for term in heaviest}
    length = sum(weight * weight for weight in weights.values()) ** 0.5
    return {term: Weighed(weight / length, spelled[term]) for term, weight in weights.items()}


def impacts(title: str, body: str) -> dict[int, float]:
    """The same by the terms' numbers: what an index takes in."""
    return {number(term): each.impact for term, each in weighed(title, body).items()}
