"""What a body was made of, kept in place of the body: where its values were, and a check sum of each.

Two outlines tell where two bodies differ. They tell no value, and are sealed besides (AES-256-GCM): a check sum of a
short value gives the value away to whoever may try them all, and names can be somebody's too. What was sealed for one
place (method, path and who asks) opens for the same place only.

Every body that comes with an Idempotency-Key is outlined, on the hot writes too, so this is written for microseconds:
CRC-32 suffices, since nobody sees it, and an accident (one in four billion) leaves one value out of a list.
"""

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from zlib import crc32

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json

MOST = 64
"""Values that an outline tells of: the first of a body."""
MOST_BYTES = 16_384
"""A longer body is not looked into."""
MOST_NAMES = 1_024
"""Characters that the names of an outline have together."""
_MORE = 0x80
_SUM = 4
_NONCE = 12
_COUNTS = [bytes((count,)) for count in range(256)]
_NOTHING = _COUNTS[_MORE]
# Within a name and between two. A member may be called so too: then nothing is told, or a slash too many.
_BELOW, _NEXT = "\0", "\n"


class Outline(NamedTuple):
    """A body's check sums by JSON Pointer. `whole`: no value is left out."""

    sums: Mapping[str, int]
    whole: bool


class Difference(NamedTuple):
    """A value that `differs` between two bodies, or is `missing` or `new` in the later one."""

    pointer: str
    kind: str


class Outlines:
    """Makes outlines, and opens them again, under a key derived from a setting."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"cairn.outline\0" + secret.encode()).digest())

    def close(self, digest: bytes, place: bytes, body: bytes) -> bytes:
        """The outline of a body, sealed for a place.

        `digest` is a hash of place and body. It is the nonce, so that only the same is ever sealed under one twice.
        """
        return self._cipher.encrypt(digest[:_NONCE], _packed(body), place)

    def open(self, digest: bytes, place: bytes, sealed: bytes) -> Outline | None:
        """An outline again; None when it was sealed for another place or under another key."""
        try:
            packed = self._cipher.decrypt(digest[:_NONCE], sealed, place)
        except InvalidTag:
            return None
        end = 1 + (packed[0] & ~_MORE) * _SUM
        sums, names = array("I", packed[1:end]), packed[end:].decode().split(_NEXT)
        if len(names) != len(sums):
            # Of nothing, or with a member whose own name looks like two.
            return Outline({}, packed == _COUNTS[0])
        return Outline({_pointer(name): value for name, value in zip(names, sums, strict=True)}, not packed[0] & _MORE)


def differences(first: Outline, later: Outline) -> list[Difference]:
    """Where two bodies differ. What an outline leaves out is said neither to be missing nor to be new."""
    found = [
        Difference(pointer, "differs" if pointer in first.sums else "new")
        for pointer, value in later.sums.items()
        if (first.sums[pointer] != value if pointer in first.sums else first.whole)
    ]
    if later.whole:
        found += [Difference(pointer, "missing") for pointer in first.sums if pointer not in later.sums]
    return found


def _packed(body: bytes) -> bytes:
    """How many values and whether there are more, their sums, their names."""
    if len(body) > MOST_BYTES:
        return _NOTHING
    names: list[str] = []
    sums = array("I")
    try:
        _look_into(_members(from_json(body)), "", names, sums)
        told = _NEXT.join(names)
        count = len(names)
        if count <= MOST and len(told) <= MOST_NAMES:
            return _COUNTS[count] + sums.tobytes() + told.encode()
        told = _first(names)
        count = told.count(_NEXT) + 1 if told else 0
        return _COUNTS[count | _MORE] + sums[:count].tobytes() + told.encode()
    except ValueError:
        # No JSON, no object or list, or half of a surrogate pair: another body differs, and nobody can say where.
        return _NOTHING


def _look_into(members: Mapping[str, Any], at: str, names: list[str], sums: "array[int]") -> None:
    # Few steps: each is taken for every value.
    for step, value in members.items():
        kind = value.__class__
        if kind is str:
            sums.append(crc32(value.encode()))
            names.append(at + step)
        elif value and (kind is dict or kind is list):
            if len(names) > MOST:
                return
            _look_into(_members(value), at + step + _BELOW, names, sums)
        else:
            # From another start: 42 is not "42".
            sums.append(crc32(repr(value).encode(), 1))
            names.append(at + step)


def _members(node: Any) -> Mapping[str, Any]:
    """What an object or a list has by name, and no more of it than is told."""
    if node.__class__ is dict:
        return node if len(node) <= MOST else dict(islice(node.items(), MOST + 1))
    if node.__class__ is list:
        return {str(place): each for place, each in enumerate(node[: MOST + 1])}
    raise ValueError("neither an object nor a list")


def _first(names: Sequence[str]) -> str:
    """As many names as an outline has room for."""
    told = _NEXT.join(names[:MOST])
    return told if len(told) <= MOST_NAMES else told[:MOST_NAMES].rpartition(_NEXT)[0]


def _pointer(name: str) -> str:
    return "/body/" + name.replace("~", "~0").replace("/", "~1").replace(_BELOW, "/")
