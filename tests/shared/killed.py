"""Reads a stream, again and again, with a consumer that one message kills.

`python -m tests.shared.killed DATABASE_URL NATS_URL IDEA` prints how often that happened before the message was parked.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from uuid import UUID

from shared.database import Database, Tx
from shared.events.base import Delivered
from shared.events.feedback import DemandChanged
from shared.membership import Membership
from shared.reader import Reader
from shared.stream.broker import Broker
from shared.stream.messages import PARTITIONS
from shared.telemetry import Metrics, Tracer
from tests.shared.plant import Ledger


async def read(url: str, nats_url: str, victim: UUID) -> None:
    """Read until both messages of the victim are parked."""
    ledger = Ledger()

    async def apply(tx: Tx, delivered: Sequence[Delivered[DemandChanged]]) -> None:
        await ledger.apply(tx, delivered)
        if any(each.event.idea_id == victim for each in delivered):
            os.kill(os.getpid(), signal.SIGKILL)

    database, broker, metrics = Database(url, "scoring"), Broker(nats_url, "killed"), Metrics()
    await database.open()
    broker.open()
    membership = Membership(database)
    membership.partitions = tuple(range(PARTITIONS))
    reader = Reader("feedback", {DemandChanged: apply}, database, broker, membership, metrics, Tracer("test", ""))
    task = asyncio.create_task(reader.run())
    while metrics.registry.get_sample_value("cairn_parked", {"stream": "feedback"}) != 2:
        await asyncio.sleep(0.01)
    task.cancel()
    await broker.close()
    await database.close()


def main() -> None:
    """Fork one reader after the other; each is a process of its own."""
    url, nats_url, victim = sys.argv[1:]
    deaths = 0
    while True:
        pid = os.fork()
        if not pid:
            asyncio.run(read(url, nats_url, UUID(victim)))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            deaths += 1
            continue
        if status:
            sys.exit(1)
        sys.stdout.write(str(deaths))
        return


if __name__ == "__main__":
    main()
