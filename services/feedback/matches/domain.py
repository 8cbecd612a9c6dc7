"""Texts that have all of some words: the same index, read for what is in it rather than for how much.

Numbers rise in the order in which texts were indexed, which is the order in which they came in, or were last changed.
So the newest matches of a common word are in the last blocks of its list, and nothing before them is read; all of a
rare word's list is short.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import numpy as np

from services.feedback.matches import store
from services.feedback.similar import postings
from services.feedback.similar.postings import BLOCK, Numbers
from shared.database import Read

LOOKED_UP = 10
"""Words whose lists are read, the rarest; whoever asks for more looks at the texts for the others."""
BYTES = 64_000
"""Of lists that are read at first; each further time twice as much, while there is not enough."""


class Lists(NamedTuple):
    """Where the lists of some words are, and how long they are: nothing of them has been read."""

    needed: Sequence[int]
    without: Sequence[int]
    sizes: Mapping[int, Mapping[int, int]]
    """Bytes by block and term, of the blocks in which every needed word is."""
    most: int
    """Matches that there can be: texts that have the rarest of the words."""


class Matches(NamedTuple):
    """Texts by number, in order, with how much of each the words make out; and whether there may be more."""

    scores: dict[int, float]
    more: bool


async def index(read: Read, workspace_id: UUID, kind: str) -> asyncpg.Record | None:
    """How far the index of a workspace has come: `epoch`, `next_number`, `texts`."""
    return await read.one(store.INDEX, workspace_id, kind)


async def behind(read: Read, workspace_id: UUID, kind: str, epoch: int, id: UUID, *, rising: bool) -> int:
    """The number to go on from, behind a text that need not be there any more."""
    number = await read.value(store.NUMBER, workspace_id, id, kind, epoch)
    if number is not None:
        return number
    before = await read.value(store.NUMBER_BEFORE, workspace_id, id, kind, epoch)
    nearest: int = -1 if before is None else before
    return nearest if rising else nearest + 1


async def lists(
    read: Read, workspace_id: UUID, kind: str, texts: asyncpg.Record, needed: Collection[int], without: Collection[int]
) -> Lists:
    """Look up words by their terms' numbers."""
    sizes: dict[int, dict[int, int]] = {}
    lengths = dict.fromkeys(needed, 0)
    for row in await read.all(store.SIZES, workspace_id, kind, [*needed, *without]):
        sizes.setdefault(row["block"], {})[row["term"]] = row["size"]
        if row["term"] in lengths:
            lengths[row["term"]] += row["size"]
    rarest = sorted(needed, key=lambda term: (lengths[term], term))[:LOOKED_UP]
    if rarest:
        sizes = {block: terms for block, terms in sizes.items() if all(term in terms for term in rarest)}
    else:
        sizes = {block: sizes.get(block, {}) for block in range(-(-texts["next_number"] // BLOCK))}
    most = lengths[rarest[0]] // postings.ENTRY.itemsize if rarest else texts["texts"]
    return Lists(rarest, list(without), sizes, most)


async def find(
    read: Read,
    workspace_id: UUID,
    kind: str,
    lists: Lists,
    *,
    start: int | None,
    rising: bool,
    most: int,
    within: Collection[int] | None = None,
) -> Matches:
    """The first `most` texts behind `start` that have all the words; `within` leaves only these numbers.

    What is rare is read first, where there is anything commoner: of that only the blocks are read where all the rare
    ones meet.
    """
    allowed = None if within is None else _by_block(within)
    blocks = sorted(lists.sizes, reverse=not rising)
    if start is not None:
        blocks = [block for block in blocks if ((block + 1) * BLOCK > start + 1 if rising else block * BLOCK < start)]
    if allowed is not None:
        blocks = [block for block in blocks if block in allowed]
    blocks, known = await _meeting(read, workspace_id, kind, lists, blocks, start, allowed, rising=rising)
    scores: dict[int, float] = {}
    budget, at = BYTES, 0
    while at < len(blocks) and len(scores) <= most:
        group: list[int] = []
        size = 0
        while at < len(blocks) and (not group or size < budget):
            group.append(blocks[at])
            size += sum(lists.sizes[blocks[at]].values())
            at += 1
        budget *= 2
        entries = {block: dict(known.get(block, {})) for block in group}
        terms = [term for term in (*lists.needed, *lists.without) if not known or term not in known[group[0]]]
        for row in await read.all(store.ENTRIES, workspace_id, kind, terms, group) if terms else ():
            entries[row["block"]][row["term"]] = row["entries"]
        for block in group:
            # A list can have gone since it was looked up: then the index is being filled anew.
            if all(term in entries[block] for term in lists.needed):
                among = allowed[block] if allowed is not None else None
                found = postings.sharing(block, entries[block], lists.needed, lists.without, among)
                scores.update(_in_order(found, start, rising=rising))
            if len(scores) > most:
                break
    first = dict(list(scores.items())[:most])
    return Matches(first, len(scores) > most)


async def _meeting(
    read: Read,
    workspace_id: UUID,
    kind: str,
    lists: Lists,
    blocks: Sequence[int],
    start: int | None,
    allowed: Mapping[int, Numbers] | None,
    *,
    rising: bool,
) -> tuple[Sequence[int], Mapping[int, Mapping[int, bytes]]]:
    """Blocks in which texts have all of the rarest words, and those words' lists there; none where none is rarer."""
    rare: list[int] = []
    left = BYTES
    for term in lists.needed:
        left -= sum(lists.sizes[block][term] for block in blocks)
        if left < 0:
            break
        rare.append(term)
    if not rare or len(rare) == len(lists.needed) + len(lists.without):
        return blocks, {}
    known: dict[int, dict[int, bytes]] = {block: {} for block in blocks}
    for row in await read.all(store.ENTRIES, workspace_id, kind, rare, blocks):
        known[row["block"]][row["term"]] = row["entries"]
    meeting = [
        block
        for block in blocks
        if all(term in known[block] for term in rare)
        and _in_order(
            postings.sharing(block, known[block], rare, (), allowed[block] if allowed is not None else None),
            start,
            rising=rising,
        )
    ]
    return meeting, {block: known[block] for block in meeting}


def _by_block(numbers: Collection[int]) -> dict[int, Numbers]:
    """Places in each block, rising."""
    ordered = np.array(sorted(numbers), np.int64)
    parts = np.split(ordered, np.flatnonzero(np.diff(ordered // BLOCK)) + 1)
    return {int(part[0]) // BLOCK: part % BLOCK for part in parts if len(part)}


def _in_order(found: postings.Sharing, start: int | None, *, rising: bool) -> dict[int, float]:
    numbers, scores = found
    if start is not None:
        chosen = numbers > start if rising else numbers < start
        numbers, scores = numbers[chosen], scores[chosen]
    pairs = zip(numbers.tolist(), scores.tolist(), strict=True)
    return dict(pairs if rising else reversed(list(pairs)))
