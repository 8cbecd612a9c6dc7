"""Identifiers."""

import secrets
import time
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: unique, and ordered by time of making to the millisecond."""
    return uuid7()


def new_id_text() -> str:
    """The same as text, for what goes straight into JSON: a tenth of the work."""
    return str(uuid_utils.uuid7())


class AsOf:
    """Makes ids of moments that have passed. Of equal ones the later made is the greater: files keep their order."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, moment: datetime) -> UUID:
        """A UUIDv7 as if it had been made then, from 1970 on: what is older stands before what came since."""
        milliseconds = max(0, round(moment.timestamp() * 1_000))
        # Where a UUIDv7 is random, 74 bits: now in units of 64 ns, each of which is taken once here, and 16 bits of
        # chance, for what other processes make in the same unit.
        self._last = max(self._last + 1, time.time_ns() >> 6)
        rest = self._last << 16 | secrets.randbits(16)
        return UUID(int=milliseconds << 80 | 7 << 76 | rest >> 62 << 64 | 2 << 62 | rest & (1 << 62) - 1)


id_as_of = AsOf()


def earliest_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: what was made before it has a smaller id."""
    milliseconds = max(0, int(moment.astimezone(UTC).timestamp() * 1_000))
    return UUID(int=milliseconds << 80)
