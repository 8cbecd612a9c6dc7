"""What goes over the broker, and what can go wrong with it."""

from dataclasses import dataclass
from datetime import datetime

PARTITIONS = 8


class BrokerAway(Exception):
    """The broker did not answer, or what it answered leaves the outcome open. Try again with the same ids."""


class StreamMissing(BrokerAway):
    """The broker answers and has no such stream yet: its publisher makes it."""


class BatchRefused(Exception):
    """Nothing of the batch was stored: usually because the stream knows one of its ids already."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish."""

    subject: str
    payload: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message as the stream holds it. `waiting` counts those behind it."""

    seq: int
    partition: int
    headers: dict[str, str]
    payload: bytes
    waiting: int


@dataclass(frozen=True, slots=True)
class StreamState:
    """Which stream it is (by its time of creation) and what it holds."""

    created: datetime
    first_seq: int
    last_seq: int
    messages: int
