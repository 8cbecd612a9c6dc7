"""Which texts of a board a visitor's words are compared with, remembered while visitors type."""

import time
from collections import OrderedDict
from uuid import UUID

from services.feedback.similar.domain import Among

SECONDS = 30.0
"""How long it is believed. What is shown is looked up each time: only how rare words are is as old as that."""
MOST_NUMBERS = 2_000_000
"""Texts of all boards that are remembered, 8 bytes each; the boards that were asked least lately are forgotten."""


class Compared:
    """Texts by board, of boards where everybody who sees one sees all of it."""

    def __init__(self, seconds: float = SECONDS, most: int = MOST_NUMBERS) -> None:
        self._seconds = seconds
        self._most = most
        self._held: OrderedDict[UUID, tuple[Among, float]] = OrderedDict()
        self._total = 0

    def get(self, board_id: UUID) -> Among | None:
        """What is remembered of a board and still believed."""
        held = self._held.get(board_id)
        if held is None or held[1] <= time.monotonic():
            return None
        self._held.move_to_end(board_id)
        return held[0]

    def put(self, board_id: UUID, among: Among) -> None:
        """Remember it from now on."""
        self._drop(board_id)
        self._held[board_id] = (among, time.monotonic() + self._seconds)
        self._total += len(among.numbers)
        while self._total > self._most and len(self._held) > 1:
            self._drop(next(iter(self._held)))

    def _drop(self, board_id: UUID) -> None:
        held = self._held.pop(board_id, None)
        if held is not None:
            self._total -= len(held[0].numbers)
