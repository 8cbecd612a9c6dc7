"""What was taken out of texts that are shown again and again, so that a page of a board is not read through anew."""

from collections.abc import Sequence
from hashlib import blake2b

from services.feedback.texts.redaction import redacted

MOST = 20_000
"""Texts that are remembered; then all are forgotten and come back as they are shown."""


class Redactions:
    """Redacted texts by digests of what they were: neither the text nor who wrote it is kept, only what may be shown.

    Of a text that nothing had to be taken out of, only that is kept.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[bytes, str | None] = {}

    def of(self, text: str, known: Sequence[str]) -> str:
        """The text as it may be shown; `known` are names and addresses of whoever wrote it."""
        digest = _digest(text, known)
        if digest in self._known:
            held = self._known[digest]
            return text if held is None else held
        shown = redacted(text, known)
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[digest] = None if shown == text else shown
        return shown


def _digest(text: str, known: Sequence[str]) -> bytes:
    seal = blake2b(digest_size=16)
    for part in (text, *known):
        written = part.encode("utf-8", "surrogatepass")
        seal.update(len(written).to_bytes(8, "little"))
        seal.update(written)
    return seal.digest()
