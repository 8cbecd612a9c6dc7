"""Vectors at rest: as half floats to compare exactly, and as signs, 48 bytes each, to find what is worth comparing."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.feedback.similar.meaning import SIZE, Floats

BLOCK = 1_024
"""Texts in a block of signs."""
WORDS = SIZE // 64
ENTRY = np.dtype([("place", "<u2"), ("signs", "<u8", (WORDS,))])


CACHED_BYTES = 64_000_000
"""Of signs in a process: those of a million texts and more."""


def halves(vector: Floats) -> bytes:
    """A vector as it is stored: 768 bytes."""
    return vector.astype("<f2").tobytes()


def signs(stored: bytes) -> NDArray[np.uint64]:
    """The signs of a stored vector, shape (6,)."""
    return np.packbits(np.frombuffer(stored, "<f2") > 0).view("<u8")


def cosines(query: bytes, others: Sequence[bytes]) -> list[float]:
    """How much stored vectors point the same way as the query's, from -1 to 1."""
    if not others:
        return []
    matrix = np.frombuffer(b"".join(others), "<f2").astype(np.float32).reshape(len(others), SIZE)
    asked = np.frombuffer(query, "<f2").astype(np.float32)
    found = matrix @ asked / np.maximum(np.linalg.norm(matrix, axis=1) * np.linalg.norm(asked), 1e-9)
    return [float(each) for each in found]


def pack(texts: Iterable[tuple[int, bytes]]) -> dict[int, bytes]:
    """Entries of numbered texts (number, stored vector) by block."""
    blocks: dict[int, bytes] = {}
    for number, stored in texts:
        block, place = divmod(number, BLOCK)
        blocks[block] = blocks.get(block, b"") + np.array([(place, signs(stored))], ENTRY).tobytes()
    return blocks


def nearest(query: bytes, blocks: Mapping[int, bytes], most: int) -> list[int]:
    """Numbers of the texts whose signs differ least from the query's, those that differ least first."""
    if not blocks:
        return []
    asked = signs(query)
    numbers: list[NDArray[np.int64]] = []
    apart: list[NDArray[np.uint16]] = []
    for block, packed in blocks.items():
        entries = np.frombuffer(packed, ENTRY)
        numbers.append(entries["place"].astype(np.int64) + block * BLOCK)
        apart.append(np.bitwise_count(entries["signs"] ^ asked).sum(1, dtype=np.uint16))
    found, differ = np.concatenate(numbers), np.concatenate(apart)
    if len(found) > most:
        near = np.argpartition(differ, most)[:most]
        found, differ = found[near], differ[near]
    # A text that was encoded twice has two entries.
    return list(dict.fromkeys(int(each) for each in found[np.lexsort((found, differ))]))


@dataclass(slots=True)
class Signs:
    """Blocks of signs that this process has read. They are only ever added to, so their length says which they are."""

    blocks: OrderedDict[tuple[object, ...], bytes] = field(default_factory=OrderedDict[tuple[object, ...], bytes])
    size: int = 0

    def get(self, key: tuple[object, ...], size: int) -> bytes | None:
        held = self.blocks.get(key)
        if held is None or len(held) != size:
            return None
        self.blocks.move_to_end(key)
        return held

    def put(self, key: tuple[object, ...], entries: bytes) -> None:
        self.size += len(entries) - len(self.blocks.pop(key, b""))
        self.blocks[key] = entries
        while self.size > CACHED_BYTES and len(self.blocks) > 1:
            self.size -= len(self.blocks.popitem(last=False)[1])
