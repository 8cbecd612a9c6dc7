"""The index as arrays: which texts have a term and how much of each it makes out, packed by blocks of texts.

A posting is three bytes: the text's place in its block (uint16) and the impact's square root (uint8). Packed so, a
hundred thousand texts of sixty terms are some 20 MB in PostgreSQL, and a query reads and adds what it needs of them in
milliseconds, in any process and without memory of its own.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 8_192
"""Texts in a block. More make fewer rows to read, and longer ones to write again for each text that joins."""
ENTRY = np.dtype([("place", "<u2"), ("impact", "u1")])
QUERY_TERMS = 64
"""Terms that a text is searched with, the most telling. With all of them recall is the same."""

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


class Posting(NamedTuple):
    """The texts of one block that have a term."""

    term: int
    block: int
    entries: bytes


def pack(texts: Iterable[tuple[int, Mapping[int, float]]]) -> list[Posting]:
    """Postings of numbered texts (number, impacts by term), in the order of their keys."""
    places: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for number, impacts in texts:
        block, place = divmod(number, BLOCK)
        for term, impact in impacts.items():
            places[term, block].append((place, max(1, round(255 * math.sqrt(impact)))))
    return [
        Posting(term, block, np.array(entries, ENTRY).tobytes()) for (term, block), entries in sorted(places.items())
    ]


def rarity(texts: int, having: int) -> float:
    """What a term says that `having` of `texts` have: BM25's inverse document frequency, never negative."""
    return math.log(1 + (max(texts, having) - having + 0.5) / (having + 0.5))


def telling(impacts: Mapping[int, float], having: Mapping[int, int], texts: int) -> dict[int, float]:
    """The weight of each term of a query: its impact times its squared rarity. The heaviest QUERY_TERMS of them.

    `having` tells how many texts have a term; one that is not in it is in none.
    """
    weights = {term: impact * rarity(texts, having.get(term, 0)) ** 2 for term, impact in impacts.items()}
    heaviest = sorted(weights, key=lambda term: (-weights[term], term))[:QUERY_TERMS]
    return {term: weights[term] for term in heaviest}


def self_score(impacts: Mapping[int, float], weights: Mapping[int, float]) -> float:
    """What the query itself would score: the scale on which 1 is the same text."""
    return sum(impacts[term] * weight for term, weight in weights.items()) or 1.0


def add_up(postings: Iterable[Posting], weights: Mapping[int, float], size: int) -> Floats:
    """The score of each text by its number, for `size` numbers."""
    scores = np.zeros(math.ceil(size / BLOCK) * BLOCK or BLOCK, np.float32)
    blocks: defaultdict[int, list[Posting]] = defaultdict(list)
    for each in postings:
        if each.term in weights and each.block * BLOCK < len(scores):
            blocks[each.block].append(each)
    for block, several in blocks.items():
        # All of a block at once: several times as fast as to add up list by list, place by place.
        entries = np.frombuffer(b"".join(each.entries for each in several), ENTRY)
        counts = [len(each.entries) // ENTRY.itemsize for each in several]
        said = np.repeat(np.array([weights[each.term] for each in several], np.float32), counts)
        said *= _LEVELS.take(entries["impact"])
        scores[block * BLOCK : (block + 1) * BLOCK] = np.bincount(entries["place"], said, BLOCK)
    return scores


def best(scores: Floats, most: int) -> list[int]:
    """Numbers of the highest scores above nought, the highest first; equal ones by number."""
    chosen = np.flatnonzero(scores > 0)
    if len(chosen) > most:
        least = np.partition(scores[chosen], -most)[-most]
        chosen = chosen[scores[chosen] >= least]
    ranked = chosen[np.lexsort((chosen, -scores[chosen]))]
    return [int(each) for each in ranked[:most]]


class Sharing(NamedTuple):
    """Texts of one block that have all of some terms, by rising number, and how much of each those make out."""

    numbers: NDArray[np.int64]
    scores: Floats


def sharing(
    block: int,
    entries: Mapping[int, bytes],
    needed: Sequence[int],
    without: Sequence[int],
    among: Numbers | None = None,
) -> Sharing:
    """The texts of a block that have every term of `needed` and none of `without`; `entries` by term.

    `among` are the places in the block, rising, that are looked at; None: all.
    """
    having, scores = np.zeros(BLOCK, np.uint16), np.zeros(BLOCK, np.float32)
    for term in needed:
        found = np.frombuffer(entries[term], ENTRY)
        # No place comes twice, as in `add_up`.
        having[found["place"]] += 1
        scores[found["place"]] += _LEVELS[found["impact"]]
    for term in without:
        having[np.frombuffer(entries.get(term, b""), ENTRY)["place"]] = len(needed) + 1
    fit = having == len(needed)
    places = np.flatnonzero(fit) if among is None else among[fit[among]]
    return Sharing(places + block * BLOCK, scores[places])


def frequencies(postings: Sequence[tuple[int, int]]) -> dict[int, int]:
    """How many texts have each term, from (term, bytes of entries)."""
    return {term: size // ENTRY.itemsize for term, size in postings}


def only(postings: Iterable[Posting], among: Numbers) -> list[Posting]:
    """The same postings with these texts alone."""
    inside = np.zeros((int(among.max(initial=0)) // BLOCK + 1) * BLOCK, np.bool_)
    inside[among] = True
    kept: list[Posting] = []
    for term, block, packed in postings:
        entries = np.frombuffer(packed, ENTRY)
        mask = inside[block * BLOCK : (block + 1) * BLOCK]
        if len(mask):
            kept.append(Posting(term, block, entries[mask[entries["place"]]].tobytes()))
    return kept


def held(postings: Iterable[Posting], terms: Iterable[int]) -> dict[int, int]:
    """How many texts have each of these terms, by the postings."""
    having = dict.fromkeys(terms, 0)
    for term, _, packed in postings:
        having[term] += len(packed) // ENTRY.itemsize
    return having


_LEVELS = (np.arange(256, dtype=np.float32) / 255) ** 2
"""The impact behind each of the 256 steps."""
