"""What many texts are about: groups that share rare words, named by them. The same texts have the same themes.

Spherical k-means over weighted terms, begun from typical texts far apart, so that no chance is in it. It finds what is
often said in like words; it understands nothing.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.feedback.similar import postings, words

LEAST_TEXTS = 3
"""A theme is at least so many texts, and a term that counts is in at least so many."""
WIDEST = 0.5
"""A term that more of all texts have says nothing of any."""
MOST_TERMS = 2_000
ROUNDS = 20
NEAR = 0.2
"""Cosine to its theme's middle that a text of it has at least; others belong to none."""
NAMED_BY = 4

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Theme:
    """Texts that belong together, by their place in what was given, the most typical first."""

    words: Sequence[str]
    members: Sequence[int]
    cohesion: float
    """Mean cosine of the texts to their middle."""


def group(texts: Sequence[str], most: int) -> list[Theme]:
    """The themes of these texts, the largest first, `most` at most; a text is in one or in none."""
    read = [words.weighed("", text) for text in texts]
    matrix, terms = _matrix(read)
    placed = [int(each) for each in np.flatnonzero(np.linalg.norm(matrix, axis=1) > 0)]
    if len(placed) < LEAST_TEXTS:
        return []
    rows = matrix[placed]
    middles = _begin(rows, min(most, math.ceil(math.sqrt(len(placed) / 2)) + 1))
    belongs = np.argmax(rows @ middles.T, axis=1)
    for _ in range(ROUNDS):
        middles = np.stack([_middle(rows[belongs == at], middles[at]) for at in range(len(middles))])
        before, belongs = belongs, np.argmax(rows @ middles.T, axis=1)
        if np.array_equal(before, belongs):
            break
    near = (rows @ middles.T)[np.arange(len(rows)), belongs]
    found: list[Theme] = []
    for at in range(len(middles)):
        members = [int(each) for each in np.flatnonzero((belongs == at) & (near >= NEAR))]
        if len(members) < LEAST_TEXTS:
            continue
        members.sort(key=lambda each: (-near[each], each))
        order: list[int] = np.argsort(-middles[at], kind="stable")[:NAMED_BY].tolist()
        heaviest = [terms[each] for each in order if middles[at][each] > 0]
        found.append(
            Theme(
                [_spelled(term, [read[placed[each]] for each in members]) for term in heaviest],
                [placed[each] for each in members],
                float(np.mean(near[members])),
            )
        )
    return sorted(found, key=lambda theme: (-len(theme.members), theme.members[0]))


def _matrix(read: Sequence[dict[str, words.Weighed]]) -> tuple[Floats, list[str]]:
    """Directions of the texts over the terms that tell them apart, and those terms. A text without any is nought."""
    having = Counter(term for text in read for term in text)
    telling = {term: count for term, count in having.items() if LEAST_TEXTS <= count <= WIDEST * len(read)}
    terms = sorted(telling, key=lambda term: (-telling[term], term))[:MOST_TERMS]
    columns = {term: at for at, term in enumerate(terms)}
    matrix = np.zeros((len(read), len(terms)), np.float32)
    for at, text in enumerate(read):
        for term, each in text.items():
            if term in columns:
                matrix[at, columns[term]] = each.impact * postings.rarity(len(read), having[term])
    return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), np.float32(1e-9)), terms


def _begin(rows: Floats, count: int) -> Floats:
    """Texts to begin with: the most typical one, then always one that is typical and far from all chosen."""
    typical = np.maximum(rows @ rows.sum(0), 0)
    chosen = [int(np.argmax(typical))]
    while len(chosen) < count:
        far = 1 - (rows @ rows[chosen].T).max(1)
        following = int(np.argmax(far * typical))
        if far[following] < 1e-6:
            break
        chosen.append(following)
    return rows[chosen]


def _middle(members: Floats, before: Floats) -> Floats:
    total = members.sum(0)
    length = float(np.linalg.norm(total))
    return total / np.float32(length) if length > 0 else before


def _spelled(term: str, members: Sequence[dict[str, words.Weighed]]) -> str:
    """The term as most of these texts write it."""
    spelled = Counter(text[term].word.lower() for text in members if term in text)
    return max(spelled, key=lambda word: (spelled[word], word), default=term)
