"""What the streams hold, read without any of the services, and old messages sent once more."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID, uuid4

import asyncpg
from pydantic_core import from_json

from shared.database import Database
from shared.events.base import headers_of
from shared.stream.broker import Broker
from shared.stream.messages import PARTITIONS, Fetched, Message

EVENTS = "select id from {service}.events"
# Old states of aggregates that have moved on since.
OLD = """
select * from (
    select e.*, e.data::text as body, count(*) over (partition by e.type, e.aggregate_id) as states,
           row_number() over (partition by e.type, e.aggregate_id order by e.version) as place
    from {service}.events e
    where type in ('feedback.idea.changed.v1', 'feedback.demand.changed.v1', 'scoring.score.changed.v1',
                   'roadmap.item.changed.v1')
) as aged where states > 2 and place < states
order by md5(id::text) limit $1
"""


@dataclass(frozen=True, slots=True)
class Held:
    """One stream, and how it compares with its publisher's log."""

    service: str
    messages: int
    doubles: int
    """Messages whose event is there already."""
    missing: int
    """Events of the log that are not there."""
    disorder: int
    """Messages older than one before them of the same type and aggregate."""


async def read(broker: Broker, service: str, start: int = 1) -> list[Fetched]:
    """Everything in a stream from a place on, in order."""
    last = (await broker.stream_state(service)).last_seq
    found: list[Fetched] = []
    if last < start:
        return found
    subscription = await broker.subscribe(service, range(PARTITIONS), start)
    try:
        while not found or found[-1].seq < last:
            more = await subscription.fetch(500, wait=5.0)
            assert more, f"the stream {service} says {last} and gives {len(found)} messages"
            found += more
    finally:
        await subscription.close()
    return found


def disorder(messages: Sequence[Fetched]) -> int:
    """How many messages are older than the one before them of their type and aggregate."""
    versions: dict[tuple[str, str], list[int]] = {}
    for each in messages:
        key = each.headers["ce-type"], each.headers["ce-subject"]
        versions.setdefault(key, []).append(from_json(each.payload)["version"])
    return sum(later < earlier for told in versions.values() for earlier, later in pairwise(told))


async def held(broker: Broker, admin: Database, service: str) -> Held:
    """Compare a stream with its publisher's log."""
    messages = await read(broker, service)
    counted = Counter(UUID(each.headers["ce-id"]) for each in messages)
    async with admin.system() as tx:
        logged = {row["id"] for row in await tx.all(EVENTS.format(service=service))}
    return Held(service, len(messages), len(messages) - len(counted), len(logged - counted.keys()), disorder(messages))


async def send_again(broker: Broker, admin: Database, service: str, count: int) -> int:
    """Publish old events in no order, as if the stream knew their ids no longer; return how many."""
    async with admin.system() as tx:
        rows = await tx.all(OLD.format(service=service), count)
    random.shuffle(rows)
    for row in rows:
        await broker.publish(_late(row))
    return len(rows)


def _late(row: asyncpg.Record) -> Message:
    headers = headers_of(
        id=row["id"],
        type=row["type"],
        aggregate_id=row["aggregate_id"],
        workspace_id=row["workspace_id"],
        time=row["occurred_at"],
        traceparent=row["traceparent"],
    )
    subject = f"{row['type']}.{row['aggregate_id']}"
    return Message(subject, row["body"].encode(), headers | {"Nats-Msg-Id": str(uuid4())})
